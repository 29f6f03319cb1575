"""A model behind gRPC, as a backend of the scorer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from udfs.sentiment.contract import CallFailedError, ModelUnavailableError, well_formed
from udfs.sentiment.sidecar import sentiment_pb2 as messages

_SERVICE = messages.DESCRIPTOR.services_by_name["Sentiment"]
METHOD = f"/{_SERVICE.full_name}/{_SERVICE.methods_by_name['Score'].name}"
_NAME = re.compile(r"[!-~](?:[ -~]{0,98}[!-~])?")
# These say that nobody is there who could score anything; all others may be due to the texts.
_NOBODY = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
    }
)
_OPTIONS = (
    # A sidecar is near; a proxy of the environment is for what is far.
    ("grpc.enable_http_proxy", 0),
    # The circuit breaker decides when to try again; the channel's own two minutes would come on top.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


class Sidecar:
    """A backend: the service of sentiment.proto at `endpoint` (`host:port`, or `unix:PATH`), without encryption."""

    restarts = 0

    def __init__(self, endpoint: str, rows_per_call: int = 256) -> None:
        self.label, self.rows_per_call = f"grpc-{endpoint}", rows_per_call
        self._endpoint = endpoint
        self._channel: grpc.Channel | None = None
        self._score: Callable[..., Any] | None = None
        self._name = ""

    @property
    def name(self) -> str:
        """`grpc-` and the name of the model that answered last; the label before the first answer."""
        return f"grpc-{self._name}" if self._name else self.label

    def compounds(self, texts: Sequence[str], seconds: float) -> Sequence[Any]:
        """The sidecar's answer. `seconds` is the deadline of the call."""
        score = self._score or self._connect()
        try:
            response = score(messages.ScoreRequest(texts=map(well_formed, texts)), timeout=seconds)
        except grpc.RpcError as error:
            code, details = error.code(), error.details()
            failure = ModelUnavailableError if code in _NOBODY else CallFailedError
            raise failure(f"{self.label}: {code.name}: {details}") from error
        if not _NAME.fullmatch(response.model):
            raise ModelUnavailableError(f"{self.label}: it calls its model {response.model[:100]!r}, which is not a name")
        self._name = response.model
        return list(response.compounds)

    def close(self) -> None:
        """Closes the connection."""
        channel, self._channel, self._score = self._channel, None, None
        if channel is not None:
            channel.close()

    def _connect(self) -> Callable[..., Any]:
        """Opens nothing yet: the first call does."""
        self._channel = grpc.insecure_channel(self._endpoint, options=_OPTIONS)
        self._score = self._channel.unary_unary(
            METHOD,
            request_serializer=messages.ScoreRequest.SerializeToString,
            response_deserializer=messages.ScoreResponse.FromString,
        )
        return self._score
