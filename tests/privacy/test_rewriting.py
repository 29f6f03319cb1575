"""What records, texts and responses become when a person is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.no_names import FORGOTTEN_PREFIX
from privacy.discovery import from_body, from_tree
from privacy.person import Person
from privacy.rewriting import Rewriter

SECRET = bytes(32)
TIKAPI = Path(__file__).parents[1] / "connectors" / "upstream" / "cases" / "tikapi"
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
        ("(bob.old)", False),
        ("www.tiktok.com/bob?x=1", False),
        ("https://example.org/@bob", False),
        (f"see {POST}", False),
        (f"id={USER}&x", False),
        ("MS4wLjABAAAAbob", False),
        ("bobsled and kebob", True),
        ("@bob.smith @not_bob @bob_2", True),
        (f"1{POST}", True),
        ("Anna is a name of many", True),
        ("a bob is a haircut #bob", True),
        ("https://v.example/video/bob.mp4 x.com/bob.jpg a/bob", True),
        ("", True),
    ],
)
def test_names_go_where_they_are_words_of_their_own(rewriter: Rewriter, text: str, kept: bool) -> None:
    new = rewriter.words(text)
    assert (new == text) is kept
    assert rewriter.words(new) == new
    if not kept:
        assert FORGOTTEN_PREFIX in new


def test_a_post_of_theirs_keeps_its_numbers_and_hashtags(rewriter: Rewriter) -> None:
    record = {
        "aweme_id": POST,
        "author_id": USER,
        "title": "me, bob #fyp #bob #bob🔥 #日本🇯🇵 ＃नमस्ते",
        "play": "https://v/1",
        "hdplay": None,
        "play_count": 7,
    }
    new = rewriter.record(record)
    assert new == {
        **{"aweme_id": rewriter.token(POST), "author_id": rewriter.token(USER), "title": "#fyp #日本🇯🇵 ＃नमस्ते"},
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
        "hashtags": {"observed_at": "2026-01-05 00:00:00.000", "value": ["fyp", "bob", "bob🔥"]},
        "play_count": "18446744073709551615",
    }
    new = rewriter.record(row)
    assert new["author_id"]["value"] == rewriter.token(USER)
    assert new["title"] == {"observed_at": "2026-01-05 00:00:00.000", "value": "#fyp", "hashtags": ["fyp"]}
    assert new["hashtags"]["value"] == ["fyp", rewriter.token("bob"), rewriter.token("bob🔥")]
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


def test_sentences_of_the_service_name_nobody_and_nested_addresses_go(rewriter: Rewriter) -> None:
    others = {
        "desc": "by bob - Anna",
        "music": {"title": "original sound - bob"},
        "shareMeta": {"title": "Anna on TikTok", "desc": "x"},
    }
    bob, anna = rewriter.token("bob"), rewriter.token("Anna")
    mention = {"desc": "hi @bob"}
    assert json.loads(rewriter.body(json.dumps([others, mention]).encode())) == [
        {
            "desc": "by bob - Anna",
            "music": {"title": f"original sound - {bob}"},
            "shareMeta": {"title": f"{anna} on TikTok", "desc": "x"},
        },
        {"desc": f"hi @{bob}"},
    ]
    own = {
        "uid": USER,
        "avatar_thumb": {"uri": "a", "url_list": ["https://a/1"], "width": 720},
        "bioLink": {"link": "https://b.example", "risk": 0},
        "ins_id": "anna.elsewhere",
    }
    assert json.loads(rewriter.body(json.dumps({"user": own}).encode()))["user"] == {
        "uid": rewriter.token(USER),
        "avatar_thumb": {"uri": "", "url_list": [""], "width": 720},
        "bioLink": {"link": rewriter.token("https://b.example"), "risk": 0},
        "ins_id": rewriter.token("anna.elsewhere"),
    }


@pytest.mark.parametrize(
    "body",
    [
        b"<html>@bob</html>",
        b'{"user_name": "bob", "cut',
        b"<html>bob.old</html>",
        b'{"cut": "MS4wLjABAAAAbob',
        b"\xff\x00" + USER.encode(),
    ],
)
def test_bytes_that_name_them_and_are_no_json_are_emptied(rewriter: Rewriter, body: bytes) -> None:
    assert rewriter.body(body) == b""
    assert rewriter.body(b"\xff\x00nobody") == b"\xff\x00nobody"


WORDS = "I live in Kiel"
POST_OF_THEIRS = {"id": POST, "desc": f"{WORDS} #fyp", "author": {"id": USER, "uniqueId": "bob", "nickname": "Anna"}}


@pytest.mark.parametrize(
    "nested",
    [
        {"share_info": {"desc": f"Anna's comment: {WORDS}", "title": WORDS}},
        {"shareMeta": {"title": "bob on TikTok", "desc": f"Anna: {WORDS}"}},
        {"music": {"id": "7", "title": "original sound - bob", "author": "Anna", "authorName": "Anna", "ownerHandle": "bob"}},
        {"textExtra": [{"userUniqueId": "bob", "userId": USER, "secUid": "MS4wLjABAAAAbob", "hashtagName": ""}]},
        {"contents": [{"desc": WORDS, "textExtra": []}]},
        {"anchors": [{"keyword": WORDS, "extraInfo": json.dumps({"x": [WORDS]}), "icon": {"urlList": [f"https://p/{WORDS}"]}}]},
        {"stickersOnItem": [{"stickerText": [WORDS], "stickerType": 4}]},
        {
            "video": {
                "cover": f"https://p/{WORDS}",
                "subtitleInfos": [{"Url": f"https://s/{WORDS}"}],
                "zoomCover": {"240": f"//p/{WORDS}"},
            }
        },
        {"poi": {"name": WORDS, "lat": 54.3213, "address": WORDS}},
        {"label_list": [{"text": WORDS, "type": 1}], "labels": [WORDS, [WORDS]]},
        {"user": {"uid": USER, "search_user_desc": WORDS, "predicted_age_group": 3, "bioLink": {"link": WORDS}}},
        {"predicted_age_group": WORDS, "a": {"b": {"c": [{"d": WORDS}, WORDS]}}},
        {"extra": json.dumps({"deep": json.dumps({"who": "bob", "words": WORDS})})},
        {"note": f"\u202e{WORDS}\u202c", "long": f"{WORDS} " * 2_000, "empty": "", "blank": "\u200b"},
        {"byUser": {"bob": {"uniqueId": "bob", "x": WORDS}, USER: 1, "bob.old": 2, "MS4wLjABAAAAbob": WORDS}},
        {"music": {"id": "7", "title": "original sound - bob", "authorName": WORDS}, "author": {"id": USER}},
        {"author": "bob", "authorId": USER, "nickname": WORDS},
        {"itemInfos": {"text": WORDS, "covers": [f"https://p/{WORDS}"]}, "authorInfos": {"userId": USER}},
        {"playCount": WORDS, "region": WORDS, "textLanguage": f"{WORDS}!"},
    ],
)
def test_of_an_item_of_theirs_no_word_is_left_however_deep(rewriter: Rewriter, nested: dict[str, Any]) -> None:
    kept = rewriter.body(json.dumps({"itemList": [POST_OF_THEIRS | nested]}).encode()).decode()
    assert not any(trace in kept for trace in (WORDS, "bob", "Anna", USER, POST, "54.32", "https:"))
    assert json.loads(kept)["itemList"][0]["desc"] == "#fyp"
    assert rewriter.body(kept.encode()).decode() == kept


def test_counters_times_and_codes_of_an_item_of_theirs_stay(rewriter: Rewriter) -> None:
    says_nothing = {
        "createTime": 1764000000,
        "stats": {"playCount": 5, "diggCount": "1249000", "share": -1, "ratio": 0.5},
        "statsV2": {"heartCount": "11907467940"},
        "locationCreated": "US",
        "textLanguage": "zh-Hans",
        "at": "2026-01-05T10:00:00.000Z",
        "isAd": False,
        "none": None,
        "challenges": [{"id": "229207", "title": "fyp"}, {"title": "日本", "desc": "#a"}],
        "textExtra": [{"hashtagName": "台灣", "userId": "", "type": 1}],
        "video": {"id": "7", "duration": 9, "ratio": "720p", "format": "mp4"},
    }
    kept = json.loads(rewriter.body(json.dumps(POST_OF_THEIRS | says_nothing).encode()))
    assert {name: kept[name] for name in says_nothing} == says_nothing


@pytest.mark.parametrize("tag", ["bob", "bobold", "BOB_OLD", "thebobold2026", "Anna"])
def test_a_hashtag_of_theirs_that_is_made_of_a_name_goes(rewriter: Rewriter, tag: str) -> None:
    item = POST_OF_THEIRS | {"desc": f"#{tag} #fyp #bobsled", "textExtra": [{"hashtagName": tag}]}
    kept = json.loads(rewriter.body(json.dumps(item).encode()))
    assert (kept["desc"], kept["textExtra"][0]["hashtagName"][: len(FORGOTTEN_PREFIX)]) == ("#fyp #bobsled", FORGOTTEN_PREFIX)


@pytest.mark.parametrize(
    ("nested", "kept"),
    [
        ({"text": "あ@bob #vlog@bob a.@bob @bobさん"}, {"text": "あ@X #vlog@X a.@X @Xさん"}),
        ({"text": "@b\u200bob &#64;bob %40bob \\u0040bob ＠ＢＯＢ 👍🏽"}, {"text": "@X @X @X @X @X 👍🏽"}),
        ({"text": "\u202b@bob\u202c 👩‍👩‍👧 می‌خواهم"}, {"text": "\u202b@X\u202c 👩‍👩‍👧 می‌خواهم"}),
        ({"reply_to_userid": USER, "reply_to_username": "bob"}, {"reply_to_userid": "U", "reply_to_username": "X"}),
        ({"replied": int(USER), "to": {"id": int(USER)}}, {"replied": "U", "to": {"id": "U"}}),
        ({"share": f"https://www.tiktok.com/%40b%6Fb?u={USER}"}, {"share": "https://www.tiktok.com/@X?u=U"}),
        ({"log": json.dumps({"to": "@bob"})}, {"log": '{"to":"@X"}'}),
        ({"log": json.dumps({"to": "@carl", "n": 1})}, {"log": json.dumps({"to": "@carl", "n": 1})}),
        ({"seen": {"bob": {"uniqueId": "bob"}, "text": 1}}, {"seen": {"X": {"uniqueId": "X"}, "text": 1}}),
        (
            {"music": {"title": "original sound - Anna", "author": "Anna"}},
            {"music": {"title": "original sound - A", "author": "A"}},
        ),
        (
            {"music": {"ownerId": USER, "title": "a song", "cover": "https://p"}},
            {"music": {"ownerId": "U", "title": "", "cover": ""}},
        ),
        ({"textExtra": [{"userId": USER, "start": 3, "note": "me"}]}, {"textExtra": [{"userId": "U", "start": 3, "note": ""}]}),
        (
            {"text": "me@x.example and bob", "keep": "https://p/1.jpeg"},
            {"text": "me@x.example and bob", "keep": "https://p/1.jpeg"},
        ),
        ({"text": "x" * 50_000 + "@bob"}, {"text": "x" * 50_000 + "@X"}),
    ],
)
def test_an_item_of_somebody_else_keeps_all_but_their_names(
    rewriter: Rewriter, nested: dict[str, Any], kept: dict[str, Any]
) -> None:
    item = {"cid": "8", "user": {"uid": "5", "unique_id": "carl", "nickname": "Anna", "signature": "hi"}, "digg_count": 3}
    text = rewriter.body(json.dumps({"comments": [item | nested]}).encode()).decode()
    for short, name in {"X": "bob", "U": USER, "A": "Anna"}.items():
        for spelled in (name, name.upper()):
            text = text.replace(rewriter.token(spelled), short)
    assert json.loads(text)["comments"][0] == item | kept


def test_a_nickname_of_two_words_goes_where_the_item_names_them_in_another_way() -> None:
    one = Rewriter(Person(USER, {"bob"}, {"Anna", "Anna Bel"}), SECRET)
    user = {"id": "5", "uniqueId": "carl", "nickname": "Carl"}
    assert (
        one.record({"id": "8", "text": "@bob is anna bel", "user": user})["text"]
        == f"@{one.token('bob')} is {one.token('anna bel')}"
    )
    assert one.record({"id": "8", "text": "Anna Bel", "user": user, "parent": USER})["text"] == one.token("Anna Bel")
    for text in ("Anna Bel is a song", "an anna belt"):
        assert one.record({"id": "8", "text": text, "user": user})["text"] == text
    assert one.record({"id": "8", "text": f"Anna of {USER}", "user": user})["text"] == f"Anna of {one.token(USER)}"


def test_a_counter_that_is_as_high_as_a_short_id_stays() -> None:
    one, early = Rewriter(Person("107955", {"tiktok"}), SECRET), "107955"
    counters = {"playCount": 107955, "stats": {"diggCount": "107955"}, "music": {"id": "7"}, "play_count": "107955"}
    for author in ({"id": "5"}, {"id": early}):
        kept = json.loads(one.body(json.dumps({"id": "9", "desc": f"x @tiktok {early}", "author": author, **counters}).encode()))
        assert {name: kept[name] for name in counters} == counters
        assert early not in kept["desc"]
        assert (kept["author"]["id"] == "5") is (author["id"] == "5")
    row = {"author_id": early, "play_count": early, "aweme_id": "9"}
    assert one.record(row) == {"author_id": one.token(early), "play_count": early, "aweme_id": "9"}
    mentioned = json.dumps({"id": "9", "userIds": [107955], "to_user_id": early, "count": 107955}).encode()
    assert json.loads(one.body(mentioned)) == {
        "id": "9",
        "userIds": [one.token(early)],
        "to_user_id": one.token(early),
        "count": 107955,
    }


@pytest.mark.parametrize(
    ("nested", "kept"),
    [
        ({"reply_to_userid": USER, "reply_to_nickname": "Anna Bel"}, {"reply_to_userid": "U", "reply_to_nickname": "B"}),
        ({"reply_to_userid": USER, "reply_to_username": "Anna"}, {"reply_to_userid": "U", "reply_to_username": "A"}),
        ({"reply_to_nickname": "Anna Bel"}, {"reply_to_nickname": "B"}),
        ({"reply_to_nickname": "Anna"}, {"reply_to_nickname": "Anna"}),
        ({"to": {"uid": "6", "nickname": "Anna Bel"}, "at": USER}, {"to": {"uid": "6", "nickname": "Anna Bel"}, "at": "U"}),
        ({"text": "@Anna Bel, hi @Annabel @anna_bel"}, {"text": "@B, hi @Annabel @anna_bel"}),
        ({"text": "@Anna Belle"}, {"text": "@Anna Belle"}),
        ({"text": "@Anna hi"}, {"text": "@Anna hi"}),
        ({"text": "@Anna hi", "at": USER}, {"text": "@A hi", "at": "U"}),
    ],
)
def test_a_nickname_goes_where_it_means_them(nested: dict[str, Any], kept: dict[str, Any]) -> None:
    one = Rewriter(Person(USER, {"bob"}, {"Anna", "Anna Bel"}), SECRET)
    item = {"cid": "8", "user": {"uid": "5", "unique_id": "carl", "nickname": "Anna Bel"}, "digg_count": 3}
    text = one.body(json.dumps({"comments": [item | nested]}).encode()).decode()
    for short, name in {"U": USER, "A": "Anna", "B": "Anna Bel"}.items():
        text = text.replace(one.token(name), short)
    assert json.loads(text)["comments"][0] == item | kept


@pytest.mark.parametrize(
    "beside", [{"relatedItems": [{"id": "9", "desc": "x", "author": None, "stats": {}}]}, {"x": {"author": {"id": "5"}}}]
)
def test_what_stands_beside_an_item_of_theirs_is_theirs_where_the_body_holds_nothing_else(
    rewriter: Rewriter, beside: dict[str, Any]
) -> None:
    envelopes: list[dict[str, Any]] = [
        {"data": {"itemInfo": {"itemStruct": POST_OF_THEIRS}}, "shareMeta": {"desc": f"{WORDS} by bob"}, "code": 0},
        {
            "ItemModule": {POST: POST_OF_THEIRS},
            "SEOState": {"metaParams": {"title": "Anna's video", "keywords": f"Anna, bob, {WORDS}"}},
        },
        {"data": json.dumps({"itemInfo": {"itemStruct": POST_OF_THEIRS}}), "caption": WORDS},
    ]
    for body in envelopes:
        kept = rewriter.body(json.dumps(body).encode()).decode()
        assert not any(trace in kept for trace in (WORDS, "bob", "Anna", USER))
        assert rewriter.body(kept.encode()).decode() == kept
        assert json.loads(rewriter.body(json.dumps(body | beside).encode())) | beside == json.loads(
            rewriter.body(json.dumps(body | beside).encode())
        )


def test_what_stands_beside_a_list_is_nobodys(rewriter: Rewriter) -> None:
    stranger = {"cid": "9", "text": WORDS, "user": None}
    body = {"comments": [{"cid": COMMENT, "text": "x", "user": {"uid": USER}}, stranger], "status": "fine", "cursor": "MTIz=="}
    kept = json.loads(rewriter.body(json.dumps(body).encode()))
    assert (kept["comments"][1], kept["status"], kept["cursor"]) == (stranger, "fine", "MTIz==")


@pytest.mark.parametrize(
    ("tree", "posts", "comments"),
    [
        ({"itemInfos": {"id": POST, "text": "hey #tag", "authorId": USER}}, {POST}, set()),
        ({"items": [{"itemInfos": {"id": POST, "text": "x", "authorId": USER}, "authorInfos": {"userId": USER}}]}, {POST}, set()),
        ({"id": POST, "text": "x", "authorId": USER, "playCount": 5}, {POST}, set()),
        ({"video_id": POST, "author": {"id": USER}, "title": "x"}, {POST}, set()),
        ({"id": COMMENT, "text": "x", "user": {"id": USER}}, set(), {COMMENT}),
        ({"id": COMMENT, "video_id": POST, "text": "x", "user": {"id": USER}}, set(), {COMMENT}),
        ({"cid": COMMENT, "aweme_id": POST, "text": "x", "user": {"uid": USER}, "share_info": {"desc": "x"}}, set(), {COMMENT}),
    ],
)
def test_the_words_of_a_post_may_be_called_a_text(tree: dict[str, Any], posts: set[str], comments: set[str]) -> None:
    found = Person(USER)
    from_tree(found, tree)
    assert (found.posts, found.comments) == (posts, comments)


def test_the_only_item_of_a_body_owns_all_of_it(rewriter: Rewriter) -> None:
    item = {"itemInfo": {"itemStruct": POST_OF_THEIRS}, "statusCode": 0, "shareMeta": {"title": "bob on TikTok", "desc": WORDS}}
    profile = {
        "userInfo": {"user": {"id": USER, "nickname": "Anna"}, "stats": {"heart": 3}},
        "shareMeta": {"desc": f"Anna, {WORDS}"},
    }
    for body in (item, profile, {"code": 0, "data": item}, {"data": {"data": profile}}):
        kept = rewriter.body(json.dumps(body).encode()).decode()
        assert not any(trace in kept for trace in (WORDS, "bob", "Anna", USER))


@pytest.mark.parametrize(
    "reason", [f"unmapped: desc: expected a string, found '{WORDS}'", f'x: found "{WORDS}"', f"x: found '{WORDS[:6]}"]
)
def test_the_reason_of_a_refused_item_of_theirs_quotes_nothing(rewriter: Rewriter, reason: str) -> None:
    letter = {"topic": "t", "partition": 0, "offset": 5, "reason": reason, "raw": json.dumps(POST_OF_THEIRS)}
    assert WORDS[:6] not in json.dumps(rewriter.record(letter))
    others = letter | {"raw": '{"cid": "1"}'}
    assert rewriter.record(others) == others


def test_what_says_nothing_of_its_maker_is_theirs_where_the_service_or_the_request_says_so(rewriter: Rewriter) -> None:
    comment = {"cid": "9", "text": WORDS, "user": None, "share_info": {"desc": f"Anna's comment: {WORDS}"}}
    assert WORDS not in rewriter.body(json.dumps({"comments": [comment]}).encode()).decode()
    others = json.dumps(comment | {"share_info": {"desc": "Carl's comment: of Anna - Anna"}}).encode()
    assert json.loads(rewriter.body(others))["text"] == WORDS
    item = {"id": "9", "desc": WORDS, "author": None, "stats": {"playCount": 3}, "duet": {"author": {"id": "5"}, "desc": WORDS}}
    body = json.dumps(item).encode()
    assert rewriter.body(body) == body
    kept = json.loads(rewriter.body(body, asked=True))
    assert (kept["desc"], kept["stats"], kept["duet"]) == ("", item["stats"], item["duet"])
    assert rewriter.body(b"no json", asked=True) == b""
    asked = [rewriter.asks_about_them(*of) for of in (("posts", USER), ("profile", "bob"), ("comments", USER), ("posts", "5"))]
    assert asked == [True, True, False, False]


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


@pytest.mark.parametrize("handle", ["dance", "small", "comments", "us", "en", "id", "count", "video", "posts", "userid", "text"])
def test_a_handle_that_is_an_ordinary_word_changes_nothing_of_others(handle: str) -> None:
    one = Rewriter(Person(USER, {handle}, {"Anna"}, {"MS4wLjABAAAAbob"}, {POST}, {COMMENT}), SECRET)
    others: list[dict[str, Any]] = [
        {
            "aweme_id": "3",
            "author_id": "5",
            "title": f"I love {handle} #{handle} #fyp",
            "region": handle,
            "play": f"https://v/{handle}/1",
        },
        {
            "id": "8",
            "video_id": POST[:-1],
            "text": f"{handle}! {handle}",
            "user": {"id": "5", "uniqueId": "carl", "nickname": handle},
        },
        {"window_start": "2026-01-05 00:00:00.000", "hashtag": handle, "aweme_id": "3", "play_count": "7"},
        {
            "aweme_id": "3",
            "author_id": "5",
            "tier": handle,
            "snapshot_status": handle,
            "language": handle,
            "sentiment_label": handle,
        },
        {"job": handle, "topic": f"tiktok.{handle}.events", "path": handle, "status": handle, "run_id": handle, "counted": "3"},
        {"title": {"observed_at": "x", "value": f"#{handle}", "hashtags": [handle]}, "aweme_id": "3"},
        {"topic": handle, "reason": f"{handle}: play_count=-1", "raw": f"\x00{handle} bytes of somebody else"},
        {
            "endpoint": f"/{handle}/",
            "request_param": f"{handle}=35&hashtag={handle}",
            "payload": f'{{"{handle}": "{handle}",  "n": 1.0}}',
        },
        {"feed_key": f"tikliveapi/{handle}/5", "cursor": handle},
        {"feed_key": f"tikliveapi/hashtag/{handle}", "cursor": None},
    ]
    for row in others:
        assert one.record(row) == row
        body = json.dumps({"list": [row]}, indent=1).encode()
        assert one.body(body) == body
    for name in (f"tikliveapi/{handle}/5", f"tikliveapi/hashtag/{handle}", handle):
        assert one.key(name) == name


@pytest.mark.parametrize("handle", ["dance", "us", "petra_paulsen"])
def test_a_handle_that_is_an_ordinary_word_goes_where_it_is_one(handle: str) -> None:
    one = Rewriter(Person(USER, {handle}), SECRET)
    token = one.token(handle)
    assert one.record({"unique_id": handle, "userid": "5"}) == {"unique_id": token, "userid": "5"}, "it has changed hands"
    asked = {"endpoint": "/x/", "request_param": f"count=35&username={handle}", "payload": "{}"}
    assert one.record(asked) == {"endpoint": "/x/", "request_param": f"count=35&username={token}", "payload": ""}
    assert one.record({"text": f"hi @{handle} !", "id": "8"})["text"] == f"hi @{token} !"
    assert one.key(f"tikapi/posts/{handle}") == f"tikapi/posts/{token}"
    own = one.record({"aweme_id": "7", "author_id": USER, "title": f"#{handle} #fyp", "hashtag": handle})
    assert own == {"aweme_id": "7", "author_id": one.token(USER), "title": "#fyp", "hashtag": token}
    body = json.dumps({"a": {"author_name": handle, "language": "us"}, "b": f"@{handle}"}).encode()
    assert json.loads(one.body(body)) == {"a": {"author_name": token, "language": "us"}, "b": f"@{token}"}


def test_a_name_that_a_response_gives_twice_is_left_in_neither_place(rewriter: Rewriter) -> None:
    assert json.loads(rewriter.body(b'{"text": "@bob", "text": "x"}')) == {"text": "x"}


def test_a_text_for_an_author_and_json_in_a_text_tell_names_and_ids() -> None:
    found = Person(USER)
    item = {"id": POST, "desc": "x", "author": "bob", "authorId": USER, "nickname": "Anna", "reply_to_username": "carl"}
    from_tree(
        found,
        {"ItemModule": {POST: item}, "log": json.dumps({"user": {"id": USER, "uniqueId": "bob2", "inviterUsername": "carl"}})},
    )
    assert (found.handles, found.nicknames, found.posts) == ({"bob", "bob2"}, {"Anna"}, {POST})


def test_a_comment_of_theirs_does_not_make_the_post_theirs() -> None:
    found = Person(USER)
    from_tree(found, {"id": "c1", "aweme_id": "OTHERPOST", "text": "hi", "user": {"id": USER}})
    from_tree(found, {"cid": "c2", "aweme_id": "OTHERPOST", "user": {"uid": USER, "unique_id": "bob"}})
    assert (found.posts, found.comments, found.handles) == (set(), {"c1", "c2"}, {"bob"})


def test_a_name_of_somebody_else_is_not_theirs() -> None:
    found = Person(USER)
    from_tree(found, {"aweme_id": POST, "author_user_id": int(USER), "author": {"unique_id": "bob", "author_name": "bob.old"}})
    from_tree(found, {"userid": USER, "user": {"uniqueId": "bob2"}})
    from_tree(found, {"userid": USER, "user": {"id": "5", "uniqueId": "carl"}})
    from_tree(found, {"id": "8", "author_id": USER, "text": "x", "user": {"id": "5", "uniqueId": "carl"}})
    assert (found.handles, found.posts) == ({"bob2"}, {POST})


def test_items_of_tikapi_tell_names_and_ids() -> None:
    case = json.loads((TIKAPI / "comments.json").read_text())
    comment = next(_items(case, "cid"))
    found = Person(str(comment["user"]["uid"]))
    from_tree(found, case)
    assert str(comment["cid"]) in found.comments
    assert (comment["user"]["unique_id"] in found.handles, found.posts) == (True, set())
    case = json.loads((TIKAPI / "post.json").read_text())
    post = next(item for item in _items(case, "desc") if "author" in item)
    found = Person(str(post["author"]["id"]))
    from_tree(found, case)
    assert found.posts == {str(post["id"])}
    assert post["author"]["uniqueId"] in found.handles


def _items(tree: Any, name: str) -> Iterator[dict[str, Any]]:
    """Objects of a tree that have a field."""
    if isinstance(tree, dict):
        if name in tree:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for inner in tree:
            yield from _items(inner, name)
