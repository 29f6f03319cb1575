"""What is known of an alert: its record, and what ClickHouse adds. One table says how each fact is called and how it is said."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from alerts.alert import Alert, iso, moment
from connectors.clock import DAY_MS, HOUR_MS
from connectors.no_names import is_no_name

_MAX_TITLE, _MAX_ID = 100, 32
_ID = re.compile(r"[0-9]{1,25}")
# What TikTok allows; the masked views give longer pseudonyms instead, or a word in brackets.
_HANDLE = re.compile(r"[A-Za-z0-9_.]{1,40}")
_PSEUDONYM = re.compile(r"[0-9a-f]{64}")
# Not printable to Python, but what holds emoji of several signs together.
_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
# They are counted at a moment; what is given, within a time.
_VIEWERS = "viewers"
_SITE = "https://www.tiktok.com"


@dataclass(frozen=True)
class Known:
    """What ClickHouse knows of an alert's post and creator, as a reader of the masked views sees it; empty is not known.

    `mood` is the mean sentiment, -1 to 1, of the post's `comments` that have evidence. `since_ms` is from when the post has trended
    without a break.
    """

    title: str = ""
    handle: str = ""
    hashtags: tuple[str, ...] = ()
    plays: int | None = None
    mood: float | None = None
    comments: int = 0
    since_ms: int | None = None


UNKNOWN = Known()


@dataclass(frozen=True)
class Said:
    """A piece of a message. `text` may be from upstream: escape it for the service. `opens` names `url` in words of ours; it is all
    there is to say where `text` is empty."""

    text: str
    url: str = ""
    opens: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Facts:
    """An alert and what is known of it; what is not known is empty or None."""

    alert: Alert
    known: Known = UNKNOWN
    dashboard: str = ""

    @property
    def post(self) -> str:
        """The post's id; empty for an alert about a creator."""
        return self._text(self.alert.about.post)

    @property
    def creator(self) -> str:
        """The creator's id."""
        return self._text(self.alert.about.creator)

    @property
    def tier(self) -> str:
        """The tier that it was judged by."""
        return self._text("tier") if self.alert.about.post or self.what else ""

    @property
    def handle(self) -> str | None:
        """The handle, where the reader sees it."""
        known = self.known.handle
        return known if _HANDLE.fullmatch(known) and not is_no_name(known) else None

    @property
    def masked(self) -> bool:
        """Whether the reader sees something else instead."""
        return bool(self.known.handle) and self.handle is None

    @property
    def followers(self) -> int | None:
        """Followers of the creator when the alert was made."""
        value = self.alert.record.get(self.alert.about.followers)
        return None if value is None else int(value)

    @property
    def plays(self) -> int | None:
        """The plays now, or when the alert was made."""
        counts = (self.known.plays, self.alert.record.get(self.alert.about.plays) if self.alert.about.plays else None)
        return max((int(count) for count in counts if count is not None), default=None) if self.post else None

    @property
    def gained(self) -> float:
        """Plays or followers."""
        return float(self.alert.record[self.alert.about.gain])

    @property
    def what(self) -> str:
        """What was reached: viewers or diamonds of a LIVE room; empty for plays and followers."""
        return self._text(self.alert.about.what)

    @property
    def within_ms(self) -> int:
        """How long the gain took."""
        return int(self.alert.record[self.alert.about.within]) * self.alert.about.within_ms

    @property
    def threshold(self) -> float:
        """What was exceeded: plays per hour of a post, followers gained of a creator."""
        return float(self.alert.record["threshold"])

    @property
    def times_threshold(self) -> float | None:
        """How many times the threshold it is."""
        judged = self.alert.rate if self.alert.about.rate else self.gained
        times = judged / self.threshold if self.threshold > 0 else math.inf
        return times if math.isfinite(times) else None

    @property
    def since_ms(self) -> int:
        """From when it moves."""
        named = self.alert.about.since
        stated = _ms_of(self.alert.record[named]) if named else self.alert.event_ms - self.within_ms
        return stated if self.known.since_ms is None else min(stated, self.known.since_ms)

    @property
    def url(self) -> str | None:
        """The post's page at TikTok, which finds the creator by itself where the handle is not known."""
        if not _ID.fullmatch(self.post):
            return None
        return f"{_SITE}/@{self.handle or ''}/video/{self.post}"

    @property
    def creator_url(self) -> str | None:
        """The creator's page at TikTok: there is none by id."""
        return f"{_SITE}/@{self.handle}" if self.handle else None

    @property
    def dashboard_url(self) -> str | None:
        """The dashboard's page of what the alert is about; none for an id that is none."""
        if len(self.post or self.creator) > _MAX_ID:
            return None
        page = self.alert.about.page if self.what else "post" if self.post else "creator"
        subject = {"post" if self.post else "creator": self.post or self.creator}
        if not _ID.fullmatch(self.creator) and self.what:
            # Of a room whose host is not known.
            subject = {}
        return dashboard_link(self.dashboard, page, self.since_ms - DAY_MS, self.alert.event_ms + HOUR_MS, subject) or None

    def _text(self, field: str) -> str:
        return str(self.alert.record[field]) if field else ""


@dataclass(frozen=True)
class Fact:
    """`name` is its key in JSON, `line` the line of an item that it stands in (0: only in JSON)."""

    name: str
    line: int
    value: Callable[[Facts], Any]
    said: Callable[[Facts], Said] = lambda facts: Said("")


