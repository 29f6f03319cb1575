"""The credits of one key at one upstream."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.clock import HOUR_MS

_DAY_MS = 24 * HOUR_MS


@dataclass
class Account:
    """A balance that requests drain. With `daily` it is `credits` again at each UTC midnight of the server's clock."""

    credits: int
    daily: bool = False

    def __post_init__(self) -> None:
        self.left = self.credits
        self._day: int | None = None

    def turn(self, now_ms: int) -> None:
        """What time does to the balance."""
        day = now_ms // _DAY_MS
        if self.daily and self._day is not None and day > self._day:
            self.left = self.credits
        self._day = day

    def add(self, credits: int) -> None:
        """A payment."""
        self.left += credits

    def charge(self, cost: int) -> bool:
        """Takes `cost`, or what is left. False when there was nothing: the request is not to be answered."""
        if self.left <= 0:
            return False
        self.left = max(0, self.left - cost)
        return True
