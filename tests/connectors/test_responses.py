"""Upstream's bodies, with their odd names and types, become records; what is wrong is named by its path."""

import json
from typing import Any

import pytest

from connectors.responses import COMMENTS, POSTS, USERS, parse_response

AT = 1_767_571_200_000
VIDEO: dict[str, Any] = {
    "aweme_id": 7591601747171865119,
    "region": "",
    "title": "t",
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
COMMENT: dict[str, Any] = {
    "id": "9", "video_id": "7", "text": "🔥", "create_time": 1_767_557_521, "digg_count": "3", "reply_total": 0,
    "user": {"id": 5, "unique_id": "u", "nickname": "n", "region": "BR"},
}  # fmt: skip
USER: dict[str, Any] = {
    "user": {"id": "5", "uniqueId": "u", "nickname": "n", "secUid": "s", "verified": False, "privateAccount": False, "new_key": 1},
    "stats": {"followerCount": 10, "followingCount": 1, "heart": 7, "videoCount": 3, "diggCount": 4},
}


def envelope(payload: object, **more: object) -> str:
    return json.dumps({"endpoint": "/x/", "request_param": "680", "ingested_at": AT, "http_status": 200, "payload": payload} | more)


def test_user_posts() -> None:
    parsed = parse_response(envelope({"videos": [VIDEO, VIDEO | {"aweme_id": "8"}], "hasMore": True, "cursor": "35"}))
    assert parsed.problems == []
    assert [(topic, record["aweme_id"]) for topic, record in parsed.records] == [(POSTS, "7591601747171865119"), (POSTS, "8")]
    record = parsed.records[0][1]
    assert (record["play_count"], record["comment_count"]) == (26, 2)
    assert (record["region"], record["hdplay"]) == (None, None)
    assert (record["author_id"], record["ingested_at"]) == ("680", AT)


def test_post_detail_as_a_bare_body() -> None:
    parsed = parse_response(json.dumps(VIDEO), ingested_at_ms=AT)
    assert [topic for topic, _ in parsed.records] == [POSTS]
    assert parsed.defaulted == {}


def test_author_of_a_post_comes_from_the_request_where_the_item_has_none() -> None:
    bare = {name: value for name, value in VIDEO.items() if name != "author"}
    assert parse_response(envelope({"videos": [bare]})).records[0][1]["author_id"] == "680"
    problem = parse_response(envelope(bare)).problems[0]
    assert (problem.field, problem.reason) == ("payload.author_id", "is missing")


def test_comments_and_users() -> None:
    parsed = parse_response(envelope({"comments": [COMMENT], "hasMore": False}))
    assert parsed.records[0][0] == COMMENTS
    assert parsed.records[0][1]["user"] == {"id": "5", "uniqueId": "u", "nickname": "n", "region": "BR"}
    assert parsed.records[0][1]["digg_count"] == 3
    parsed = parse_response(envelope(USER))
    assert parsed.records[0][0] == USERS
    assert parsed.records[0][1]["stats"]["heartCount"] == 7
    assert parsed.records[0][1]["userid"] == "5"


def test_a_payload_may_be_the_responses_text_and_time_iso() -> None:
    for time in ("2026-01-05T00:00:00Z", "2026-01-05 01:00:00+01:00", "2026-01-05T00:00:00", str(AT)):
        parsed = parse_response(envelope(json.dumps(USER), ingested_at=time))
        assert [record["ingested_at"] for _, record in parsed.records] == [AT]


def test_what_upstream_leaves_out_is_filled_in_and_counted() -> None:
    short = {name: value for name, value in VIDEO.items() if name not in ("title", "duration", "download_count", "collect_count")}
    parsed = parse_response(envelope({"videos": [short, short]}))
    assert len(parsed.records) == 2
    assert parsed.defaulted["download_count"] == 2
    assert parsed.defaulted["title"] == 2


def test_failed_responses_are_skipped_by_name() -> None:
    parsed = parse_response(envelope({"error": "no credit"}, http_status=402))
    assert (parsed.records, parsed.problems, parsed.skipped) == ([], [], "http_status 402")


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("{", "(line)", "not JSON"),
        ("[]", "(line)", "a list, not an object"),
        (json.dumps(VIDEO), "ingested_at", "--ingested-at"),
        (envelope({"followers": []}), "payload", "no known response"),
        (envelope({"videos": {}}), "payload.videos", "not a list"),
        (envelope("nope"), "payload", "not JSON"),
        (envelope({"videos": [5]}), "payload.videos[0]", "not an object"),
        (envelope({"videos": [VIDEO | {"play_count": "12k"}]}), "payload.videos[0].play_count", "'12k' is not a whole number"),
        (envelope({"videos": [VIDEO | {"play_count": None}]}), "payload.videos[0].play_count", "is null"),
        (envelope({"videos": [VIDEO | {"play_count": True}]}), "payload.videos[0].play_count", "true or false"),
        (envelope({"videos": [VIDEO | {"title": "\ud800"}]}), "payload.videos[0].title", "Unicode"),
        (envelope({"comments": [{**COMMENT, "id": None, "cid": "9"}]}), "payload.comments[0].id", "is null"),
        (envelope({"comments": [COMMENT | {"user": None}]}), "payload.comments[0].user", "is missing"),
        (envelope({"user": USER["user"], "stats": {}}), "payload.stats.followerCount", "is missing"),
        (envelope(USER, ingested_at="yesterday"), "ingested_at", "neither ISO 8601"),
    ],
)
def test_problems_name_the_field(line: str, field: str, reason: str) -> None:
    parsed = parse_response(line)
    assert parsed.records == []
    assert [problem.field for problem in parsed.problems] == [field]
    assert reason in parsed.problems[0].reason


def test_good_items_are_kept_beside_bad_ones() -> None:
    parsed = parse_response(envelope({"videos": [VIDEO, {}, VIDEO]}))
    assert len(parsed.records) == 2
    assert parsed.defaulted == {}
    assert [problem.field for problem in parsed.problems] == ["payload.videos[1].aweme_id"]
