"""Mutes: of which posts, creators and hashtags no alert is sent for a time. ClickHouse keeps them for notifier and dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from alerts.facts import Facts
from connectors.clickhouse.client import unavailable
from connectors.clickhouse.queries import rows
from connectors.clock import DAY_MS
from connectors.errors import TokpulseError
from connectors.hashtags import hashtag_named

TABLE = "alert_mutes_log"
LONGEST_MS = 366 * DAY_MS
MAX_COMMENT = 500
What = Literal["post", "creator", "hashtag"]
_COLUMNS = {"post": "aweme_id", "creator": "userid", "hashtag": "hashtag"}
_SPELT = re.compile(r"(post|creator):([0-9]{1,25})")
_VIDEO = re.compile(r"/@([A-Za-z0-9_.]*)/(?:video|photo)/([0-9]{1,25})/?")
_PROFILE = re.compile(r"/@([A-Za-z0-9_.]{1,40})/?")
_HANDLE = re.compile(r"@([A-Za-z0-9_.]{1,40})")
_TAG = re.compile(r"[#\uFF03]([^\s#\uFF03@/?&]{1,150})")
_ALLOWED = "write a link of a post or a profile, @handle, #hashtag, post:ID or creator:ID"


class MuteError(TokpulseError):
    """What is to be muted, or for how long, cannot be."""


@dataclass(frozen=True)
class Subject:
    """What is muted: a post or creator by its id, a hashtag by its name in lower case."""

    what: What
    value: str

    def __str__(self) -> str:
        return f"#{self.value}" if self.what == "hashtag" else f"{self.what}:{self.value}"


@dataclass(frozen=True)
class Mute:
    """No alert about `subject` is sent before `until_ms` (Unix ms)."""

    subject: Subject
    until_ms: int
    made_ms: int = 0
    author: str = ""
    comment: str = ""

    def covers(self, facts: Facts, now_ms: int) -> bool:
        """Whether it keeps the alert of `facts` back now."""
        subjects = {"post": (facts.post,), "creator": (facts.creator,), "hashtag": facts.known.hashtags}
        return now_ms < self.until_ms and self.subject.value in subjects[self.subject.what]


def in_force(client: Client, url: str, now_ms: int) -> list[Mute]:
    """The mutes that have not ended, the one that lasts longest first. Raises ClickHouseUnavailableError."""
    return [_mute(row) for row in rows(client, url, "alert_mutes", now_ms=now_ms)]


def write(client: Client, url: str, mute: Mute) -> None:
    """Makes `mute` the newest word about its subject. Raises ClickHouseUnavailableError."""
    row: dict[str, Any] = {column: mute.subject.value if what == mute.subject.what else "" for what, column in _COLUMNS.items()}
    times = {name: datetime.fromtimestamp(ms / 1000, UTC) for name, ms in (("until", mute.until_ms), ("made_at", mute.made_ms))}
    row |= times | {"author": mute.author, "comment": mute.comment[:MAX_COMMENT]}
    try:
        client.insert(TABLE, [list(row.values())], column_names=list(row))
    except ClickHouseError as error:
        raise unavailable(url, error) from error


def add(client: Client, url: str, subject: Subject, for_ms: int, author: str, comment: str, now_ms: int) -> Mute:
    """Mutes `subject` for `for_ms` from now. Raises MuteError for a time that is none, and what `write` raises."""
    if not 0 < for_ms <= LONGEST_MS:
        raise MuteError("a mute lasts longer than nothing, and at most 366 days", "for example 24h")
    mute = Mute(subject, now_ms + for_ms, _after(in_force(client, url, now_ms), subject, now_ms), author, comment)
    write(client, url, mute)
    return mute


def remove(client: Client, url: str, subject: Subject, author: str, now_ms: int) -> None:
    """Ends the mute of `subject` now. Raises MuteError when there is none, and what `write` raises."""
    known = in_force(client, url, now_ms)
    if all(mute.subject != subject for mute in known):
        raise MuteError(f"{subject} is not muted", "`tokpulse notify mute list` shows what is")
    write(client, url, Mute(subject, now_ms, _after(known, subject, now_ms), author))


def _after(known: Iterable[Mute], subject: Subject, now_ms: int) -> int:
    """When a change is made: the newest counts, though clocks of machines differ."""
    return max([now_ms, *(mute.made_ms + 1 for mute in known if mute.subject == subject)])


def subject_of(client: Client, url: str, text: str) -> Subject:
    """What `text` means: a link, @handle, #hashtag, post:ID, creator:ID, or an id that only one of both has. Raises MuteError."""
    text = text.strip()
    if spelt := _SPELT.fullmatch(text):
        return Subject("post" if spelt[1] == "post" else "creator", spelt[2])
    if tag := _TAG.fullmatch(text):
        return Subject("hashtag", hashtag_named(tag[1]))
    path = _path(text)
    if video := _VIDEO.fullmatch(path):
        return Subject("post", video[2])
    if handle := _HANDLE.fullmatch(text) or _PROFILE.fullmatch(path):
        return _creator(client, url, handle[1])
    if re.fullmatch(r"[0-9]{1,25}", text):
        return _by_id(client, url, text)
    raise MuteError(f"{text[:80]!r} is nothing that can be muted", _ALLOWED)


def _path(text: str) -> str:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    return parts.path if host == "tiktok.com" or host.endswith(".tiktok.com") else ""


def _creator(client: Client, url: str, handle: str) -> Subject:
    found: Sequence[dict[str, Any]] = rows(client, url, "creators_of_handle", handle=handle)
    if not found:
        raise MuteError(f"nobody has been seen as @{handle}", "write creator:ID with the creator's number")
    return Subject("creator", str(found[0]["userid"]))


def _by_id(client: Client, url: str, value: str) -> Subject:
    (known,) = rows(client, url, "known_as", id=value)
    whats = [what for what in ("post", "creator") if known[f"{what}s"]]
    if len(whats) != 1:
        why = "both a post and a creator" if whats else "neither a post nor a creator that was observed"
        raise MuteError(f"{value} is {why}", f"write post:{value} or creator:{value}")
    return Subject("post" if whats[0] == "post" else "creator", value)


def _mute(row: dict[str, Any]) -> Mute:
    what, value = next(((what, row[column]) for what, column in _COLUMNS.items() if row[column]), ("post", ""))
    subject = Subject("post" if what == "post" else "creator" if what == "creator" else "hashtag", value)
    until_ms, made_ms = (round(row[name].replace(tzinfo=UTC).timestamp() * 1000) for name in ("until", "made_at"))
    return Mute(subject, until_ms, made_ms, row["author"], row["comment"])
