"""The memory of what was sent."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from alerts.mutes import Mute, Subject
from alerts.state import KEEP_DAYS, State, StateError

DAY_MS = 86_400_000


def test_outcomes_survive_and_sent_stays_sent(tmp_path: Path) -> None:
    path = tmp_path / "data" / "notify.sqlite"
    with State(path) as state:
        state.record([("k", "slack", "refused", 404), ("k", "teams", "sent", 202)], 1)
        state.record([("k", "slack", "sent", 200), ("k", "teams", "skipped", None)], 2)
    with State(path) as state:
        assert state.outcomes("k") == {"slack": "sent", "teams": "sent"}
        assert state.outcomes("other") == {}


def test_only_keys_of_one_length_between_the_two_count(state: State) -> None:
    state.record([("k3", "slack", "sent", 200), ("k55", "slack", "sent", 200), ("k7", "slack", "refused", 404)], 0)
    assert state.sent_between("k2", "k4", "slack")
    assert not state.sent_between("k2", "k4", "teams")
    for after, before in (("k2", "k3"), ("k3", "k4"), ("k4", "k6"), ("k6", "k8")):
        assert not state.sent_between(after, before, "slack")


def test_what_the_topic_no_longer_holds_is_forgotten(state: State) -> None:
    state.record([("old", "slack", "sent", 200)], 0)
    state.record([("new", "slack", "sent", 200)], DAY_MS)
    state.expire(KEEP_DAYS * DAY_MS + 1)
    assert (state.outcomes("old"), state.outcomes("new")) == ({}, {"slack": "sent"})


def test_a_key_that_is_renamed_keeps_its_outcomes(state: State) -> None:
    state.record([("trending/7/t1", "slack", "sent", 200), ("trending/8/t1", "slack", "sent", 200)], 0)
    assert state.rename(lambda key: key.replace("/7/", "/token/")) == 1
    assert state.outcomes("trending/7/t1") == {}
    assert state.outcomes("trending/token/t1") == state.outcomes("trending/8/t1") == {"slack": "sent"}
    assert state.rename(lambda key: key.replace("/7/", "/token/")) == 0


def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "notify.sqlite"
    with State(path), pytest.raises(StateError, match="another `tokpulse notify`"):
        State(path)
    State(path).close()


def test_reading_only_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notify.sqlite"
    with State(path, read_only=True) as state:
        state.record([("k", "slack", "sent", 200)], 0)
        state.expire(0)
        assert state.outcomes("k") == {"slack": "sent"}
        assert state.sent_between("j", "l", "slack")
    assert list(tmp_path.iterdir()) == []
    with State(path) as running:
        running.record([("k", "slack", "sent", 200)], 0)
        before = path.read_bytes()
        with State(path, read_only=True) as state:
            assert state.outcomes("k") == {"slack": "sent"}
            assert state.sent_between("j", "l", "slack")
            state.record([("k2", "slack", "sent", 200)], 0)
            assert state.outcomes("k2") == {"slack": "sent"}
        assert path.read_bytes() == before
        assert running.outcomes("k2") == {}


def test_the_newest_outcomes_come_first(state: State) -> None:
    state.record([("a", "slack", "sent", 200), ("b", "slack", "sent", 200)], 1)
    state.record([("c", "slack", "muted", None)], 2, "#pasta")
    assert [entry.key for entry in state.newest(2)] == ["c", "a"]
    assert state.newest(10, "muted") == [(2, "c", "slack", "muted", None, "#pasta")]


def test_mutes_are_those_kept_last(state: State) -> None:
    first, second = Mute(Subject("post", "7"), 5), Mute(Subject("hashtag", "pasta"), 9)
    state.keep_mutes([first, second])
    state.keep_mutes([second])
    assert state.mutes() == [second]
    # They hold ids, and are read again soon.
    state.rename(lambda key: key)
    assert state.mutes() == []


def test_a_file_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "notify.sqlite"
    database = sqlite3.connect(path)
    database.executescript(
        """CREATE TABLE outcomes (
             key TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'skipped')),
             status INTEGER, at_ms INTEGER NOT NULL, PRIMARY KEY (key, target)) WITHOUT ROWID;
           CREATE INDEX outcomes_by_time ON outcomes (at_ms);
           INSERT INTO outcomes VALUES ('k', 'slack', 'sent', 200, 1);
           PRAGMA user_version = 1;"""
    )
    database.close()
    with pytest.raises(StateError, match="earlier version"):
        State(path, read_only=True)
    for _ in range(2):
        with State(path) as state:
            state.record([("k", "slack", "muted", None), ("k2", "slack", "muted", None)], 2)
            assert state.outcomes("k") == {"slack": "sent"}
            assert state.outcomes("k2") == {"slack": "muted"}


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database, but long enough to be one" * 50)
    with pytest.raises(StateError, match="not a database"):
        State(text)
    newer = tmp_path / "newer"
    database = sqlite3.connect(newer)
    database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(StateError, match="another version"):
        State(newer)
