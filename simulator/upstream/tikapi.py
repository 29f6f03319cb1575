"""The dialect of TikAPI: nested statistics, and a way of paging of its own for posts, hashtags, comments and followers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.settings import COMMENTS, POSTS, USERS
from simulator.universe import Post
from simulator.upstream.answers import Bend, Endpoint, Item, RefusedError, Reply, Served, cut, number_parameter, text_parameter
from simulator.upstream.comments import Comment
from simulator.upstream.subjects import USER_COUNTERS, found_post, found_user, refuse_private
from simulator.upstream.world import World, after

PAGE = 30
# `count` may say 30, and yet the cursor of a first page of comments is 20.
COMMENTS_PAGE = 20
_DAY_S = 86_400
# The counter of a post that the service does not tell; the others it calls by camelCase names.
_UNTOLD = "download_count"
_USER_NAMES = ("secUid", "user_id", "id", "username")


class Fake:
    """Answers of the dialect, by path."""

    name = "tikapi"

    def __init__(self, world: World) -> None:
        self._world = world
        self.endpoints: Mapping[str, Endpoint] = {
            "/public/check": self._check,
            "/public/posts": self._posts,
            "/public/video": self._video,
            "/public/hashtag": self._hashtag,
            "/public/followers": lambda params, now_ms, bend: self._edges(True, params, now_ms, bend),
            "/public/following": lambda params, now_ms, bend: self._edges(False, params, now_ms, bend),
        }
        # The documents leave the paths of comments open; the service has had more than one.
        for prefix in ("/comment", "/public/comment", "/user/comment"):
            self.endpoints = {**self.endpoints, f"{prefix}/list": self._comments, f"{prefix}/reply/list": self._replies}
        self.balance_endpoints = ("/key", "/key/info")

    def balance(self, credits: int, now_ms: int) -> dict[str, Any]:
        """The body of the key's information."""
        return {
            "accounts": [],
            "active": 1,
            "app": {},
            "bandwidth": {"used": 0, "limit": 10 * 2**30},
            "credits": credits,
            "dark_mode": 0,
            "date_expiry": (now_ms // 1000 // _DAY_S + 30) * _DAY_S,
            "has_expired": False,
            "id": 1,
            "logs": [],
            "logs_count": 0,
            "message": "",
            "plan_id": 3,
            "status": "success",
            "sub_id": 5,
            "subscription_active": 1,
        }

    def _check(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        user, index = found_user(self._world, params, "username", "user_id", "id", "secUid")
        stats = self._world.stats(user, index, now_ms)
        info = {"user": user.shown(), "stats": stats}
        item = Item(info, stats, USER_COUNTERS, Served(USERS, user.userid, dict(stats), now_ms))
        return Reply({"userInfo": info, **_web()}, [item])

    def _posts(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        count = _count(params)
        user, _ = found_user(self._world, params, *_USER_NAMES)
        refuse_private(user)
        placed = self._world.posts_of(user.userid, now_ms)
        page, following = cut(placed, after(placed, number_parameter(params, "cursor", 0)), count, bend)
        cursor = placed[following - 1].position_ms if following else 0
        return self._item_list([one.post for one in page], str(cursor), following < len(placed), now_ms)

    def _video(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        item = self._post(found_post(self._world, params, now_ms, "id"), now_ms)
        return Reply({"itemInfo": {"itemStruct": item.shown}, **_web()}, [item])

    def _hashtag(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        count = _count(params)
        name = params.get("name", "").removeprefix("#")
        known = self._world.hashtag_name(params["id"]) if params.get("id") else name
        if not known and not params.get("id"):
            raise RefusedError(400, "The request lacks a parameter", fields={"name": "name or id is required"})
        number = self._world.hashtag_id(known) if known else None
        if known is None or number is None:
            raise RefusedError(403, "No such hashtag", 10205)
        posts = [one.post for one in self._world.posts_under(known, now_ms)]
        info = {"challenge": {"id": number, "title": known, "desc": ""}, "stats": {"videoCount": len(posts), "viewCount": 0}}
        if not params.get("id"):
            # The name leads to the id only; its posts are asked for by that.
            return Reply({"challengeInfo": info, "itemList": [], "cursor": "0", "hasMore": bool(posts), **_web()})
        page, following = cut(posts, number_parameter(params, "cursor", 0), count, bend)
        reply = self._item_list(page, str(following), following < len(posts), now_ms)
        reply.body["challengeInfo"] = info
        return reply

    def _comments(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        post = found_post(self._world, params, now_ms, "media_id", "id")
        reply = self._comment_list(post, self._world.comments(post, now_ms), params, now_ms, bend)
        reply.body |= {"alias_comment_deleted": False, "reply_style": 2, "top_gifts": []}
        return reply

    def _replies(self, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        comment_id = text_parameter(params, "comment_id")
        post = found_post(self._world, params, now_ms, "media_id", "id")
        return self._comment_list(post, self._world.replies(post, comment_id, now_ms), params, now_ms, bend)

    def _comment_list(self, post: Post, found: Sequence[Comment], params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        page, following = cut(found, number_parameter(params, "cursor", 0), min(_count(params), COMMENTS_PAGE), bend)
        items = [self._comment(post, comment, now_ms) for comment in page]
        body = {
            "comments": [item.shown for item in items],
            "cursor": following,
            "has_more": int(following < len(found)),
            "total": len(found),
            **_app(),
        }
        return Reply(body, items)

    def _edges(self, followers: bool, params: Mapping[str, str], now_ms: int, bend: Bend) -> Reply:
        count = _count(params)
        user, _ = found_user(self._world, params, *_USER_NAMES)
        refuse_private(user)
        edges = self._world.edges(user.userid, followers, now_ms)
        page, following = cut(edges, _opened(params.get("nextCursor", "")), count, bend)
        users = [
            {"user": edge.user.shown(), "stats": self._world.stats(edge.user, edge.index, now_ms)}
            for edge in page
        ]  # fmt: skip
        more = following < len(edges)
        body = {"userList": users, "nextCursor": _sealed(following) if more else "", "hasMore": more, "total": len(edges), **_web()}
        return Reply(body)

    def _item_list(self, posts: Sequence[Post], cursor: str, more: bool, now_ms: int) -> Reply:
        items = [self._post(post, now_ms) for post in posts]
        return Reply({"itemList": [item.shown for item in items], "cursor": cursor, "hasMore": more, **_web()}, items)

    def _post(self, post: Post, now_ms: int) -> Item:
        counted = {name: number for name, number in self._world.counters(post, now_ms).items() if name != _UNTOLD}
        stats = {f"{name.removesuffix('_count')}Count": number for name, number in counted.items()}
        shown: dict[str, Any] = {
            "id": post.aweme_id,
            "desc": post.title,
            "createTime": post.create_ms // 1000,
            "locationCreated": post.region,
            "author": self._world.author(post).shown(),
            "stats": stats,
            "video": {"id": post.aweme_id, "duration": post.duration, "playAddr": post.play, "downloadAddr": post.wmplay},
            "challenges": [
                {"id": self._world.hashtag_id(word[1:]), "title": word[1:]}
                for word in dict.fromkeys(post.title.split())
                if word.startswith("#")
            ],
        }
        return Item(shown, stats, tuple(stats), Served(POSTS, post.aweme_id, counted, now_ms))

    def _comment(self, post: Post, comment: Comment, now_ms: int) -> Item:
        replies = 0 if comment.parent else len(self._world.replies(post, comment.id, now_ms))
        counted = {"digg_count": comment.diggs(now_ms), "reply_total": replies}
        user = comment.user
        shown: dict[str, Any] = {
            "cid": comment.id,
            "aweme_id": post.aweme_id,
            "text": comment.text,
            "create_time": comment.create_ms // 1000,
            "digg_count": counted["digg_count"],
            "reply_comment_total": replies,
            "reply_id": comment.parent or "0",
            "user": {
                "uid": user.userid,
                "unique_id": user.unique_id,
                "nickname": user.nickname,
                "sec_uid": user.sec_uid,
                "region": user.region,
            },
        }
        return Item(shown, shown, ("digg_count", "reply_comment_total"), Served(COMMENTS, comment.id, counted, now_ms))


def _web() -> dict[str, Any]:
    return {"$other": {}, "extra": {}, "log_pb": {}, "message": "", "status": "success", "statusCode": 0, "status_code": 0}


def _app() -> dict[str, Any]:
    return {"extra": {}, "log_pb": {}, "message": "", "status": "success", "status_code": 0}


def _count(params: Mapping[str, str]) -> int:
    count = number_parameter(params, "count", PAGE)
    if not 1 <= count <= PAGE:
        raise RefusedError(400, "A parameter is not valid", fields={"count": f"must be 1 to {PAGE}"})
    return count


def _sealed(offset: int) -> str:
    # Opaque on purpose: a client that takes it for a number fails here rather than in production.
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _opened(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("offset:"))
    except (ValueError, binascii.Error):
        raise RefusedError(400, "A parameter is not valid", fields={"nextCursor": "must be one that an answer gave"}) from None
