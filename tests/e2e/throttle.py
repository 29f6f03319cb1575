"""A process that runs a share of the time only, as on a machine that is busy with something else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

PERIOD_S = 0.2


@contextmanager
def throttled(pid: Callable[[], int], duty: float) -> Iterator[None]:
    """The process that `pid` gives, asked for in each period, runs for `duty` of the time, in slices; 1.0 leaves it alone."""
    if duty >= 1.0:
        yield
        return
    done = threading.Event()

    def alternate() -> None:
        while not done.wait(PERIOD_S * duty):
            try:
                victim = pid()
                os.kill(victim, signal.SIGSTOP)
            except (OSError, StopIteration, psutil.Error):
                # It was killed, and the next one is not there yet.
                continue
            try:
                done.wait(PERIOD_S * (1 - duty))
            finally:
                # Killed while it stood: nothing is left to wake.
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGCONT)

    thread = threading.Thread(target=alternate, name="throttle")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
