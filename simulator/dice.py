"""Reproducible chance from integer arithmetic alone: the same numbers on any machine, Python version or hash seed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = 2**64 - 1
_GAMMA = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """The finalizer of splitmix64: a bijection of 64-bit integers without visible structure."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Dice:
    """A splitmix64 stream of its own for each (seed, purpose, index): drawing from one never moves another."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, purpose: str, index: int = 0) -> None:
        name = zlib.crc32(purpose.encode())
        self._state = mix(mix(mix(seed & _MASK) ^ (name + _GAMMA)) ^ (index * _GAMMA & _MASK))

    def bits(self) -> int:
        """The next 64 bits."""
        self._state = state = (self._state + _GAMMA) & _MASK
        return mix(state)

    def below(self, limit: int) -> int:
        """0 .. limit - 1. The bias, under limit / 2**64, is of no consequence here."""
        return (self.bits() * limit) >> 64

    def between(self, low: int, high: int) -> int:
        """low .. high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, parts_per_million: int) -> bool:
        """True for about `parts_per_million` of a million draws."""
        return self.below(1_000_000) < parts_per_million

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self.below(len(options))]

    def log_between(self, low: int, high: int) -> int:
        """low .. high with each doubling about equally likely, without a logarithm."""
        doublings = max(1, (high // low).bit_length())
        floor = low << self.below(doublings)
        return min(high, floor + self.below(floor))
