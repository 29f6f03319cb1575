"""Handles before Kafka: replaced, the same for the same person, and nowhere left over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.upstream.model import Ask, Feed, Observation, Origin, Page
from polling.personal.pseudonyms import VARIABLE, PseudonymKeyError, Pseudonyms, load_pseudonyms

KEY = b"k" * 32
HANDLE, NICKNAME, SECUID = "Some.Body_7", "Søme Bödy", "MS4wLjABAAAAabc"


def test_records_keep_ids_and_lose_names() -> None:
    names = Pseudonyms(KEY)
    record = {
        "userid": "42",
        "user": {"id": "42", "uniqueId": HANDLE, "nickname": NICKNAME, "secUid": SECUID, "region": "NO"},
        "text": f"thanks @{HANDLE.lower()}. and a@b.example",
        "stats": {"followerCount": 2**62},
    }
    other = {"id": "9", "user": {"unique_id": HANDLE, "sec_uid": SECUID, "nickname": ""}}
    made = names.page(Page((Observation("t", record), Observation("t", other)), "c")).observations
    first, second = made[0].record, made[1].record
    assert first["userid"] == first["user"]["id"] == "42"
    assert first["stats"] == record["stats"]
    assert first["user"]["region"] == "NO"
    assert first["user"]["uniqueId"] == second["user"]["unique_id"]
    assert first["user"]["secUid"] == second["user"]["sec_uid"]
    assert second["user"]["nickname"] == ""
    # What may be an address may be a name, too.
    assert first["text"] == f"thanks @{first['user']['uniqueId']}. and a@{names.of('handle', 'b.example')}"
    assert not any(name in json.dumps([first, second], ensure_ascii=False) for name in (HANDLE, HANDLE.lower(), NICKNAME, SECUID))


def test_the_origin_of_dead_letters_names_nobody() -> None:
    ask = Ask(Feed.POSTS, SECUID, f"{SECUID}|123", "42")
    page = Pseudonyms(KEY).page(Page((), None, origin=Origin("tikapi", "/public/posts", ask, 5)))
    made = Pseudonyms(KEY).of("secuid", SECUID)
    assert page.origin == Origin("tikapi", "/public/posts", Ask(Feed.POSTS, made, f"{made}|123", "42"), 5)


def test_other_key_other_pseudonym() -> None:
    assert Pseudonyms(KEY).of("handle", "x") == Pseudonyms(KEY).of("handle", "@X") != Pseudonyms(b"l" * 32).of("handle", "x")


def test_a_problem_quotes_no_name() -> None:
    item = Observation("t", {"nickname": NICKNAME}, f"user.id: expected digits, found '{NICKNAME}'")
    assert NICKNAME not in str(Pseudonyms(KEY).page(Page((item,), None)))


def test_bodies() -> None:
    names = Pseudonyms(KEY)
    body = json.dumps(
        {"data": [{"author": {"uniqueId": HANDLE, "nickname": NICKNAME}, "share": f"https://x/@{HANDLE}/video/1", "id": 2**63}]}
    ).encode()
    cleaned = names.body(body)
    assert json.loads(cleaned)["data"][0]["id"] == 2**63
    assert HANDLE not in cleaned.decode()
    assert names.of("handle", HANDLE) in cleaned.decode()
    assert HANDLE.encode() not in names.body(f"<html>@{HANDLE}</html>".encode())
    assert HANDLE.encode() not in names.body(body[:-3])
    assert names.body(b"") == b""


def test_nested_objects_and_sentences_of_the_service() -> None:
    names = Pseudonyms(KEY)
    item = {
        "id": "1",
        "desc": "fyp",
        "author": {"id": "42", "uniqueId": HANDLE, "nickname": NICKNAME, "bioLink": {"link": f"x.example/@{HANDLE}"}},
        "music": {"authorName": "Else", "title": "original sound - else"},
        "shareMeta": {"title": f"{NICKNAME} on TikTok", "desc": f"{NICKNAME} (@{HANDLE})'s video"},
    }
    flat = {"title": "fyp", "music_info": {"author": NICKNAME, "title": f"original sound - {NICKNAME}"}}
    body = names.body(json.dumps({"itemList": [item], "videos": [flat]}).encode()).decode()
    assert not any(name in body for name in (HANDLE, NICKNAME, "lse"))
    assert [json.loads(body)["itemList"][0]["desc"], json.loads(body)["videos"][0]["title"]] == ["fyp", "fyp"]
    unmapped = Observation("t", item, f"author: expected an id, found '{NICKNAME}' of @{HANDLE}")
    (seen,) = names.page(Page((unmapped,), None)).observations
    assert not any(name in repr(seen) for name in (HANDLE, NICKNAME, "lse"))
    assert seen.record["music"]["title"] == "original sound - ***"


def test_what_is_nested_too_deeply_is_withheld_and_stops_nobody() -> None:
    deep: object = HANDLE
    for _ in range(2_000):
        deep = {"a": deep}
    names = Pseudonyms(KEY)
    (item,) = names.page(Page((Observation("t", {"x": deep}, "not mapped"),), None)).observations
    assert item.record == {}
    assert "nested too deeply" in (item.problem or "")


def test_the_key_file(tmp_path: Path) -> None:
    assert load_pseudonyms({}) is None
    file = tmp_path / "key"
    with pytest.raises(PseudonymKeyError, match="cannot read"):
        load_pseudonyms({VARIABLE: str(file)})
    file.write_bytes(b"short-secret")
    file.chmod(0o644)
    with pytest.raises(PseudonymKeyError, match="mode 0644"):
        load_pseudonyms({VARIABLE: str(file)})
    file.chmod(0o600)
    with pytest.raises(PseudonymKeyError, match="12 bytes") as raised:
        load_pseudonyms({VARIABLE: str(file)})
    assert "short-secret" not in str(raised.value)
    file.write_bytes(KEY + b"\n")
    found = load_pseudonyms({VARIABLE: str(file)})
    assert found is not None
    assert found.of("handle", "x") == Pseudonyms(KEY).of("handle", "x")
    assert "kkk" not in repr(found)
