"""Bodies that may be read in several ways: nothing is lost in silence, and no other's is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.upstream.captured import read_captured
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask, Feed, Page, Refusal
from connectors.upstream.records import POSTS, USERS

AT = 1_764_000_000_123
FLAT: dict[str, Any] = {"aweme_id": "7301", "title": "x", "play_count": 5, "create_time": 1_700_000_000, "author_id": "68"}
WEB: dict[str, Any] = {"id": "7301", "createTime": 1_700_000_000, "author": {"id": "68"}, "stats": {"playCount": 5}}
NOBODYS = {**WEB, "author": None}
PROFILE: dict[str, Any] = {"user": {"id": "9", "uniqueId": "HANDLE_9", "secUid": "MS4wNINE"}, "stats": {"followerCount": 1}}
COMMENT: dict[str, Any] = {"cid": "1", "text": "t", "create_time": 1_700_000_000, "user": {"uid": "2"}}
MINE = Ask(Feed.POSTS, "68", "MS4w|30")


def read(upstream: str, ask: Ask, body: dict[str, Any]) -> Page | Refusal:
    return UPSTREAMS[upstream].read(ask, Answer(200, {}, json.dumps(body).encode(), AT))


def page(upstream: str, ask: Ask, body: dict[str, Any]) -> Page:
    result = read(upstream, ask, body)
    assert isinstance(result, Page), result
    return result


def refused(upstream: str, ask: Ask, body: dict[str, Any]) -> str:
    result = read(upstream, ask, body)
    assert isinstance(result, Refusal), result
    return f"{result.reason}: {result.message}"


def problems(result: Page) -> list[str]:
    return [seen.problem for seen in result.observations if seen.problem]


@pytest.mark.parametrize(
    ("body", "following"),
    [
        ({"code": 0, "hasMore": True, "cursor": "35", "data": {"videos": [FLAT]}}, "35"),
        ({"data": {"videos": [FLAT], "page": {"hasMore": True, "cursor": "35"}}}, "35"),
        ({"data": {"videos": [FLAT]}, "meta": {"pagination": {"has_more": 1, "cursor": 35}}}, "35"),
        ({"hasMore": True, "data": {"videos": [FLAT], "cursor": "35"}}, "35"),
        ({"cursor": "35", "data": {"videos": [FLAT], "hasMore": 1}}, "35"),
        ({"cursor": "35", "data": {"videos": [FLAT], "hasMore": True, "cursor": None}}, "35"),
        ({"hasMore": True, "cursor": "99", "data": {"videos": [FLAT], "hasMore": True, "cursor": "35"}}, "35"),
        ({"hasMore": True, "cursor": "99", "data": {"videos": [FLAT], "hasMore": False}}, None),
        ({"hasMore": False, "data": {"videos": [FLAT], "cursor": "35"}}, None),
        ({"data": {"videos": [FLAT]}, "a": {"cursor": "35"}, "b": {"cursor": 35, "hasMore": True}}, "35"),
        ({"data": {"videos": [FLAT]}, "a": {"cursor": "35", "hasMore": False}, "b": {"hasMore": False}}, None),
    ],
)
def test_a_list_goes_on_where_the_nearest_object_says(body: dict[str, Any], following: str | None) -> None:
    result = page("tikliveapi", Ask(Feed.POSTS, "68"), body)
    assert (len(result.observations), problems(result), result.cursor) == (1, [], following)


def test_a_secuid_goes_along() -> None:
    body = {"hasMore": True, "cursor": "35", "data": {"itemList": [WEB]}}
    assert page("tikapi", MINE, body).cursor == "MS4w|35"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            {"data": {"videos": [FLAT]}, "a": {"cursor": "35"}, "b": {"cursor": "70"}},
            "data.cursor: expected one, found several in a, b",
        ),
        ({"data": {"videos": [FLAT]}, "a": {"cursor": "35"}, "b": {"hasMore": False}}, "data.cursor: expected one, found several"),
        ({"hasMore": True, "data": {"videos": [FLAT], "maxCursor": "x"}}, "data.maxCursor: expected a number, found 'x'"),
        ({"max_cursor": [1], "data": {"videos": [FLAT], "hasMore": 1}}, "max_cursor: expected a number, found a list"),
        ({"data": {"videos": [FLAT]}, "page": {"hasMore": 1, "cursor": "x"}}, "page.cursor: expected a number, found 'x'"),
    ],
)
def test_where_a_list_goes_on_may_be_unclear(body: dict[str, Any], problem: str) -> None:
    result = page("tikliveapi", Ask(Feed.POSTS, "68"), body)
    assert len(result.observations) == 2
    assert problems(result)[0].startswith(problem)


@pytest.mark.parametrize(
    ("upstream", "ask", "body", "reason"),
    [
        ("tikapi", MINE, {"statusCode": 10222, "recommendList": [NOBODYS]}, "private_account"),
        ("tikapi", MINE, {"statusCode": 10222, "itemList": [NOBODYS]}, "private_account"),
        ("tikapi", Ask(Feed.POST, "7777"), {"statusCode": 10204, "itemInfo": {}, "relatedItems": [WEB]}, "post_missing"),
        ("tikapi", Ask(Feed.POST, "7777"), {"statusCode": 10204, "itemInfo": {"itemStruct": WEB}}, "post_missing"),
        ("tikapi", Ask(Feed.POST, "7777"), {"statusCode": 10204, "related": WEB}, "post_missing"),
        ("tikapi", Ask(Feed.PROFILE, "HANDLE"), {"statusCode": 10222, "suggested": PROFILE}, "private_account"),
        ("tikapi", Ask(Feed.PROFILE, "MS4wME"), {"statusCode": 10222, "suggested": PROFILE}, "private_account"),
        (
            "tikapi",
            Ask(Feed.POST, "7777"),
            {"itemInfo": {"itemStruct": WEB}},
            "unexpected_shape: itemInfo.itemStruct.aweme_id: expected '7777', which was asked for, found '7301'",
        ),
        (
            "tikapi",
            Ask(Feed.POST, "7777"),
            {"itemInfo": {}, "related": WEB},
            "unexpected_shape: itemInfo.itemStruct: ",
        ),
        ("tikliveapi", Ask(Feed.POST, "7777"), {"data": {}, "related": [FLAT]}, "unexpected_shape"),
        (
            "tikliveapi",
            Ask(Feed.POST, "7777"),
            {"data": {}, "related": FLAT},
            "unexpected_shape: related.aweme_id: ",
        ),
        ("tikliveapi", Ask(Feed.PROFILE, "6801"), {"data": None, "suggested": [PROFILE]}, "unexpected_shape"),
        ("tikliveapi", Ask(Feed.PROFILE, "6801"), {"data": None, "suggested": PROFILE}, "unexpected_shape: suggested.user.id: "),
        ("tikapi", Ask(Feed.PROFILE, "6801"), {"userInfo": None, "suggested": PROFILE}, "unexpected_shape: userInfo: "),
        # The identity by which the posts of a creator are asked for.
        ("tikapi", Ask(Feed.POSTS, "HANDLE"), {"suggested": [{"userInfo": PROFILE}]}, "unexpected_shape: userInfo: "),
        ("tikapi", Ask(Feed.POSTS, "6801"), {"x": {"userInfo": PROFILE}}, "unexpected_shape: x.userInfo.user.id: expected '6801'"),
        (
            "tikapi",
            Ask(Feed.HASHTAG, "cats"),
            {"related": [{"challengeInfo": {"challenge": {"id": "77"}}}]},
            "unexpected",
        ),
    ],
)
def test_a_stranger_is_not_who_was_asked_for(upstream: str, ask: Ask, body: dict[str, Any], reason: str) -> None:
    assert refused(upstream, ask, body).startswith(reason)


@pytest.mark.parametrize("listed", [None, []])
def test_an_empty_list_is_the_end_whatever_somebody_may_also_like(listed: object) -> None:
    result = page("tikapi", MINE, {"itemList": listed, "hasMore": False, "recommendList": [NOBODYS]})
    assert (result.observations, result.cursor) == ((), None)


def test_a_number_of_the_same_name_is_no_list() -> None:
    ask = Ask(Feed.COMMENTS, "7301")
    assert page("tikapi", ask, {"comments": [], "has_more": 0, "counts": {"comments": 0}}) == Page((), None)
    reason = "unexpected_shape: comments: expected a list, found 0"
    assert refused("tikapi", ask, {"comments": 0, "has_more": 0, "data": {"comments": []}}) == reason


def test_an_item_under_a_name_that_nobody_knows_must_say_whose_it_is() -> None:
    result = page("tikapi", MINE, {"data": [WEB, NOBODYS, {**WEB, "author": {"id": "99"}}], "hasMore": True, "cursor": "35"})
    assert [seen.problem for seen in result.observations] == [
        None,
        "data[1].author: expected an object, found null",
        "data[2].author_id: expected '68', which was asked for, found '99'",
    ]
    assert result.cursor == "MS4w|35"
    # A replay reads the item by itself, as one that was asked for.
    assert UPSTREAMS["tikapi"].record(MINE, NOBODYS, AT)["author_id"] == "68"
    assert result.observations[1].record == {"not_asked_for": NOBODYS}
    other = page("tikapi", Ask(Feed.REPLIES, "55", parent="7301"), {"data": [COMMENT | {"aweme_id": "7301"}]})
    assert problems(other) == ["data[0].parent_id: expected '55', which was asked for, found null"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"posts": [{"foo": 1}], "page": {"cursor": "35", "hasMore": False}}, "videos: expected a list"),
        ({"data": {"list": [{"aweme_id": "1", "plays": 1}]}, "meta": {"hasMore": False}}, "videos: expected a list"),
        ({"posts": [None, {"foo": 1}], "hasMore": False}, "videos: expected a list"),
        ({"posts": {"a": {"views": 1}}, "hasMore": False}, "videos: expected a list"),
        ({"data": {"posts": {"a": {"views": 1}, "b": {"views": 1}}}, "hasMore": False}, "videos: expected a list"),
        ({"hasMore": False, "page": {"hasMore": True}}, "videos: expected a list"),
        ({"videos": None}, "videos: expected a list, found null"),
        ({"data": {"videos": None}, "hasMore": True}, "data.videos: expected a list, found null"),
        (
            {"videos": [FLAT], "data": {"videos": [FLAT, FLAT]}},
            "data.videos[0]: expected one list of items, found",
        ),
        ({"a": [FLAT], "b": [FLAT | {"aweme_id": "7302"}]}, "b[0]: expected one list of items, found another at a[0]"),
    ],
)
def test_a_renamed_list_is_no_end_and_one_of_several_no_answer(body: dict[str, Any], reason: str) -> None:
    assert refused("tikliveapi", Ask(Feed.POSTS, "68"), body).startswith(f"unexpected_shape: {reason}")
    captured = json.dumps({"upstream": "tikliveapi", "endpoint": "/user-posts/", "ingested_at": AT, "payload": body})
    with pytest.raises(Exception, match="expected"):
        read_captured(captured)


@pytest.mark.parametrize(
    "body",
    [
        {"itemList": [], "data": {"itemList": [WEB]}, "hasMore": True, "cursor": "1"},
        {"itemList": None, "aweme_list": [], "items": [WEB], "hasMore": True, "cursor": "1"},
        {"itemList": [WEB], "data": {"itemList": [WEB]}, "hasMore": True, "cursor": "1"},
    ],
)
def test_the_list_with_items_is_the_one(body: dict[str, Any]) -> None:
    result = page("tikapi", MINE, body)
    assert ([seen.problem for seen in result.observations], result.cursor) == ([None], "MS4w|1")


@pytest.mark.parametrize(
    "body",
    [
        {"videos": [], "hasMore": False, "extra": {"status_code": 5}},
        {"statusCode": 0, "videos": [], "hasMore": False, "log_pb": {"code": 10101}},
        {"code": 0, "data": {"videos": [], "hasMore": False}, "log": {"statusCode": 10204}},
        {"data": {"hasMore": False}, "log": {"statusCode": 10204}},
    ],
)
def test_a_code_beside_a_good_answer_is_not_its_own(body: dict[str, Any]) -> None:
    assert page("tikliveapi", Ask(Feed.POSTS, "68"), body) == Page((), None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"data": {"statusCode": 10222, "videos": [], "hasMore": False}}, "private_account: data.statusCode: HTTP 200"),
        ({"code": 0, "data": {"status_code": 10204, "msg": "gone"}}, "post_missing: data.status_code: gone"),
        ({"statusCode": 200, "body": '{"statusCode": 10222}'}, "private_account: body.statusCode: HTTP 200"),
        ({"statusCode": 0, "log_pb": {"code": 10204}}, "unexpected_shape: "),
    ],
)
def test_a_code_says_where_it_stands(body: dict[str, Any], reason: str) -> None:
    assert refused("tikliveapi", Ask(Feed.POSTS, "68"), body).startswith(reason)


@pytest.mark.parametrize(
    ("body", "topics"),
    [
        ({"userInfo": PROFILE, "itemList": [WEB], "hasMore": False}, [USERS, POSTS]),
        ({"data": {"userInfo": PROFILE, "aweme_list": [WEB, NOBODYS]}}, [USERS, POSTS, POSTS]),
        ({**PROFILE, "itemList": [WEB]}, [USERS, POSTS]),
        ({**PROFILE, "videos": [FLAT]}, [USERS, POSTS]),
        ({"userInfo": PROFILE, "itemList": []}, [USERS]),
        ({"userInfo": PROFILE, "recommendList": [WEB]}, [USERS]),
        ({"data": {"userInfo": PROFILE}, "recommendList": [WEB]}, [USERS]),
        ({"pages": [{"itemList": [WEB]}, {"itemList": [WEB]}]}, [POSTS, POSTS]),
    ],
)
def test_all_that_one_captured_body_has_is_read(body: dict[str, Any], topics: list[str]) -> None:
    assert [seen.topic for seen in read_captured(json.dumps(body), "", AT).observations] == topics


@pytest.mark.parametrize(
    ("param", "video_id", "problem"),
    [
        ('{"media_id": "7301"}', "7301", None),
        ('  {"media_id": 7301, "count": 30}', "7301", None),
        ({"media_id": 7301}, "7301", None),
        (
            "media_id=https://www.tiktok.com/@x/video/7301",
            None,
            "request_param: expected an id of",
        ),
        ("media_id=73 01", None, "request_param: expected an id"),
        ('{"media_id": {"id": 7301}}', None, "payload.comments[0].aweme_id: expected a string, found nothing"),
    ],
)
def test_what_a_request_asked_for_is_read_as_an_id(param: object, video_id: str | None, problem: str | None) -> None:
    row = {"upstream": "tikapi", "endpoint": "/comment/list", "request_param": param, "ingested_at": AT, "payload": {}}
    row["payload"] = {"comments": [COMMENT], "has_more": 0}
    (seen,) = read_captured(json.dumps(row)).observations
    assert (seen.problem or "").startswith(problem or "")
    assert (seen.problem is None) == (video_id is not None)
    assert video_id is None or seen.record["video_id"] == video_id


def test_a_request_that_is_half_of_json_is_refused() -> None:
    with pytest.raises(Exception, match="request_param: is not JSON"):
        read_captured(json.dumps({"request_param": '{"media_id": ', "ingested_at": AT, "payload": {"comments": [COMMENT]}}))


@pytest.mark.parametrize("number", [0, "0"])
def test_zero_is_no_id(number: object) -> None:
    item = {**WEB, "author": {"id": number}}
    assert page("tikapi", MINE, {"itemList": [item]}).observations[0].record["author_id"] == "68"
    other = page("tikapi", Ask(Feed.POSTS, "MS4wME"), {"itemList": [item, {**item, "author": {"id": number, "uid": "69"}}]})
    assert problems(other) == [f"itemList[0].author.id: expected a string, found {number!r}"]
    assert other.observations[1].record["author_id"] == "69"
    user = {**PROFILE, "user": {"id": number}}
    assert problems(page("tikliveapi", Ask(Feed.PROFILE, "68"), user)) == [f"user.id: expected a string, found {number!r}"]
