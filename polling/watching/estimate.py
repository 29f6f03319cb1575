"""What a watchlist costs a day at an upstream, before a credit is spent: by the cadence that polling itself goes by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.clock import DAY_MS
from connectors.upstream.catalog import Dialect
from connectors.upstream.model import Ask, Subject
from connectors.upstream.requests import SEC_UID_START
from polling.model import FeedKey, Progress
from polling.schedule.feed_state import FeedRules, FeedState, wanted
from polling.watching.entries import is_handle
from polling.watchlist import TIERS, CreatorEntry, Entry, HashtagEntry, Tier, Watchlist

LOOK_UPS, BALANCE = "look-ups", "balance"
# Nothing moved for thousands of years; and one thing in the last round.
_ASLEEP = Progress(None, 1, 0, 10**15, 1, 0)
_MOVING = Progress(None, 1, 0, 1, 1, 1)
# Whoever has a handle has a secUid.
_SEC_UID = f"{SEC_UID_START}LjABAAAA0000"


@dataclass(frozen=True)
class Credits:
    """Credits of a day: `asleep` where nothing changes any more, `moving` where each round sees one change on one page.

    `most` is where all changes all the time and each round reads all the pages that it may; but for requests that fail, no more is
    ever due.
    """

    asleep: float = 0.0
    moving: float = 0.0
    most: float = 0.0

    def __add__(self, other: Credits) -> Credits:
        return Credits(self.asleep + other.asleep, self.moving + other.moving, self.most + other.most)


@dataclass(frozen=True)
class Line:
    """What `entries` of one tier cost a day by one feed; look-ups and the balance have no tier."""

    feed: str
    tier: str
    entries: int
    credits: Credits


@dataclass(frozen=True)
class Estimate:
    """The costs at one upstream. Not among them is what pages make known, like the replies to comments."""

    upstream: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Credits:
        """Of a day."""
        return sum((line.credits for line in self.lines), Credits())


def estimate(watchlist: Watchlist, dialect: Dialect) -> Estimate:
    """The costs of a day, all shards together; a request is a credit."""
    tiers = {watchlist.cadence.of_tier(tier): tier for tier in reversed(TIERS)}
    found: dict[tuple[str, str], Credits] = {}
    entries: Counter[tuple[str, str]] = Counter()
    known = dialect.creator("1", _SEC_UID)
    for key, rules in wanted(watchlist, dialect.name, dialect.feeds.__contains__, lambda handle: known):
        if is_handle(key.subject):
            place, cost = (LOOK_UPS, ""), _even(DAY_MS / watchlist.recheck_handles)
        else:
            place, cost = (key.feed.value, tiers[rules.base_ms]), _of_feed(key, rules, watchlist, dialect)
        found[place] = found.get(place, Credits()) + cost
        entries[place] += 1
    lines = [Line(feed, tier, entries[feed, tier], cost) for (feed, tier), cost in found.items()]
    return Estimate(dialect.name, (*lines, Line(BALANCE, "", 1, _even(DAY_MS / watchlist.credit_rules.probe_ms))))


def per_entry(watchlist: Watchlist, dialect: Dialect, subject: Subject) -> Mapping[Tier, Credits]:
    """What one more entry of a kind costs a day, by tier; nothing for a kind that the service does not have.

    A creator is taken to be named by a handle, which is known.
    """
    costs = {}
    for tier in TIERS:
        alone = {
            "creators": [CreatorEntry(id="@a", tier=tier)] if subject is Subject.CREATOR else [],
            "posts": [Entry(id="1", tier=tier)] if subject is Subject.POST else [],
            "hashtags": [HashtagEntry(id="a", tier=tier)] if subject is Subject.HASHTAG else [],
        }
        lines = estimate(watchlist.model_copy(update=alone), dialect).lines
        costs[tier] = sum((line.credits for line in lines if line.feed != BALANCE), Credits())
    return costs


def _of_feed(key: FeedKey, rules: FeedRules, watchlist: Watchlist, dialect: Dialect) -> Credits:
    first, cadence = dialect.lookups(Ask(key.feed, key.subject)), watchlist.cadence

    def rounds(progress: Progress) -> float:
        return DAY_MS / FeedState(key, rules, 0, progress).interval_ms(cadence)

    return Credits(
        rounds(_ASLEEP) * (first + 1), rounds(_MOVING) * (first + 1), DAY_MS / cadence.hot_ms * (first + rules.max_pages)
    )


def _even(credits: float) -> Credits:
    return Credits(credits, credits, credits)
