"""Asked for nothing that it can do, a command says so and exits with 1; asked for less than all, it says what is left out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import lag as lag_command
from cli import main as cli_main
from connectors.kafka.lag import GroupLag

Run = Callable[..., tuple[int, str, str]]
# Nobody serves it: who comes so far has found something to do.
KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `tokpulse ARGS` in an empty directory without services."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path / "data"))
    for name in (*KAFKA, "CLICKHOUSE_URL"):
        monkeypatch.delenv(name, raising=False)
    for upstream in ("TIKLIVEAPI", "TIKAPI"):
        monkeypatch.setenv(f"TOKPULSE_{upstream}_KEY", "abc")

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tokpulse", *args])
        code = cli_main.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("upstream", "watchlist", "says"),
    [
        ("tikliveapi", "hashtags: [books, cats]\n", "hashtags: tikliveapi has no feed hashtag: 2 entries not polled"),
        ("tikliveapi", "credits_per_day: 5\n", "it names no creator, post or hashtag"),
        ("tikapi", "feeds: {creators: []}\ncreators: ['5']\n", "creators: `feeds` names none for them: 1 entry not polled"),
        ("tikapi", "feeds: {posts: [replies]}\nposts: ['5']\n", "posts: replies are found on pages of comments"),
        ("tikliveapi", "feeds: {creators: [hashtag]}\ncreators: ['5']\n", "creators: tikliveapi has no feed hashtag: 1 entry"),
    ],
)
@pytest.mark.parametrize("once", [True, False])
def test_a_watchlist_without_anything_that_the_service_has(run: Run, upstream: str, watchlist: str, says: str, once: bool) -> None:
    Path("watchlist.yaml").write_text(watchlist)
    code, _, err = run("poll", "--upstream", upstream, *(["--once"] if once else []))
    assert code == 1
    assert "there is nothing to poll: " in err
    assert says in err


@pytest.mark.parametrize(
    ("watchlist", "says"),
    [
        ("hashtags: [books]\nposts: ['5']\n", "hashtags: tikliveapi has no feed hashtag: 1 entry not polled"),
        (
            "feeds: {creators: [profile, hashtag]}\ncreators: ['5', '6']\n",
            "creators: tikliveapi has no feed hashtag: left out for 2",
        ),
        ("feeds: {posts: [post, replies]}\nposts: ['5']\n", "replies are found on pages of comments"),
        ("feeds: {creators: [profile, followers]}\ncreators: ['5']\n", "creators: followers fill no topic, and responses are kept"),
    ],
)
def test_what_is_left_out_of_a_watchlist_is_said(run: Run, watchlist: str, says: str) -> None:
    Path("watchlist.yaml").write_text(watchlist)
    code, _, err = run("poll", "--upstream", "tikliveapi")
    assert code == 1
    assert "KAFKA_BOOTSTRAP_SERVERS" in err, "it has something to do, and goes on"
    (note,) = [line for line in err.splitlines() if line.startswith("note: ")]
    assert says in note


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no line in it"),
        ("\n \n\t\n", "no line in it"),
        (
            json.dumps({"http_status": 500, "payload": {}, "ingested_at": 1_767_571_200_000}) + "\n",
            "none of the 1 lines is a response",
        ),
        (
            json.dumps({"payload": {"videos": [], "hasMore": False}, "ingested_at": 1_767_571_200_000}) + "\n",
            "none of the 1 lines is a response",
        ),
    ],
)
@pytest.mark.parametrize("options", [[], ["--skip-bad"]])
def test_an_import_of_nothing(run: Run, text: str, says: str, options: list[str]) -> None:
    Path("a.jsonl").write_text(text)
    code, out, err = run("import", "a.jsonl", "--dry-run", *options)
    assert code == 1
    assert "no records, 0 bad" in out
    assert f"error: a.jsonl: {says}" in err


def test_an_empty_file_beside_a_good_one_is_named(run: Run) -> None:
    good = {
        "ingested_at": "2026-01-05T00:00:00Z",
        "payload": {
            "user": {"id": "5", "uniqueId": "u", "nickname": "n", "secUid": "s", "verified": True, "privateAccount": False},
            "stats": {"followerCount": 1, "followingCount": 1, "heartCount": 1, "videoCount": 1, "diggCount": 1},
        },
    }
    Path("good.jsonl").write_text(json.dumps(good))
    Path("empty.jsonl").write_text("")
    code, out, err = run("import", "good.jsonl", "empty.jsonl", "--dry-run")
    assert (code, err) == (0, "empty.jsonl: no line in it\n")
    assert "1 to tiktok.users.snapshots" in out


@pytest.mark.parametrize("given", [b"", b"\n\n"])
def test_no_text_to_score(run: Run, monkeypatch: pytest.MonkeyPatch, given: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    code, out, err = run("sentiment")
    assert (code, out) == (1, "")
    assert err.startswith("error: no text on standard input")


@pytest.mark.parametrize(
    ("groups", "code", "says"), [(["nobody"], 1, "no offset of group nobody"), ([], 0, "no consumer group has")]
)
def test_lags_of_nobody(run: Run, monkeypatch: pytest.MonkeyPatch, groups: list[str], code: int, says: str) -> None:
    for name, value in KAFKA.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lag_command, "measure", lambda *_: list[GroupLag]())
    ended, _, err = run("lag", *(word for group in groups for word in ("--group", group)))
    assert ended == code
    assert says in err
