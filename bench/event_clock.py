"""Event times that cross the end of an hour every few seconds, although real hours take long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.clock import HOUR_MS


@dataclass(frozen=True)
class Crossing:
    """One stretch of real time with an event clock that runs at real speed, and jumps once. Times in ms; `*_at` are real.

    Before `jump_at` the clock shows the last moments of the hour that begins at `window_start`; then it jumps to just before
    hour end + watermark delay, which it reaches at `due_at`: no watermark can close the hour earlier.
    """

    window_start: int
    began_at: int
    jump_at: int
    due_at: int
    ends_at: int
    delay: int

    def event_time(self, now: int) -> int:
        """What the event clock shows at the real time `now`."""
        end = self.window_start + HOUR_MS
        return end - 1 - (self.jump_at - now) if now < self.jump_at else end + self.delay - (self.due_at - now)


@dataclass(frozen=True)
class Rhythm:
    """How long the parts of a crossing take, in ms; in sum no multiple of a checkpoint interval, so that those fall anywhere."""

    fill: int = 4_000
    approach: int = 2_000
    after: int = 3_300

    def crossings(self, first_window: int, began_at: int, count: int, delay: int) -> Iterator[Crossing]:
        """`count` hours in a row from `first_window`, from the real time `began_at` on; `delay` is that of the watermark."""
        for number in range(count):
            jump_at = began_at + self.fill
            due_at = jump_at + self.approach
            yield Crossing(first_window + number * HOUR_MS, began_at, jump_at, due_at, due_at + self.after, delay)
            began_at = due_at + self.after
