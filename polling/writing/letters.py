"""Dead letters of pollers: items that could not become observations, with the reason and all of what was received."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.kafka.validation import ClockError, FieldTypeError, MissingFieldError, NegativeCounterError, RecordError
from connectors.upstream.model import Origin
from polling.writing.origins import headers_of

# What dead letters are counted by: stable codes, as those of the jobs.
UNMAPPED = "unmapped"
NOT_ENCODABLE = "not_encodable"
TOO_LARGE = "too_large"
_CODES: Mapping[type[RecordError], str] = {
    MissingFieldError: "missing_field",
    FieldTypeError: "wrong_type",
    NegativeCounterError: "negative_counter",
    ClockError: "time_out_of_range",
}
# A key takes from the room of the message beside its value.
_LONGEST_KEY = 256
_LONGEST_REASON = 1_000


@dataclass(frozen=True)
class Letter:
    """A record of the dead-letter topic `topic`."""

    topic: str
    key: str | None
    value: bytes
    headers: Mapping[str, bytes]


def reason(error: RecordError) -> str:
    """`code: field and what is wrong with it`."""
    return f"{_CODES.get(type(error), 'invalid')}: {error.field} {error.problem}"


def letter(
    source: str, key_field: str, item: Mapping[str, Any], why: str, failed_ms: int, limit: int, origin: Origin | None = None
) -> Letter:
    """The dead letter of `item`, which was on its way to the topic `source`. Never fails: the value is JSON in ASCII.

    It never was in Kafka, so its source has partition and offset -1. `limit` is the size in bytes that a value may have: a longer
    one is cut, and the reason says so.
    """
    # ASCII holds half of a surrogate pair, too, which UTF-8 cannot; a value of another type becomes its text.
    value = json.dumps(item, separators=(",", ":"), default=str).encode("ascii")
    if len(value) > limit:
        why = f"{why} (cut: {len(value)} bytes are more than {limit})"
        value = value[:limit]
    named = item.get(key_field)
    moment = datetime.fromtimestamp(failed_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    headers = {
        "error": why[:_LONGEST_REASON].encode("utf-8", "replace"),
        "source.topic": source.encode(),
        "source.partition": b"-1",
        "source.offset": b"-1",
        "failed.at": moment.encode(),
        **(headers_of(origin) if origin is not None else {}),
    }
    key = str(named)[:_LONGEST_KEY].encode("utf-8", "replace").decode() if isinstance(named, str | int) and str(named) else None
    return Letter(f"{source}.dlq", key, value, headers)
