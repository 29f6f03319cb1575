"""Every kind of test on a state in which it passes and on one in which it does not: status, rows and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from quality.catalog import Catalog, load_catalog
from quality.checks import SEVERITIES, Moment, checks_of
from quality.results import Status
from quality.run import QUERIES, Tables, run_checks
from stack.migrations import apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

NOW = datetime(2026, 1, 8, 12, tzinfo=UTC)
AT = Moment(round(NOW.timestamp() * 1000))
TIME = "DateTime64(3, 'UTC')"
HEAD = """kind: table
description: A table
grain: one row
key: [{key}]
owner: analytics
written_by: a test
time_column: {time}
retention: no limit
"""
PLAYS = (
    HEAD.format(key="id, at", time="at")
    + """freshness: {warn: 6h, error: 24h}
columns:
  id: {unit: id, meaning: Post id, tests: {not_null: true}}
  at: {unit: UTC time, meaning: Time}
  plays: {unit: count, meaning: Plays, tests: {range: {min: 0, max: 1000000}}}
  mood: {unit: category, meaning: Mood, tests: {values: [good, bad]}}
  author: {unit: id, meaning: Author, tests: {references: {dataset: authors, column: id, bounded: true}}}
tests:
  unique_grain: true
  never_falls: {column: plays, of: id, tolerance: 0.1}
"""
)
AUTHORS = (
    HEAD.format(key="id, valid_from", time="valid_from")
    + """freshness: {warn: 24h, error: 48h, required: false}
columns:
  id: {unit: id, meaning: User id}
  valid_from: {unit: UTC time, meaning: Time}
  valid_to: {unit: UTC time, meaning: Time}
  is_current: {unit: flag, meaning: Flag}
tests:
  history: {of: id}
"""
)
VERDICTS = (
    HEAD.format(key="id", time="at")
    + """columns:
  id: {unit: id, meaning: Post id}
  at: {unit: UTC time, meaning: Time}
  snapshot: {unit: category, meaning: Of the author}
tests:
  fresh_snapshots: {column: snapshot, at_least: 0.75}
