"""Compressed blocks and HTTP content codings."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from stack.clickhouse import blocks, compression
from stack.clickhouse.errors import FrontError


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_blocks_come_back_however_they_are_cut(data: bytes, size: int) -> None:
    assert b"".join(blocks.decode(cut(blocks.encode(data), size))) == data


def test_large_data_is_several_blocks() -> None:
    data = os.urandom(3 << 20)
    assert b"".join(blocks.decode([blocks.encode(data)])) == data


def test_a_flipped_bit_is_noticed() -> None:
    packed = bytearray(blocks.encode(b"hello" * 100))
    packed[-1] ^= 1
    with pytest.raises(FrontError) as caught:
        list(blocks.decode([bytes(packed)]))
    assert caught.value.code == 40


def test_a_cut_off_block_is_an_error() -> None:
    with pytest.raises(FrontError) as caught:
        list(blocks.decode([blocks.encode(b"hello" * 100)[:-1]]))
    assert caught.value.code == 271


def test_zstd_and_plain_blocks_are_read() -> None:
    data = b"tokpulse" * 50
    for method, packed in ((blocks.ZSTD, zstandard.ZstdCompressor().compress(data)), (blocks.NONE, data)):
        rest = struct.pack("<BII", method, len(packed) + 9, len(data)) + packed
        assert b"".join(blocks.decode([blocks._checksum(rest) + rest])) == data


@pytest.mark.parametrize("method", [0x91, 0x00])
def test_an_unknown_method_is_named(method: int) -> None:
    rest = struct.pack("<BII", method, 10, 1) + b"x"
    with pytest.raises(FrontError, match="Unknown compression method"):
        list(blocks.decode([blocks._checksum(rest) + rest]))


@pytest.mark.parametrize("name", compression.ENCODINGS)
@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_content_codings_come_back(name: str, size: int) -> None:
    data = os.urandom(1000) * 30
    coder = compression.encoder(name)
    packed = b"".join([coder.compress(data[:7000]), coder.compress(data[7000:]), coder.flush()])
    assert b"".join(compression.decode(name, cut(packed, size))) == data


@pytest.mark.parametrize("name", compression.ENCODINGS)
def test_cut_off_content_is_an_error(name: str) -> None:
    coder = compression.encoder(name)
    packed = coder.compress(os.urandom(5000)) + coder.flush()
    with pytest.raises(FrontError) as caught:
        list(compression.decode(name, [packed[:-5]]))
    assert caught.value.code == 271


def test_two_gzip_members_are_one_body() -> None:
    assert b"".join(compression.decode("gzip", [gzip.compress(b"a") + gzip.compress(b"b")])) == b"ab"


@pytest.mark.parametrize(
    ("accepts", "chosen"),
    [("gzip, deflate", "gzip"), ("lz4,zstd,gzip", "zstd"), ("br", None), ("", None), ("zstd;q=0, gzip;q=0.5", "gzip")],
)
def test_choosing_a_coding(accepts: str, chosen: str | None) -> None:
    assert compression.choose(accepts) == chosen
