"""`tokpulse thresholds ...`: what it prints, what it refuses, and that nothing is written when anything is wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import main as cli_main
from cli import thresholds as commands
from tests.thresholds.conftest import Database
from thresholds import change
from thresholds.file import SHIPPED_FILE, load_thresholds, parse_thresholds
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.table import read_table, write_table
from thresholds.text import plain, to_yaml
from thresholds.versions import at, follow

T0 = 1_767_571_200_000
HOUR_MS = 3_600_000
SHIPPED = load_thresholds(SHIPPED_FILE)
EDITED = replace(SHIPPED, unknown_authors=150.0)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `tokpulse thresholds ARGS` in an empty directory, without any service."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path / "data"))
    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL"):
        monkeypatch.delenv(variable, raising=False)

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tokpulse", "thresholds", *args])
        code = cli_main.main()
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def published(database: Database, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ThresholdVersion]]:
    """The shipped file as v1 in the table, and a stand-in for Kafka: what `publish` gave goes to the table only."""
    monkeypatch.setenv("CLICKHOUSE_URL", database.url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:1")
    known = [follow([], SHIPPED, 0, T0, "tokpulse", "first")]
    write_table(database.client, database.url, known)

    def publish(_: Any, wanted: Thresholds, effective_from_ms: int, author: str, comment: str, base: str) -> ThresholdVersion:
        assert base == known[-1].version
        known.append(follow(known, wanted, effective_from_ms, T0, author, comment))
        write_table(database.client, database.url, known[-1:])
        return known[-1]

    monkeypatch.setattr(change, "publish", publish)
    monkeypatch.setattr(commands, "sync", lambda _: [])
    yield known
    # Whatever was published is in the table, and nothing else.
    assert read_table(database.client, database.url) == known


def edited(thresholds: Thresholds = EDITED, path: str = "thresholds.yaml") -> str:
    Path(path).write_text(to_yaml(thresholds), encoding="utf-8")
    return path


def test_check_needs_no_service(run: Run) -> None:
    code, out, _ = run("check")
    assert (code, out.split(": ")[0]) == (0, str(SHIPPED_FILE))
    edited()
    code, out, _ = run("check")
    assert (code, out.split(": ")[0]) == (0, "thresholds.yaml")
    assert EDITED.content_hash()[:8] in out


@pytest.mark.parametrize("command", ["check", "apply", "diff", "backtest"])
def test_an_invalid_file_is_refused_before_any_service_is_asked(run: Run, command: str) -> None:
    first_rate = f"plays_per_hour: {plain(SHIPPED.tiers[0].plays_per_hour)}}}"
    Path("bad.yaml").write_text(to_yaml(SHIPPED).replace(first_rate, "plays_per_hour: -2}", 1))
    code, out, err = run(command, "bad.yaml")
    assert (code, out) == (1, "")
    first, hint = err.splitlines()
    assert first == "error: bad.yaml:3: trending.tiers[0].plays_per_hour: -2 is negative"
    assert hint.startswith("  hint: a number above 0")


@pytest.mark.parametrize("args", [["apply"], ["show"], ["diff"], ["backtest"], ["rollback", "1"], ["apply", "--dry-run"]])
def test_without_services_the_variable_is_named(run: Run, args: list[str]) -> None:
    code, _, err = run(*args)
    assert code == 1
    assert " is not set" in err


@pytest.mark.parametrize("args", [["check", "nowhere.yaml"], ["apply", "nowhere.yaml"], ["check", "."]])
def test_a_file_that_is_none(run: Run, args: list[str]) -> None:
    code, _, err = run(*args)
    assert code == 1
    assert err.startswith(f"error: {args[1]}: (file): ")


@pytest.mark.clickhouse
def test_show_and_history(run: Run, published: list[ThresholdVersion]) -> None:
    code, out, _ = run("show")
    assert code == 0
    assert out.startswith(f"# {published[0].version}, in force from 1970-01-01T00:00:00Z\n")
    assert parse_thresholds(out) == SHIPPED
    assert run("show", "1")[1] == run("show", published[0].version)[1] == out
    values = json.loads(run("show", "--json")[1])
    assert values["thresholds"] == json.loads(SHIPPED.to_json())
    assert values["effective_from"] == "1970-01-01T00:00:00Z"
    assert published[0].version + " *" in run("show", "--history")[1]
    assert [one["sequence"] for one in json.loads(run("show", "--history", "--json")[1])] == [1]
    assert run("show", "1", "--history")[0] == 1


@pytest.mark.clickhouse
@pytest.mark.parametrize("command", ["show", "rollback"])
def test_an_unknown_version_is_refused_with_the_known_ones(run: Run, published: list[ThresholdVersion], command: str) -> None:
    code, _, err = run(command, "v7")
    assert code == 1
    assert err == f"error: no version 'v7' of the thresholds\n  hint: known: {published[0].version}\n"


@pytest.mark.clickhouse
def test_apply_publishes_once(run: Run, published: list[ThresholdVersion]) -> None:
    edited()
    code, out, _ = run("apply", "--comment", "quieter", "--author", "ada")
    assert code == 0
    assert "trending.unknown_authors.plays_per_hour" in out
    assert out.splitlines()[-2].startswith(f"published {published[1].version}, in force from 20")
    assert out.splitlines()[-1] == "saved thresholds.yaml"
    assert (published[1].author, published[1].comment, published[1].thresholds) == ("ada", "quieter", EDITED)
    code, out, _ = run("apply")
    assert (code, len(published)) == (0, 2)
    assert out.startswith("already in force since ")
    assert published[1].version in out


@pytest.mark.clickhouse
def test_the_second_of_two_editors_sees_what_the_first_changed(run: Run, published: list[ThresholdVersion]) -> None:
    mine = run("show")[1].replace("negative_delta_plays: 1000", "negative_delta_plays: 7")
    run("apply", edited(), "--author", "ada")
    Path("mine.yaml").write_text(mine)
    for dry_run in ([], ["--dry-run"]):
        code, out, err = run("apply", "mine.yaml", *dry_run)
        assert code == 1
        assert [line.split() for line in out.splitlines()[1:]] == [
            ["trending.unknown_authors.plays_per_hour", "100,000", "150", "100,000", "taken", "back"],
            ["warnings.negative_delta_plays", "1,000", "1,000", "7", "changed"],
        ]
        first, hint = err.splitlines()
        assert first.startswith(f"error: ada published {published[1].version} at 2026-01-05T00:00:00Z; this was made from v1-")
        assert first.endswith("and would take back trending.unknown_authors.plays_per_hour")
        assert "--over v2" in hint
    assert Path("mine.yaml").read_text() == mine

    assert "the newest version is v2-" in run("apply", "mine.yaml", "--over", "v1")[2]
    assert len(published) == 2
    code, out, _ = run("apply", "mine.yaml", "--over", "v2")
    assert (code, len(published)) == (0, 3)
    assert out.splitlines()[-1] == "saved mine.yaml"
    # It names the new version: the next edit of it is made from that one.
    assert Path("mine.yaml").read_text().startswith(f"# {published[2].version}, in force from ")
    Path("mine.yaml").write_text(Path("mine.yaml").read_text().replace("negative_delta_plays: 7", "negative_delta_plays: 1000"))
    assert run("apply", "mine.yaml")[0] == 0


@pytest.mark.clickhouse
def test_apply_twice_in_one_moment_names_the_times(run: Run, published: list[ThresholdVersion]) -> None:
    edited()
    assert run("apply", "--effective-from", "2026-01-05T00:00:00Z")[0] == 0
    edited(replace(EDITED, unknown_authors=1.0))
    for moment in ("2026-01-05T00:00:00Z", "2026-01-04", "1969-01-01"):
        code, _, err = run("apply", "--effective-from", moment)
        assert code == 1
        assert f"is not after that of the version in force, {published[1].version}: 2026-01-05T00:00:00Z" in err
    code, _, err = run("apply", "--effective-from", "soon")
    assert code == 1
    assert "--effective-from: 'soon' is not a time" in err
    assert len(published) == 2


@pytest.mark.clickhouse
def test_a_version_of_the_future_is_not_in_force_yet(run: Run, published: list[ThresholdVersion]) -> None:
    edited()
    assert run("apply", "--effective-from", "2200-01-01")[0] == 0
    assert run("apply", "--effective-from", "2201-01-01")[1].startswith(
        "already published, in force from 2200-01-01T00:00:00Z as v2-"
    )
    assert run("show")[1].startswith(f"# {published[0].version},")
    assert "trending.unknown_authors" in run("diff")[1]
    # What is only planned keeps nobody from changing the thresholds before.
    assert "published v3-" in run("apply")[1]
    assert run("show")[1].startswith(f"# {published[2].version},")


@pytest.mark.clickhouse
def test_dry_run_publishes_nothing(run: Run, published: list[ThresholdVersion], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL"):
        monkeypatch.delenv(variable)
    edited()
    code, out, _ = run("apply", "--dry-run")
    assert (code, len(published)) == (0, 1)
    assert out.endswith("dry run: nothing is published\n")


@pytest.mark.clickhouse
def test_diff_and_backtest(run: Run, published: list[ThresholdVersion], database: Database) -> None:
    assert run("diff")[1] == f"no difference between {published[0].version} and {SHIPPED_FILE}\n"
    edited()
    assert "150" in run("diff")[1]
    assert run("backtest")[1] == "backtest: ClickHouse holds no rows of that time\n"
    end = T0 + HOUR_MS
    row = [
        "post",
        "author",
        at(T0),
        at(end),
        500,
        100,
        at(T0),
        1,
        400,
        400.0,
        None,
        "missing",
        "unknown",
        2e4,
        "v1-x",
        *[0] * 4,
        None,
    ]
    database.client.insert("trending_hourly_log", [row])
    out = run("backtest")[1]
    assert "unknown" in out
    assert "+ trending  2026-01-05T01:00:00Z  post post  400 plays/h  unknown 20,000 -> unknown 150" in out
    found = json.loads(run("backtest", "--json")[1])
    assert (found["gained"], found["lost"]) == (1, 0)
    assert found["trending_changes"][0]["aweme_id"] == "post"
    assert json.loads(run("backtest", "--json", "--to", "2026-01-05T01:00:00Z")[1])["gained"] == 0
    assert json.loads(run("backtest", "--json", "--from", "2026-01-05T01:00:00Z")[1])["gained"] == 1
    code, _, err = run("backtest", "--from", "now", "--to", "-1h")
    assert code == 1
    assert "is not before" in err
    code, out, _ = run("apply", "--effective-from", "2026-01-05T01:00:00Z")
    assert code == 0
    assert "note: 1 post-hours that end at 2026-01-05T01:00:00Z or later already have a verdict" in out


@pytest.mark.clickhouse
def test_rollback_publishes_the_content_again(run: Run, published: list[ThresholdVersion]) -> None:
    edited()
    run("apply")
    code, out, _ = run("rollback", "previous")
    assert code == 0
    assert "published v3-" in out
    assert published[2].content_hash == published[0].content_hash
    assert published[2].comment == f"back to {published[0].version}"
    code, out, _ = run("rollback", "1")
    assert (code, len(published)) == (0, 3)
    assert out.startswith("already in force")


@pytest.mark.clickhouse
def test_nothing_published_yet(run: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", database.url)
    for args in (("show",), ("diff",), ("apply", "--dry-run")):
        code, _, err = run(*args)
        assert code == 1
        assert "tokpulse init" in err
    assert run("show", "--history")[1] == "no version of the thresholds is published yet\n"