"""
)
TABLES = {
    "verdicts": f"(id String, at {TIME}, snapshot String) ENGINE = MergeTree ORDER BY id",
    "plays": f"(id String, at {TIME}, plays UInt64, mood Nullable(String), author String) ENGINE = MergeTree ORDER BY id",
    "authors": f"(id String, valid_from {TIME}, valid_to Nullable({TIME}), is_current UInt8) ENGINE = MergeTree ORDER BY id",
}
SHIPPED = ("dead_letters_log", "pipeline_ledger_entries", "raw_api_responses")


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


@dataclass
class World:
    """Two tables and a catalog of them, and the shipped tables and catalog."""

    client: Any
    small: Catalog
    shipped: Catalog

    def insert(self, table: str, *rows: list[Any], columns: str = "*") -> None:
        self.client.insert(table, list(rows), column_names=columns.split() if columns != "*" else "*")

    def one(self, dataset: str, test: str, at: Moment = AT) -> tuple[str, int, str]:
        """Status, rows and what is said of the only test of that name."""
        catalog = self.small if dataset in self.small else self.shipped
        (result,) = run_checks(Tables(self.client, ""), [catalog[dataset]], catalog, at, [test])
        assert result.severity == SEVERITIES[test]
        return result.status.value, result.failing_rows, result.detail


@pytest.fixture(scope="module")
def tables(front: FrontProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = front.url(ADMIN, "quality")
    apply_migrations(url)
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    folder = tmp_path_factory.mktemp("catalog")
    for name, text in (("plays", PLAYS), ("authors", AUTHORS), ("verdicts", VERDICTS)):
        client.command(f"CREATE OR REPLACE TABLE {name} {TABLES[name]}")
        (folder / f"{name}.yaml").write_text(text)
    yield World(client, load_catalog(folder), load_catalog())
    client.close()


@pytest.fixture
def world(tables: World) -> World:
    for table in (*TABLES, *SHIPPED):
        tables.client.command(f"TRUNCATE TABLE {table}")
    tables.insert("authors", ["a", ago(20), None, 1])
    tables.insert("plays", ["p", ago(3), 100, "good", "a"], ["p", ago(2), 95, None, "a"], ["q", ago(1), 7, "bad", "a"])
    return tables


def test_tests_of_a_sound_table_pass(world: World) -> None:
    results = list(run_checks(Tables(world.client, ""), list(world.small.values()), world.small, AT, []))
    assert [one for one in results if one.status is not Status.PASS] == []
    assert {one.test for one in results} == {
        *("freshness", "unique_grain", "never_falls", "not_null", "accepted_range", "accepted_values", "references", "history"),
        "fresh_snapshots",
    }
    assert {one.detail for one in results if one.test == "unique_grain"} == {"3 checked"}


def test_not_null(world: World) -> None:
    world.insert("plays", ["", ago(1), 1, "bad", "a"], ["", ago(4), 1, "bad", "a"])
    status, rows, said = world.one("plays", "not_null")
    assert (status, rows) == ("fail", 2)
    assert said.startswith("2 of 5 have no value, e.g. , 2026-01-08 ")


def test_accepted_range_sees_a_negative_number_that_was_stored_unsigned(world: World) -> None:
    world.insert("plays", ["r", ago(1), 2**64 - 1, "bad", "a"])
    assert world.one("plays", "accepted_range") == (
        "fail",
        1,
        "1 of 4 are outside 0 to 1e+06, e.g. r, 2026-01-08 11:00:00.000",
    )


def test_accepted_values(world: World) -> None:
    world.insert("plays", ["r", ago(1), 1, "odd", "a"])
    said = "1 of 4 are none of good, bad, e.g. r, 2026-01-08 11:00:00.000 with odd"
    assert world.one("plays", "accepted_values") == ("fail", 1, said)


def test_references(world: World) -> None:
    world.insert("plays", ["r", ago(1), 1, "bad", "b"], ["s", ago(1), 1, "bad", "b"])
    status, rows, said = world.one("plays", "references")
    assert (status, rows) == ("fail", 2)
    assert said.startswith("2 of 5 are not in authors.id, e.g. ")
    assert said.endswith(" with b")


def test_unique_grain(world: World) -> None:
    world.insert("plays", ["q", ago(1), 7, "bad", "a"], ["q", ago(1), 8, "bad", "a"])
    said = "2 of 5 repeat a key, e.g. q, 2026-01-08 11:00:00.000 is there 3 times"
    assert world.one("plays", "unique_grain") == ("fail", 2, said)


@pytest.mark.parametrize(
    ("hours", "status", "rows", "said"),
    [
        (5.9, "pass", 0, "newest row 2026-01-08 06:06 UTC, 5.9 h ago"),
        (6.1, "warn", 1, "newest row 2026-01-08 05:54 UTC, 6.1 h ago; it is to be at most 6 h"),
        (24.1, "fail", 1, "no row since 2026-01-07 12:00 UTC, 24 h ago"),
    ],
)
def test_freshness(world: World, hours: float, status: str, rows: int, said: str) -> None:
    world.client.command("TRUNCATE TABLE plays")
    world.insert("plays", ["p", ago(hours), 1, "bad", "a"], ["p", ago(90), 1, "bad", "a"])
    assert world.one("plays", "freshness") == (status, rows, said)


def test_freshness_of_an_empty_table_depends_on_whether_it_is_required(world: World) -> None:
    for table in TABLES:
        world.client.command(f"TRUNCATE TABLE {table}")
    assert world.one("plays", "freshness") == ("fail", 0, "holds no row")
    assert world.one("authors", "freshness") == ("warn", 0, "holds no row")


def test_never_falls_tolerates_a_small_correction(world: World) -> None:
    assert world.one("plays", "never_falls") == ("pass", 0, "3 checked")
    world.insert("plays", ["p", ago(1), 80, "bad", "a"])
    said = "1 of 4 fell by more than 10%, e.g. p at 2026-01-08 11:00:00.000 from 95 to 80"
    assert world.one("plays", "never_falls") == ("warn", 1, said)


def test_what_is_older_than_the_span_is_not_looked_at(world: World) -> None:
    world.insert("plays", ["", ago(24 * 7 + 1), 2**64 - 1, "odd", "b"])
    for test in ("not_null", "accepted_range", "references", "unique_grain"):
        assert world.one("plays", test) == ("pass", 0, "3 checked")


@pytest.mark.parametrize(
    ("versions", "failing"),
    [
        ([(20, 10, 0), (10, 5, 0), (5, None, 1)], 0),
        ([(20, 10, 0), (9, None, 1)], 1),  # a gap
        ([(20, 8, 0), (9, None, 1)], 1),  # an overlap
        ([(20, 9, 1), (9, None, 1)], 1),  # two are current
        ([(20, 9, 0), (9, None, 0)], 1),  # none is
        ([(20, 9, 0), (9, 5, 0)], 1),  # the last has ended
        ([(20, None, 1), (9, None, 1)], 1),  # two go on
        ([(20, 20, 0), (20, 9, 0), (9, None, 1)], 1),  # one lasts no time
    ],
)
def test_history(world: World, versions: list[tuple[float, float | None, int]], failing: int) -> None:
    world.client.command("TRUNCATE TABLE authors")
    world.insert("authors", *(["a", ago(start), None if end is None else ago(end), current] for start, end, current in versions))
    status, rows, said = world.one("authors", "history")
    assert (status, rows) == ("fail" if failing else "pass", failing)
    assert said.startswith(f"1 of {len(versions)} overlap, leave a gap" if failing else f"{len(versions)} checked")


LEDGER = ("job", "run_id", "topic", "path", "kafka_partition", "bucket", "valid", "counted", "late", "beyond_bound", "quarantined")


def ledger(world: World, run_id: str, valid: int, counted: int, late: int = 0, beyond_bound: int = 0, minutes: int = 6) -> None:
    """A run whose records are counted where they are read and again behind the exchange, so many minutes ago."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    world.client.insert(
        "pipeline_ledger_entries",
        [
            ["engagement", run_id, "posts", "read", 0, 0, valid, 0, 0, 0, 0, at],
            ["engagement", run_id, "posts", "hours", -1, 0, 0, 0, late, beyond_bound, 0, at],
            ["engagement", run_id, "posts", "hours", -1, -3600, 0, counted, 0, 0, 0, at],
        ],
        column_names=(*LEDGER, "written_at"),
        column_type_names=(*["String"] * 4, "Int32", "Int64", *["UInt64"] * 5, TIME),
        settings={"insert_allow_materialized_columns": 1},
    )


