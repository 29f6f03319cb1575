"""TikLiveAPI: flat posts in snake_case, users in camelCase, cursors with `hasMore`, and followers that page by `time`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.upstream.bodies import Mapper, NoPageError, has_item_with, json_list, observation, observations, unexpected_shape
from connectors.upstream.codes import StatusMap
from connectors.upstream.fields import Item, whole
from connectors.upstream.lists import list_page, reply_asks
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Call, Feed, Page, Refusal
from connectors.upstream.paging import CURSOR, TIME, Paging
from connectors.upstream.personal import TIKTOK, Kind, PersonalFields
from connectors.upstream.records import COMMENTS, POSTS, USERS, user_snapshot

# Posts a page, as the documents ask for.
POSTS_PER_PAGE = 35


@dataclass(frozen=True)
class _Endpoint:
    path: str
    subject: str  # the parameter that carries Ask.subject
    key: str = ""  # the body's list; "" for an answer that is one object
    paging: Paging | None = None
    fixed: Mapping[str, str] | None = None


_ENDPOINTS: Mapping[Feed, _Endpoint] = {
    Feed.PROFILE: _Endpoint("/userinfo-by-id/", "userid"),
    Feed.POSTS: _Endpoint("/user-posts/", "userid", "videos", CURSOR, {"count": str(POSTS_PER_PAGE)}),
    Feed.POST: _Endpoint("/post-detail/", "aweme_id"),
    Feed.COMMENTS: _Endpoint("/post-comments/", "aweme_id", "comments", CURSOR),
    Feed.REPLIES: _Endpoint("/post-comment-replies/", "comment_id", "comments", CURSOR),
    Feed.FOLLOWERS: _Endpoint("/user-followers/", "userid", "followers", TIME),
    Feed.FOLLOWING: _Endpoint("/user-following/", "userid", "followings", TIME),
}


class TikLiveApi:
    """The dialect. It has no hashtags."""

    name = "tikliveapi"
    base_url = "https://api.tikliveapi.com"
    feeds = frozenset(_ENDPOINTS)
    codes = StatusMap("tikliveapi")
    personal = TIKTOK | PersonalFields(
        {
            Kind.ID: "author_id author_user_id followers.id followings.id",
            Kind.NICKNAME: "music_info.author",
            Kind.SECUID: "sec_id author_sec_id",
            Kind.MEDIA: "avatar_url play wmplay hdplay",
            Kind.SENTENCE: "music_info.title",
        }
    )

    def call(self, ask: Ask) -> Call:
        """As in `Upstream`."""
        endpoint = _ENDPOINTS.get(ask.feed)
        if endpoint is None:
            raise ValueError(f"{self.name} has no feed {ask.feed.value!r}: it has {', '.join(sorted(self.feeds))}")
        params = {endpoint.subject: ask.subject, **(endpoint.fixed or {})}
        if ask.feed is Feed.REPLIES:
            if not ask.parent:
                raise ValueError("replies are asked for by comment and post: `parent` is missing")
            params["aweme_id"] = ask.parent
        if endpoint.paging is not None:
            cursor = ask.cursor if ask.cursor is not None else endpoint.paging.first
            if cursor is not None:
                params[endpoint.paging.name] = cursor
        return Call(endpoint.path, endpoint.path, params)

    def asked(self, endpoint: str, params: Mapping[str, str]) -> Ask | None:
        """As in `Dialect`."""
        for feed, known in _ENDPOINTS.items():
            if known.path.strip("/") == endpoint.strip("/"):
                cursor = params.get(known.paging.name) if known.paging is not None else None
                first = known.paging.first if known.paging is not None else None
                parent = params.get("aweme_id") if feed is Feed.REPLIES else None
                return Ask(feed, params.get(known.subject, params.get("", "")), None if cursor == first else cursor, parent)
        return None

    def endpoint_of(self, body: Mapping[str, Any]) -> str | None:
        """As in `Dialect`. Replies are taken for comments: only the request tells them apart."""
        if "user" in body and "stats" in body:
            return _ENDPOINTS[Feed.PROFILE].path
        if "aweme_id" in body:
            return _ENDPOINTS[Feed.POST].path
        if "comments" in body and (has_item_with(body, "comments", "cid") or "status_code" in body):
            return None
        return next((known.path for known in _ENDPOINTS.values() if known.key and known.key in body), None)

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        """As in `Upstream`."""
        try:
            return self._page(ask, answer, self.codes.body(answer))
        except NoPageError as error:
            if ask.cursor is not None and self.codes.ends_list(error.refusal):
                return Page((), None)
            return error.refusal

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, Any]:
        """As in `Upstream`."""
        return _mapper(ask, received_ms)(Item(item))

    def authorization(self, key: str) -> Mapping[str, str]:
        """As in `Upstream`."""
        return {"X-Api-Key": key}

    def credits_call(self) -> Call:
        """As in `Upstream`."""
        return Call("/profile/", "/profile/", {})

    def read_credits(self, answer: Answer) -> int | Refusal:
        """As in `Upstream`. The documents leave the answer's form open: `credits` or `balance` are taken."""
        try:
            body = self.codes.body(answer)
            for name in ("credits", "balance"):
                if (credits := whole(body.get(name))) is not None:
                    return credits
            raise unexpected_shape(answer, "credits: expected an integer, found none, nor one in balance")
        except NoPageError as error:
            return error.refusal

    def _page(self, ask: Ask, answer: Answer, body: Mapping[str, Any]) -> Page:
        seen_ms = answer.received_ms
        if ask.feed is Feed.PROFILE:
            if "user" not in body and "stats" not in body:
                raise unexpected_shape(answer, "user: expected an object, found nothing, nor stats")
            return Page((observation(USERS, body, "", _mapper(ask, seen_ms)),), None)
        if ask.feed is Feed.POST:
            if "aweme_id" not in body and "play_count" not in body:
                raise unexpected_shape(answer, "aweme_id: expected an id, found nothing, nor play_count")
            return Page((observation(POSTS, body, "", _mapper(ask, seen_ms)),), None)
        endpoint = _ENDPOINTS[ask.feed]
        assert endpoint.paging is not None
        items = json_list(answer, body, endpoint.key)
        if ask.feed is Feed.POSTS:
            observed = observations(POSTS, items, endpoint.key, _mapper(ask, seen_ms))
            return list_page(answer, body, endpoint.paging, items, observed, POSTS)
        if ask.feed in RAW_ONLY:
            return list_page(answer, body, endpoint.paging, items)
        observed = observations(COMMENTS, items, endpoint.key, _mapper(ask, seen_ms))
        asks = reply_asks(observed) if ask.feed is Feed.COMMENTS else ()
        return list_page(answer, body, endpoint.paging, items, observed, COMMENTS, asks)


