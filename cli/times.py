"""Times as people write them on the command line and in files."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from connectors.errors import TokpulseError

_RELATIVE = re.compile(r"^-(\d+)([smhd])$")
UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class TimeFormatError(TokpulseError):
    """A text that is no time."""


def parse_time_ms(text: str, now_ms: int, what: str = "time") -> int:
    """Unix milliseconds of `text`: ISO 8601 (UTC unless it has an offset), Unix milliseconds, `now`, or `-26h` (s, m, h, d ago)."""
    text = text.strip()
    if text == "now":
        return now_ms
    if match := _RELATIVE.match(text):
        return now_ms - int(match[1]) * UNIT_MS[match[2]]
    if text.isascii() and text.isdigit() and len(text) >= 12:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TimeFormatError(
            f"{what}: {text!r} is no time", "write 2026-01-05T00:00:00Z, Unix milliseconds, now, or -26h (26 hours ago)"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole_seconds = int(moment.replace(microsecond=0).timestamp())
    return whole_seconds * 1000 + moment.microsecond // 1000
