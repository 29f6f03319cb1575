"""What perfect pollers would see of a universe: observations of posts, users and comments in the order of their true time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, NamedTuple

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.partitions import partition_of
from simulator.absences import Absences
from simulator.curves import counters
from simulator.dice import Dice
from simulator.settings import COMMENTS, POSTS, USERS, SimulationSettings
from simulator.universe import Post, Universe, User
from simulator.words import CLAIMS, CLOSERS, LANGUAGES, OPENERS, REPEATED

_POLLERS = 4
_KEPT_COMMENTS = 4


class Observation(NamedTuple):
    """One record as a poller saw it. `time_ms` is the true time; the record's `ingested_at` is by the poller's own clock."""

    time_ms: int
    topic: str
    key: str
    record: dict[str, Any]


class _Source:
    """A post or a user that is polled again and again, with a stream of chance of its own."""

    __slots__ = ("comments", "dice", "index", "skew_ms")

    def __init__(self, index: int, dice: Dice, skew_ms: int) -> None:
        self.index = index
        self.dice = dice
        self.skew_ms = skew_ms
        self.comments: list[dict[str, Any]] = []


def observe(settings: SimulationSettings, universe: Universe) -> Iterator[Observation]:
    """Observations by true time (ties by a fixed order). Memory grows with the universe, not with the hours."""
    return _Pollers(settings, universe).run()


class _Pollers:
    def __init__(self, settings: SimulationSettings, universe: Universe) -> None:
        self._settings = settings
        self._universe = universe
        self._absences = Absences.of(settings)
        self._comment_serial = 0
        skew = settings.clock_skew_ms
        dice = Dice(settings.seed, "clock")
        self._skews = [dice.between(-skew, skew) for _ in range(_POLLERS)]
        self._comments_ppm = round(settings.comments_per_poll * 1_000_000)
        self._idle = {
            index
            for index, post in enumerate(universe.posts)
            if settings.idle_partitions and partition_of(post.aweme_id, settings.posts_partitions) < settings.idle_partitions
        }
        self._idle_from_ms = settings.start_ms + settings.idle_from_hour * HOUR_MS

    def run(self) -> Iterator[Observation]:
        settings = self._settings
        topics = frozenset(settings.topics)
        agenda: list[tuple[int, int, int, _Source]] = []  # time, kind, index: unique, so sources are never compared
        if POSTS in topics or COMMENTS in topics:
            agenda += [self._first_post_poll(index, post) for index, post in enumerate(self._universe.posts)]
        if USERS in topics:
            agenda += self._first_user_polls()
        heapq.heapify(agenda)
        end_ms = settings.end_ms
        while agenda:
            now_ms, kind, index, source = agenda[0]
            if now_ms >= end_ms:
                return
            dice = source.dice
            if kind == 0:
                post = self._universe.posts[index]
                next_ms = now_ms + dice.between(5 * MINUTE_MS, 15 * MINUTE_MS)
                if now_ms >= post.deleted_ms:
                    heapq.heappop(agenda)
                    continue
                for seen in self._post_poll(post, source, now_ms, topics):
                    # Made in a gap too, so that a gap changes nothing beside itself.
                    if not self._absences.unobserved(index, now_ms):
                        yield seen
            else:
                user = self._universe.creators[index] if kind == 1 else self._universe.audience[index]
                next_ms = now_ms + (dice.between(30, 60) * MINUTE_MS if kind == 1 else dice.between(4, 40) * HOUR_MS)
                yield self._user_poll(user, source, now_ms)
                if kind == 1 and index in self._absences.stale:
                    heapq.heappop(agenda)
                    continue
            heapq.heapreplace(agenda, (next_ms, kind, index, source))

    def _first_post_poll(self, index: int, post: Post) -> tuple[int, int, int, _Source]:
        dice = Dice(self._settings.seed, "polls", index)
        first_ms = max(post.create_ms, self._settings.start_ms) + dice.below(10 * MINUTE_MS)
        return first_ms, 0, index, _Source(index, dice, self._skews[post.author % _POLLERS])

    def _first_user_polls(self) -> Iterator[tuple[int, int, int, _Source]]:
        start_ms = self._settings.start_ms
        for index in range(len(self._universe.creators)):
            if index in self._absences.unknown:
                continue
            dice = Dice(self._settings.seed, "snapshots", index)
            yield start_ms + dice.below(30 * MINUTE_MS), 1, index, _Source(index, dice, self._skews[index % _POLLERS])
        for index in range(0, len(self._universe.audience), 2):  # the other half is never looked up
            dice = Dice(self._settings.seed, "audience snapshots", index)
            first_ms = start_ms + dice.below(self._settings.hours * HOUR_MS)
            yield first_ms, 2, index, _Source(index, dice, self._skews[index % _POLLERS])

    def _post_poll(self, post: Post, source: _Source, now_ms: int, topics: frozenset[str]) -> Iterator[Observation]:
        counted = counters(post.growth, post.rates, post.dips, post.create_ms, now_ms)
        seen_ms = now_ms + source.skew_ms
        if POSTS in topics and not (source.index in self._idle and now_ms >= self._idle_from_ms):
            record = {
                "aweme_id": post.aweme_id,
                "region": post.region,
                "title": post.title,
                "duration": post.duration,
                "play": post.play,
                "wmplay": post.wmplay,
                "hdplay": post.hdplay,
                **counted,
                "create_time": post.create_ms // 1000,
                "author_id": self._universe.creators[post.author].userid,
                "ingested_at": seen_ms,
            }
            yield Observation(now_ms, POSTS, post.aweme_id, record)
        # Drawn even where comments are not wanted, so that the choice of topics changes no post.
        whole, rest = divmod(self._comments_ppm, 1_000_000)
        for _ in range(min(whole + source.dice.chance(rest), counted["comment_count"])):
            comment = self._comment(post, source, now_ms)
            if COMMENTS in topics:
                yield Observation(now_ms, COMMENTS, comment["id"], comment | {"ingested_at": seen_ms})

    def _comment(self, post: Post, source: _Source, now_ms: int) -> dict[str, Any]:
        """A new comment, or one in five times an older one of the post with more likes and replies."""
        dice = source.dice
        if source.comments and dice.chance(200_000):
            index = dice.below(len(source.comments))
            seen = source.comments[index]
            grown = seen | {"digg_count": seen["digg_count"] + dice.below(50), "reply_total": seen["reply_total"] + dice.below(3)}
            source.comments[index] = grown
            return grown
        creators, audience = self._universe.creators, self._universe.audience
        user = dice.pick(creators) if dice.chance(20_000) else dice.pick(audience)
        written_s = max(post.create_ms, now_ms - dice.below(5 * MINUTE_MS)) // 1000
        serial, self._comment_serial = self._comment_serial, self._comment_serial + 1
        parent = dice.pick(source.comments)["id"] if source.comments and dice.chance(100_000) else None
        comment = {
            "id": str((written_s << 32) | ((serial * 2_654_435_761 + self._settings.seed) & 0xFFFFFFFF)),
            "video_id": post.aweme_id,
            "text": comment_text(dice, creators[post.author].language),
            "create_time": written_s,
            "digg_count": dice.below(20),
            "reply_total": 0,
            "parent_id": parent,
            "user": {"id": user.userid, "uniqueId": user.unique_id, "nickname": user.nickname, "region": user.region},
            "ingested_at": now_ms,
        }
        source.comments = [*source.comments[-(_KEPT_COMMENTS - 1) :], comment]
        return comment

    def _user_poll(self, user: User, source: _Source, now_ms: int) -> Observation:
        followers = user.followers_at(now_ms - self._settings.start_ms, now_ms)
        record = {
            "userid": user.userid,
            "user": user.shown(),
            "stats": user_stats(source.index, followers),
            "ingested_at": now_ms + source.skew_ms,
        }
        return Observation(now_ms, USERS, user.userid, record)


def user_stats(index: int, followers: int) -> dict[str, int]:
    """The counters of a profile with `followers`; `index` is the user's place among the creators, or in the audience."""
    return {
        "followerCount": followers,
        "followingCount": 10 + index * 37 % 900,
        "heartCount": followers * 12,
        "videoCount": 3 + index * 13 % 400,
        "diggCount": index * 101 % 20_000,
    }


def comment_text(dice: Dice, language: str) -> str:
    """Three in five comments repeat a well-worn text; the others are put together, mostly in the author's language."""
    if dice.chance(600_000):
        return dice.pick(REPEATED)
    spoken = language if dice.chance(700_000) else dice.pick(LANGUAGES)
    return f"{dice.pick(OPENERS[spoken])} {dice.pick(CLAIMS[spoken])}{dice.pick(CLOSERS)}"
