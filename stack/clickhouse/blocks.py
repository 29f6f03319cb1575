"""ClickHouse's own compressed blocks (`compress=1`, `decompress=1`).

A block is: 16 bytes CityHash128 of the rest, 1 byte method, 4 bytes compressed size counted
with this 9-byte header, 4 bytes uncompressed size, data. Little endian throughout.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, cast

import lz4.block
import zstandard
from clickhouse_cityhash import cityhash

from stack.clickhouse import errors
from stack.clickhouse.errors import FrontError

LZ4: Final = 0x82
ZSTD: Final = 0x90
NONE: Final = 0x02
BLOCK_BYTES: Final = 1 << 20
# Real clients send blocks of up to 1 MiB or so; the engine's own ceiling is 1 GiB.
MAX_BLOCK_BYTES: Final = 256 << 20
_HEADER: Final = struct.Struct("<BII")
_CHECKSUM_BYTES: Final = 16


class _Hash(Protocol):
    def __call__(self, data: bytes) -> int: ...


_hash128 = cast(_Hash, cityhash.CityHash128)


def _checksum(data: bytes) -> bytes:
    value = _hash128(data)
    # The library returns high:low as Python's integer; on the wire the low word of the pair
    # comes first.
    return struct.pack("<QQ", value >> 64, value & 0xFFFFFFFFFFFFFFFF)


def encode(data: bytes) -> bytes:
    """`data` as LZ4 blocks of at most 1 MiB each; empty for empty data."""
    parts = []
    for start in range(0, len(data), BLOCK_BYTES):
        piece = data[start : start + BLOCK_BYTES]
        packed = cast(bytes, lz4.block.compress(piece, store_size=False))
        rest = _HEADER.pack(LZ4, len(packed) + _HEADER.size, len(piece)) + packed
        parts += [_checksum(rest), rest]
    return b"".join(parts)


def decode(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of the blocks found in `chunks`, which may be cut anywhere.

    Raises FrontError: 40 for a wrong checksum, 271 for a broken or cut-off block.
    """
    held = bytearray()
    for chunk in chunks:
        held += chunk
        start = 0
        while True:
            block = _next_block(held, start)
            if block is None:
                break
            start += len(block)
            yield _decode_block(block)
        del held[:start]
    if held:
        raise FrontError(errors.CANNOT_DECOMPRESS, "Cannot decompress: the last block is cut off")


def _next_block(held: bytearray, start: int) -> bytes | None:
    if len(held) - start < _CHECKSUM_BYTES + _HEADER.size:
        return None
    _, packed_size, size = _HEADER.unpack_from(held, start + _CHECKSUM_BYTES)
    if not _HEADER.size <= packed_size <= MAX_BLOCK_BYTES or size > MAX_BLOCK_BYTES:
        raise FrontError(errors.CANNOT_DECOMPRESS, "Cannot decompress: implausible block size; not compressed data?")
    end = start + _CHECKSUM_BYTES + packed_size
    return bytes(held[start:end]) if len(held) >= end else None


def _decode_block(block: bytes) -> bytes:
    rest = block[_CHECKSUM_BYTES:]
    if _checksum(rest) != block[:_CHECKSUM_BYTES]:
        raise FrontError(errors.CHECKSUM_MISMATCH, "Checksum doesn't match: corrupted data")
    method, _, size = _HEADER.unpack_from(rest)
    packed = rest[_HEADER.size :]
    try:
        if method == LZ4:
            data = cast(bytes, lz4.block.decompress(packed, uncompressed_size=size))
        elif method == ZSTD:
            # The frame's own idea of its size decides how much is allocated.
            if zstandard.frame_content_size(packed) > size:
                raise FrontError(errors.CANNOT_DECOMPRESS, "Cannot decompress: size differs from the block's header")
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
        elif method == NONE:
            data = packed
        else:
            raise FrontError(errors.CANNOT_DECOMPRESS, f"Unknown compression method 0x{method:02x}; use LZ4 or ZSTD")
    except (lz4.block.LZ4BlockError, zstandard.ZstdError) as exc:
        raise FrontError(errors.CANNOT_DECOMPRESS, f"Cannot decompress: {exc}") from exc
    if len(data) != size:
        raise FrontError(errors.CANNOT_DECOMPRESS, "Cannot decompress: size differs from the block's header")
    return data
