"""What records, texts and responses become when a person is forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from privacy.discovery import from_body, from_tree
from privacy.person import PREFIX, Person
from privacy.rewriting import Rewriter

SECRET = bytes(32)
USER, POST, COMMENT = "6900000000000000777", "7900000000000000101", "7990000000000000011"


def person() -> Person:
    return Person(USER, {"bob", "bob.old"}, {"Anna"}, {"MS4wLjABAAAAbob"}, {POST}, {COMMENT})


@pytest.fixture
def rewriter() -> Rewriter:
    return Rewriter(person(), SECRET)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("hi @bob!", False),
        ("hi @BOB.", False),
        ("bob bob", False),
        ("(bob.old)", False),
        (f"see {POST}", False),
        (f"id={USER}&x", False),
        ("MS4wLjABAAAAbob", False),
        ("bobsled and kebob", True),
        ("@bob.smith @not_bob @bob_2", True),
        (f"1{POST}", True),
        ("Anna is a name of many", True),
        ("", True),
    ],
)
def test_names_go_where_they_are_words_of_their_own(rewriter: Rewriter, text: str, kept: bool) -> None:
    new = rewriter.text(text)
    assert (new == text) is kept
    assert rewriter.text(new) == new
    if not kept:
        assert PREFIX in new


def test_a_post_of_theirs_keeps_its_numbers_and_hashtags(rewriter: Rewriter) -> None:
    record = {
        "aweme_id": POST,
        "author_id": USER,
        "title": "me, bob #fyp #bob #日本",
        "play": "https://v/1",
        "hdplay": None,
        "play_count": 7,
    }
    new = rewriter.record(record)
    assert new == {
        **{"aweme_id": rewriter.token(POST), "author_id": rewriter.token(USER), "title": "#fyp #日本"},
        **{"play": "", "hdplay": None, "play_count": 7},
    }
    assert rewriter.record(new) == new


def test_a_comment_of_somebody_else_on_their_post_stays_with_its_words(rewriter: Rewriter) -> None:
    user = {"id": "5", "uniqueId": "carl", "nickname": "Anna", "region": "DE"}
    record = {"id": "8", "video_id": POST, "text": "love @bob", "parent_id": COMMENT, "user": user}
    new = rewriter.record(record)
    assert new["user"] == user, "a nickname of somebody else may be the same word"
    assert new["text"] == f"love @{rewriter.token('bob')}"
    assert (new["id"], new["video_id"], new["parent_id"]) == ("8", rewriter.token(POST), rewriter.token(COMMENT))


def test_a_comment_of_theirs_loses_its_words(rewriter: Rewriter) -> None:
    user = {"id": USER, "uniqueId": "bob", "nickname": "Anna", "region": "DE"}
    new = rewriter.record({"id": COMMENT, "video_id": "3", "text": "I live in Kiel", "user": user})
    assert (new["text"], new["video_id"]) == ("", "3")
    assert new["user"]["nickname"] == rewriter.token("Anna")


def test_rows_of_tables_that_keep_moments_with_values(rewriter: Rewriter) -> None:
    row: dict[str, Any] = {
        "aweme_id": POST,
        "author_id": {"observed_at": "2026-01-05 00:00:00.000", "value": USER},
        "title": {"observed_at": "2026-01-05 00:00:00.000", "value": "words #fyp", "hashtags": ["fyp"]},
        "play_count": "18446744073709551615",
    }
    new = rewriter.record(row)
    assert new["author_id"]["value"] == rewriter.token(USER)
    assert new["title"] == {"observed_at": "2026-01-05 00:00:00.000", "value": "#fyp", "hashtags": ["fyp"]}
    assert new["play_count"] == row["play_count"]


def test_a_response_about_them_is_emptied_and_one_that_mentions_them_rewritten(rewriter: Rewriter) -> None:
    theirs = {"endpoint": "/userinfo-by-id/", "request_param": f"userid={USER}", "payload": '{"user":{}}'}
    new = rewriter.record(theirs)
    assert (new["payload"], USER in new["request_param"]) == ("", False)
    video = {
        "aweme_id": int(POST),
        "author": {"id": int(USER), "uniqueId": "bob", "nickname": "Anna", "avatar_url": "x"},
        "title": "t #a",
    }
    body = json.dumps({"videos": [video, {"aweme_id": 3, "title": "with @bob"}], "hasMore": False}).encode()
    rewritten = json.loads(rewriter.body(body))
    assert rewritten["videos"][1] == {"aweme_id": 3, "title": f"with @{rewriter.token('bob')}"}
    assert rewritten["videos"][0] == {
        "aweme_id": rewriter.token(POST),
        "author": {
            "id": rewriter.token(USER),
            "uniqueId": rewriter.token("bob"),
            "nickname": rewriter.token("Anna"),
            "avatar_url": "",
        },
        "title": "#a",
    }


@pytest.mark.parametrize("body", [b"<html>bob</html>", b'{"cut": "MS4wLjABAAAAbob', b"\xff\x00" + USER.encode()])
def test_bytes_that_name_them_and_are_no_json_are_emptied(rewriter: Rewriter, body: bytes) -> None:
    assert rewriter.body(body) == b""
    assert rewriter.body(b"\xff\x00nobody") == b"\xff\x00nobody"


def test_tokens_are_the_same_within_a_run_and_others_in_the_next() -> None:
    first, again, other = (Rewriter(person(), secret).token(USER) for secret in (SECRET, SECRET, b"1" * 32))
    assert first == again != other


def test_records_and_responses_tell_names_and_ids() -> None:
    found = Person(USER)
    from_tree(found, {"userid": USER, "user": {"id": USER, "uniqueId": "bob", "nickname": "Anna", "secUid": "s1"}})
    from_tree(found, {"aweme_id": POST, "author_id": USER, "title": "x"})
    from_tree(found, {"id": COMMENT, "video_id": "3", "text": "x", "user": {"id": USER, "uniqueId": "bob2", "nickname": "A"}})
    from_tree(found, {"id": "9", "video_id": POST, "text": "x", "user": {"id": "5", "uniqueId": "carl", "nickname": "C"}})
    from_body(found, json.dumps({"videos": [{"aweme_id": 12345, "author": {"id": int(USER), "uniqueId": "bob3"}}]}).encode())
    from_body(found, b"no json")
    assert (found.handles, found.secuids) == ({"bob", "bob2", "bob3"}, {"s1"})
    assert (found.posts, found.comments) == ({POST, "12345"}, {COMMENT})
