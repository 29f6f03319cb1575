"""Progress of one long command on stderr: a bar or a spinner on a terminal, else a plain line now and then."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.spinner import Spinner

from connectors.console import Text, new_console, styled
from connectors.terminal import say

_QUIET_SECONDS = 2.0
_LINE_EVERY_SECONDS = 5.0
_FRAME_SECONDS = 0.25


class Waiting:
    """A context manager around what may take long: from 2 s on it says `what`, and for how long; off a terminal every `every_s`."""

    def __init__(self, what: str, every_s: float = _LINE_EVERY_SECONDS) -> None:
        self._what, self._every_s = what, every_s
        self._detail = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="waiting", daemon=True)

    def at(self, detail: str) -> None:
        """From now on it is at `detail`."""
        self._detail = detail

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        if self._over.wait(_QUIET_SECONDS):
            return
        if sys.stderr.isatty():
            spinner, console = Spinner("dots", self._line()), new_console(stderr=True)
            # What is printed meanwhile stands above it, unless it goes somewhere else.
            with Live(spinner, console=console, transient=True, redirect_stdout=sys.stdout.isatty()):
                while not self._over.wait(_FRAME_SECONDS):
                    spinner.update(text=self._line())
            return
        say(self._text(), err=True)
        while not self._over.wait(self._every_s):
            say(self._text(), err=True)

    def _line(self) -> Text:
        return styled(self._text(), "")

    def _text(self) -> str:
        detail = f", {self._detail}" if self._detail else ""
        return f"{self._what} ... {time.monotonic() - self._began:.0f} s{detail}"


class RecordProgress:
    """Call it with (records so far, fraction done). Says nothing about what is over within 2 s."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._next_line = self._began + _QUIET_SECONDS
        self._bar: Progress | None = None
        self._on_terminal = sys.stderr.isatty()

    def __call__(self, records: int, fraction: float) -> None:
        """Shows `records` and `fraction` (0..1)."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=fraction, records=records, rate=self._rate(records))
        elif now >= self._next_line:
            if self._on_terminal:
                self._start_bar()
            else:
                self._next_line = now + _LINE_EVERY_SECONDS
                say(f"{self._what}: {records:,} records, {fraction:.0%}, {self._rate(records):,}/s", err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _rate(self, records: int) -> int:
        return round(records / max(0.001, time.monotonic() - self._began))

    def _start_bar(self) -> None:
        figures = TextColumn("{task.percentage:>3.0f}% {task.fields[records]:,} records {task.fields[rate]:,}/s")
        columns = (TextColumn("{task.description}"), BarColumn(), figures, TimeElapsedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=new_console(stderr=True), transient=True)
        self._bar.add_task(self._what, total=1.0, records=0, rate=0)
        self._bar.start()
