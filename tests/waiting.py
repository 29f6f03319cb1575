"""Waiting for something that another process does: polled, with a deadline, and never for a fixed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.1


def until(probe: Callable[[], T], timeout: float, what: str, ignoring: tuple[type[Exception], ...] = ()) -> T:
    """The first truthy value of `probe`. Fails the test, naming `what` and the last value, after `timeout` seconds.

    An error of a type in `ignoring` counts as "not yet": a service that restarts refuses connections for a moment.
    """
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    last: object = None
    while True:
        try:
            value = probe()
            if value:
                return value
            last = value
        except ignoring as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:.0f} s: {what} (last: {last!r})")
        pause.wait(_POLL_S)
