"""The dialect of TikLiveAPI: flat snake_case posts, camelCase users, `cursor` with `hasMore`, and followers that page by `time`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.settings import COMMENTS, POSTS, USERS
from simulator.universe import Post
from simulator.upstream.answers import Bend, Endpoint, Item, Reply, Served, cut, number_parameter, text_parameter
from simulator.upstream.comments import Comment
from simulator.upstream.subjects import HANDLE, USER_COUNTERS, found_post, found_user, page_size, refuse_private
from simulator.upstream.world import World, after

PAGE = 35
COMMENT_COUNTERS = ("digg_count", "reply_total")
# Which name the documents mean is not said: these are taken as one.
POST_IDS = ("aweme_id", "video_id", "post_id", "id")
USER_IDS = ("userid", "user_id", "id")


class Fake:
    """Answers of the dialect, by path."""

    name = "tikliveapi"

    def __init__(self, world: World) -> None:
        self._world = world
        self.endpoints: Mapping[str, Endpoint] = {
            "/user-posts/": self._user_posts,
            "/post-detail/": self._post_detail,
            "/post-comments/": self._post_comments,
            "/post-comment-replies/": self._replies,
            "/userinfo-by-id/": lambda params, now_ms, bend: self._user_info(USER_IDS, params, now_ms),
            "/userinfo-by-username/": lambda params, now_ms, bend: self._user_info((HANDLE,), params, now_ms),
            "/user-followers/": lambda params, now_ms, bend: self._edges("followers", params, now_ms),
            "/user-following/": lambda params, now_ms, bend: self._edges("followings", params, now_ms),
        }
        self.balance_endpoints = ("/profile/",)

    def balance(self, credits: int, now_ms: int) -> dict[str, Any]:
        """The body of `/profile/`."""
        return {"credits": credits, "plan": "pay-as-you-go", "time": now_ms // 1000}

    def _user_posts(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        user, _ = found_user(self._world, params, *USER_IDS)
        refuse_private(user)
        placed = self._world.posts_of(user.userid, now_ms)
        offset = after(placed, number_parameter(params, "cursor", 0))
        page, following = cut(placed, offset, page_size(params, PAGE), bend)
        items = [self._post(one.post, now_ms) for one in page]
        more = following < len(placed)
        cursor = placed[following - 1].position_ms if following else 0
        return Reply({"videos": [item.shown for item in items], "cursor": cursor, "hasMore": more}, items)

    def _post_detail(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        item = self._post(found_post(self._world, params, now_ms, *POST_IDS), now_ms)
        return Reply(item.shown, [item])

    def _post_comments(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        post = found_post(self._world, params, now_ms, *POST_IDS)
        return self._comments(post, self._world.comments(post, now_ms), params, now_ms, bend)

    def _replies(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        comment_id = text_parameter(params, "comment_id")
        post = found_post(self._world, params, now_ms, *POST_IDS)
        return self._comments(post, self._world.replies(post, comment_id, now_ms), params, now_ms, bend)

    def _comments(self, post: Post, found: Sequence[Comment], params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        page, following = cut(found, number_parameter(params, "cursor", 0), page_size(params, PAGE), bend)
        items = [self._comment(post, comment, now_ms) for comment in page]
        body = {
            "comments": [item.shown for item in items],
            "total": len(found),
            "cursor": following,
            "hasMore": following < len(found),
        }
        return Reply(body, items)

    def _user_info(self, names: tuple[str, ...], params: Mapping[str, str], now_ms: int) -> Reply:
        user, index = found_user(self._world, params, *names)
        stats = self._world.stats(user, index, now_ms)
        body = {"user": user.shown(), "stats": stats}
        return Reply(body, [Item(body, stats, USER_COUNTERS, Served(USERS, user.userid, dict(stats), now_ms))])

    def _edges(self, key: str, params: Mapping[str, str], now_ms: int) -> Reply:
        user, _ = found_user(self._world, params, *USER_IDS)
        refuse_private(user)
        before_s = number_parameter(params, "time", 0) or now_ms // 1000 + 1
        edges = self._world.edges(user.userid, key == "followers", now_ms)
        older = [edge for edge in edges if edge.since_s < before_s]
        page = older[: page_size(params, PAGE)]
        body = {
            key: [edge.user.shown() for edge in page],
            "total": len(edges),
            "time": page[-1].since_s if page else before_s,
            "hasMore": len(page) < len(older),
        }
        return Reply(body)

    def _post(self, post: Post, now_ms: int) -> Item:
        counted = self._world.counters(post, now_ms)
        shown: dict[str, Any] = {
            "aweme_id": post.aweme_id,
            "region": post.region,
            "title": post.title,
            "duration": post.duration,
            "play": post.play,
            "wmplay": post.wmplay,
            "hdplay": post.hdplay,
            **counted,
            "create_time": post.create_ms // 1000,
            "author_id": self._world.author(post).userid,
        }
        return Item(shown, shown, tuple(counted), Served(POSTS, post.aweme_id, counted, now_ms))

    def _comment(self, post: Post, comment: Comment, now_ms: int) -> Item:
        replies = 0 if comment.parent else len(self._world.replies(post, comment.id, now_ms))
        counted = {"digg_count": comment.diggs(now_ms), "reply_total": replies}
        user = comment.user
        shown: dict[str, Any] = {
            "id": comment.id,
            "video_id": post.aweme_id,
            "text": comment.text,
            "create_time": comment.create_ms // 1000,
            **counted,
            "user": {"id": user.userid, "uniqueId": user.unique_id, "nickname": user.nickname, "region": user.region},
        }
        return Item(shown, shown, COMMENT_COUNTERS, Served(COMMENTS, comment.id, counted, now_ms))
