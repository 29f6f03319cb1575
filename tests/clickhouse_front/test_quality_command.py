"""`tokpulse quality` as a command: exit codes, what is kept, and errors of one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from cli.main import main

from .conftest import FrontProcess

pytestmark = pytest.mark.clickhouse

Run = Callable[..., int]


@pytest.fixture
def client(front: FrontProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    url = front.url(database="quality_command")
    front.migrated("quality_command")
    monkeypatch.setenv("CLICKHOUSE_URL", url)
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in ("pipeline_ledger_entries", "threshold_versions_log", "quality_results_log"):
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["tokpulse", "quality", *arguments])
        return main()

    return call


def ledger(client: Any, run_id: str, counted: int) -> None:
    """A run that closed its hour ten minutes ago."""
    client.insert(
        "pipeline_ledger_entries",
        [["engagement", run_id, "posts", "read", 0, 0, 5, counted, datetime.now(UTC) - timedelta(minutes=10)]],
        column_names=["job", "run_id", "topic", "path", "kafka_partition", "bucket", "valid", "counted", "written_at"],
        column_type_names=[*["String"] * 4, "Int32", "Int64", "UInt64", "UInt64", "DateTime64(3, 'UTC')"],
        settings={"insert_allow_materialized_columns": 1},
    )


LEDGER = ("--dataset", "pipeline_ledger", "--test", "ledger_balance")


def test_the_exit_code_says_how_bad_it_is(client: Any, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ledger(client, "even", 5)
    assert run(*LEDGER) == 0
    assert "1 tests: 1 pass, 0 warn, 0 fail" in capsys.readouterr().out
    ledger(client, "more", 6)
    assert run(*LEDGER) == 0
    assert "1 tests: 0 pass, 1 warn, 0 fail" in capsys.readouterr().out
    assert run(*LEDGER, "--fail-on", "warn") == 1
    ledger(client, "lost", 4)
    assert run(*LEDGER) == 1
    out = capsys.readouterr().out
    assert "fail" in out
    assert "2 of 3 do not add up" in out


def test_results_are_kept_unless_told_otherwise(client: Any, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ledger(client, "lost", 4)
    assert run(*LEDGER, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert run(*LEDGER, "--no-write") == 1
    kept = client.query(
        "SELECT run_id, dataset, test, column, severity, status, failing_rows, detail FROM quality_results"
    ).result_rows
    (one,) = told["results"]
    assert kept == [
        (told["run_id"], "pipeline_ledger", "ledger_balance", "", "error", "fail", 1, one["detail"]),
    ]
    assert one["detail"] == "1 of 1 do not add up, e.g. lost of posts: 5 read, 1 unaccounted"


def test_tests_are_chosen_by_name_and_rows_by_time(client: Any, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    client.insert("threshold_versions_log", [["", 1]], column_names=["version", "sequence"])
    chosen = ("--dataset", "threshold_versions", "--test", "not_null", "--json", "--no-write")
    assert run(*chosen) == 0
    assert [one["test"] for one in json.loads(capsys.readouterr().out)["results"]] == ["not_null"]
    # It was published in 1970.
    assert run(*chosen, "--since", "1969-12-31T00:00:00Z") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--dataset", "engagement"), 1, "error: no dataset 'engagement' in the catalog"),
        (("--since", "yesterday"), 1, "error: --since: 'yesterday' is not a time"),
        (("--test", "uniqueness"), 2, "no test 'uniqueness'"),
        (("--fail-on", "never"), 2, "'never' is not one of 'error', 'warn'"),
    ],
)
def test_wrong_usage(
    client: Any, run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    assert run(*arguments) == code
    assert says in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_clickhouse_that_is_away_is_one_line_without_the_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://writer:s3cret@127.0.0.1:1/tokpulse")
    assert run() == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ClickHouse at http://writer:***@127.0.0.1:1/tokpulse does not answer")
    assert hint.startswith("  hint: ")
