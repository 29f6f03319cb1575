"""Simulated time that runs faster than the wall clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.clock import wall_clock_ms


@dataclass
class ScaledClock:
    """Unix milliseconds that start at `start_ms` and pass `speed` times as fast as `wall`'s do."""

    start_ms: int
    speed: float = 1.0
    wall: Callable[[], int] = wall_clock_ms
    _origin_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self._origin_ms = self.wall()

    def __call__(self) -> int:
        """Now."""
        return self.start_ms + round((self.wall() - self._origin_ms) * self.speed)
