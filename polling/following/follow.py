"""What is found is followed: the plan of posts and people, and what of it becomes a feed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from connectors.clock import MINUTE_MS
from connectors.upstream.model import Feed
from polling.following.people import People
from polling.following.plan import Post
from polling.following.posts import Posts
from polling.following.store import PlanFile
from polling.model import FeedKey, ReadPage
from polling.reports import Reports
from polling.schedule.commits import CommittedPage
from polling.schedule.feeds import Feeds
from polling.watchlist import Follow

_TIDY_EVERY_MS = 10 * MINUTE_MS


class Following:
    """The plan of one shard. It is on disk before the page that it comes from is in Kafka: a kill in between finds it again.

    `leave` hears of feeds whose committed progress is of no use any more. Not thread-safe.
    """

    def __init__(
        self,
        file: PlanFile,
        feeds: Feeds,
        posts: Posts,
        people: People,
        reports: Reports,
        leave: Callable[[Iterable[FeedKey]], None],
    ) -> None:
        self._file, self._feeds, self._reports, self._leave = file, feeds, reports, leave
        self._posts, self._people = posts, people
        self._tidied_ms = 0

    def open(self, now_ms: int) -> list[Post]:
        """Takes up the plan of an earlier poller; the posts that it follows. Raises PlanFileError, as the others do."""
        self._posts.load(self._file.posts())
        self._people.load(self._file.people(), now_ms)
        return list(self._posts.followed.values())

    def owns(self, key: FeedKey) -> bool:
        """Whether a feed is one of a post that is followed: it belongs to the shard of its creator."""
        return key.subject in self._posts or key.parent in self._posts

    def see(self, pages: Iterable[ReadPage], rules: Follow, now_ms: int) -> None:
        """Takes up what pages show, before they are written."""
        for read in pages:
            self._posts.see(read)
            for post in self._posts.on(read) if rules.posts else ():
                if not post.followed and not post.sleeps(now_ms, rules.forget_after):
                    self._posts.begin(post, rules.most_posts)
            if rules.profiles:
                self._people.see(read.page.people, now_ms)
        if now_ms - self._tidied_ms >= _TIDY_EVERY_MS:
            self._tidied_ms = now_ms
            self._tidy(rules, now_ms)
        self.flush()

    def go_on(self, page: CommittedPage, now_ms: int) -> int:
        """A page is written: what it shows becomes feeds; how many were beyond the limit."""
        state, read = page.received.state, page.received.read
        if state.person is not None:
            # The plan says when the person's turn comes again.
            self._leave([state.key])
        return sum(self._feeds.follow(post, now_ms) for post in self._posts.on(read) if post.followed)

    def flush(self) -> None:
        """Puts on disk what has changed, in one transaction."""
        for person, due_ms in self._feeds.ended:
            self._people.read(person, due_ms)
        self._feeds.ended.clear()
        posts, people = self._posts, self._people
        if posts.has_ended:
            posts.has_ended = False
            self._leave(self._feeds.leave(lambda post: not post.followed))
        if posts.changed or posts.left or people.changed or people.left:
            self._file.write(posts.changed.values(), people.changed.values(), posts.left, people.left)
            for done in (posts.changed, posts.left, people.changed, people.left):
                done.clear()
            self._reports.set("tokpulse_poll_followed", "posts", to=len(posts.followed))
            self._reports.set("tokpulse_poll_followed", "people", to=len(people))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _tidy(self, rules: Follow, now_ms: int) -> None:
        """Leaves what sleeps, what is not wanted any more, and who was not seen for long."""
        followed = self._posts.followed
        for post in [*followed.values()]:
            creator = FeedKey(self._reports.upstream, Feed.POSTS, post.creator)
            if not rules.posts or post.sleeps(now_ms, rules.forget_after) or creator not in self._feeds:
                self._posts.end(post)
        for post in heapq.nsmallest(len(followed) - rules.most_posts, followed.values(), key=lambda one: one.rank):
            self._posts.end(post)
        self._posts.forget(now_ms, rules.forget_after)
        self._people.forget_unseen(now_ms - rules.forget_after)
