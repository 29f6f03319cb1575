"""The reference server of sentiment.proto: any backend, one call at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import grpc

from udfs.sentiment.contract import Backend, ModelUnavailableError, checked, described
from udfs.sentiment.sidecar import sentiment_pb2 as messages
from udfs.sentiment.sidecar.client import METHOD

_MAX_REQUEST_BYTES = 64 << 20
_THREADS = 8


class SidecarServer:
    """Serves `backend` at `address` (`host:port`, port 0 for a free one), without encryption or authentication.

    A call waits for the one before it, at most until its own deadline, or `deadline` seconds where it has none.
    """

    def __init__(self, backend: Backend, address: str, deadline: float = 10.0) -> None:
        """Raises OSError when the address cannot be had."""
        self._backend, self._deadline = backend, deadline
        self._turn = threading.Lock()
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="sentiment"),
            # Without the second option two servers could share a port unnoticed.
            options=(("grpc.max_receive_message_length", _MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0)),
        )
        service, method = METHOD.strip("/").split("/")
        handler = grpc.unary_unary_rpc_method_handler(
            self._answer,
            request_deserializer=messages.ScoreRequest.FromString,
            response_serializer=messages.ScoreResponse.SerializeToString,
        )
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
        try:
            self.port: int = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"{address} cannot be listened on") from error

    def start(self) -> None:
        """Serves from now on, in threads of its own."""
        self._server.start()

    def stop(self) -> None:
        """Lets calls under way end within 2 s, and gives port and model back."""
        self._server.stop(grace=2.0).wait()
        self._backend.close()

    def _answer(self, request: messages.ScoreRequest, context: grpc.ServicerContext) -> messages.ScoreResponse:
        texts = list(request.texts)
        if not self._turn.acquire(timeout=self._left(context)):
            _abort(context, grpc.StatusCode.DEADLINE_EXCEEDED, "other calls took all the time")
        try:
            scores = checked(self._backend.compounds(texts, self._left(context)), len(texts))
            return messages.ScoreResponse(model=self._backend.name, compounds=scores)
        except ModelUnavailableError as error:
            _abort(context, grpc.StatusCode.UNAVAILABLE, described(error))
        except Exception as error:
            _abort(context, grpc.StatusCode.INTERNAL, described(error))
        finally:
            self._turn.release()

    def _left(self, context: grpc.ServicerContext) -> float:
        left = context.time_remaining()
        # The type hints do not say that a call may come without a deadline.
        return self._deadline if left is None else max(0.0, min(self._deadline, left))


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, details: str) -> NoReturn:
    context.abort(code, details)
    raise AssertionError("abort raises")
