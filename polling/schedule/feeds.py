"""All feeds of a poller: those of the watchlist, and those that their pages make known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from connectors.upstream.model import Ask, Feed, Subject, Upstream
from polling.following.plan import Person, Post
from polling.model import FeedKey, Progress
from polling.schedule.cadence import Cadence
from polling.schedule.due import Lanes
from polling.schedule.feed_state import FOUND_FEEDS, FeedRules, FeedState, rules_of, unpolled, wanted
from polling.schedule.handles import Account, Handles
from polling.watching.entries import is_handle
from polling.watchlist import Watchlist

MAX_FOUND = 50_000
# A found feed that rests for so many of its finder's intervals is forgotten; its finder's pages make it known again.
_REST_ROUNDS = 30


class Feeds:
    """The feeds of one shard, and the queue they wait in. `owns` says which subjects are this shard's; None means all.

    Every shard has all `handles`: only whom one leads to says whose it is.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        shards: int = 1,
        shard: int = 0,
        owns: Callable[[FeedKey], bool] | None = None,
        max_found: int = MAX_FOUND,
        handles: Handles | None = None,
    ) -> None:
        self.handles = handles or Handles(upstream)
        self._upstream = upstream
        self._shards, self._shard = shards, shard
        self._owns = owns or (lambda key: True)
        self._max_found = max_found
        self._states: dict[FeedKey, FeedState] = {}
        self._found = 0
        self._committed: dict[FeedKey, Progress] = {}  # of feeds that are none now, those that have gone first, first
        self._most_kept = max_found
        self._watchlist = Watchlist()
        self._at_once = False
        self.queue = Lanes()
        self.ended: list[tuple[Person, int]] = []  # rounds of people, and until when they rest

    def share_of(self, credits: int) -> int:
        """This shard's part of the credits of all; the parts add up to the whole."""
        return credits * (self._shard + 1) // self._shards - credits * self._shard // self._shards

    @property
    def cadence(self) -> Cadence:
        """The watchlist's."""
        return self._watchlist.cadence

    def load(
        self,
        watchlist: Watchlist,
        committed: Mapping[FeedKey, Progress],
        now_ms: int,
        *,
        at_once: bool = False,
        followed: Iterable[Post] = (),
    ) -> None:
        """The feeds at the start, each where it stood. With `at_once` all are due now, and each is read once.

        `followed` are posts that pages of the watchlist's creators showed.
        """
        self._committed = dict(committed)
        self._most_kept = max(self._max_found, len(committed))
        self._at_once = at_once
        self.change(watchlist, now_ms)
        for post in followed:
            self.follow(post, now_ms)
        for key in committed:
            # Found by a page that is committed, so it will not be found again before its finder's next round.
            parent = self._finder(key)
            if key not in self._states and parent is not None:
                self.add_found(parent, [Ask(key.feed, key.subject, None, key.parent)], now_ms)

    def change(self, watchlist: Watchlist, now_ms: int) -> tuple[int, int]:
        """Takes over a watchlist; returns how many feeds came and went. A feed in both goes on where it is."""
        self._watchlist = watchlist
        self.handles.watch(watchlist.handles(), watchlist.recheck_handles, watchlist.cadence, now_ms)
        listed = wanted(watchlist, self._upstream.name, self._supports, self.handles.subject)
        rules = {key: rule for key, rule in listed if is_handle(key.subject) or self._owns(key)}
        added = [key for key in rules if key not in self._states]
        for key in added:
            self._add(key, rules[key], now_ms, None)
        for key, rule in rules.items():
            state = self._states[key]
            state.rules, self._found = rule, self._found - (state.found_by is not None)
            state.found_by = state.post = None  # it may have been found before somebody typed it in
        follows = frozenset(watchlist.feeds_of(Subject.POST)) if watchlist.follow.posts else frozenset()
        gone = [
            key
            for key, state in self._states.items()
            if (state.found_by not in rules if state.found_by else key not in rules)
            or (state.post is not None and key.feed not in follows)
        ]
        for key in gone:
            self._drop(key)
        return len(added), len(gone)

    def follow_handles(self, now_ms: int) -> None:
        """Takes over whom handles lead to by now."""
        if self.handles.has_news():
            self.change(self._watchlist, now_ms)

    def led_to(self, state: FeedState, account: Account, progress: Progress, now_ms: int) -> None:
        """The look-up `state` is written, as the profile of an account, whose `progress` that is."""
        if account.profile in self._states:
            self._states[account.profile].progress = progress
        else:
            self._committed[account.profile] = progress
        self.end_round(state, self.handles.found(state.key.subject, account, now_ms))

    def progress_of(self, key: FeedKey) -> Progress | None:
        """What is known of a feed, also of one that is none now."""
        return self._states[key].progress if key in self._states else self._committed.get(key)

    def add_found(self, finder: FeedState, asks: Iterable[Ask], now_ms: int) -> int:
        """Adds what a page made known and the watchlist wants; returns how many were beyond the limit."""
        wanted_feeds = self._watchlist.feeds_of(finder.rules.subject)
        refused = 0
        for ask in asks:
            key = FeedKey(self._upstream.name, ask.feed, ask.subject, ask.parent)
            if ask.feed not in wanted_feeds or ask.feed not in FOUND_FEEDS or key in self._states or not self._supports(ask.feed):
                continue
            if self._found >= self._max_found and not self._forget_resting(now_ms):
                refused += 1
                continue
            rules = rules_of(self._watchlist, finder.rules.subject, ask.feed, finder.rules.base_ms)
            self._add(key, rules, now_ms, finder.found_by or finder.key, finder.post)
        return refused

    def follow(self, post: Post, now_ms: int) -> int:
        """Adds the feeds of a post that its creator's page showed; returns how many were beyond the limit.

        A feed that is there already stays as it is. Nothing is added for a creator who is not on the watchlist any more.
        """
        refused, finder = 0, self._states.get(FeedKey(self._upstream.name, Feed.POSTS, post.creator))
        for feed in dict.fromkeys(self._watchlist.feeds_of(Subject.POST)) if finder and self._watchlist.follow.posts else ():
            key = FeedKey(self._upstream.name, feed, post.aweme_id)
            if feed is Feed.REPLIES or key in self._states or not self._supports(feed):
                continue
            if self._found >= self._max_found and not self._forget_resting(now_ms):
                refused += 1
                continue
            assert finder is not None
            self._add(key, rules_of(self._watchlist, Subject.POST, feed, finder.rules.base_ms), now_ms, finder.key, post)
        return refused

    def leave(self, posts: Callable[[Post], bool]) -> list[FeedKey]:
        """Drops the feeds of followed posts of which this says so; returns their keys. What is committed of them is forgotten."""
        gone = [key for key, state in self._states.items() if state.post is not None and posts(state.post)]
        for key in gone:
            self._drop(key)
            self._committed.pop(key, None)
        return gone

    def __contains__(self, key: object) -> bool:
        return key in self._states

    def unpolled(self) -> list[str]:
        """A line for each kind of subject that is not read as the watchlist says."""
        lines = unpolled(self._watchlist, self._upstream.name, self._supports)
        return lines if self._states else [*lines, "nothing is left to poll for this shard"]

    def end_round(self, state: FeedState, due_ms: int) -> None:
        """The feed rests until `due_ms`; for good when each is read once."""
        state.attempts = 0
        state.due_ms = due_ms
        if state.person is not None:
            self.ended.append((state.person, due_ms))
        if not self._at_once:
            self.queue.put(state, due_ms)

    def oldest_round_s(self, now_ms: int) -> float:
        """Seconds since the eldest round that is under way began; 0 without one."""
        begun = [
            state.progress.round_started_ms
            for state in self._states.values()
            if state.progress is not None and state.progress.cursor is not None
        ]
        return max(0, now_ms - min(begun)) / 1000 if begun else 0.0

    def __len__(self) -> int:
        return len(self._states)

    def _add(self, key: FeedKey, rules: FeedRules, now_ms: int, found_by: FeedKey | None, post: Post | None = None) -> None:
        state = FeedState(key, rules, now_ms, found_by=found_by, post=post)
        if is_handle(key.subject):
            state.due_ms = self.handles.due_ms(key.subject, now_ms, at_once=self._at_once)
            self._states[key] = state
            if not self._at_once or state.due_ms <= now_ms:
                self.queue.put(state, state.due_ms)
            return
        progress = self._committed.pop(key, None)
        if progress is not None:
            state.resume(progress, self._watchlist.cadence, now_ms)
        if self._at_once:
            state.due_ms = now_ms
        self._states[key] = state
        self._found += found_by is not None
        self.queue.put(state, max(now_ms, state.due_ms))

    def _drop(self, key: FeedKey) -> None:
        state = self._states.pop(key)
        state.gone = True
        self._found -= state.found_by is not None
        if state.progress is not None:
            # Where it goes on when it comes back, unless too many have gone since.
            self._committed[key] = state.progress
            if len(self._committed) > self._most_kept:
                del self._committed[next(iter(self._committed))]

    def _forget_resting(self, now_ms: int) -> bool:
        resting = [
            key
            for key, state in self._states.items()
            if state.found_by is not None
            and state.progress is not None
            and state.progress.cursor is None
            and now_ms - state.progress.moved_ms > _REST_ROUNDS * state.rules.base_ms
        ]
        for key in resting:
            self._drop(key)
        return bool(resting)

    def _finder(self, key: FeedKey) -> FeedState | None:
        """The feed that found a feed of replies, by the keys alone; other found feeds wait for their finder's next page."""
        if key.feed is not Feed.REPLIES or key.parent is None:
            return None
        finder = self._states.get(FeedKey(self._upstream.name, Feed.COMMENTS, key.parent))
        return finder if finder is not None and finder.rules.subject is Subject.POST else None

    def _supports(self, feed: Feed) -> bool:
        try:
            self._upstream.call(Ask(feed, "1", None, "1"))
        except ValueError:
            return False
        return True
