"""Progress on the terminal: one moving line per step where there is a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TextIO

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.console import new_console
from connectors.terminal import say


class Report:
    """Use as a context manager; `step` may be called from several threads at once.

    On a terminal every step turns and counts its seconds. Without one, a step is announced when it starts and when it ends.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        if self._stream.isatty():
            self._progress = Progress(
                SpinnerColumn(finished_text="[green]✓[/green]"),
                TextColumn("{task.fields[name]:<12}"),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
                console=new_console(file=self._stream),
            )

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress:
            self._progress.stop()

    def line(self, text: str) -> None:
        """One line that stays."""
        with self._lock:
            if self._progress:
                self._progress.console.print(text)
            else:
                say(text, stream=self._stream)

    @contextmanager
    def step(self, name: str, doing: str, done: str) -> Iterator[None]:
        """Shows `doing` while the block runs, `done` after it; a block that raises leaves no `done`."""
        began = time.monotonic()
        if self._progress:
            task = self._progress.add_task(doing, name=name, total=1)
            yield
            self._progress.update(task, description=done, completed=1)
            return
        self.line(f"{name:<12} {doing} ...")
        yield
        self.line(f"{name:<12} {done} ({time.monotonic() - began:.1f} s)")
