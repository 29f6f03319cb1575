"""HTTP content codings, both ways: gzip, deflate, zstd, lz4 (and br where a codec is installed)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol, cast

import lz4.frame
import zstandard

from stack.clickhouse import errors
from stack.clickhouse.errors import FrontError

try:
    import brotli  # type: ignore[import-not-found]  # optional
except ImportError:
    brotli = None


_PIECE_BYTES: Final = 64 << 10


class Encoder(Protocol):
    """Compresses a response piece by piece."""

    def compress(self, data: bytes) -> bytes:
        """What can be sent now, perhaps nothing."""
        ...

    def flush(self) -> bytes:
        """The rest, with the end mark."""
        ...


class _Lz4Encoder:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        head = b"" if self._begun else cast(bytes, self._frame.begin())
        self._begun = True
        return head + cast(bytes, self._frame.compress(data))

    def flush(self) -> bytes:
        head = b"" if self._begun else cast(bytes, self._frame.begin())
        return head + cast(bytes, self._frame.flush())


_ENCODERS: Final[dict[str, Callable[[], Encoder]]] = {
    "zstd": lambda: cast(Encoder, zstandard.ZstdCompressor(level=1).compressobj()),
    "lz4": _Lz4Encoder,
    "gzip": lambda: cast(Encoder, zlib.compressobj(3, zlib.DEFLATED, 31)),
    "deflate": lambda: cast(Encoder, zlib.compressobj(3, zlib.DEFLATED, 15)),
}
# In the order in which the front prefers them.
ENCODINGS: Final = tuple(_ENCODERS)


def choose(accept_encoding: str) -> str | None:
    """The coding to answer with, or None for none: the first that the client accepts."""
    accepted = set()
    for item in accept_encoding.lower().split(","):
        name, _, weight = item.strip().partition(";")
        if weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(name.strip())
    return next((name for name in ENCODINGS if name in accepted), None)


def encoder(name: str) -> Encoder:
    """A fresh encoder for one of ENCODINGS."""
    return _ENCODERS[name]()


def decode(name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the decoded content of `chunks`.

    Raises FrontError: 48 for an unknown coding, 271 for broken or cut-off content.
    """
    if name in ("", "identity"):
        yield from chunks
        return
    try:
        if name == "br":
            yield from _decode_brotli(chunks)
            return
        make = _DECODERS.get(name)
        if make is None:
            raise FrontError(errors.NOT_IMPLEMENTED, f"Unknown Content-Encoding {name[:20]!r}")
        yield from _decode_members(make, chunks)
    except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as exc:
        raise FrontError(errors.CANNOT_DECOMPRESS, f"Cannot decode the {name} body: {exc}") from exc


_DECODERS: Final[dict[str, Callable[[], Any]]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "x-gzip": lambda: zlib.decompressobj(31),
    "deflate": lambda: zlib.decompressobj(15),
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj(),
    "lz4": lambda: lz4.frame.LZ4FrameDecompressor(),
}


def _decode_members(make: Callable[[], Any], chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decode one or more frames laid end to end (both gzip and zstd allow that)."""
    state, clean = make(), True
    for chunk in _pieces(chunks):
        while chunk:
            data, clean = state.decompress(chunk), False
            if data:
                yield data
            if not state.eof:
                break
            chunk, state, clean = state.unused_data or b"", make(), True
    if not clean:
        raise EOFError("it is cut off")


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces: what one of them can blow up to must fit in memory."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE_BYTES):
            yield chunk[start : start + _PIECE_BYTES]


def _decode_brotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
    if brotli is None:
        raise FrontError(errors.NOT_IMPLEMENTED, "Content-Encoding br needs the brotli package; use zstd, lz4 or gzip")
    state = brotli.Decompressor()
    for chunk in chunks:
        yield state.process(chunk)
    if not state.is_finished():
        raise EOFError("it is cut off")
