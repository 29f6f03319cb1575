"""TikLiveAPI: flat posts in snake_case, users in camelCase, cursors with `hasMore`, and followers that page by `time`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.upstream.bodies import Mapper, NoPageError, asked_for, observation, unexpected_shape
from connectors.upstream.codes import StatusMap
from connectors.upstream.fields import whole
from connectors.upstream.lists import commenters, list_page, observations, reply_asks
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Call, Feed, Page, Refusal, Sighting, Told
from connectors.upstream.paging import CURSOR, TIME, Paging
from connectors.upstream.personal import TIKTOK, Kind, PersonalFields
from connectors.upstream.records import COMMENTS, POSTS, USERS
from connectors.upstream.requests import COMMENT_NAMES, CREATOR_NAMES, POST_NAMES, numeric, subject_of
from connectors.upstream.shapes import Shape, all_of, has_item_with, one_of, told_by
from connectors.upstream.tables import Asked, tables_of

# Posts a page, as the documents ask for.
POSTS_PER_PAGE = 35


@dataclass(frozen=True)
class _Endpoint:
    path: str
    subject: str  # the parameter that carries Ask.subject
    names: tuple[str, ...]  # its names where requests are read
    shape: Shape
    paging: Paging | None = None
    fixed: Mapping[str, str] | None = None


def _is_post(body: Mapping[str, Any]) -> bool:
    return "play_count" in body and ("aweme_id" in body or "video_id" in body or ("id" in body and "create_time" in body))


def _is_profile(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("user"), Mapping) and ("stats" in body or "statsV2" in body)


def _is_comment(body: Mapping[str, Any]) -> bool:
    return "id" in body and "cid" not in body and "text" in body and "user" in body and ("video_id" in body or "digg_count" in body)


_COMMENTS = Shape(("comments",), is_item=_is_comment)
_ENDPOINTS: Mapping[Feed, _Endpoint] = {
    Feed.PROFILE: _Endpoint(
        "/userinfo-by-id/",
        "userid",
        CREATOR_NAMES,
        Shape(is_item=_is_profile, loose=lambda body: "user" in body or "stats" in body),
    ),
    Feed.POSTS: _Endpoint(
        "/user-posts/", "userid", CREATOR_NAMES, Shape(("videos",), is_item=_is_post), CURSOR, {"count": str(POSTS_PER_PAGE)}
    ),
    Feed.POST: _Endpoint(
        "/post-detail/",
        "aweme_id",
        POST_NAMES,
        Shape(is_item=_is_post, loose=lambda body: "aweme_id" in body or "play_count" in body),
    ),
    Feed.COMMENTS: _Endpoint("/post-comments/", "aweme_id", POST_NAMES, _COMMENTS, CURSOR),
    Feed.REPLIES: _Endpoint("/post-comment-replies/", "comment_id", COMMENT_NAMES, _COMMENTS, CURSOR),
    Feed.FOLLOWERS: _Endpoint("/user-followers/", "userid", CREATOR_NAMES, Shape(("followers",)), TIME),
    Feed.FOLLOWING: _Endpoint("/user-following/", "userid", CREATOR_NAMES, Shape(("followings",)), TIME),
}
# A profile, too.
_BY_HANDLE = "/userinfo-by-username/"
_TABLES = tables_of(posts="flat", users="web", comments="flat")


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
        if ask.feed is Feed.PROFILE and ask.subject.startswith("@"):
            return Call(_BY_HANDLE, _BY_HANDLE, {"username": ask.subject[1:]})
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
        if endpoint.strip("/") == _BY_HANDLE.strip("/"):
            name = subject_of(params, ("username", "unique_id", "uniqueId", ""))
            return Ask(Feed.PROFILE, f"@{name.removeprefix('@')}" if name else "")
        for feed, known in _ENDPOINTS.items():
            if known.path.strip("/") == endpoint.strip("/"):
                cursor = params.get(known.paging.name) if known.paging is not None else None
                first = known.paging.first if known.paging is not None else None
                parent = subject_of(params, POST_NAMES) or None if feed is Feed.REPLIES else None
                subject = subject_of(params, known.names) or params.get("", "")
                return Ask(feed, subject, None if cursor == first else cursor, parent)
        return None

    def endpoints_of(self, body: Mapping[str, Any], params: Mapping[str, str], by: Told) -> list[str]:
        """As in `Dialect`."""
        if by is Told.ITEM and (_is_post(body) or ("aweme_id" in body and not {"cid", "statistics"} & body.keys())):
            return [_ENDPOINTS[Feed.POST].path]
        comments = Feed.REPLIES if subject_of(params, COMMENT_NAMES) else Feed.COMMENTS
        feeds = [Feed.POSTS, comments, Feed.FOLLOWERS, Feed.FOLLOWING]
        if "comments" in body and ("status_code" in body or has_item_with(body, "comments", "cid")):
            feeds.remove(comments)  # TikTok's own
        profile = [_ENDPOINTS[Feed.PROFILE].path] if by is Told.ITEM and "user" in body and "stats" in body else []
        lists = told_by({_ENDPOINTS[feed].path: _ENDPOINTS[feed].shape for feed in feeds}, body, by, first=not profile)
        return [*profile, *lists]

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        """As in `Upstream`."""
        return self.codes.page(ask, answer, lambda body: self._page(ask, answer, body))

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, Any]:
        """As in `Upstream`."""
        return _mapper(ask, received_ms)(item, "")[0]

    def creator(self, userid: str, sec_uid: str) -> str:
        """As in `Upstream`."""
        return userid

    def lookups(self, ask: Ask) -> int:
        """As in `Dialect`."""
        return 0

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

    def _page(self, ask: Ask, answer: Answer, body: Mapping[str, Any]) -> tuple[Page, str]:
        endpoint, mapper = _ENDPOINTS[ask.feed], None if ask.feed in RAW_ONLY else _mapper(ask, answer.received_ms)
        if endpoint.paging is None:
            assert mapper is not None
            item, path = one_of(answer, body, endpoint.shape)
            seen = asked_for(answer, ask.subject, observation(_topic(ask.feed), item, path, mapper), path)
            author = str(seen.record["author_id"]) if ask.feed is Feed.POST and seen.problem is None else ""
            return Page((seen,), None, people=(Sighting(author, author, is_author=True),) if author else ()), path
        items = all_of(answer, body, endpoint.shape)
        if mapper is None:
            return list_page(answer, items, endpoint.paging)
        observed = observations(_topic(ask.feed), items, mapper, _mapper(ask, answer.received_ms, unasked=True))
        asks = reply_asks(observed) if ask.feed is Feed.COMMENTS else ()
        page, path = list_page(answer, items, endpoint.paging, observed, _topic(ask.feed), asks)
        return replace(page, people=() if ask.feed is Feed.POSTS else commenters(observed)), path


def _topic(feed: Feed) -> str:
    match feed:
        case Feed.PROFILE:
            return USERS
        case Feed.POST | Feed.POSTS:
            return POSTS
        case Feed.COMMENTS | Feed.REPLIES:
            return COMMENTS
    raise ValueError(f"no topic holds {feed.value}")


def _mapper(ask: Ask, seen_ms: int, unasked: bool = False) -> Mapper:
    """From an item of a page of this feed to its record; `unasked` for one that must say itself that it was asked for."""
    table, asked = _TABLES[_topic(ask.feed)], Asked()
    match ask.feed:
        case Feed.POSTS:
            asked = Asked(creator=numeric(ask.subject))
        case Feed.COMMENTS:
            asked = Asked(post=ask.subject or None)
        case Feed.REPLIES:
            asked = Asked(post=ask.parent, comment=ask.subject or None)
    read = table.read_unasked if unasked else table.read
    return lambda item, path: read(item, path, asked, seen_ms)
