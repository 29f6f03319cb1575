"""Runs a command again and again: `python -m stack.every 15m -- tokpulse quality --quick`. The first time after that long.

Between the runs it is a few megabytes and no work. What a run ends with is the log's matter, and the next one starts all the same.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from connectors.durations import EXAMPLES, parse_duration
from connectors.terminal import say

_STOP_S = 10.0


def run(every_s: float, command: Sequence[str], stopping: threading.Event) -> None:
    """Starts `command` every `every_s` seconds, and ends it when `stopping` is set; a run that takes longer skips its turn."""
    due = time.monotonic() + every_s
    while not stopping.wait(max(0.0, due - time.monotonic())):
        due = max(due + every_s, time.monotonic())
        try:
            with subprocess.Popen(command) as child:
                while child.poll() is None:
                    if stopping.wait(0.2):
                        _end(child)
        except OSError as error:
            say(f"cannot start {command[0]}: {error.strerror}", err=True)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()


def main(argv: Sequence[str]) -> int:
    """Runs until SIGTERM or SIGINT. The exit code is 0, and 2 for wrong usage."""
    every, dashes, *command = *argv[:2], *([""] * (2 - len(argv))), *argv[2:]
    try:
        every_s = parse_duration(every).total_seconds()
    except ValueError:
        every_s = 0.0
    if every_s <= 0 or dashes != "--" or not command:
        say(f"usage: python -m stack.every TIME -- COMMAND, where TIME is {EXAMPLES}", err=True)
        return 2
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    run(every_s, command, stopping)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
