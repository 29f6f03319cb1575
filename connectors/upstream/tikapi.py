"""TikAPI: TikTok's nested items, users by secUid, hashtags by id, and a way of paging of its own for each list.

What identifies a list upstream (the secUid of a creator, the id of a hashtag) is not what a watchlist names. It is found by a first
page of its own, and travels in the cursors from there: `<identity>|<cursor>`. So an interrupted round needs no second look-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.upstream.bodies import Mapper, NoPageError, has_item_with, json_list, observation, observations, unexpected_shape
from connectors.upstream.codes import StatusMap
from connectors.upstream.fields import BadFieldError, Item, whole
from connectors.upstream.lists import list_page, reply_asks
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Call, Failure, Feed, Page, Refusal
from connectors.upstream.paging import CURSOR, NEXT_CURSOR, Paging
from connectors.upstream.personal import TIKTOK, Kind, PersonalFields
from connectors.upstream.records import COMMENTS, POSTS, USERS, user_snapshot
from connectors.upstream.tikapi_records import comment_event, post_event

# The most that any list gives at once.
PER_PAGE = "30"
_SEC_UID = "MS4w"  # how every secUid begins
_WHO = ("user_id", "secUid", "username")  # what a profile is asked for by
_MARK = "|"


@dataclass(frozen=True)
class _List:
    path: str
    identity: str  # the parameter that names the list
    key: str  # the body's list
    paging: Paging


_LISTS: Mapping[Feed, _List] = {
    Feed.POSTS: _List("/public/posts", "secUid", "itemList", CURSOR),
    Feed.HASHTAG: _List("/public/hashtag", "id", "itemList", CURSOR),
    Feed.COMMENTS: _List("/comment/list", "media_id", "comments", CURSOR),
    Feed.REPLIES: _List("/comment/reply/list", "comment_id", "comments", CURSOR),
    Feed.FOLLOWERS: _List("/public/followers", "secUid", "userList", NEXT_CURSOR),
    Feed.FOLLOWING: _List("/public/following", "secUid", "userList", NEXT_CURSOR),
}
_CHECK = "/public/check"
_VIDEO = "/public/video"
_KEY = "/key"


class TikApi:
    """The dialect. A creator may be named by secUid, by handle, or by number.

    The key may have two parts, `<API key>:<account key>`: the second one is what comments and replies are read with.
    """

    name = "tikapi"
    base_url = "https://api.tikapi.io"
    feeds = frozenset((*_LISTS, Feed.PROFILE, Feed.POST))
    codes = StatusMap("tikapi")
    personal = TIKTOK | PersonalFields({Kind.MEDIA: "playAddr downloadAddr"})

    def call(self, ask: Ask) -> Call:
        """As in `Upstream`."""
        if ask.feed is Feed.PROFILE:
            return _call(_CHECK, _who(ask.subject))
        if ask.feed is Feed.POST:
            return _call(_VIDEO, {"id": ask.subject})
        listed = _LISTS[ask.feed]
        identity, cursor = _place(ask)
        if identity is None:
            if ask.feed is Feed.HASHTAG:
                return _call(listed.path, {"name": ask.subject.removeprefix("#"), "count": PER_PAGE})
            return _call(_CHECK, _who(ask.subject))
        params = {listed.identity: identity, "count": PER_PAGE}
        if ask.feed is Feed.REPLIES:
            if not ask.parent:
                raise ValueError("replies are asked for by comment and post: `parent` is missing")
            params["media_id"] = ask.parent
        if cursor:
            params[listed.paging.name] = cursor
        return _call(listed.path, params)

    def asked(self, endpoint: str, params: Mapping[str, str]) -> Ask | None:
        """As in `Dialect`. A look-up of a creator's identity is a profile, which is what its answer holds."""
        endpoint, alone = "/" + endpoint.strip("/"), params.get("", "")
        if endpoint == _CHECK:
            return Ask(Feed.PROFILE, next((params[name] for name in _WHO if name in params), alone))
        if endpoint == _VIDEO:
            return Ask(Feed.POST, params.get("id", alone))
        for feed, listed in _LISTS.items():
            if listed.path == endpoint:
                identity, cursor = params.get(listed.identity, ""), params.get(listed.paging.name, "")
                if feed in (Feed.COMMENTS, Feed.REPLIES):
                    return Ask(feed, identity or alone, cursor or None, params.get("media_id") if feed is Feed.REPLIES else None)
                if feed is Feed.HASHTAG and not identity:
                    return Ask(feed, params.get("name", alone))
                begins = not cursor and identity.startswith(_SEC_UID)
                return Ask(feed, identity, None if begins else _sealed(identity, cursor))
        return None

    def endpoint_of(self, body: Mapping[str, Any]) -> str | None:
        """As in `Dialect`. Posts of a creator and of a hashtag look alike, and are mapped alike."""
        if "challengeInfo" in body:
            return _LISTS[Feed.HASHTAG].path
        if "comments" in body:
            nested = has_item_with(body, "comments", "cid") or "status_code" in body
            return _LISTS[Feed.COMMENTS].path if nested else None
        paths = {"userInfo": _CHECK, "itemInfo": _VIDEO} | {
            _LISTS[feed].key: _LISTS[feed].path for feed in (Feed.POSTS, Feed.FOLLOWERS)
        }
        return next((path for key, path in paths.items() if key in body), None)

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
        api_key, _, account_key = key.partition(":")
        return {"X-API-KEY": api_key} | ({"X-ACCOUNT-KEY": account_key} if account_key else {})

    def credits_call(self) -> Call:
        """As in `Upstream`."""
        return _call(_KEY, {})

    def read_credits(self, answer: Answer) -> int | Refusal:
        """As in `Upstream`. A subscription that has ended pauses: when it is renewed, polling goes on by itself."""
        try:
            body = self.codes.body(answer)
        except NoPageError as error:
            return error.refusal
        if body.get("has_expired") in (True, 1) or body.get("subscription_active") in (False, 0):
            message = "the key's subscription has ended: renew it"
            return Refusal(Failure.PAUSE, str(answer.status), "subscription_ended", message)
        credits = whole(body.get("credits"))
        if credits is None:
            return unexpected_shape(answer, "credits: expected an integer").refusal
        return credits

    def _page(self, ask: Ask, answer: Answer, body: Mapping[str, Any]) -> Page:
        seen_ms = answer.received_ms
        if ask.feed is Feed.PROFILE:
            info = _object(answer, body, "userInfo")
            return Page((observation(USERS, info, "userInfo", _mapper(ask, seen_ms)),), None)
        if ask.feed is Feed.POST:
            video = _object(answer, _object(answer, body, "itemInfo"), "itemStruct")
            return Page((observation(POSTS, video, "itemInfo.itemStruct", _mapper(ask, seen_ms)),), None)
        listed = _LISTS[ask.feed]
        identity, _ = _place(ask)
        if identity is None and ask.feed is not Feed.HASHTAG:
            return Page((), _sealed(_identity(answer, body, "userInfo", "user", "secUid"), ""))
        if ask.feed is Feed.HASHTAG:
            return _hashtag(ask, answer, body, identity)
        items = json_list(answer, body, listed.key)
        if ask.feed in RAW_ONLY:
            return list_page(answer, body, listed.paging, items, sealed=lambda cursor: _sealed(str(identity), cursor))
        if ask.feed is Feed.POSTS:
            seen = observations(POSTS, items, listed.key, _mapper(ask, seen_ms))
            return list_page(answer, body, CURSOR, items, seen, POSTS, sealed=lambda cursor: _sealed(str(identity), cursor))
        seen = observations(COMMENTS, items, listed.key, _mapper(ask, seen_ms))
        return list_page(answer, body, CURSOR, items, seen, COMMENTS, () if ask.feed is Feed.REPLIES else reply_asks(seen))