def _mapper(ask: Ask, seen_ms: int) -> Mapper:
    """From an item of a page of this feed to its record."""
    match ask.feed:
        case Feed.PROFILE:
            return lambda item: user_snapshot(item, seen_ms)
        case Feed.POST:
            return lambda item: _post(item, seen_ms)
        case Feed.POSTS:
            return lambda item: _post(item, seen_ms, ask.subject)
        case Feed.COMMENTS | Feed.REPLIES:
            return lambda item: _comment(item, seen_ms, ask)
    raise ValueError(f"no topic holds {ask.feed.value}")


def _post(item: Item, seen_ms: int, author: str | None = None) -> dict[str, Any]:
    # The author is a field, an object, or known from what was asked for.
    if not (item.has("author_id") or item.has("author_user_id")) and item.has("author"):
        author = item.item("author").identifier("id", "userid")
    return {
        "aweme_id": item.identifier("aweme_id"),
        "region": item.optional("region"),
        "title": item.prose("title"),
        "duration": item.integer("duration"),
        "play": item.text("play"),
        "wmplay": item.text("wmplay"),
        "hdplay": item.optional("hdplay"),
        "play_count": item.integer("play_count"),
        "digg_count": item.integer("digg_count"),
        "comment_count": item.integer("comment_count"),
        "share_count": item.integer("share_count"),
        "download_count": item.integer("download_count"),
        "collect_count": item.integer("collect_count"),
        "create_time": item.integer("create_time"),
        "author_id": item.identifier("author_id", "author_user_id", default=author),
        "ingested_at": seen_ms,
    }


def _comment(item: Item, seen_ms: int, ask: Ask) -> dict[str, Any]:
    replies = ask.feed is Feed.REPLIES
    user = item.item("user")
    return {
        "id": item.identifier("id"),
        "video_id": item.identifier("video_id", "aweme_id", default=ask.parent if replies else ask.subject),
        "text": item.text("text"),
        "create_time": item.integer("create_time"),
        "digg_count": item.integer("digg_count"),
        # A reply has none of its own.
        "reply_total": item.integer("reply_total", default=0 if replies else None),
        "parent_id": item.optional("parent_id") or (ask.subject if replies else None),
        "user": {
            "id": user.identifier("id"),
            "uniqueId": user.text("uniqueId", "unique_id"),
            "nickname": user.prose("nickname"),
            "region": user.optional("region"),
        },
        "ingested_at": seen_ms,
    }
