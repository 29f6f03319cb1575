"""What `tokpulse doctor` finds, as data: a cause says once what is wrong and what mends it; a finding names where it was met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`WARN` may explain missing, late or wrong output, `FAIL` does."""

    OK = "ok"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """The result of one check; `todo` says what to do unless all is well.

    `cause` is the stable name of what is wrong, "" where all is well; `about` is the topic, service or job that has it.
    """

    level: Level
    subject: str
    text: str
    todo: str = ""
    cause: str = ""
    about: str = ""

    def line(self) -> str:
        """One line of output, without line breaks whatever an error message holds."""
        todo = f" -> {self.todo}" if self.todo and self.level is not Level.OK else ""
        return " ".join(f"{self.level.value:<5}{self.subject:<12} {self.text}{todo}".splitlines())

    def as_json(self) -> Mapping[str, str]:
        """For scripts."""
        return {
            **{"level": self.level.value.lower(), "subject": self.subject, "cause": self.cause, "about": self.about},
            **{"text": self.text, "todo": self.todo},
        }


# What a text may call that which a finding is about.
_NAMES_OF_ABOUT = ("topic", "job", "source", "service", "table", "run", "jar", "folder", "subject", "check", "what")


@dataclass(frozen=True)
class Cause:
    """A reason for output that is missing, late or wrong. docs/operations.md lists all of them, from here.

    `means` is the cause in a few words; `says` and `fix` are texts with `{names}` of what a finding fills in.
    """

    name: str
    level: Level
    subject: str
    means: str
    says: str
    fix: str

    def found(self, about: str = "", *, level: Level | None = None, **values: object) -> Finding:
        """The finding that says it of `values` and of `about`, by any of its names. Raises KeyError for a name without a value."""
        known = {**dict.fromkeys(_NAMES_OF_ABOUT, about), **values}
        return Finding(level or self.level, self.subject, self.says.format_map(known), self.fix.format_map(known), self.name, about)


def ok(subject: str, text: str) -> Finding:
    """A check that found nothing wrong."""
    return Finding(Level.OK, subject, text)


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`, `4 d`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


def listed(numbers: Iterable[int], most: int = 6) -> str:
    """`partition 3`, `partitions 3, 7`, `partitions 0, 1, 2, 3, 4, 5 and 12 more`."""
    ordered = sorted(numbers)
    shown = ", ".join(map(str, ordered[:most]))
    more = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return f"partition{'s' if len(ordered) > 1 else ''} {shown}{more}"


def without_repeats(findings: Iterable[Finding]) -> Iterable[Finding]:
    """`findings` with each cause of a topic, service or job once: two checks may come upon the same one."""
    seen: set[tuple[str, str]] = set()
    for finding in findings:
        known = (finding.cause, finding.about)
        if not finding.cause or not finding.about or known not in seen:
            yield finding
        seen.add(known)
