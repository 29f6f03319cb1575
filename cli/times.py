"""Times as people write them on the command line and in files."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.durations import parse_ms
from connectors.errors import TokpulseError


class TimeFormatError(TokpulseError):
    """A text that is not a time."""


def parse_time_ms(text: str, now_ms: int, what: str = "time") -> int:
    """Unix milliseconds of `text`: ISO 8601 (UTC unless it has an offset), Unix milliseconds, `now`, or `-26h` (26 hours ago)."""
    text = text.strip()
    if text == "now":
        return now_ms
    if text.startswith("-"):
        try:
            return now_ms - parse_ms(text[1:])
        except ValueError as error:
            raise TimeFormatError(f"{what}: {error}") from None
    if text.isascii() and text.isdigit() and len(text) >= 12:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TimeFormatError(
            f"{what}: {text!r} is not a time", "write 2026-01-05T00:00:00Z, Unix milliseconds, now, or -26h (26 hours ago)"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole_seconds = int(moment.replace(microsecond=0).timestamp())
    return whole_seconds * 1000 + moment.microsecond // 1000
