"""Avro's zig-zag variable-length integers, for whole numpy arrays at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]


def encode_long(value: int) -> bytes:
    """Avro binary of one int or long."""
    rest = (value << 1) ^ (value >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def encode_string(text: str) -> bytes:
    """Avro binary of a string."""
    data = text.encode()
    return encode_long(len(data)) + data


def encode_rows(values: Int64s) -> tuple[bytes, list[int]]:
    """Each row of a 2-d array as its numbers' Avro binary, one after another, and the end of each row in it.

    All values must be 0 or more and below 2**62.
    """
    unsigned = values.astype(np.uint64) << np.uint64(1)
    width = max(1, -(-int(unsigned.max(initial=0)).bit_length() // 7))
    shifts = np.arange(width, dtype=np.uint64) * np.uint64(7)
    groups = (unsigned[:, :, None] >> shifts).astype(np.uint8) & np.uint8(0x7F)
    later = np.zeros(groups.shape, dtype=bool)  # is there a bit in a later group?
    for index in range(width - 2, -1, -1):
        later[:, :, index] = later[:, :, index + 1] | (groups[:, :, index + 1] != 0)
    used = np.ones(groups.shape, dtype=bool)
    used[:, :, 1:] = later[:, :, :-1]
    groups |= later.astype(np.uint8) << np.uint8(7)
    ends = np.cumsum(used.sum(axis=(1, 2)))
    return groups[used].tobytes(), ends.tolist()
