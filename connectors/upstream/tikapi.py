"""TikAPI: TikTok's nested items, users by secUid, hashtags by id, and a way of paging of its own for each list.

What identifies a list upstream (the secUid of a creator, the id of a hashtag) is not what a watchlist names. It is found by a first
page of its own, and travels in the cursors from there: `<identity>|<cursor>`. So an interrupted round needs no second look-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.upstream.bodies import NoPageError, asked_for, observation, unexpected_shape
from connectors.upstream.codes import StatusMap, own_code
from connectors.upstream.fields import Place, UnreadableError, ValueKind, converted, found, whole
from connectors.upstream.lists import commenters, list_page, observations, reply_asks
from connectors.upstream.mapping import mapper, topic_of
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Call, Failure, Feed, Observation, Page, Refusal, Sighting, Told
from connectors.upstream.paging import CURSOR, NEXT_CURSOR, Paging, more
from connectors.upstream.personal import TIKTOK, Kind, PersonalFields
from connectors.upstream.records import COMMENTS, POSTS
from connectors.upstream.requests import COMMENT_NAMES, CREATOR_NAMES, POST_NAMES, SEC_UID_START, numeric, subject_of
from connectors.upstream.shapes import Items, Shape, all_of, envelopes, has_item_with, joined, one_of, told_by
from connectors.upstream.tables import tables_of
from connectors.upstream.trees import is_sec_uid

# The most that any list gives at once.
PER_PAGE = "30"
_WHO = (*CREATOR_NAMES, "secUid", "username")  # what a profile is asked for by
_MARK = "|"


@dataclass(frozen=True)
class _List:
    path: str
    identity: str  # the parameter that names the list
    shape: Shape
    paging: Paging


def _is_post(body: Mapping[str, Any]) -> bool:
    counted = isinstance(body.get("stats"), Mapping) or isinstance(body.get("statsV2"), Mapping)
    web = counted and "id" in body and "user" not in body and ("createTime" in body or "author" in body)
    return web or ("aweme_id" in body and isinstance(body.get("statistics"), Mapping)) or isinstance(body.get("itemInfos"), Mapping)


def _is_profile(body: Mapping[str, Any]) -> bool:
    """Of the web, of the app, or of the web in 2020."""
    user = body.get("user")
    counted = "stats" in body or "statsV2" in body
    return (isinstance(user, Mapping) and (counted or ("follower_count" in user and "uid" in user))) or (
        "userId" in body and "fans" in body
    )


def _is_comment(body: Mapping[str, Any]) -> bool:
    return "cid" in body and ("text" in body or "user" in body)


_POSTS = Shape(("itemList", "items", "aweme_list", "itemListData", "item_list", "ItemModule"), is_item=_is_post)
_COMMENTS = Shape(("comments",), is_item=_is_comment)
_USERS = Shape(("userList",))
_PROFILE = Shape(objects=("userInfo", "user_info", "userData"), is_item=_is_profile)
_POST = Shape(objects=("itemInfo.itemStruct", "aweme_detail", "itemStruct", "aweme_details.0"), is_item=_is_post)
_LISTS: Mapping[Feed, _List] = {
    Feed.POSTS: _List("/public/posts", "secUid", _POSTS, CURSOR),
    Feed.HASHTAG: _List("/public/hashtag", "id", _POSTS, CURSOR),
    Feed.COMMENTS: _List("/comment/list", "media_id", _COMMENTS, CURSOR),
    Feed.REPLIES: _List("/comment/reply/list", "comment_id", _COMMENTS, CURSOR),
    Feed.FOLLOWERS: _List("/public/followers", "secUid", _USERS, NEXT_CURSOR),
    Feed.FOLLOWING: _List("/public/following", "secUid", _USERS, NEXT_CURSOR),
}
_TABLES = tables_of(posts="web", users="web", comments="web")
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
            return Ask(Feed.POST, subject_of(params, ("id", *POST_NAMES)) or alone)
        for feed, listed in _LISTS.items():
            if listed.path == endpoint:
                return _asked(feed, listed, params, alone)
        return None

    def endpoints_of(self, body: Mapping[str, Any], params: Mapping[str, str], by: Told) -> list[str]:
        """As in `Dialect`. Posts of a creator and of a hashtag look alike, and are mapped alike."""
        if "challengeInfo" in body:
            return [_LISTS[Feed.HASHTAG].path]
        if by is Told.ITEM and _is_post(body):
            return [_VIDEO]
        comments = _LISTS[Feed.REPLIES if subject_of(params, COMMENT_NAMES) else Feed.COMMENTS].path
        posts, users = _LISTS[Feed.POSTS].path, _LISTS[Feed.FOLLOWERS].path
        shapes = {comments: _COMMENTS, _CHECK: _PROFILE, _VIDEO: _POST, posts: _POSTS, users: _USERS}
        if "comments" in body and not (has_item_with(body, "comments", "cid") or "status_code" in body):
            del shapes[comments]
        return told_by(shapes, body, by)

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        """As in `Upstream`."""
        return self.codes.page(ask, answer, lambda body: self._page(ask, answer, body))

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, Any]:
        """As in `Upstream`."""
        return mapper(_TABLES, ask, received_ms)(item, "")[0]

    def creator(self, userid: str, sec_uid: str) -> str:
        """As in `Upstream`. By the number each round of a list would begin with a look-up."""
        return sec_uid if is_sec_uid(sec_uid) else userid

    def lookups(self, ask: Ask) -> int:
        """As in `Dialect`."""
        return int(ask.feed in _LISTS and _place(ask)[0] is None)

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

    def _page(self, ask: Ask, answer: Answer, body: Mapping[str, Any]) -> tuple[Page, str]:
        if ask.feed in (Feed.PROFILE, Feed.POST):
            item, path = one_of(answer, body, _PROFILE if ask.feed is Feed.PROFILE else _POST)
            seen = observation(topic_of(ask.feed), item, path, mapper(_TABLES, ask, answer.received_ms))
            seen = asked_for(answer, ask.subject, seen, path, coded=own_code(body) is not None)
            return Page((seen,), None, people=_authors((seen,), [item]) if ask.feed is Feed.POST else ()), path
        listed = _LISTS[ask.feed]
        identity, _ = _place(ask)
        if ask.feed is Feed.HASHTAG:
            return _hashtag(ask, answer, body, identity)
        if identity is None:
            identity, path = _identity(answer, body, "userInfo", "user.secUid", ask.subject)
            return Page((), _sealed(identity, "")), path
        items = all_of(answer, body, listed.shape)
        if ask.feed in RAW_ONLY:
            return list_page(answer, items, listed.paging, sealed=lambda cursor: _sealed(identity, cursor))
        if ask.feed is Feed.POSTS:
            return _posts(ask, answer, items, identity)
        comments = observations(_TABLES, items, ask, answer.received_ms)
        asks = () if ask.feed is Feed.REPLIES else reply_asks(comments)
        page, path = list_page(answer, items, CURSOR, comments, COMMENTS, asks)
        return replace(page, people=commenters(comments, by_handle=True)), path


def _asked(feed: Feed, listed: _List, params: Mapping[str, str], alone: str) -> Ask:
    """What a request for a list asked for."""
    identity, cursor = params.get(listed.identity, ""), params.get(listed.paging.name, "")
    if feed is Feed.REPLIES:
        return Ask(feed, subject_of(params, COMMENT_NAMES) or alone, cursor or None, subject_of(params, POST_NAMES) or None)
    if feed is Feed.COMMENTS:
        return Ask(feed, subject_of(params, POST_NAMES) or alone, cursor or None)
    if feed is Feed.HASHTAG:
        return Ask(feed, identity, _sealed(identity, cursor)) if identity else Ask(feed, params.get("name", alone))
    begins = not cursor and identity.startswith(SEC_UID_START)
    subject = subject_of(params, CREATOR_NAMES) or identity or alone
    return Ask(feed, subject, None if begins and subject == identity else _sealed(identity, cursor))


def _posts(ask: Ask, answer: Answer, items: Items, identity: str) -> tuple[Page, str]:
    seen = observations(_TABLES, items, ask, answer.received_ms)
    page, path = list_page(answer, items, CURSOR, seen, POSTS, sealed=lambda cursor: _sealed(identity, cursor))
    # A creator who is watched has a profile of its own on the watchlist.
    return replace(page, people=_authors(seen, [item for item, _ in items.items]) if ask.feed is Feed.HASHTAG else ()), path


def _authors(seen: Sequence[Observation], items: Sequence[object]) -> tuple[Sighting, ...]:
    """Whose posts `seen` are, by the handle that the item has: the documents know no other way to a profile."""
    found = []
    for one, item in zip(seen, items, strict=True):
        author = item.get("author") if isinstance(item, Mapping) else None
        named = author if isinstance(author, Mapping) else {}
        handle = next((named[name] for name in ("uniqueId", "unique_id") if isinstance(named.get(name), str)), "")
        if one.problem is None:
            userid = str(one.record["author_id"])
            found.append(Sighting(userid, handle or userid, is_author=True))
    return tuple(found)


def _hashtag(ask: Ask, answer: Answer, body: Mapping[str, Any], identity: str | None) -> tuple[Page, str]:
    known, path = (identity, "") if identity is not None else _identity(answer, body, "challengeInfo", "challenge.id")
    listed = any(_POSTS.named(part.body) or any(_POSTS.unnamed_in(part.body)) for part in envelopes(body, _is_post))
    items = all_of(answer, body, _POSTS) if listed or identity is not None else None
    if items is None or (identity is None and not items.items):
        # The name may lead to the id only; its posts are asked for by that.
        return Page((), None if any(more(part.body) is False for part in envelopes(body)) else _sealed(known, "")), path
    return _posts(ask, answer, items, known)


def _call(path: str, params: Mapping[str, str]) -> Call:
    return Call(path, path, params)


def _who(subject: str) -> Mapping[str, str]:
    """How a profile is asked for. A number cannot be a handle; the documents know handles only, see docs/upstreams.md."""
    if subject.isascii() and subject.isdigit():
        return {"user_id": subject}
    return {"secUid": subject} if subject.startswith(SEC_UID_START) else {"username": subject.removeprefix("@")}


def _place(ask: Ask) -> tuple[str | None, str]:
    """The identity of a list, None where it is still to be found, and the cursor; "" for the first page."""
    if ask.feed in (Feed.COMMENTS, Feed.REPLIES):
        return ask.subject, ask.cursor or ""
    if ask.cursor is not None:
        identity, _, cursor = ask.cursor.partition(_MARK)
        return identity, cursor
    return (ask.subject if ask.feed is not Feed.HASHTAG and ask.subject.startswith(SEC_UID_START) else None), ""


def _sealed(identity: str, cursor: str) -> str:
    return f"{identity}{_MARK}{cursor}"


def _identity(answer: Answer, body: Mapping[str, Any], name: str, path: str, subject: str = "") -> tuple[str, str]:
    """What a list is asked for by: at `path` of the object `name`, in whatever envelope, and where that is. Raises NoPageError.

    The object must be that of `subject`, where it says whose it is.
    """
    info, where = one_of(answer, body, Shape(objects=(name,)))
    place = Place.of(path)
    value, reached = place.look(info)
    try:
        if reached < len(place.parts):
            raise UnreadableError(f"expected an object, {found(value)}")
        identity = converted(ValueKind.ID, value)
        if identity is None or _MARK in identity:
            raise UnreadableError(f"expected an id without {_MARK!r}, {found(value)}")
    except UnreadableError as error:
        raise unexpected_shape(answer, f"{joined(where, place.upto(reached))}: {error}") from error
    number = next((user[name] for name in ("id", "uid") if (user := info.get("user")) and user.get(name)), subject)
    if numeric(subject) and str(number) != subject:
        raise unexpected_shape(answer, f"{joined(where, 'user.id')}: expected {subject!a}, which was asked for, {found(number)}")
    return str(identity), where