def test_ledger_balance(world: World) -> None:
    ledger(world, "good", 5, 3, 1, 1)
    # Late records are in the first count with the next hour only.
    ledger(world, "waits", 5, 5, 2, 1)
    assert world.one("pipeline_ledger", "ledger_balance") == ("pass", 0, "2 checked")
    ledger(world, "more", 5, 6, 1)
    said = "1 of 3 do not add up, e.g. more of posts: 5 read, -2 unaccounted"
    assert world.one("pipeline_ledger", "ledger_balance") == ("warn", 1, said)
    world.client.command("TRUNCATE TABLE pipeline_ledger_entries")
    ledger(world, "young", 5, 3, 1, minutes=4)
    assert world.one("pipeline_ledger", "ledger_balance") == ("pass", 0, "1 checked")
    ledger(world, "lost", 5, 3, 1)
    said = "1 of 2 do not add up, e.g. lost of posts: 5 read, 1 unaccounted"
    assert world.one("pipeline_ledger", "ledger_balance") == ("fail", 1, said)


def test_late_share(world: World) -> None:
    # By the clock of ClickHouse, which notes when an entry came.
    now = Moment(round(datetime.now(UTC).timestamp() * 1000))

    def late_share(at: Moment = now) -> tuple[str, int, str]:
        return world.one("pipeline_ledger", "late_share", at)

    ledger(world, "few", 10_000, 9_990, 10)
    ledger(world, "yesterday", 10, 0, 10, minutes=25 * 60)
    ledger(world, "began", 0, 0, 10)
    assert late_share() == ("pass", 0, "1 checked")
    ledger(world, "many", 10_000, 9_900, 100)
    said = "1 of 2 have too many late records, e.g. many of posts: 10000 read, 100 late, 0 beyond the late bound"
    assert late_share() == ("warn", 1, said)
    ledger(world, "beyond", 10_000, 9_999, 0, 1)
    said = "2 of 3 have too many late records, e.g. beyond of posts: 10000 read, 0 late, 1 beyond the late bound"
    assert late_share() == ("fail", 2, said)
    ledger(world, "most", 10_000, 9_899, 101)
    said = "3 of 4 have too many late records, e.g. most of posts: 10000 read, 101 late, 0 beyond the late bound"
    assert late_share() == ("fail", 3, said)
    assert late_share(Moment(now.as_of_ms, now.as_of_ms - 2 * 86_400_000))[1] == 4


