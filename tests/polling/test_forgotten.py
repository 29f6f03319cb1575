"""Who was forgotten is left out of what pollers write, keep and poll."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from connectors.upstream.model import Observation
from polling.personal.forgotten import Forgotten, ForgottenFileError, forgotten_file
from polling.personal.pseudonyms import Pseudonyms
from polling.watchlist import WatchedFile, WatchlistError

USER, SECUID = "6900000000000000777", "MS4wLjABAAAApaulsen77"

LEFT_OUT = {"left_out": "of a person who is to be forgotten"}


@pytest.fixture
def forgotten(tmp_path: Path) -> Forgotten:
    made = Forgotten(tmp_path / "forgotten.json")
    made.add(USER, ["Petra.Old", "petra"], [SECUID], ["Petra Pé", "Anna"])
    return made


def test_hashes_are_keyed_private_and_add_up(forgotten: Forgotten, tmp_path: Path) -> None:
    file = tmp_path / "forgotten.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert USER not in file.read_text()
    forgotten.add("5", [], [])
    assert len(forgotten) == 6
    another = Forgotten(file)
    assert another.knows("id", USER)
    assert another.knows("id", 5)
    assert another.knows("handle", "@PETRA")
    assert not another.knows("id", "6")
    assert not another.knows("handle", USER)


def test_a_file_that_changes_is_read_again(forgotten: Forgotten, tmp_path: Path) -> None:
    poller = Forgotten(tmp_path / "forgotten.json")
    assert not poller.knows("id", "42")
    forgotten.add("42", [], [])
    assert poller.knows("id", "42")


def test_without_a_file_nobody_is_left_out(tmp_path: Path) -> None:
    nobody = Forgotten(tmp_path / "none.json")
    seen = [Observation("t", {"author_id": USER, "title": "@petra"})]
    assert nobody.kept(seen) == seen
    assert nobody.body(b'{"a": 1}') == b'{"a": 1}'


def test_a_broken_file_stops_pollers(tmp_path: Path) -> None:
    file = tmp_path / "forgotten.json"
    file.write_text("{}")
    with pytest.raises(ForgottenFileError, match="cannot read"):
        Forgotten(file).knows("id", USER)


@pytest.mark.parametrize(
    "record",
    [
        {"aweme_id": "1", "author_id": USER},
        {"userid": USER, "user": {"id": USER}},
        {"userid": "2", "user": {"id": "2", "uniqueId": "petra.old"}},
        {"id": "3", "text": "x", "user": {"id": USER}},
        {"id": "3", "user": {"secUid": SECUID}},
        {"aweme_id": 1, "author": {"id": int(USER)}},
        {"aweme_id": 1, "author_user_id": int(USER)},
        {"cid": "1", "user": {"uid": USER}},
        {"music": {"author_name": "Petra"}, "author_name": "@petra"},
    ],
)
def test_observations_of_theirs_are_left_out(forgotten: Forgotten, record: dict[str, object]) -> None:
    other = Observation("t", {"aweme_id": "9", "author_id": "5", "title": "with @petra and @petra2"})
    (kept,) = forgotten.kept([Observation("t", record), other])
    assert kept.record == {"aweme_id": "9", "author_id": "5", "title": "with @ and @petra2"}
    body = json.loads(forgotten.body(json.dumps({"videos": [record, other.record]}).encode()))
    assert body["videos"][1] == kept.record
    assert USER not in json.dumps(body)


def test_they_are_left_out_of_lists_and_of_sentences_of_the_service(forgotten: Forgotten) -> None:
    body = {
        "followers": [{"id": int(USER)}, {"id": 5}],
        "videos": [{"music_info": {"title": "original sound - petra"}, "title": "a song of petra - petra"}],
        "itemList": [{"shareMeta": {"title": "Petra on TikTok", "desc": "Petra.Old (@petra)"}}],
    }
    assert json.loads(forgotten.body(json.dumps(body).encode())) == {
        "followers": [{"left_out": "of a person who is to be forgotten"}, {"id": 5}],
        "videos": [{"music_info": {"title": "original sound - "}, "title": "a song of petra - petra"}],
        "itemList": [{"shareMeta": {"title": " on TikTok", "desc": " (@)"}}],
    }
    seen = Observation("t", {"id": "9"}, "user.id: expected an id, found 'petra'")
    assert forgotten.kept([seen])[0].problem == "user.id: expected an id, found ''"


@pytest.mark.parametrize(
    ("nested", "kept"),
    [
        ({"text": "あ@petra #vlog@petra a.@petra"}, {"text": "あ@ #vlog@ a.@"}),
        ({"text": "@pet\u200bra &#64;petra %40petra"}, {"text": "@ @ @"}),
        ({"text": "petra.old, petra"}, {"text": ", petra"}),
        ({"share": f"https://www.tiktok.com/@petra?sec_uid={SECUID}&u={USER}"}, {"share": "https://www.tiktok.com/@?sec_uid=&u="}),
        ({"reply_to_userid": USER, "to": int(USER)}, {"reply_to_userid": "", "to": 0}),
        ({"replyToUserName": "petra"}, {"replyToUserName": ""}),
        ({"seen": {"petra": {"id": USER}, SECUID: 1, "x": 2}}, {"seen": {"left_out": LEFT_OUT, "": 1, "x": 2}}),
        ({"log": json.dumps({"to": "@petra"})}, {"log": '{"to":"@"}'}),
        ({"log": json.dumps({"to": "@carl"})}, {"log": json.dumps({"to": "@carl"})}),
        ({"a": {"author": {"id": USER, "nickname": "Petra Pé"}}, "text": "Petra Pé, hi"}, {"a": LEFT_OUT, "text": ", hi"}),
        ({"text": "x" * 50_000 + "\u202b@petra\u202c"}, {"text": "x" * 50_000 + "\u202b@\u202c"}),
        ({"text": "me@petra.example 69000 👩‍👩‍👧"}, {"text": "me@petra.example 69000 👩‍👩‍👧"}),
    ],
)
def test_an_item_of_somebody_else_keeps_all_but_them(
    forgotten: Forgotten, nested: dict[str, object], kept: dict[str, object]
) -> None:
    item = {
        "cid": "8",
        "user": {"uid": "5", "unique_id": "carl", "signature": "hi"},
        "digg_count": 3,
        "aweme_id": "7900000000000000101",
    }
    assert json.loads(forgotten.body(json.dumps({"comments": [item | nested]}).encode()))["comments"] == [item | kept]
    assert forgotten.kept([Observation("t", item | nested)])[0].record == item | kept


def test_a_counter_that_is_as_high_as_a_short_id_stays(tmp_path: Path) -> None:
    early = Forgotten(tmp_path / "forgotten.json")
    early.add("107955", [], [])
    item = {"id": "9", "author": {"id": "5"}, "playCount": 107955, "stats": {"diggCount": "107955"}, "to_user_id": 107955}
    assert json.loads(early.body(json.dumps(item).encode())) == item | {"to_user_id": 0}
    assert early.body(json.dumps({"author": {"id": "107955"}}).encode()) == json.dumps(LEFT_OUT, separators=(",", ":")).encode()


def test_the_only_item_of_a_body_takes_all_of_it_along(forgotten: Forgotten) -> None:
    item = {"itemInfo": {"itemStruct": {"id": "1", "author": {"id": USER}}}, "shareMeta": {"desc": "words"}}
    profile = {"data": {"userInfo": {"user": {"uniqueId": "petra"}}, "shareMeta": {"title": "Petra on TikTok", "desc": "words"}}}
    alone = {"data": item["itemInfo"], "shareMeta": {"title": "Petra on TikTok", "desc": "words"}}
    pages = {"ItemModule": {"1": {"id": "1", "author": {"id": USER}}}, "SEOState": {"keywords": "words"}}
    for body in (item, profile, alone, pages, {"author": "petra", "desc": "words"}, {"author": USER, "desc": "words"}):
        assert b"words" not in forgotten.body(json.dumps(body).encode())
        others = {"list": [{"cid": "3", "text": "x", "user": None}]}
        if not {"author", "itemInfo"} & body.keys():
            assert json.loads(forgotten.body(json.dumps(body | others).encode()))["list"] == others["list"]


@pytest.mark.parametrize(
    ("nested", "kept"),
    [
        (
            {"music": {"title": "original sound - Petra Pé", "authorName": "Petra Pé", "author": "petra pé"}},
            {"music": {"title": "original sound - ", "authorName": "", "author": ""}},
        ),
        ({"reply_to_nickname": "Petra Pé", "replyToUserName": "Petra Pé"}, {"reply_to_nickname": "", "replyToUserName": ""}),
        ({"text": "@Petra Pé hi (@PETRA PÉ) @Petra Péa"}, {"text": "@ hi (@) @ Péa"}),
        ({"share_info": {"share_title": "Petra Pé on TikTok"}}, {"share_info": {"share_title": " on TikTok"}}),
        ({"of": {"nickname": {"text": "Petra Pé"}}}, {"of": {"nickname": {"text": ""}}}),
        # An ordinary word, and somebody else who is called the same.
        ({"text": "@Anna", "nickname": "Anna"}, {"text": "@Anna", "nickname": "Anna"}),
        ({"user": {"uid": "5", "nickname": "Petra Pé"}}, {"user": {"uid": "5", "nickname": "Petra Pé"}}),
        ({"text": "Petra Pé is a song"}, {"text": "Petra Pé is a song"}),
    ],
)
def test_a_nickname_of_two_words_is_left_out_where_it_means_them(
    forgotten: Forgotten, nested: dict[str, object], kept: dict[str, object]
) -> None:
    item = {"cid": "8", "user": {"uid": "5", "unique_id": "carl"}, "digg_count": 3}
    assert json.loads(forgotten.body(json.dumps({"comments": [item | nested]}).encode()))["comments"] == [item | kept]
    assert forgotten.kept([Observation("t", item | nested)])[0].record == item | kept


def test_a_handle_that_names_an_object_of_theirs_names_no_other(forgotten: Forgotten) -> None:
    others = {"id": "5", "uniqueId": "carl"}
    body = {"users": {"petra": {"id": USER}, "carl": others}, "stats": {"petra": {"fans": 3}, "carl": {"fans": 4}}}
    assert json.loads(forgotten.body(json.dumps(body).encode())) == {
        "users": {"left_out": LEFT_OUT, "carl": others},
        "stats": {"left_out": {"fans": 3}, "carl": {"fans": 4}},
    }
    word = {"users": {"carl": others}, "stats": {"petra": {"fans": 3}}}
    assert json.loads(forgotten.body(json.dumps(word).encode())) == word


def test_what_is_not_json_and_names_them_is_left_out(forgotten: Forgotten) -> None:
    for body in (
        f'{{"user": {{"id": "{USER}", "signature": "words'.encode(),
        b"<p>words of @petra</p>",
        b"words \xff tiktok.com/petra",
    ):
        assert b"words" not in forgotten.body(body)
    assert forgotten.body(b"<p>words of petra \xff</p>") == b"<p>words of petra \xff</p>"


def test_under_pseudonyms_their_names_are_known_by_their_pseudonyms(tmp_path: Path) -> None:
    names = Pseudonyms(b"k" * 32)
    Forgotten(tmp_path / "forgotten.json").add(
        USER, [names.of("handle", "petra")], [names.of("secuid", SECUID)], [names.of("nickname", "Petra Pé")]
    )
    file = tmp_path / "watchlist.yaml"
    file.write_text(f"creators: ['{SECUID}']\n")
    poller = Forgotten(tmp_path / "forgotten.json", names.of)
    with pytest.raises(WatchlistError, match=f"{SECUID} was forgotten"):
        WatchedFile(file, poller)
    assert WatchedFile(file, Forgotten(tmp_path / "forgotten.json")).current.creators, "nobody without the key can tell"
    other = Observation("t", {"aweme_id": "9", "author_id": "5", "title": f"with @{names.of('handle', 'petra')} and @petra"})
    assert poller.kept([other])[0].record["title"] == "with @ and @"
    other = Observation("t", {"aweme_id": "9", "title": f"@Petra Pé, @{names.of('nickname', 'Petra Pé')}, @Petra"})
    assert poller.kept([other])[0].record["title"] == "@, @, @"
    assert json.loads(poller.body(json.dumps({"author": {"uniqueId": "Petra"}}).encode())) == LEFT_OUT


def test_a_response_about_others_is_kept_byte_by_byte(forgotten: Forgotten) -> None:
    others = b'{ "videos": [{"aweme_id": "9", "title": "caf\\u00e9 with @petra2", "score": 1.50, "none": NaN}] }\n'
    assert forgotten.body(others) == others
    twice = f'{{"user": {{"id": "{USER}"}}, "user": {{"id": "9"}}}}'.encode()
    assert forgotten.body(twice) == b'{"user":{"id":"9"}}'


def test_a_watchlist_that_names_them_is_refused_and_says_so(forgotten: Forgotten, tmp_path: Path) -> None:
    file = tmp_path / "watchlist.yaml"
    file.write_text(f"creators: ['5', '{USER}']\n")
    with pytest.raises(WatchlistError, match=f"{USER} was forgotten with `tokpulse forget`"):
        WatchedFile(file, forgotten)
    for name in (SECUID, "@Petra", "https://www.tiktok.com/@petra.old?lang=de"):
        file.write_text(f"creators: ['{name}']\n")
        with pytest.raises(WatchlistError, match="was forgotten"):
            WatchedFile(file, forgotten)
    file.write_text("creators: ['5']\n")
    assert WatchedFile(file, forgotten).current.creators[0].id == "5"


def test_the_file_is_of_the_data_directory_or_named(tmp_path: Path) -> None:
    assert forgotten_file({"TOKPULSE_DATA": str(tmp_path)}) == tmp_path / "forgotten.json"
    assert forgotten_file({"TOKPULSE_FORGOTTEN_FILE": "/x/f.json"}) == Path("/x/f.json")
