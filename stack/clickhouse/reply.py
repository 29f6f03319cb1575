"""Write one response from a worker thread: buffered while small, streamed when large."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from stack.clickhouse import blocks, compression
from stack.clickhouse.errors import FrontError
from stack.clickhouse.request import Request

Message = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

# Up to here a response waits in memory, so that late errors still get a proper status.
BUFFER_BYTES: Final = 1 << 20
_SPOOL_BYTES: Final = 32 << 20

_TYPES: Final = {
    "tabseparated": "text/tab-separated-values; charset=UTF-8",
    "tsv": "text/tab-separated-values; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8; header=absent",
    "csvwithnames": "text/csv; charset=UTF-8; header=present",
    "csvwithnamesandtypes": "text/csv; charset=UTF-8; header=present",
    "jsoneachrow": "application/x-ndjson; charset=UTF-8",
    "xml": "application/xml; charset=UTF-8",
    "native": "application/octet-stream",
    "arrow": "application/octet-stream",
    "arrowstream": "application/octet-stream",
    "parquet": "application/octet-stream",
}


@dataclass(slots=True)
class Summary:
    """Totals for X-ClickHouse-Summary, all counts; `elapsed_ns` is wall time."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0

    def header(self) -> bytes:
        """The header's value: a JSON object of counts, as text."""
        names = self.__slots__
        counts = {name: str(getattr(self, name)) for name in names if name != "elapsed_ns"}
        return json.dumps(counts | {"total_rows_to_read": "0", "elapsed_ns": str(self.elapsed_ns)}).encode()


class ClientGone(Exception):
    """The client closed the connection; nobody waits for the answer."""


class Reply:
    """The response to one request. `write` and `finish` run in a worker thread.

    `send(messages)` hands ASGI messages to the event loop, waits until the socket took them,
    and raises ClientGone when nobody listens any more.
    """

    def __init__(self, request: Request, base: Headers, spool_dir: Path, send: Callable[[list[Message]], None]) -> None:
        self._send = send
        self._headers = [*base, (b"x-clickhouse-query-id", request.query_id.encode())]
        self._native_blocks = request.flag("compress")
        self._encoding = None if self._native_blocks else compression.choose(request.accept_encoding)
        self._encoder = compression.encoder(self._encoding) if self._encoding else None
        self._wait_to_end = request.flag("wait_end_of_query") or request.flag("http_wait_end_of_query")
        self._spool_dir = spool_dir
        self._spool: IO[bytes] | None = None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._tag = secrets.token_hex(8)
        self.started = False

    def describe(self, fmt: str) -> None:
        """Name the format of the body to come."""
        kind = fmt.lower()
        if kind.startswith("json") and kind not in _TYPES:
            content_type = "application/json; charset=UTF-8"
        elif kind.startswith("rowbinary"):
            content_type = "application/octet-stream"
        elif kind.startswith(("tsv", "tab")):
            content_type = _TYPES["tsv"]
        else:
            content_type = _TYPES.get(kind, "text/plain; charset=UTF-8")
        self._headers.append((b"content-type", content_type.encode()))
        self._headers.append((b"x-clickhouse-format", fmt.encode("ascii", "replace")))

    def write(self, data: bytes) -> None:
        """Add to the body. May block until the client has read earlier parts."""
        if data:
            self._put(self._encode(data))

    def finish(self, summary: Summary) -> list[Message]:
        """The messages that complete the response; the caller sends them."""
        if self._encoder is not None:
            self._put(self._encoder.flush())
        if self.started:
            return [_body(b"".join(self._held), more=False)]
        headers = [*self._headers, (b"x-clickhouse-summary", summary.header())]
        if self._encoding:
            headers.append((b"content-encoding", self._encoding.encode()))
        if self._spool is not None:
            return self._finish_spooled(headers)
        body = b"".join(self._held)
        return [_start(200, [*headers, (b"content-length", str(len(body)).encode())]), _body(body, more=False)]

    def fail(self, error: FrontError) -> list[Message]:
        """The messages that report `error`; after a started body, ClickHouse's in-body form.

        In that case the list does not complete the response: the connection must be cut, so
        that no client takes the part for the whole.
        """
        self.close()
        if not self.started:
            return error_messages(error, self._headers)
        text = str(error).encode()[:16384]
        tag = self._tag.encode()
        block = b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (tag, text, len(text) + 1, tag)
        encoded = self._encode(block)
        if self._encoder is not None:
            encoded += self._encoder.flush()
        return [_body(b"".join(self._held) + encoded, more=True)]

    def close(self) -> None:
        """Drop what is spooled."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _encode(self, data: bytes) -> bytes:
        if self._native_blocks:
            return blocks.encode(data)
        return self._encoder.compress(data) if self._encoder is not None else data

    def _put(self, data: bytes) -> None:
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes < BUFFER_BYTES:
            return
        if self._wait_to_end:
            if self._spool is None:
                # Closed by close(), which every end of the reply calls.
                self._spool = tempfile.SpooledTemporaryFile(_SPOOL_BYTES, dir=str(self._spool_dir))  # noqa: SIM115
            self._spool.writelines(self._held)
        else:
            self._flush()
        self._held, self._held_bytes = [], 0

    def _flush(self) -> None:
        messages = [_body(b"".join(self._held), more=True)]
        if not self.started:
            headers = [*self._headers, (b"x-clickhouse-exception-tag", self._tag.encode())]
            if self._encoding:
                headers.append((b"content-encoding", self._encoding.encode()))
            messages.insert(0, _start(200, headers))
            self.started = True
        self._send(messages)

    def _finish_spooled(self, headers: Headers) -> list[Message]:
        assert self._spool is not None
        self._spool.writelines(self._held)
        size = self._spool.tell()
        self._spool.seek(0)
        self.started = True
        messages = [_start(200, [*headers, (b"content-length", str(size).encode())])]
        while piece := self._spool.read(BUFFER_BYTES):
            self._send([*messages, _body(piece, more=True)])
            messages = []
        self.close()
        return [_body(b"", more=False)]


def error_messages(error: FrontError, headers: Headers) -> list[Message]:
    """A complete error response."""
    body = str(error).encode() + b"\n"
    kept = [(name, value) for name, value in headers if name not in (b"content-type", b"x-clickhouse-format")]
    kept += [
        (b"content-type", b"text/plain; charset=UTF-8"),
        (b"x-clickhouse-exception-code", str(error.code).encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if error.status == 401:
        kept.append((b"www-authenticate", b'Basic realm="ClickHouse server HTTP API"'))
    return [_start(error.status, kept), _body(body, more=False)]


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(data: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}
