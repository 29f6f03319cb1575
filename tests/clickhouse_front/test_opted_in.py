"""What is published of privacy.yaml is what the dashboard user sees: names of those who were opted in, and of nobody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from cli import main as cli_main
from connectors.clickhouse.client import connect
from privacy.opted_in import publish, shown
from privacy.person import Person
from privacy.rewriting import Rewriter
from privacy.tables import Tables
from stack.migrations import apply_migrations

from .conftest import ADMIN, READER, FrontProcess

pytestmark = pytest.mark.clickhouse

ADA, BOB, CYD = "6900000000000000001", "6900000000000000002", "6900000000000000003"
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
PROFILE = ("userid", "unique_id", "nickname", "sec_uid", "follower_count", "observed_at")
POST = ("aweme_id", "author_id", "title", "play_count", "ingested_at")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    """A front of this module's own: its tests count who is in the tables."""
    running = FrontProcess(tmp_path_factory.mktemp("opting"))
    running.start()
    try:
        apply_migrations(running.url(ADMIN))
        yield running
    finally:
        running.stop()


@pytest.fixture
def url(own: FrontProcess) -> str:
    return own.url(ADMIN)


@pytest.fixture
def writer(url: str) -> Iterator[Client]:
    made = connect(url)
    for table in ("user_observations_log", "creators_newest", "opted_in", "post_observations_log", "post_titles_log"):
        made.command(f"TRUNCATE TABLE {table}")
    observe(made, ADA, "Ada.L", "Ada")
    observe(made, BOB, "bob", "Bob")
    yield made
    made.close()


@pytest.fixture
def reader(own: FrontProcess) -> Iterator[Client]:
    made = connect(own.url(READER, "tokpulse_shared"))
    yield made
    made.close()


def observe(client: Client, userid: str, handle: str, name: str, hours: int = 0) -> None:
    client.insert(
        "user_observations_log", [[userid, handle, name, f"sec{userid}", 5, AT + timedelta(hours=hours)]], column_names=PROFILE
    )


def opt_in(url: str, folder: Path, *creators: str) -> list[str]:
    path = folder / "privacy.yaml"
    path.write_text(f"opted_in:\n  creators: [{', '.join(repr(one) for one in creators)}]\n", encoding="utf-8")
    return publish(url, path)


def names(reader: Client) -> dict[str, tuple[Any, ...]]:
    """Everything of the views of names that the reader may see, by account."""
    rows = reader.query("SELECT userid, unique_id, nickname, is_opted_in FROM creators ORDER BY userid").result_rows
    return {row[0]: tuple(row[1:]) for row in rows}


def everything(reader: Client) -> str:
    """All rows of all views that the reader may see."""
    views = [row[0] for row in reader.query("SHOW TABLES").result_rows]
    return "\n".join(repr(reader.query(f"SELECT * FROM {view}").result_rows) for view in views)


MASKED = ("[masked]", "[masked]", 0)


def test_nobody_is_shown_until_somebody_is_opted_in_and_taken_back_again(
    url: str, writer: Client, reader: Client, tmp_path: Path
) -> None:
    assert names(reader) == {ADA: MASKED, BOB: MASKED}
    assert opt_in(url, tmp_path, "@ADA.L")[-1] == "names: 1 accounts are shown by name, 1 are masked"
    assert names(reader) == {ADA: ("Ada.L", "Ada", 1), BOB: MASKED}
    assert reader.query("SELECT userid, handle, display_name FROM creator_names").result_rows == [(ADA, "Ada.L", "Ada")]
    for view in ("user_observations", "dim_creator"):
        found = {row[0]: row[1] for row in reader.query(f"SELECT userid, (unique_id, nickname) FROM {view}").result_rows}
        assert found[ADA] == ("Ada.L", "Ada")
        assert {len(name) for name in found[BOB]} == {64}
    told = everything(reader)
    assert "bob" not in told.lower()
    assert f"sec{ADA}" not in told, "a secUid is no name"
    assert opt_in(url, tmp_path, "@ada.l") == [], "nothing to do"
    assert opt_in(url, tmp_path)[0] == "published privacy.yaml"
    assert names(reader) == {ADA: MASKED, BOB: MASKED}
    assert "ada" not in everything(reader).lower()


def test_by_id_and_before_anybody_was_observed(url: str, writer: Client, reader: Client, tmp_path: Path) -> None:
    (line,) = (line for line in opt_in(url, tmp_path, BOB, "cyd", CYD[:-1] + "9") if line.startswith("names"))
    assert line.endswith(f"not observed yet: {CYD[:-1]}9, @cyd")
    assert names(reader)[BOB] == ("bob", "Bob", 1)
    # Shown as soon as it is observed, with no second publication.
    observe(writer, CYD, "Cyd", "Cyd C.")
    assert names(reader)[CYD] == ("Cyd", "Cyd C.", 1)


