"""What time it is, and waiting: by the machine's clock, or by one that jumps to the next thing to do."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from connectors.clock import wall_clock_ms

T = TypeVar("T")


class Clock(Protocol):
    """Time as the loop has it, in unix milliseconds."""

    def now_ms(self) -> int:
        """The moment."""

    def next(self, inbox: SimpleQueue[T], until_ms: int, in_flight: int) -> T | None:
        """The next item of `inbox`, or None when it is `until_ms`. `in_flight` requests will each put an item there."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Unix milliseconds of this machine."""
        return wall_clock_ms()

    def next(self, inbox: SimpleQueue[T], until_ms: int, in_flight: int) -> T | None:
        """Sleeps until there is an item, or until the time."""
        timeout = max(0, until_ms - self.now_ms()) / 1000
        deadline = time.monotonic() + timeout
        while True:
            try:
                # In parts: the machine's clock may be set while this waits, and a lock cannot wait for longer than some weeks.
                return inbox.get(timeout=max(0.0, min(60.0, deadline - time.monotonic())))
            except Empty:
                if time.monotonic() >= deadline:
                    return None


class VirtualClock:
    """Stands still while requests are in flight, else jumps to the next due time: a scripted day takes seconds.

    It jumps to the next multiple of `step_ms`: what is due within a step is done together. Not for production: nobody else's clock
    follows it.
    """

    def __init__(self, start_ms: int, step_ms: int = 1) -> None:
        self._now_ms = start_ms
        self._step_ms = step_ms

    def now_ms(self) -> int:
        """The virtual moment."""
        return self._now_ms

    def next(self, inbox: SimpleQueue[T], until_ms: int, in_flight: int) -> T | None:
        """Waits (in real time) for what is in flight; with nothing in flight, moves the time."""
        try:
            return inbox.get(block=in_flight > 0)
        except Empty:
            self._now_ms = max(self._now_ms, -(-until_ms // self._step_ms) * self._step_ms)
            return None

    def advance(self, milliseconds: int) -> None:
        """Moves the time by hand."""
        self._now_ms += milliseconds
