"""Alerts as values: which record is which alert, and where in Kafka it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

TRENDING, FOLLOWERS = "trending", "followers"
TOPICS: Mapping[str, str] = {"tiktok.trending.alerts": TRENDING, "tiktok.followers.alerts": FOLLOWERS}
# Far above what TikTok gives; an id is kept in memory and on disk, so it needs some bound.
MAX_TEXT = 256
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
    """One alert. `key` names it across replays; `event_ms` is when it became true (Unix ms); `rate` is plays or followers per hour.

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
    def series(self) -> str:
        """The key without its time."""
        return self.key.rpartition("/")[0]

    def span_keys(self) -> tuple[str, str]:
        """The keys of its series that are one span before and after it; keys of a series order as their times do."""
        first, last = (iso(_moment(self.event_ms + shift)) for shift in (-self.span_ms, self.span_ms))
        return f"{self.series}/{first}", f"{self.series}/{last}"


def iso(moment: datetime) -> str:
    """`2026-01-05T13:00:00.000Z`: one spelling, since keys are compared as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def alert_of(topic: str, record: Mapping[str, Any]) -> Alert:
    """The alert in a decoded record of one of TOPICS. Raises BadRecordError for a missing field, a wrong type, a long text."""
    try:
        return _READERS[TOPICS[topic]](record)
    except KeyError as error:
        raise BadRecordError(f"field {error} is missing") from None


def _trending(record: Mapping[str, Any]) -> Alert:
    post, start, end = _text(record, "aweme_id"), _time(record, "window_start"), _time(record, "window_end")
    rate = _number(record, "delta_plays_per_hour")
    for name in ("threshold", "delta_plays"):
        _number(record, name)
    for name in ("author_id", "tier", "threshold_version"):
        _text(record, name)
    return Alert(TRENDING, f"trending/{post}/{iso(start)}", _ms(end), rate, _json(record))


def _followers(record: Mapping[str, Any]) -> Alert:
    user, now, hours = _text(record, "userid"), _time(record, "t_now"), int(_number(record, "within_hours"))
    gained = _number(record, "gained")
    for name in ("curr_count", "threshold"):
        _number(record, name)
    if hours < 1:
        raise BadRecordError(f"within_hours is {hours}")
    key = f"followers/{user}/{hours}h/{iso(now)}"
    return Alert(FOLLOWERS, key, _ms(now), gained / hours, _json(record), span_ms=hours * 3_600_000)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Alert]] = {TRENDING: _trending, FOLLOWERS: _followers}


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


def _moment(ms: int) -> datetime:
    """Unix ms as a time; the first or the last one that there is for what is beyond."""
    return _EPOCH + timedelta(milliseconds=min(max(ms, _ms(_FIRST)), _ms(_LAST)))


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