# In the order in which they are said. What is None or empty is left out everywhere.
FACTS: tuple[Fact, ...] = (
    Fact("post", 1, lambda facts: facts.post, lambda facts: Said(_title(facts), facts.url or "", "Open the post", strong=True)),
    Fact("title", 0, lambda facts: facts.known.title),
    Fact("url", 0, lambda facts: facts.url),
    Fact("creator", 2, lambda facts: facts.creator, lambda facts: _creator(facts)),
    Fact("handle", 0, lambda facts: facts.handle),
    Fact("creator_url", 0, lambda facts: facts.creator_url),
    Fact("followers", 2, lambda facts: facts.followers, lambda facts: Said(f"{facts.followers:,} followers")),
    Fact("tier", 2, lambda facts: facts.tier, lambda facts: Said(f"tier {shown(facts.tier, _MAX_ID)}")),
    Fact("room", 0, lambda facts: facts.alert.record.get("room_id")),
    Fact("what", 0, lambda facts: facts.what),
    Fact(
        "rate",
        3,
        lambda facts: None if facts.what else facts.alert.rate,
        lambda facts: Said(f"{facts.alert.rate:,.0f} {_what(facts)}/h", strong=True),
    ),
    Fact("times_threshold", 0, lambda facts: facts.times_threshold),
    Fact("threshold", 3, lambda facts: facts.threshold, lambda facts: Said(_threshold(facts))),
    Fact("gained", 3, lambda facts: facts.gained, lambda facts: Said(_gained(facts), strong=bool(facts.what))),
    Fact(
        "plays",
        3,
        lambda facts: facts.plays,
        lambda facts: Said(f"{facts.plays:,} plays{' now' if facts.known.plays is not None else ''}"),
    ),
    Fact("since", 4, lambda facts: iso(moment(facts.since_ms)), lambda facts: Said(f"moving since {minute(facts.since_ms)} UTC")),
    Fact("mood", 4, lambda facts: facts.known.mood, lambda facts: Said(_mood(facts.known.mood or 0.0, facts.known.comments))),
    Fact("comments", 0, lambda facts: facts.known.comments or None),
    Fact("hashtags", 0, lambda facts: list(facts.known.hashtags)),
    Fact(
        "dashboard_url",
        4,
        lambda facts: facts.dashboard_url,
        lambda facts: Said("", facts.dashboard_url or "", "Dashboard"),
    ),
)


def lines_of(facts: Facts) -> tuple[tuple[Said, ...], ...]:
    """What is known, line by line."""
    known = [fact for fact in FACTS if fact.line and fact.value(facts) not in (None, "")]
    numbers = sorted({fact.line for fact in known})
    return tuple(tuple(fact.said(facts) for fact in known if fact.line == number) for number in numbers)


def values_of(facts: Facts) -> Mapping[str, Any]:
    """What is known, for programs: numbers as numbers, times in ISO 8601."""
    values = {fact.name: fact.value(facts) for fact in FACTS}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def shown(text: str, most: int = _MAX_ID) -> str:
    """`text` from upstream in one line of at most `most` characters, without controls and changes of direction."""
    plain = "".join(
        " " if sign in "\n\r\t" else sign if sign.isprintable() or sign in _JOINERS else "\N{REPLACEMENT CHARACTER}"
        for sign in text[: most + 1]
    )
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def dashboard_link(base: str, page: str, from_ms: int, to_ms: int, subject: Mapping[str, str] | None = None) -> str:
    """The address of a `page` below `base` over a time range, of one post or creator; empty without `base`."""
    if not base:
        return ""
    parts = urlsplit(base)
    query = "&".join(filter(None, (parts.query, urlencode({**(subject or {}), "from": from_ms, "to": to_ms}))))
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{page}", query=query))


def minute(ms: int) -> str:
    """`2026-01-05 13:00`"""
    return f"{moment(ms):%Y-%m-%d %H:%M}"


def _ms_of(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _title(facts: Facts) -> str:
    return shown(facts.known.title, _MAX_TITLE) if facts.known.title.strip() else f"Post {shown(facts.post)}"


def _creator(facts: Facts) -> Said:
    strong = not facts.post
    if facts.what and not _ID.fullmatch(facts.creator):
        return Said(shown(facts.creator), strong=strong)
    if facts.handle:
        return Said(f"@{facts.handle}", facts.creator_url or "", "Open the creator's page", strong)
    pseudonym = f": {facts.known.handle[:10]}…" if _PSEUDONYM.fullmatch(facts.known.handle) else ""
    return Said(f"creator {shown(facts.creator)}{f' (name masked{pseudonym})' if facts.masked else ''}", strong=strong)


def _what(facts: Facts) -> str:
    return "plays" if facts.post else "followers"


def _gained(facts: Facts) -> str:
    span = _duration(facts.within_ms)
    if not facts.what:
        return f"{facts.gained:+,.0f} in {span}"
    return f"{facts.gained:,.0f} {shown(facts.what)}" + (f" in {span}" if facts.what != _VIEWERS else "")


def _threshold(facts: Facts) -> str:
    unit = "/h" if facts.alert.about.rate else "" if facts.what else f" in {_duration(facts.within_ms)}"
    times = "" if facts.times_threshold is None else f"{facts.times_threshold:,.1f} times the "
    return f"{times}threshold of {facts.threshold:,.0f}{unit}"


def _duration(ms: int) -> str:
    return f"{ms // HOUR_MS} h" if ms % HOUR_MS == 0 else f"{ms // 60_000} min"


def _mood(mood: float, comments: int) -> str:
    word = "positive" if mood >= 0.05 else "negative" if mood <= -0.05 else "mixed"
    return f"{comments:,} comment{'' if comments == 1 else 's'}, {word} ({mood:+.2f})"
