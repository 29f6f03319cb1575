"""Progress of long measurements: plain lines on stderr, few enough not to be measured themselves."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_COUNT_EVERY_S = 5.0
_WAIT_EVERY_S = 15.0


class Progress:
    """Lines with the time since the bench began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def line(self, text: str) -> None:
        """One line, now."""
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)

    def counter(self, what: str) -> Callable[[int, float], None]:
        """A function of (records so far, fraction done) that says so now and then."""
        next_at = time.monotonic() + _COUNT_EVERY_S

        def count(records: int, fraction: float) -> None:
            nonlocal next_at
            if time.monotonic() >= next_at:
                next_at = time.monotonic() + _COUNT_EVERY_S
                self.line(f"{what}: {records:,} ({fraction:.0%})")

        return count

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Says `what` at the start of the block, and that it still runs now and then."""
        self.line(f"{what} ...")
        with repeating(_WAIT_EVERY_S, lambda: self.line(f"{what} ...")):
            yield


@contextmanager
def repeating(every_s: float, action: Callable[[], None]) -> Iterator[None]:
    """Calls `action` every so many seconds, in a thread, while the block runs."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(every_s):
            action()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
