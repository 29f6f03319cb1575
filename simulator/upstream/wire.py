"""HTTP/1.1 over asyncio streams: just what GET requests need, and answers that stop in the middle, which no framework sends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.upstream.ledger import Ledger
from simulator.upstream.service import Delivery, Outcome, Service

_HEAD_LIMIT = 64 * 1024


class Wire:
    """Connections of one server, kept alive between requests. Used within one event loop.

    `Date` of an answer is the server's clock, so a client can learn the simulated time.
    """

    def __init__(self, service: Service, ledger: Ledger) -> None:
        self._service = service
        self._ledger = ledger
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int, ready: Callable[[int], None], stopped: asyncio.Event) -> None:
        """Serves until `stopped`; `ready` gets the port. Then every connection ends at once, stalled ones too."""
        server = await asyncio.start_server(self._accept, host, port, limit=_HEAD_LIMIT)
        try:
            ready(server.sockets[0].getsockname()[1])
            await stopped.wait()
        finally:
            server.close()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.CancelledError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # the client went away, or the server ends
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer. False when the connection must not be used again."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.split("\r\n")
        words = request_line.split(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return await self._refuse(writer, HTTPStatus.BAD_REQUEST)
        if words[0] != "GET" or headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            return await self._refuse(writer, HTTPStatus.METHOD_NOT_ALLOWED)
        target = urlsplit(words[1])
        params = dict(parse_qsl(target.query, keep_blank_values=True))
        outcome = self._service.answer(unquote(target.path), params, self._service.key_in(headers))
        again = headers.get("connection", "").lower() != "close" and words[2] == "HTTP/1.1"
        self._ledger.begin(outcome.entry)
        try:
            if writer.transport.is_closing():
                raise ConnectionResetError
            return await self._send(reader, writer, outcome, again)
        except (ConnectionError, asyncio.CancelledError):
            self._ledger.fail(outcome.entry)
            raise
        finally:
            self._ledger.end(outcome.entry)

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, outcome: Outcome, again: bool) -> bool:
        if outcome.delivery is Delivery.NEVER:
            await reader.read()  # until the client has had enough
            return False
        whole = outcome.delivery is Delivery.WHOLE
        # The number of its line in the ledger, so that a client can say which answers it received.
        fields = {"Content-Type": outcome.content_type, "X-Request-Id": str(outcome.entry.number), **outcome.headers}
        head = self._head(outcome.status, len(outcome.body), fields, again and whole)
        writer.write(head + (outcome.body if whole else outcome.body[: len(outcome.body) // 2]))
        await writer.drain()
        return again and whole

    async def _refuse(self, writer: asyncio.StreamWriter, status: HTTPStatus) -> bool:
        writer.write(self._head(status, 0, {"Allow": "GET"}, False))
        await writer.drain()
        return False

    def _head(self, status: int, length: int, fields: Mapping[str, str], again: bool) -> bytes:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:  # scripts may give any 5xx
            phrase = "Error"
        lines = [
            f"HTTP/1.1 {int(status)} {phrase}",
            f"Date: {formatdate(self._service.now_ms() / 1000, usegmt=True)}",
            f"Content-Length: {length}",
            *(f"{name}: {value}" for name, value in fields.items()),
            f"Connection: {'keep-alive' if again else 'close'}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