def test_fresh_snapshots(world: World) -> None:
    world.insert("verdicts", *(["p", ago(1), "fresh"] for _ in range(3)), ["p", ago(2), "stale"], ["p", ago(25), "missing"])
    # Three of four are enough; what is older than a day does not count.
    assert world.one("verdicts", "fresh_snapshots") == ("pass", 0, "4 checked")
    world.insert("verdicts", ["p", ago(23), "missing"])
    said = "2 of 5 have no fresh snapshot, where 75% should have one, e.g. 1 missing, 1 stale"
    assert world.one("verdicts", "fresh_snapshots") == ("warn", 2, said)


def test_dead_letter_volume(world: World) -> None:
    def letters(first: int, last: int, reason: str) -> None:
        world.insert("dead_letters_log", *(["posts", 0, number, reason, "", ago(1)] for number in range(first, last)))

    letters(0, 1000, "truncated: after 3 bytes")
    assert world.one("dead_letters", "dead_letter_volume") == ("pass", 0, "1,000 checked")
    letters(1000, 1001, "bad_magic: 0x01")
    said = "1,001 of 1,001 are more than 1,000, e.g. most often posts: truncated"
    assert world.one("dead_letters", "dead_letter_volume") == ("warn", 1001, said)
    # Whatever has no code may be anybody's words.
    letters(1001, 3000, "@ann said: hello")
    assert "ann" not in world.one("dead_letters", "dead_letter_volume")[2]


def test_schema_drift(world: World) -> None:
    # The table drops what is older than 6 months by its own clock.
    now = datetime.now(UTC)

    def answers(hours: float, payload: str, number: int = 20, status: int = 200) -> None:
        rows = ([now - timedelta(hours=hours), "/user/", status, payload] for _ in range(number))
        world.insert("raw_api_responses", *rows, columns="ingested_at endpoint http_status payload")

    def drift() -> tuple[str, int, str]:
        return world.one("raw_api_responses", "schema_drift", Moment(round(now.timestamp() * 1000)))

    before = '{"user": {"id": 1, "uniqueId": "a"}, "videos": [{"aweme_id": 1}], "cursor": 3}'
    answers(30, before)
    answers(2, before)
    # Pages of errors, and what only some answers have, are no change.
    answers(2, '{"error": 1}', status=500)
    answers(2, before.replace("cursor", "hint"), number=2)
    assert drift() == ("pass", 0, "7 checked")
    world.client.command("TRUNCATE TABLE raw_api_responses")
    answers(30, before)
    answers(2, before.replace("aweme_id", "awemeId"))
    status, rows, said = drift()
    assert (status, rows) == ("warn", 2)
    assert said in (
        "2 of 7 came or went within a day, e.g. /user/ no longer has videos[].aweme_id",
        "2 of 7 came or went within a day, e.g. /user/ now has videos[].awemeId",
    )


def test_a_table_that_is_not_there_fails_its_tests_and_no_others(world: World) -> None:
    world.client.command("DROP TABLE plays")
    try:
        results = list(run_checks(Tables(world.client, ""), list(world.small.values()), world.small, AT, []))
    finally:
        world.client.command(f"CREATE TABLE plays {TABLES['plays']}")
    failed = [one for one in results if one.dataset == "plays"]
    assert {one.status for one in failed} == {Status.FAIL}
    # Results are shared: of ClickHouse's message, which may quote a value, only the code.
    assert {one.detail for one in failed} == {"cannot be tested: ClickHouse refuses with code 60 (UNKNOWN_TABLE)"}
    assert {one.status for one in results if one.dataset == "authors"} == {Status.PASS}


def test_every_shipped_test_can_be_run(world: World) -> None:
    results = list(run_checks(Tables(world.client, ""), list(world.shipped.values()), world.shipped, AT, []))
    assert [one for one in results if one.detail.startswith("cannot be tested")] == []
    assert {one.status for one in results if one.test != "freshness"} == {Status.PASS}
    assert {one.test for one in results} | {"history", "reconcile"} == set(SEVERITIES)


def test_every_query_is_of_a_test_or_of_the_reconciliation(world: World) -> None:
    queries = {path.stem for path in QUERIES.glob("*.sql")}
    assert queries - set(SEVERITIES) == {
        "unique_grain_example",
        "landed_by_hour",
        "landed_keys",
        "dead_letters_of_topic",
        "reads_of_topic",
    }
    for dataset in world.shipped.values():
        assert {check.test for check in checks_of(dataset, world.shipped, AT)} <= queries