def test_who_takes_over_a_handle_stays_masked(url: str, writer: Client, reader: Client, tmp_path: Path) -> None:
    opt_in(url, tmp_path, "ada.l")
    observe(writer, ADA, "ada.new", "Ada", hours=1)
    observe(writer, BOB, "ada.l", "Bob", hours=2)
    assert names(reader) == {ADA: ("ada.new", "Ada", 1), BOB: MASKED}
    (note,) = opt_in(url, tmp_path, "ada.l")
    assert "has changed hands" in note
    assert names(reader) == {ADA: ("ada.new", "Ada", 1), BOB: MASKED}


def test_who_takes_over_a_handle_that_was_first_observed_later_stays_masked(
    url: str, writer: Client, reader: Client, tmp_path: Path
) -> None:
    """The first account under the handle is meant, with no second publication; not one that bore it long before."""
    observe(writer, BOB, "ada.l", "Bob", hours=1)
    observe(writer, BOB, "bob", "Bob", hours=2)
    observe(writer, ADA, "ada.old", "Ada", hours=1)
    opt_in(url, tmp_path, "ada.l")
    assert names(reader) == {ADA: MASKED, BOB: MASKED}
    observe(writer, ADA, "Ada.L", "Ada", hours=3)
    observe(writer, ADA, "ada.new", "Ada", hours=4)
    observe(writer, BOB, "ada.l", "Bob", hours=5)
    assert names(reader) == {ADA: ("ada.new", "Ada", 1), BOB: MASKED}
    (note,) = (line for line in opt_in(url, tmp_path, "ada.l") if "changed hands" in line)
    assert note.endswith("name accounts by id to be sure")
    assert names(reader) == {ADA: ("ada.new", "Ada", 1), BOB: MASKED}
    opt_in(url, tmp_path)
    assert names(reader) == {ADA: MASKED, BOB: MASKED}


def test_what_no_name_is_is_not_shown_as_one(url: str, writer: Client, reader: Client, tmp_path: Path) -> None:
    observe(writer, ADA, "p" + "a2" * 10, "p" + "b3" * 10, hours=1)
    opt_in(url, tmp_path, ADA)
    assert reader.query("SELECT count() FROM creator_names").result_rows == [(0,)]


def test_forgetting_takes_the_entry_away(url: str, writer: Client, reader: Client, tmp_path: Path) -> None:
    opt_in(url, tmp_path, "ada.l", "later", BOB)
    writer.insert(
        "post_observations_log", [["7001", ADA, "Mine #ada", 5, AT], ["7002", BOB, "With ada.l", 5, AT]], column_names=POST
    )
    person = Person(ADA, {"ada.l", "later"}, {"Ada"}, {f"sec{ADA}"}, {"7001"}, set())
    tables = Tables(writer, "tokpulse_private", Rewriter(person, bytes(32)))
    tables.look_for(person)
    try:
        renamed = {table.name: tables.rewrite(table) for table in tables.known()}
    finally:
        tables.forget_search()
    assert (renamed["opted_in"], renamed["creators_newest"], renamed["post_titles_log"]) == (2, 1, 2)
    tables.withdraw()
    assert writer.query("SELECT unique_id, userid FROM opted_in").result_rows == [("", BOB)]
    assert set(names(reader).values()) == {MASKED, ("bob", "Bob", 1)}
    for table in ("opted_in", "creators_newest", "post_titles_log"):
        assert "ada" not in repr(writer.query(f"SELECT * FROM {table} FINAL").result_rows).lower()


def test_the_command_publishes_checks_and_counts(
    url: str, writer: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    monkeypatch.setenv("CLICKHOUSE_URL", url)

    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["tokpulse", "privacy", *words])
        assert cli_main.main() == 0
        return capsys.readouterr().out

    Path("privacy.yaml").write_text("opted_in: {creators: [bob, '5']}\n")
    assert run("check") == "privacy.yaml: 2 accounts are opted in: 1 by handle, 1 by id\n"
    assert run("show") == "names: 0 accounts are shown by name, 2 are masked\n"
    assert run("apply").splitlines()[-1] == "names: 1 accounts are shown by name, 1 are masked; not observed yet: 5"
    assert run("apply") == "nothing to do: privacy.yaml is published\n"
    assert shown(url).by_name == 1
