"""Whom and what a request names, in whatever dialect, and the `user` object of TikTok's web, which most of them hand through."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.universe import Post, User
from simulator.upstream.answers import RefusedError, number_parameter, text_parameter
from simulator.upstream.world import World

USER_COUNTERS = ("followerCount", "followingCount", "heartCount", "videoCount", "diggCount")
HANDLE = "username"


def page_size(params: Mapping[str, str], most: int) -> int:
    """`count` as asked for, but at most `most`, which is also the default; at least 1."""
    return max(1, min(number_parameter(params, "count", most), most))


def found_user(world: World, params: Mapping[str, str], *names: str) -> tuple[User, int]:
    """The user that a parameter names, and its index. Raises RefusedError."""
    value = text_parameter(params, *names)
    called = next(name for name in names if params.get(name)) == HANDLE
    found = world.user_called(value) if called else world.user(value)
    if found is None:
        raise RefusedError(403, "No such user", 10202)
    return found


def found_post(world: World, params: Mapping[str, str], now_ms: int, *names: str) -> Post:
    """The post that a parameter names. Raises RefusedError where it is unknown, deleted, or of a private account."""
    post = world.post(text_parameter(params, *names), now_ms)
    if post is None:
        raise RefusedError(403, "No such video", 10204)
    if now_ms >= post.deleted_ms:
        raise RefusedError(403, "The video is deleted or unavailable", 2054)
    refuse_private(world.author(post))
    return post


def refuse_private(user: User) -> None:
    """Raises RefusedError for a private account."""
    if user.private:
        raise RefusedError(403, "The account is private", 10216)