def _mapper(ask: Ask, seen_ms: int) -> Mapper:
    """From an item of a page of this feed to its record."""
    match ask.feed:
        case Feed.PROFILE:
            return lambda item: user_snapshot(item, seen_ms)
        case Feed.POST | Feed.POSTS | Feed.HASHTAG:
            return lambda item: post_event(item, seen_ms)
        case Feed.COMMENTS:
            return lambda item: comment_event(item, seen_ms, ask.subject, None)
        case Feed.REPLIES:
            return lambda item: comment_event(item, seen_ms, ask.parent or "", ask.subject)
    raise ValueError(f"no topic holds {ask.feed.value}")


def _hashtag(ask: Ask, answer: Answer, body: Mapping[str, Any], identity: str | None) -> Page:
    key, by_name = _LISTS[Feed.HASHTAG].key, identity is None
    known = identity or _identity(answer, body, "challengeInfo", "challenge", "id")
    items = [] if by_name and key not in body else json_list(answer, body, key)
    if by_name and not items:
        # The name may lead to the id only; its posts are asked for by that.
        return Page((), None if body.get("hasMore") in (False, 0) else _sealed(known, ""))
    seen = observations(POSTS, items, key, _mapper(ask, answer.received_ms))
    return list_page(answer, body, CURSOR, items, seen, POSTS, sealed=lambda cursor: _sealed(known, cursor))


def _call(path: str, params: Mapping[str, str]) -> Call:
    return Call(path, path, params)


def _who(subject: str) -> Mapping[str, str]:
    """How a profile is asked for. A number cannot be a handle; the documents know handles only, see docs/upstreams.md."""
    if subject.isascii() and subject.isdigit():
        return {"user_id": subject}
    return {"secUid": subject} if subject.startswith(_SEC_UID) else {"username": subject.removeprefix("@")}


def _place(ask: Ask) -> tuple[str | None, str]:
    """The identity of a list, None where it is still to be found, and the cursor; "" for the first page."""
    if ask.feed in (Feed.COMMENTS, Feed.REPLIES):
        return ask.subject, ask.cursor or ""
    if ask.cursor is not None:
        identity, _, cursor = ask.cursor.partition(_MARK)
        return identity, cursor
    return (ask.subject if ask.feed is not Feed.HASHTAG and ask.subject.startswith(_SEC_UID) else None), ""


def _sealed(identity: str, cursor: str) -> str:
    return f"{identity}{_MARK}{cursor}"


def _object(answer: Answer, body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, Mapping):
        raise unexpected_shape(answer, f"{name}: expected an object, found {type(value).__name__}")
    return value


def _identity(answer: Answer, body: Mapping[str, Any], *path: str) -> str:
    item = Item(body)
    try:
        for name in path[:-1]:
            item = item.item(name)
        identity = item.identifier(path[-1])
    except BadFieldError as error:
        raise unexpected_shape(answer, str(error)) from error
    if _MARK in identity:
        raise unexpected_shape(answer, f"{'.'.join(path)}: expected an id, found a {_MARK!r} in it")
    return identity
