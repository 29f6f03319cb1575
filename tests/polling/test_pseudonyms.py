"""Handles before Kafka: replaced, the same for the same person, and nowhere left over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.no_names import is_pseudonym
from connectors.spelling import spelled_out
from connectors.upstream.model import Ask, Feed, Observation, Origin, Page
from polling.personal.forgotten import Forgotten
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
    assert first["text"] == f"thanks @{first['user']['uniqueId']}. and {names.of('elsewhere', 'a@b.example')}"
    assert not any(name in json.dumps([first, second], ensure_ascii=False) for name in (HANDLE, HANDLE.lower(), NICKNAME, SECUID))


def test_the_origin_of_dead_letters_names_nobody() -> None:
    ask = Ask(Feed.POSTS, SECUID, f"{SECUID}|123", "42")
    page = Pseudonyms(KEY).page(Page((), None, origin=Origin("tikapi", "/public/posts", ask, 5)))
    made = Pseudonyms(KEY).of("secuid", SECUID)
    assert page.origin == Origin("tikapi", "/public/posts", Ask(Feed.POSTS, made, f"{made}|123", "42"), 5)


def test_a_pseudonym_is_known_by_its_form() -> None:
    names = Pseudonyms(KEY)
    assert all(is_pseudonym(names.of(kind, value)) for kind, value in (("secuid", SECUID), ("handle", "x"), ("nickname", "ü")))
    assert not any(map(is_pseudonym, (SECUID, "petra", "", "p" + "1" * 20, "p" + "a" * 21)))


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


COMMENT = {
    "cid": "1",
    "text": f"{NICKNAME} was here, I, {HANDLE}, say so",
    "share_info": {"desc": f"{NICKNAME}'s comment: so", "url": "https://x.example/c/1"},
    "user": {"uid": "42", "unique_id": HANDLE, "nickname": NICKNAME, "avatar_thumb": {"url_list": ["https://p/1"], "uri": "a/b"}},
    "reply_comment": [{"cid": "2", "text": f"no, {NICKNAME}", "user": {"uid": "43", "unique_id": "else.b", "nickname": "Else"}}],
    "label_list": [{"text": f"liked by {HANDLE}", "type": 1}],
    "reply_to_username": NICKNAME,
}
POST = {
    "id": "1",
    "desc": f"by {HANDLE} あ@{HANDLE} #fyp",
    "author": {"id": "42", "uniqueId": HANDLE, "nickname": NICKNAME, "secUid": SECUID},
    "music": {
        "id": "7",
        "title": f"original sound - {HANDLE}",
        "author": NICKNAME,
        "ownerHandle": HANDLE,
        "coverLarge": "https://p.cdn/1",
    },
    "shareMeta": {"title": f"{HANDLE} on TikTok", "desc": f"{NICKNAME}: by {HANDLE}"},
    "textExtra": [{"userUniqueId": HANDLE, "secUid": SECUID, "hashtagName": ""}, {"hashtagName": "fyp"}],
    "contents": [{"desc": f"by {HANDLE.upper()}"}],
    "video": {"playAddr": f"https://v/{HANDLE}", "subtitleInfos": [{"Url": "https://v/2", "Format": "webvtt"}], "duration": 9},
    "stickersOnItem": [{"stickerText": [f"I am {NICKNAME}"]}],
    "extra": json.dumps({"who": NICKNAME, "url": f"https://www.tiktok.com/%40{HANDLE}"}),
    "people": {HANDLE: {"uniqueId": HANDLE, "n": 1}},
    "hidden": f"{HANDLE[:3]}\u200b{HANDLE[3:]} &#83;{HANDLE[1:]} %53{HANDLE[1:]} \\u0053{HANDLE[1:]} https://x/?sec_uid={SECUID}",
}


@pytest.mark.parametrize("item", [COMMENT, POST, {"author": HANDLE, "desc": f"by {HANDLE}"}, {"aweme_id": "1", "item": POST}])
def test_names_reach_every_nested_object_of_an_item_and_addresses_go(item: dict[str, object]) -> None:
    names = Pseudonyms(KEY)
    body = names.body(json.dumps({"comments": [item]}).encode()).decode()
    (letter,) = names.page(Page((Observation("t", item, f"music: expected an object, found {HANDLE!a}"),), None)).observations
    for written in (body, json.dumps(letter.record, ensure_ascii=False), letter.problem or ""):
        read = spelled_out(written).lower()
        assert not any(name.lower() in read for name in (HANDLE, NICKNAME, SECUID, "else.b", "https://p", "https://v"))
    assert json.loads(body)["comments"][0] == letter.record


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        ({"author": 42, "music": {"title": "original sound - ada"}}, {"author": 42, "music": {"title": "original sound - ***"}}),
        ({"author": None, "shareMeta": {"title": "Ada on TikTok"}}, {"author": None, "shareMeta": {"title": "*** on TikTok"}}),
        ({"cid": "1", "share_info": {"desc": "Ada L's comment: hi"}}, {"cid": "1", "share_info": {"desc": "***'s comment: hi"}}),
        ({"id": "1", "music": "https://m.example/1"}, {"id": "1", "music": ""}),
        ({"id": "1", "covers": ["//p.example/1", ""]}, {"id": "1", "covers": ["", ""]}),
        ({"id": "1", "link": "see https://p.example/1"}, {"id": "1", "link": "see https://p.example/1"}),
    ],
)
def test_sentences_name_nobody_and_addresses_go_whoever_made_the_item(item: dict[str, object], kept: dict[str, object]) -> None:
    assert json.loads(Pseudonyms(KEY).body(json.dumps({"list": [item]}).encode())) == {"list": [kept]}


@pytest.mark.parametrize(
    ("item", "left"),
    [
        ({"bioLink": {"link": "linktr.ee/adaking99", "risk": 0}}, "adaking"),
        ({"bioLink": "linktr.ee/adaking99", "website": "adaking.com", "contact": "mailto:ada.king@x.org"}, "king"),
        ({"whatsappNumber": "+4915112345678", "phone": 4915112345678, "telegram": [{"number": 4915112345678}]}, "12345678"),
        ({"real_name": "Ada King", "firstName": "Ada"}, "Ada"),
        ({"signature": "ada.king@gmail.com", "desc": "or ada.king@gmail.com!", "x": "A%64a.king%40gmail.com"}, "king"),
        ({"nickname": {"text": "Ada King"}, "desc": "I, Ada King"}, "King"),
        ({"twitter": {"id": "adak_tw", "a": [{"b": "adak_tw"}], "followers": 12}}, "adak"),
        ({"musicInfos": {"musicName": "original sound - bobby_b"}, "added_sound_music_info": {"title": "x - bobby_b"}}, "bobby"),
        ({"share_info": {"share_title": "Bobby's video", "share_desc": "Bobby on TikTok", "shareLinkDesc": "Bobby (@b)"}}, "Bobby"),
        ({"text": "@Zoe Washburne look", "text_extra": [{"start": 0, "end": 14, "user_id": "6"}]}, "Washburne"),
        ({"text": "💕 @Zoe W look, @Zoe W", "textExtra": [{"start": 3, "end": 9}]}, "W"),
        ({"desc": "@Zoe", "contents": [{"desc": "x @Zoe Wa", "textExtra": [{"start": 2, "end": 9}]}]}, "Wa"),
        ({"text": "@💕Sarah💕 look, あ@🌈Sarah"}, "Sarah"),
        ({"text": "@Ada King hi", "author": {"nickname": "Ada King"}}, "King"),
    ],
)  # fmt: skip
def test_nothing_is_left_of_a_name_whatever_field_it_stands_in(item: dict[str, object], left: str) -> None:
    names = Pseudonyms(KEY)
    body = names.body(json.dumps({"list": [{"id": "1", "uid": "5", "digg_count": "7"} | item]}).encode()).decode()
    assert left not in spelled_out(body)
    kept = json.loads(body)["list"][0]
    assert (kept["id"], kept["uid"], kept["digg_count"]) == ("1", "5", "7")
    for name in ("text", "desc"):
        if "@" in str(item.get(name, "")) and "gmail" not in str(item.get(name)):
            assert str(kept[name]).count("@p") == str(item[name]).count("@")


def test_counters_within_a_name_stay() -> None:
    account = {"id": "adak_tw", "followers": 12, "share": "0.5", "none": None, "is": True}
    item = {"twitter": account, "bindPhone": 1}
    kept = json.loads(Pseudonyms(KEY).body(json.dumps(item).encode()))
    assert kept == {**item, "twitter": {**account, "id": Pseudonyms(KEY).of("elsewhere", "adak_tw")}}


def test_a_mention_by_nickname_has_the_pseudonym_of_the_nickname() -> None:
    names = Pseudonyms(KEY)
    item = {"cid": "1", "text": "@Zoe Washburne look", "text_extra": [{"start": 0, "end": 14, "user_id": "6"}]}
    kept = json.loads(names.body(json.dumps(item).encode()))
    assert kept == {**item, "text": f"@{names.of('nickname', 'Zoe Washburne')} look"}


def test_what_says_nothing_of_a_person_stays() -> None:
    item = {
        **POST,
        "region": "NO",
        "stats": {"playCount": 5, "diggCount": "7"},
        "createTime": 1764000000,
        "score": 0.5,
        "none": None,
    }
    kept = json.loads(Pseudonyms(KEY).body(json.dumps(item).encode()))
    same = ("id", "region", "stats", "createTime", "score", "none")
    assert {name: kept[name] for name in same} == {name: item[name] for name in same}
    assert kept["video"]["duration"] == 9
    assert kept["textExtra"][1] == {"hashtagName": "fyp"}
    assert kept["desc"] == f"by *** あ@{Pseudonyms(KEY).of('handle', HANDLE)} #fyp"


@pytest.mark.parametrize("name", ["A", "a.", "🔥", "42", ".", "to"])
def test_a_name_that_stands_in_every_text_is_left_there(name: str) -> None:
    item = {"cid": "1", "text": "a 🔥 to B. 42", "digg_count": "42", "user": {"uid": "5", "unique_id": "ada", "nickname": name}}
    kept = json.loads(Pseudonyms(KEY).body(json.dumps(item).encode()))
    assert (kept["text"], kept["digg_count"]) == ("a 🔥 to B. 42", "42")
    assert kept["user"]["nickname"] != name


@pytest.mark.parametrize(
    "text",
    [
        *(
            "あ@handle_x",
            "#vlog@handle_x",
            "a.@handle_x",
            "見て@handle_x！",
            "so good🔥@handle_x",
            "@handle_xさん",
            "@handle_x...yes",
        ),
        *("\u202b@handle_x\u202c", "@han\u200bdle_x", "\uff20handle_x", "&#64;handle_x", "%40handle_x", "\\u0040handle_x"),
        "x" * 5_000 + "@handle_x",
    ],
)
def test_a_mention_needs_no_blank_and_has_one_pseudonym(text: str) -> None:
    names = Pseudonyms(KEY)
    (seen,) = names.page(Page((Observation("t", {"text": text, "title": text}),), None)).observations
    assert seen.record["text"] == seen.record["title"]
    assert "handle_x" not in spelled_out(seen.record["text"])
    assert f"@{names.of('handle', 'handle_x')}" in seen.record["text"]


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u202e", "ضحك", "👩‍👩‍👧", "می‌خواهم", "@", "%", "a" * 100_000])
def test_a_text_without_a_name_stays_as_it_is(text: str) -> None:
    (seen,) = Pseudonyms(KEY).page(Page((Observation("t", {"text": text}),), None)).observations
    assert seen.record["text"] == text


def test_what_was_asked_for_names_nobody() -> None:
    names = Pseudonyms(KEY)
    assert names.question(f"count=30&cursor=5&secUid={SECUID}") == f"count=30&cursor=5&secUid={names.of('secuid', SECUID)}"
    assert names.question(f"username={HANDLE}") == f"username={names.of('handle', HANDLE)}"
    for asked in ("", "count=35&userid=6801", "name=dance&count=30", "aweme_id=1&comment_id=2", "odd"):
        assert names.question(asked) == asked


def test_what_is_nested_too_deeply_is_withheld_and_stops_nobody(tmp_path: Path) -> None:
    deep: object = HANDLE
    for _ in range(2_000):
        deep = {"user": deep}
    forgotten = Forgotten(tmp_path / "forgotten.json")
    forgotten.add("5", [HANDLE], [])
    for name in ("x", "user"):
        item = Observation("t", {name: deep}, "not mapped")
        for kept in (*Pseudonyms(KEY).page(Page((item,), None)).observations, *forgotten.kept([item])):
            assert kept.record == {}
            assert "nested too deeply" in (kept.problem or "")


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
