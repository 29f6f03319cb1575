"""Which posts are followed: those of watched creators that are new or move, as long as they do."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from connectors.upstream.model import Feed, Observation
from connectors.upstream.records import POSTS
from polling.following.plan import MOST_POSTS, Post
from polling.model import ReadPage

_NUMBERS = ("play_count", "ingested_at", "create_time")


class Posts:
    """Every post on a watched creator's page that was seen lately, at most `most`, by id; some of them are followed.

    Posts of creators who are `unwanted`, by any of their names, are not kept.
    """

    def __init__(self, unwanted: Callable[[str], bool] = lambda creator: False, most: int = MOST_POSTS) -> None:
        self._unwanted, self._most = unwanted, most
        self._known: dict[str, Post] = {}
        self.followed: dict[str, Post] = {}
        self.changed: dict[str, Post] = {}  # not on disk yet
        self.left: set[str] = set()  # nor those that are not known any more
        self.has_ended = False  # one that was followed is not any longer

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, aweme_id: object) -> bool:
        return aweme_id in self._known

    def load(self, posts: Iterable[Post]) -> None:
        """Those that an earlier poller saw."""
        self._known.update((post.aweme_id, post) for post in posts)
        self.followed = {aweme_id: post for aweme_id, post in self._known.items() if post.followed}

    def begin(self, post: Post, most: int) -> bool:
        """Follows a post. Where `most` are followed, only in the place of one that gains less than half as much."""
        if len(self.followed) >= most:
            least = min(self.followed.values(), key=lambda one: one.rank)
            if post.rank <= 2 * least.rank:
                return False
            self.end(least)
        post.followed = True
        self.followed[post.aweme_id] = self.changed[post.aweme_id] = post
        return True

    def end(self, post: Post) -> None:
        """Follows a post no longer; it is known, so that it is seen when it moves again."""
        post.followed, self.has_ended = False, True
        del self.followed[post.aweme_id]
        self.changed[post.aweme_id] = post

    def see(self, read: ReadPage) -> None:
        """Looks at each post of a page; one that nobody knows is new where its creator's own page shows it."""
        if read.key.feed is Feed.POSTS and self._unwanted(read.key.subject):
            return
        for aweme_id, record in _shown(read.page.observations):
            plays, at_ms = record["play_count"], record["ingested_at"]
            post = self._known.get(aweme_id)
            if post is None:
                if read.key.feed is not Feed.POSTS:
                    continue
                published_ms = min(record["create_time"] * 1000, at_ms)
                post = self._known[aweme_id] = Post(aweme_id, read.key.subject, plays, at_ms, published_ms)
                self.left.discard(aweme_id)
            else:
                post.look(plays, at_ms)
                if read.key.feed is Feed.POSTS:
                    post.creator = read.key.subject  # of two who show it, whoever is still watched
            self.changed[aweme_id] = post
        if len(self._known) > self._most:
            # In lots: to find those costs a look at all.
            excess = len(self._known) - self._most + self._most // 20
            self._leave(heapq.nsmallest(excess, self._known.values(), key=lambda post: post.moved_ms))

    def on(self, read: ReadPage) -> list[Post]:
        """The posts of a creator's page, as far as they are known."""
        if read.key.feed is not Feed.POSTS:
            return []
        return [self._known[aweme_id] for aweme_id, _ in _shown(read.page.observations) if aweme_id in self._known]

    def forget(self, now_ms: int, after_ms: int) -> None:
        """Leaves posts that sleep and that no page has shown for `after_ms`, and those of creators who are unwanted by now."""
        unwanted = {creator for creator in {one.creator for one in self._known.values()} if self._unwanted(creator)}
        old_ms = now_ms - after_ms
        self._leave([one for one in self._known.values() if max(one.seen_ms, one.moved_ms) < old_ms or one.creator in unwanted])

    def _leave(self, posts: Iterable[Post]) -> None:
        for post in posts:
            if post.followed:
                self.end(post)
            del self._known[post.aweme_id]
            self.changed.pop(post.aweme_id, None)
            self.left.add(post.aweme_id)


def _shown(observations: Iterable[Observation]) -> list[tuple[str, dict[str, int]]]:
    """Id and counters of each post of a page; what has a problem, or counters that no topic takes, is left out."""
    found = []
    for one in observations:
        if one.topic == POSTS and one.problem is None:
            told = ((name, one.record.get(name)) for name in _NUMBERS)
            numbers = {name: number for name, number in told if isinstance(number, int) and 0 <= number < 1 << 63}
            if len(numbers) == len(_NUMBERS):
                found.append((str(one.record["aweme_id"]), numbers))
    return found
