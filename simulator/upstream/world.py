"""A simulated universe as a server looks it up: by id, at a time, newest first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from connectors.clock import HOUR_MS
from simulator.curves import Counters, counters
from simulator.dice import Dice
from simulator.observations import user_stats
from simulator.settings import SimulationSettings
from simulator.universe import Post, User, build_universe
from simulator.upstream.comments import MOST_COMMENTS, Comment, Thread, draw_thread

_FIRST_HASHTAG_ID = 4_655_000
_MOST_EDGES = 100


class Placed(NamedTuple):
    """A post in a list. No two of a list have the same `position_ms`: its time of creation, with ties made different."""

    position_ms: int
    post: Post


@dataclass(frozen=True)
class Edge:
    """Somebody who follows, since `since_s` (unix seconds; no two of a list have the same)."""

    since_s: int
    user: User
    index: int


class World:
    """The universe of `settings`. Times are unix milliseconds. A look-up costs as much as the lists it returns are long."""

    def __init__(self, settings: SimulationSettings, comments_per_post: int = 120) -> None:
        if not 0 <= comments_per_post <= MOST_COMMENTS:
            raise ValueError(f"comments_per_post is {comments_per_post}: 0 to {MOST_COMMENTS} are possible")
        self.settings = settings
        self.universe = build_universe(settings)
        creators = self.universe.creators
        self._users: dict[str, tuple[User, int]] = {}
        self._handles: dict[str, str] = {}  # in lower case -> numeric id
        for users in (self.universe.audience, creators):
            for index, user in enumerate(users):
                self._handles[user.unique_id.lower()] = user.userid
                for name in (user.userid, user.sec_uid):
                    self._users[name] = user, index
        self._posts = {post.aweme_id: index for index, post in enumerate(self.universe.posts)}
        by_author: dict[int, list[Post]] = {}
        by_tag: dict[str, list[Post]] = {}
        for post in self.universe.posts:
            by_author.setdefault(post.author, []).append(post)
            for word in dict.fromkeys(post.title.split()):
                if word.startswith("#") and not creators[post.author].private:
                    by_tag.setdefault(word[1:], []).append(post)
        self._by_author = {creators[author].userid: in_order(posts) for author, posts in by_author.items()}
        self._by_tag = {name: in_order(by_tag[name]) for name in sorted(by_tag)}
        self._tag_names = {str(_FIRST_HASHTAG_ID + number): name for number, name in enumerate(self._by_tag)}
        self._tag_ids = {name: number for number, name in self._tag_names.items()}
        self.thread = lru_cache(maxsize=None)(lambda index: draw_thread(settings, self.universe, index, comments_per_post))

    def user(self, name: str) -> tuple[User, int] | None:
        """By numeric id or secUid; with the index among creators, or in the audience."""
        return self._users.get(name)

    def user_called(self, handle: str) -> tuple[User, int] | None:
        """By handle, without its sign and in any case."""
        userid = self._handles.get(handle.lower())
        return None if userid is None else self._users[userid]

    def rename(self, userid: str, handle: str) -> None:
        """Gives an account another handle: its old one leads to nobody, and who had the new one is called by no name any more.

        Raises KeyError for an account that is not there.
        """
        for number, name in ((self._handles.get(handle.lower()), ""), (userid, handle)):
            if number is not None:
                user, index = self._users[number]
                self._handles.pop(user.unique_id.lower(), None)
                self._users[number] = self._users[user.sec_uid] = replace(user, unique_id=name), index
        self._handles[handle.lower()] = userid

    def stats(self, user: User, index: int, now_ms: int) -> dict[str, int]:
        """The counters of a profile."""
        return user_stats(index, user.followers_at(now_ms - self.settings.start_ms, now_ms))

    def author(self, post: Post) -> User:
        """Who published a post."""
        return self.universe.creators[post.author]

    def post(self, aweme_id: str, now_ms: int) -> Post | None:
        """None for a post that never was, or is not published yet. It may be deleted by now."""
        index = self._posts.get(aweme_id)
        post = None if index is None else self.universe.posts[index]
        return post if post is not None and post.create_ms <= now_ms else None

    def counters(self, post: Post, now_ms: int) -> Counters:
        """By their names in the topic."""
        return counters(post.growth, post.rates, post.dips, post.create_ms, now_ms)

    def posts_of(self, userid: str, now_ms: int) -> list[Placed]:
        """Published and not deleted, newest first."""
        return _visible(self._by_author.get(userid, ()), now_ms)

    def hashtag_id(self, name: str) -> str | None:
        """By name, without the sign."""
        return self._tag_ids.get(name)

    def hashtag_name(self, number: str) -> str | None:
        """By id."""
        return self._tag_names.get(number)

    def hashtags(self) -> Sequence[str]:
        """Names of all hashtags that a public post has, without the sign."""
        return tuple(self._by_tag)

    def posts_under(self, name: str, now_ms: int) -> list[Placed]:
        """Published and not deleted posts of public accounts under a hashtag, newest first."""
        return _visible(self._by_tag.get(name, ()), now_ms)

    def comments(self, post: Post, now_ms: int) -> list[Comment]:
        """Comments that are no replies, newest first."""
        return _written(self._thread_of(post).tops, now_ms)

    def replies(self, post: Post, comment_id: str, now_ms: int) -> list[Comment]:
        """Replies to a comment, newest first; none for a comment that does not exist."""
        return _written(self._thread_of(post).replies.get(comment_id, ()), now_ms)

    def edges(self, userid: str, followers: bool, now_ms: int) -> list[Edge]:
        """A sample of the accounts that follow a user, or that the user follows; the newest edge first."""
        dice = Dice(self.settings.seed, f"edges {followers} {userid}")
        audience = self.universe.audience
        at_s = self.settings.end_ms // 1000
        found = []
        for _ in range(min(len(audience), dice.between(5, _MOST_EDGES))):
            at_s -= 1 + dice.below(2 * HOUR_MS // 1000)
            index = dice.below(len(audience))
            found.append(Edge(at_s, audience[index], index))
        return [edge for edge in found if edge.since_s * 1000 <= now_ms]

    def _thread_of(self, post: Post) -> Thread:
        return self.thread(self._posts[post.aweme_id])


def after(items: Sequence[Placed], position_ms: int) -> int:
    """The index of the first item of `items` that is older than `position_ms`; 0 means from the start."""
    return bisect_left(items, -position_ms + 1, key=lambda item: -item.position_ms) if position_ms else 0


def in_order(posts: list[Post]) -> tuple[Placed, ...]:
    """Newest first, each at a place of its own."""
    placed: list[Placed] = []
    for post in sorted(posts, key=lambda post: (post.create_ms, post.aweme_id)):
        # Creation has whole seconds, so there is room for 999 posts of the same one.
        before_ms = placed[-1].position_ms if placed else 0
        placed.append(Placed(max(post.create_ms, before_ms + 1), post))
    return tuple(reversed(placed))


def _visible(placed: Sequence[Placed], now_ms: int) -> list[Placed]:
    return [item for item in placed if item.post.create_ms <= now_ms < item.post.deleted_ms]


def _written(comments: Sequence[Comment], now_ms: int) -> list[Comment]:
    return [comment for comment in comments if comment.create_ms <= now_ms]
