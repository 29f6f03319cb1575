"""Reads a response's body within a limit of bytes and of time, whatever the server sends."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import httpx

ENCODINGS = "gzip"  # what is asked for, as what the limit can be kept with
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class ReceivingError(Exception):
    """The body cannot be had. `reason` is a stable name."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def receive(response: httpx.Response, max_bytes: int, late: Callable[[], bool]) -> bytes:
    """The decoded body of a streamed response. Raises ReceivingError when it is above `max_bytes`, or `late()` between two chunks.

    Decoding stops at the limit too, so that a small body which unpacks to a large one costs no more memory.
    """
    decoder = _decoder(response.headers.get("content-encoding", "").strip().lower())
    body = bytearray()
    # As the bytes come: with a size of chunks httpx would wait for each to be full, and `late` would not be asked.
    for chunk in response.iter_raw():
        try:
            body += decoder.decompress(chunk, max_bytes + 1 - len(body)) if decoder is not None else chunk
        except zlib.error as error:
            raise ReceivingError("bad_encoding", f"the body cannot be unpacked: {error}") from error
        if len(body) > max_bytes:
            raise ReceivingError("too_large", f"the body is larger than {max_bytes:,} bytes")
        if late():
            raise ReceivingError("too_slow", f"the body was not there in time: {len(body):,} bytes of it were")
    if decoder is not None and not decoder.eof and body:
        raise ReceivingError("truncated", f"the packed body ends too early, after {len(body):,} bytes")
    return bytes(body)


def _decoder(encoding: str) -> zlib._Decompress | None:
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    raise ReceivingError("bad_encoding", f"the body is packed with {encoding[:40]!a}, which was not asked for")
