"""The one way to write a duration, in files, options and variables alike: `500ms`, `90s`, `2m` or `2 min`, `24h`, `1d`.

Needs nothing but the standard library: functions that run in Flink's Python workers read durations, too.
"""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"\s*(\d{1,12})\s*(ms|s|m|min|h|d)\s*", re.ASCII)
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_MILLISECOND = timedelta(milliseconds=1)
EXAMPLES = "a whole number and ms, s, m (or min), h or d, e.g. `2m`"


def parse_duration(text: object) -> timedelta:
    """The duration that `text` says. Raises ValueError, whose message says what is allowed."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    try:
        if match is not None:
            return int(match[1]) * _UNITS[match[2]]
    except OverflowError:
        pass
    raise ValueError(f"{text!r} is not a duration: write {EXAMPLES}")


def milliseconds(duration: timedelta) -> int:
    """`duration` in whole milliseconds."""
    return duration // _MILLISECOND


def parse_ms(text: object) -> int:
    """As `parse_duration`, in milliseconds."""
    return milliseconds(parse_duration(text))
