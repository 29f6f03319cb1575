"""`tokpulse watch`: the file is edited and priced without a key and without a service."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import main as cli_main
from polling.personal.forgotten import Forgotten
from polling.watching.handles import KeptHandle, handle_file
from polling.watchlist import load_watchlist

Run = Callable[..., tuple[int, str, str]]
FILE = Path("watchlist.yaml")
POST = "7106594312292453678"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `tokpulse watch ARGS`, or `tokpulse status ARGS`, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path / "data"))
    for name in ("TOKPULSE_FORGOTTEN_FILE", "TOKPULSE_PSEUDONYM_KEY_FILE", "TOKPULSE_TIKLIVEAPI_KEY"):
        monkeypatch.delenv(name, raising=False)

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tokpulse", *([] if args[0] == "status" else ["watch"]), *args])
        code = cli_main.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_from_an_empty_folder(run: Run) -> None:
    code, out, _ = run("add", "@Ada", f"https://www.tiktok.com/@bob/video/{POST}?lang=en", "#books")
    assert code == 0
    assert out.splitlines() == [
        "watchlist.yaml: added @ada",
        f"watchlist.yaml: added post {POST}",
        "watchlist.yaml: added hashtag books",
    ]
    loaded = load_watchlist(FILE)
    assert (loaded.creators[0].id, loaded.posts[0].id, loaded.hashtags[0].id) == ("@ada", POST, "books")
    assert run("remove", "https://www.tiktok.com/@ada", POST)[0] == 0
    assert FILE.read_text() == 'creators:\nposts:\nhashtags:\n  - "books"\n'


def test_a_bare_id_or_word_needs_a_kind_to_be_added_and_none_to_be_removed(run: Run) -> None:
    assert "say which, with `--as creator` or `--as post`" in run("add", POST)[2]
    assert "write a creator as @name" in run("add", "books")[2]
    assert not FILE.exists()
    assert run("add", "--as", "post", "--tier", "hot", POST)[0] == 0
    assert run("add", "--as", "hashtag", "books")[0] == 0
    assert load_watchlist(FILE).posts[0].tier == "hot"
    assert run("remove", POST, "books")[0] == 0
    assert "watchlist.yaml: 77 is not on it" in run("remove", "77")[2]
    run("add", "--as", "post", "77")
    run("add", "--as", "creator", "77")
    assert "say which" in run("remove", "77")[2]
    assert run("remove", "--as", "creator", "77")[0] == 0


def test_each_mistake_is_one_line_and_changes_nothing(run: Run) -> None:
    FILE.write_text("creators: # mine\n  - '5'\n")
    for args, says in (
        (["add", "@ada", "5", "--as", "creator"], "watchlist.yaml:2: 5 is already among the creators"),
        (["add", "@ada", "@ADA"], "@ada is already among the creators"),
        (["add", "https://vm.tiktok.com/ZMabc/"], "is a short link, in which there is no id"),
        (["add", "@ada", "--tier", "warmer"], "--tier: there is no 'warmer'"),
        (["remove", "@ada"], "watchlist.yaml: @ada is not among the creators"),
        (["estimate", "--upstream", "other"], "--upstream: there is no 'other'"),
    ):
        code, out, err = run(*args)
        assert (code, out) == (1, "")
        assert err.startswith("error: ")
        assert says in err.splitlines()[0]
        assert FILE.read_text() == "creators: # mine\n  - '5'\n"


def test_a_file_with_an_unreadable_entry_is_named_with_its_line(run: Run) -> None:
    FILE.write_text("creators:\n  - '@ada'\n  - ada lovelace\n")
    for args in (["add", "@bob"], ["remove", "@ada"], ["list"], ["estimate"]):
        code, _, err = run(*args)
        assert code == 1
        assert err.splitlines()[0].startswith("error: watchlist.yaml:3: creators[1].id: 'ada lovelace' is not a handle")


def test_who_asked_to_be_forgotten_is_refused_by_any_name(run: Run, tmp_path: Path) -> None:
    Forgotten(tmp_path / "data" / "forgotten.json").add("42", ["petra"], ["MS4wLjABAAAApaulsen77"])
    handle_file(tmp_path / "data").keep("@new.petra", KeptHandle("42"), lambda name, kept: False)
    for entry in (
        "@Petra",
        "https://www.tiktok.com/@petra",
        "MS4wLjABAAAApaulsen77",
        f"https://www.tiktok.com/@petra/video/{POST}",
        "@new.petra",
    ):
        code, out, err = run("add", entry)
        assert (code, out) == (1, "")
        assert "this person was forgotten with `tokpulse forget`" in err.splitlines()[0]
        assert not FILE.exists()
    assert "was forgotten" in run("add", "--as", "creator", "42")[2]
    assert run("add", "@paula")[0] == 0


def test_the_same_account_by_another_name_is_refused_where_it_is_known(run: Run, tmp_path: Path) -> None:
    handle_file(tmp_path / "data").keep("@ada", KeptHandle("42", "MS4wLjABAAAAadaadaada"), lambda name, kept: False)
    run("add", "@ada")
    assert "watchlist.yaml:2: 42 is the account of @ada, which is already there" in run("add", "--as", "creator", "42")[2]
    assert "is the account of @ada" in run("add", "MS4wLjABAAAAadaadaada")[2]


def test_a_handle_that_moved_is_looked_up_again_once_it_is_added_again(run: Run, tmp_path: Path) -> None:
    file = handle_file(tmp_path / "data")
    run("add", "@ada", "@bob")
    file.keep("@ada", KeptHandle("42"), lambda name, kept: False)
    file.keep("@bob", KeptHandle("43", now_of="44"), lambda name, kept: False)
    run("remove", "@ada", "@bob")
    assert file.read().keys() == {"@ada", "@bob"}, "another watchlist may have them"
    run("add", "@ada", "@bob")
    assert file.read().keys() == {"@ada"}


def test_the_list_says_whom_handles_lead_to(run: Run, tmp_path: Path) -> None:
    run("add", "@ada", "@bob", "@eve", "#books")
    file = handle_file(tmp_path / "data")
    file.keep("@ada", KeptHandle("42"), lambda name, kept: False)
    file.keep("@bob", KeptHandle("43", now_of="44"), lambda name, kept: False)
    _, out, _ = run("list")
    moved = "another account has this handle now, 44; 43, which had it, is still polled"
    assert [" ".join(line.split()) for line in out.splitlines()[1:3]] == ["creator @ada warm 2 42", f"creator @bob warm 3 {moved}"]
    assert "not looked up yet" in out
    assert json.loads(run("list", "--json")[1])[1] == {
        "kind": "creator", "entry": "@bob", "tier": "warm", "line": 3, "userid": "43", "state": "moved",
    }  # fmt: skip


def test_status_names_those_that_lead_elsewhere(run: Run, tmp_path: Path) -> None:
    file = handle_file(tmp_path / "data")
    for name, kept in (("@ada", KeptHandle("42")), ("@bob", KeptHandle("43", vanished=True)), ("@eve", KeptHandle())):
        file.keep(name, kept, lambda name, kept: False)
    lines = [
        "@bob: no account has this handle any more; 43, which had it, is still polled",
        "@eve: no account has this handle, so nothing is polled for it",
    ]
    code, out, _ = run("status")
    assert code == 1, "the stack was never started"
    assert [line for line in out.splitlines() if "@" in line] == [f"watchlist: {line}" for line in lines]
    assert json.loads(run("status", "--json")[1])["handles"] == lines


def test_costs_are_said_before_a_key_is_spent(run: Run) -> None:
    FILE.write_text('credits_per_day: 400\ncreators: ["@ada"]\nposts: [1]\nhashtags: [books]\n')
    code, out, _ = run("estimate")
    assert code == 0
    assert "tikliveapi: credits per day" in out
    assert "tikapi: credits per day" in out
    assert "note: hashtags: tikliveapi has no feed hashtag: 1 entry not polled" in out
    assert "budget of 400 credits per day: enough while things move a little" in out
    found = json.loads(run("estimate", "--upstream", "tikapi", "--credits", "100000", "--json")[1])
    assert list(found) == ["tikapi"]
    assert found["tikapi"]["fits"] == "most"
    assert {line["feed"] for line in found["tikapi"]["lines"]} == {
        "look-ups",
        "profile",
        "posts",
        "post",
        "comments",
        "hashtag",
        "balance",
    }
    assert json.loads(run("estimate", "--credits", "1", "--json")[1])["tikliveapi"]["fits"] == "never"
    room = found["tikapi"]["room"]["creator"]
    assert room["cold"] > room["warm"] > room["hot"] > 0
