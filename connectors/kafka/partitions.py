"""The partition that Kafka's murmur2 partitioner gives a key, and what else is shared out by the same hash."""

from __future__ import annotations

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 hash, unsigned."""
    length = len(data)
    value = 0x9747B28C ^ length
    whole = length - length % 4
    for start in range(0, whole, 4):
        block = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        block = (block ^ (block >> 24)) * _M & _MASK
        value = (value * _M & _MASK) ^ block
    if whole < length:
        value = (value ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    value = (value ^ (value >> 13)) * _M & _MASK
    return value ^ (value >> 15)


def partition_of(key: str, partitions: int) -> int:
    """The partition of `key` among `partitions`, as `murmur2_random` chooses it."""
    return partition_of_bytes(key.encode(), partitions)


def partition_of_bytes(key: bytes, partitions: int) -> int:
    """The same of a key as it lies in Kafka."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
