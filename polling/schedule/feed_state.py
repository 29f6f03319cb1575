"""One feed as polling has it, and which feeds a watchlist asks for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from connectors.upstream.model import RAW_ONLY, Ask, Feed, Subject
from polling.following.plan import Person, Post
from polling.model import FeedKey, Progress
from polling.schedule.cadence import REFRESH_MS, Cadence, interval_ms
from polling.watching.entries import is_handle
from polling.watchlist import Watchlist

# What a feed that was never read is taken to give for a credit: a page full of news.
UNREAD_VALUE = 35.0
# A new post comes after its creator's page, which shows more of them, and before what is known to move.
_NEW_VALUE = 30.0
# An upstream's cursor is not kept for ever: after this a round begins anew.
CURSOR_KEPT_MS = 24 * 3_600_000
EMPTY_PAGES = 3
_AUTHORS_FIRST = 1e12
# Feeds that a page makes known, as long as they are the subject's own and the watchlist wants them.
FOUND_FEEDS = frozenset({Feed.REPLIES, Feed.COMMENTS, Feed.HASHTAG})


@dataclass(frozen=True)
class FeedRules:
    """What the watchlist says about a feed. `base_ms` is the tier's interval."""

    subject: Subject
    base_ms: int
    max_pages: int
    stop_at_repeats: bool


@dataclass
class FeedState:
    """A feed: what is committed of it, when its round is due, and what went wrong. Times in unix milliseconds.

    `post` is the post that is followed, of its feeds and of the replies found there; `person` is whose profile it is, where it is
    not on the watchlist.
    """

    key: FeedKey
    rules: FeedRules
    due_ms: int  # when its round was due: what is long overdue comes before what is not
    progress: Progress | None = None
    found_by: FeedKey | None = None  # the feed of the watchlist whose pages made it known
    attempts: int = 0
    given_up: int = 0
    empty_pages: int = 0
    cursors: set[str] = field(default_factory=set)
    gone: bool = False  # no longer on the watchlist
    post: Post | None = None
    person: Person | None = None

    @property
    def cursor(self) -> str | None:
        """Where the round goes on; None at its begin."""
        return self.progress.cursor if self.progress else None

    def ask(self) -> Ask:
        """The next page, as the upstream is asked for it. Of a person it may hold the handle: for requests only."""
        return self.shown_ask() if self.person is None else replace(self.shown_ask(), subject=self.person.name)

    def shown_ask(self) -> Ask:
        """The next page, as dead letters and messages may name it."""
        return Ask(self.key.feed, self.key.subject, self.cursor, self.key.parent)

    def interval_ms(self, cadence: Cadence) -> int:
        """From one round to the next."""
        if self.person is not None:
            return REFRESH_MS
        moving = interval_ms(cadence, self.rules.base_ms, self.progress)
        return min(moving, REFRESH_MS) if self.key.feed is Feed.PROFILE else moving

    def value(self) -> float:
        """Observations for a credit, by the last round; one more than were seen, so that a sleeper has some.

        Of a post that is followed it is what the post gained per hour, by the logarithm: from 1 to 21, and more for a new one.
        """
        if self.post is not None:
            is_new = self.progress is None and self.post.gain is None
            return _NEW_VALUE if is_new else 1 + math.log2(1 + (self.post.gain or 0))
        if self.progress is None:
            return UNREAD_VALUE
        return (1 + self.progress.moved) / max(1, self.progress.pages)

    def score(self, now_ms: int) -> float:
        """What comes first when there are not credits for all: value times age. Age has no bound, so nothing starves.

        Of people those who were seen most, however long others wait.
        """
        if self.person is not None:
            is_author, seen, _ = self.person.rank
            return seen + _AUTHORS_FIRST * is_author
        return self.value() * (1 + max(0, now_ms - self.due_ms) / self.rules.base_ms)

    def begin_anew(self) -> None:
        """Leaves the round under way: the next page is a first one."""
        self.cursors.clear()
        self.empty_pages = 0
        if self.progress is not None:
            self.progress = replace(self.progress, cursor=None)

    def resume(self, progress: Progress, cadence: Cadence, now_ms: int) -> None:
        """Takes up what an earlier poller committed."""
        self.progress = progress
        if progress.cursor is not None and now_ms - progress.polled_ms > CURSOR_KEPT_MS:
            self.begin_anew()
        elif progress.cursor is not None:
            self.cursors = {progress.cursor}
            self.due_ms = min(now_ms, progress.round_started_ms)
            return
        self.due_ms = progress.round_started_ms + self.interval_ms(cadence)


Owns = Callable[[FeedKey], bool]


def wanted(
    watchlist: Watchlist,
    upstream: str,
    supports: Callable[[Feed], bool],
    leads_to: Callable[[str], str | None] = lambda handle: None,
) -> Iterator[tuple[FeedKey, FeedRules]]:
    """The feeds of a watchlist that `upstream` has. Replies are found on pages of comments, so they are not among them.

    A handle has a look-up, which is a profile asked for by it, and the feeds of whom it `leads_to`, once that is known.
    """
    for subject, entries in watchlist.entries().items():
        feeds = [feed for feed in dict.fromkeys(watchlist.feeds_of(subject)) if feed is not Feed.REPLIES and supports(feed)]
        for entry in entries:
            base_ms, name = watchlist.cadence.of_tier(entry.tier), entry.id
            if is_handle(name) and feeds:
                yield FeedKey(upstream, Feed.PROFILE, name), rules_of(watchlist, subject, Feed.PROFILE, base_ms)
            known = leads_to(name) if is_handle(name) else name
            if known is None:
                continue
            for feed in feeds:
                yield FeedKey(upstream, feed, known), rules_of(watchlist, subject, feed, base_ms)


def unpolled(watchlist: Watchlist, upstream: str, supports: Callable[[Feed], bool], *, raw_kept: bool = True) -> list[str]:
    """A line for each kind of subject that is on the watchlist and not read as it says; `raw_kept` if raw responses are kept."""
    lines = []
    for subject, entries in watchlist.entries().items():
        asked = dict.fromkeys(watchlist.feeds_of(subject))
        missing = [feed.value for feed in asked if not supports(feed)]
        number = f"{len(entries):,} {'entry' if len(entries) == 1 else 'entries'}"
        if not entries:
            continue
        if missing and len(missing) == len(asked):
            lines.append(f"{subject.value}s: {upstream} has no feed {', '.join(missing)}: {number} not polled")
        elif missing:
            lines.append(f"{subject.value}s: {upstream} has no feed {', '.join(missing)}: left out for {number}")
        elif not asked:
            lines.append(f"{subject.value}s: `feeds` names none for them: {number} not polled")
        elif Feed.REPLIES in asked and Feed.COMMENTS not in asked:
            lines.append(
                f"{subject.value}s: replies are found on pages of comments, which `feeds` leaves out: left out for {number}"
            )
        if not raw_kept and (dropped := [feed.value for feed in asked if feed in RAW_ONLY and supports(feed)]):
            lines.append(f"{subject.value}s: {', '.join(dropped)} fill no topic, and responses are kept with --raw-landing only")
    return lines


def rules_of(watchlist: Watchlist, subject: Subject, feed: Feed, base_ms: int) -> FeedRules:
    """The rules of one feed."""
    return FeedRules(subject, base_ms, watchlist.pages_of(feed), watchlist.stop_at_repeats and feed is Feed.POSTS)
