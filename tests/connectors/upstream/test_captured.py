"""Lines of captured responses: whose they are, to what, and when; what is wrong is named by its path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.upstream.captured import CapturedError, read_captured
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask, Feed
from connectors.upstream.records import COMMENTS, POSTS, USERS
from tests.connectors.upstream.recorded import Case, cases

AT = 1_767_571_200_000
VIDEO: dict[str, Any] = {
    "aweme_id": 7591601747171865119,
    "region": "",
    "title": None,
    "duration": 5,
    "play": "p",
    "wmplay": "w",
    "play_count": "26",
    "digg_count": 1,
    "comment_count": 2.0,
    "share_count": 0,
    "download_count": 0,
    "collect_count": 0,
    "create_time": 1_767_557_521,
    "author": {"id": "680", "unique_id": "u"},
}
ANONYMOUS = {name: value for name, value in VIDEO.items() if name != "author"}
COMMENT: dict[str, Any] = {
    "id": "9", "video_id": "7", "text": "🔥", "create_time": 1_767_557_521, "digg_count": "3", "reply_total": 0,
    "user": {"id": 5, "unique_id": "u", "nickname": "n", "region": "BR"},
}  # fmt: skip
USER: dict[str, Any] = {
    "user": {
        "id": "680",
        "uniqueId": "u",
        "nickname": "n",
        "secUid": "s",
        "verified": False,
        "privateAccount": False,
        "new_key": 1,
    },
    "stats": {"followerCount": 10, "followingCount": 1, "heart": 7, "videoCount": 3, "diggCount": 4},
}
NESTED_COMMENT = {"cid": "9", "aweme_id": "7", "text": "x", "create_time": 1, "digg_count": 0, "reply_comment_total": 0}


def envelope(payload: object, **more: object) -> str:
    return json.dumps({"request_param": "680", "ingested_at": AT, "http_status": 200, "payload": payload} | more)


def test_an_envelope_without_upstream_and_endpoint() -> None:
    (seen,) = read_captured(envelope({"videos": [VIDEO], "hasMore": True, "cursor": "35"})).observations
    assert (seen.topic, seen.problem) == (POSTS, None)
    record = seen.record
    assert (record["aweme_id"], record["play_count"], record["comment_count"]) == ("7591601747171865119", 26, 2)
    assert (record["region"], record["hdplay"], record["title"]) == (None, None, "")
    assert (record["author_id"], record["ingested_at"]) == ("680", AT)


@pytest.mark.parametrize(
    ("body", "topic"),
    [(VIDEO, POSTS), (USER, USERS), ({"comments": [COMMENT]}, COMMENTS), ({"userInfo": USER}, USERS)],
)
def test_bare_bodies(body: dict[str, Any], topic: str) -> None:
    (seen,) = read_captured(json.dumps(body), received_ms=AT).observations
    assert (seen.topic, seen.problem, seen.record["ingested_at"]) == (topic, None, AT)
    assert read_captured(json.dumps(body | {"ingested_at": AT})).observations == (seen,)


@pytest.mark.parametrize("asked", ["680", 680, "userid=680&count=35", "count=35&userid=680&cursor=0"])
def test_the_author_of_a_post_comes_from_the_request_where_the_item_has_none(asked: object) -> None:
    for more in ({}, {"endpoint": "/user-posts/"}, {"endpoint": "user-posts", "upstream": "tikliveapi"}):
        (seen,) = read_captured(envelope({"videos": [ANONYMOUS]}, request_param=asked, **more)).observations
        assert seen.record["author_id"] == "680"
    # What the parameters of another endpoint mean nobody knows; a post is asked for by its own id.
    for payload, endpoint in (({"videos": [ANONYMOUS]}, "/user-liked/"), (ANONYMOUS, "/post-detail/")):
        (seen,) = read_captured(envelope(payload, request_param=asked, endpoint=endpoint)).observations
        assert str(seen.problem).endswith("author_id: expected a string, found nothing")


def test_the_upstream_is_the_lines_own_else_the_one_given() -> None:
    body = {"comments": [], "has_more": 0, "status_code": 0}
    assert read_captured(json.dumps(body), "", AT).observations == ()
    assert read_captured(json.dumps({"comments": []}), "tikliveapi", AT).observations == ()
    with pytest.raises(CapturedError, match=r"payload: is no known response \(itemList\)"):
        read_captured(envelope({"itemList": [{"id": "7", "stats": {}}]}, upstream="tikliveapi"), "tikapi")
    with pytest.raises(CapturedError, match="upstream: no 'x' is known: there are "):
        read_captured(envelope(USER, upstream="x"))


def test_what_two_upstreams_read_differently_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = UPSTREAMS["tikliveapi"].__class__()
    monkeypatch.setattr(twin, "name", "twin", raising=False)
    monkeypatch.setitem(UPSTREAMS, "twin", twin)
    for line in (json.dumps(VIDEO), envelope({"videos": [VIDEO, {}]}, endpoint="/user-posts/")):
        assert read_captured(line, "", AT) == read_captured(line, "tikliveapi", AT), "whose it is does not matter"
    monkeypatch.setattr(twin, "asked", lambda endpoint, params: Ask(Feed.FOLLOWERS, ""))
    with pytest.raises(CapturedError, match=r"\(line\): may be of tikliveapi or .*twin: say which"):
        read_captured(json.dumps(VIDEO), "", AT)
    assert read_captured(json.dumps(VIDEO), "tikliveapi", AT).observations


REPLY: dict[str, Any] = {name: value for name, value in COMMENT.items() if name not in ("video_id", "reply_total")}


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({}, "aweme_id=7&comment_id=99"),
        ({}, "comment_id=99&count=20&cursor=0&video_id=7"),
        ({}, {"aweme_id": 7, "comment_id": "99"}),
        ({"endpoint": "/post-comment-replies/"}, "video_id=7&comment_id=99"),
        ({"endpoint": "https://api.tikliveapi.com/post-comment-replies/?aweme_id=7"}, "comment_id=99"),
        ({"endpoint": "/comment/reply/list", "upstream": "tikapi"}, "comment_id=99&count=30&media_id=7"),
        ({"upstream": "tikapi"}, "media_id=7&comment_id=99"),
    ],
)
def test_replies_of_landing_rows_have_their_comment(more: dict[str, Any], param: object) -> None:
    reply = REPLY | {"cid": "9"} if "upstream" in more else REPLY
    (seen,) = read_captured(envelope({"comments": [reply]}, request_param=param, **more)).observations
    assert (seen.problem, seen.record["parent_id"], seen.record["video_id"]) == (None, "99", "7")


@pytest.mark.parametrize("param", ["count=35&userid=6801", "user_id=6801", {"userid": 6801}, "?userid=6801&count=35"])
@pytest.mark.parametrize("key", ["videos", "itemList"])
def test_posts_of_landing_rows_have_their_creator(key: str, param: object) -> None:
    item = {"videos": ANONYMOUS, "itemList": {"id": "7", "createTime": 1_767_557_521, "author": None, "stats": {"playCount": 1}}}[
        key
    ]
    (seen,) = read_captured(envelope({key: [item]}, request_param=param)).observations
    assert (seen.problem, seen.record["author_id"]) == (None, "6801")


def test_several_responses_in_one_line_are_all_read() -> None:
    entries = [
        {"response": {"content": {"text": json.dumps(body)}}} for body in ({"videos": [VIDEO]}, {"userInfo": USER}, {"x": 1})
    ]
    captured = read_captured(json.dumps({"log": {"entries": entries}}), "", AT)
    assert [(seen.topic, seen.problem) for seen in captured.observations] == [(POSTS, None), (USERS, None)]
    bad = json.dumps({"a": {"videos": [VIDEO | {"play_count": "x"}]}, "b": {"userInfo": USER}})
    assert [seen.problem for seen in read_captured(bad, "", AT).observations] == [
        "a.videos[0].play_count: expected an integer, found 'x'",
        None,
    ]


def test_a_payload_may_be_the_responses_text_and_time_iso() -> None:
    for time in ("2026-01-05T00:00:00Z", "2026-01-05 01:00:00+01:00", "2026-01-05T00:00:00", str(AT)):
        (seen,) = read_captured(envelope(json.dumps(USER), ingested_at=time)).observations
        assert seen.record["ingested_at"] == AT


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (envelope({"error": "no credit"}, http_status=402), "http_status 402"),
        (envelope("", http_status=0), "http_status 0"),
        (envelope({"statusCode": 10204, "message": "gone"}, endpoint="/post-detail/"), "post_missing (10204)"),
        (envelope({"followers": [{}]}), "no topic holds followers"),
        (envelope({"statusCode": 10222, "statusMsg": "private"}), "private_account (10222)"),
        (envelope({"code": 0, "data": {"status_code": 10204}}), "post_missing (10204)"),
        (envelope({"statusCode": 10290}), "unknown_10290 (10290)"),
        (json.dumps({"statusCode": 10102, "ingested_at": AT}), "login_required (10102)"),
    ],
)
def test_what_pollers_go_on_without_is_skipped_by_name(line: str, why: str) -> None:
    captured = read_captured(line)
    assert (captured.observations, captured.skipped) == ((), why)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "(line): is not JSON"),
        ("[]", "(line): expected an object, found a list"),
        (json.dumps(VIDEO), "ingested_at: is missing: it is not in the line, and --ingested-at is not given"),
        (envelope({"likes": []}), "payload: is no known response (likes)"),
        (envelope({"videos": {}}), "payload.videos: expected a list, found an object"),
        (envelope("nope"), "payload: is not JSON"),
        (envelope("nope", endpoint="/user-posts/"), "payload: the body is not JSON"),
        (envelope([], endpoint="/user-posts/"), "payload: expected an object, found a list"),
        (envelope(None), "payload: expected an object, found null"),
        (envelope(USER, ingested_at="yesterday"), "ingested_at: expected ISO 8601 or Unix milliseconds, found 'yesterday'"),
        (envelope(USER, http_status="fine"), "http_status: expected an integer, found 'fine'"),
    ],
)
def test_lines_that_are_none_say_why(line: str, reason: str) -> None:
    with pytest.raises(CapturedError) as raised:
        read_captured(line)
    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"videos": [5]}, "payload.videos[0]: expected an object, found 5"),
        ({"videos": [VIDEO, VIDEO | {"play_count": "12k"}]}, "payload.videos[1].play_count: expected an integer, found '12k'"),
        ({"videos": [VIDEO | {"title": "\ud800"}]}, "payload.videos[0].title: expected Unicode, found half of a surrogate pair"),
        ({"comments": [COMMENT | {"user": None}]}, "payload.comments[0].user: expected an object, found null"),
        ({"comments": [NESTED_COMMENT]}, "payload.comments[0].user: expected an object, found nothing"),
        ({"user": USER["user"], "stats": {}}, "payload.stats.followerCount: expected an integer, found nothing"),
    ],
)
def test_problems_name_the_field_and_good_items_are_kept(payload: dict[str, Any], reason: str) -> None:
    for given in (payload, json.dumps(payload)):
        observed = read_captured(envelope(given)).observations
        assert [seen.problem for seen in observed if seen.problem] == [reason]
        assert all(seen.record["ingested_at"] == AT for seen in observed if seen.problem is None)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.upstream}-{case.name}")
def test_a_request_leads_back_to_what_was_asked(case: Case) -> None:
    dialect, call = UPSTREAMS[case.upstream], case.request
    asked = dialect.asked(call["endpoint"], call["params"])
    assert asked is not None
    again = dialect.call(asked)
    assert {"endpoint": again.endpoint, "params": dict(again.params)} == call
    if call["endpoint"] != "/public/check":  # of a look-up the request does not say what for
        assert asked.feed is case.ask.feed
        assert asked.parent == case.ask.parent
    assert dialect.asked("/nowhere/", {}) is None
    assert asked.feed is not Feed.REPLIES or asked.parent
