"""What `tokpulse doctor` finds: one line per check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from connectors.errors import TokpulseError


class Level(StrEnum):
    """`WARN` may explain missing output, `FAIL` does."""

    OK = "ok"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """The result of one check; `todo` says what to do unless all is well."""

    level: Level
    subject: str
    text: str
    todo: str = ""

    def line(self) -> str:
        """One line of output, without line breaks whatever an error message holds."""
        todo = f" -> {self.todo}" if self.todo and self.level is not Level.OK else ""
        return " ".join(f"{self.level.value:<5}{self.subject:<12} {self.text}{todo}".splitlines())


Check = Callable[[], Iterator[Finding]]


def ok(subject: str, text: str) -> Finding:
    """A check that found nothing wrong."""
    return Finding(Level.OK, subject, text)


def warn(subject: str, text: str, todo: str) -> Finding:
    """Something that may be the reason."""
    return Finding(Level.WARN, subject, text, todo)


def fail(subject: str, text: str, todo: str) -> Finding:
    """Something that is a reason."""
    return Finding(Level.FAIL, subject, text, todo)


def guarded(subject: str, check: Check) -> Iterator[Finding]:
    """The findings of `check`; an error that it raises becomes a FAIL, so that the checks after it still run."""
    try:
        yield from check()
    except TokpulseError as error:
        yield fail(subject, error.message, error.hint)


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`, `4 d`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"
