"""Alerts as values: which record is which alert, and where in Kafka it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from alerts.kinds import KINDS, TOPICS, Kind
from connectors.clock import DAY_MS, HOUR_MS

# Far above what TikTok gives; an id is kept in memory and on disk, so it needs some bound.
MAX_TEXT = 256
# Far above what state is kept for; the beginning of a gain must be a date.
_LONGEST_MS = 10 * 366 * DAY_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Place(NamedTuple):
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


class BadRecordError(Exception):
    """A record that is not an alert; the message is the reason, without its place."""


@dataclass(frozen=True)
class Alert:
    """One alert. `kind` is one of KINDS; `key` names it across replays; `event_ms` is when it became true (Unix ms); `rate` is
    plays or followers per hour.

    Alerts of one `series` less than `span_ms` apart tell the same; with 0 each tells something of its own.
    `record` holds the record's fields as JSON values, times as ISO 8601 with milliseconds.
    """

    kind: str
    key: str
    event_ms: int
    rate: float
    record: Mapping[str, Any] = field(compare=False)
    span_ms: int = 0

    @property
    def about(self) -> Kind:
        """What its fields mean."""
        return KINDS[self.kind]

    @property
    def series(self) -> str:
        """The key without its time."""
        return self.key.rpartition("/")[0]

    def span_keys(self) -> tuple[str, str]:
        """The keys of its series that are one span before and after it; keys of a series order as their times do."""
        first, last = (iso(moment(self.event_ms + shift)) for shift in (-self.span_ms, self.span_ms))
        return f"{self.series}/{first}", f"{self.series}/{last}"


def iso(moment: datetime) -> str:
    """`2026-01-05T13:00:00.000Z`: one spelling, since keys are compared as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def moment(ms: int) -> datetime:
    """Unix ms as a time; the first or the last one that there is for what is beyond."""
    return _EPOCH + timedelta(milliseconds=min(max(ms, _ms(_FIRST)), _ms(_LAST)))


def alert_of(topic: str, record: Mapping[str, Any]) -> Alert:
    """The alert in a decoded record of one of TOPICS. Raises BadRecordError for a missing field, a wrong type, a long text."""
    return alert_of_kind(TOPICS[topic], record)


def alert_of_kind(kind: Kind, record: Mapping[str, Any]) -> Alert:
    """As `alert_of`, of a record of a topic of that kind."""
    try:
        return _alert(kind, record)
    except KeyError as error:
        raise BadRecordError(f"field {error} is missing") from None


def _alert(kind: Kind, record: Mapping[str, Any]) -> Alert:
    subject, start = _text(record, kind.subject), _time(record, kind.start)
    gain, within = _number(record, kind.gain), int(_number(record, kind.within))
    for name in filter(None, (kind.creator, "threshold_version", kind.what, "tier" if kind.post or kind.what else "")):
        _text(record, name)
    for name in ("threshold", *filter(None, [kind.plays])):
        _number(record, name)
    if record[kind.followers] is not None:
        _number(record, kind.followers)
    if kind.since:
        _time(record, kind.since)
    took_ms = within * kind.within_ms
    if not 0 < took_ms <= _LONGEST_MS:
        raise BadRecordError(f"{kind.within} is {within}")
    rate = _number(record, kind.rate) if kind.rate else gain / (took_ms / HOUR_MS)
    key = f"{kind.name}/{subject}/{f'{within}h/' if kind.repeat else ''}{iso(start)}"
    return Alert(kind.name, key, _ms(_time(record, kind.at)), rate, _json(record), took_ms if kind.repeat else 0)


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise BadRecordError(f"{name} is not a text of 1 to {MAX_TEXT} characters")
    return value


def _number(record: Mapping[str, Any], name: str) -> float:
    value = record[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRecordError(f"{name} is not a finite number")
    return value


def _time(record: Mapping[str, Any], name: str) -> datetime:
    value = record[name]
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadRecordError(f"{name} is not a timestamp")
    return value


def _ms(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _json(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with JSON values only; a field that a later schema added is kept when it is a plain value."""
    values: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, datetime):
            values[name] = iso(value)
        elif isinstance(value, str):
            values[name] = value[:MAX_TEXT]
        elif isinstance(value, float):
            values[name] = value if math.isfinite(value) else None
        elif value is None or isinstance(value, bool | int):
            values[name] = value
    return values
