"""The header Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.upstream.model import Answer


def retry_after_s(answer: Answer) -> float | None:
    """Seconds to wait, from a number or a date; None without the header, or where it cannot be read. Never negative.

    A date counts from the answer's own Date, so that the two clocks may differ; without one, from when the answer was received.
    """
    headers = {name.lower(): value for name, value in answer.headers.items()}
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return float(text)
    until = _date(text)
    if until is None:
        return None
    since = _date(headers.get("date", ""))
    since_s = answer.received_ms / 1000 if since is None else since.timestamp()
    return max(0.0, until.timestamp() - since_s)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        moment.timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return moment
