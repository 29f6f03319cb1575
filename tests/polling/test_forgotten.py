"""Who was forgotten is left out of what pollers write, keep and poll."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from connectors.upstream.model import Observation
from polling.personal.forgotten import Forgotten, ForgottenFileError, forgotten_file
from polling.watchlist import WatchedFile, WatchlistError

USER, SECUID = "6900000000000000777", "MS4wLjABAAAApaulsen77"


@pytest.fixture
def forgotten(tmp_path: Path) -> Forgotten:
    made = Forgotten(tmp_path / "forgotten.json")
    made.add(USER, ["Petra.Old", "petra"], [SECUID])
    return made


def test_hashes_are_keyed_private_and_add_up(forgotten: Forgotten, tmp_path: Path) -> None:
    file = tmp_path / "forgotten.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert USER not in file.read_text()
    forgotten.add("5", [], [])
    assert len(forgotten) == 5
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
    file.write_text(f"creators: ['{SECUID}']\n")
    with pytest.raises(WatchlistError, match="was forgotten"):
        WatchedFile(file, forgotten)
    file.write_text("creators: ['5']\n")
    assert WatchedFile(file, forgotten).current.creators[0].id == "5"


def test_the_file_is_of_the_data_directory_or_named(tmp_path: Path) -> None:
    assert forgotten_file({"TOKPULSE_DATA": str(tmp_path)}) == tmp_path / "forgotten.json"
    assert forgotten_file({"TOKPULSE_FORGOTTEN_FILE": "/x/f.json"}) == Path("/x/f.json")
