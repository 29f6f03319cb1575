"""Migrations over tables that hold rows: the read views show what they showed, and nothing is swapped under a running job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import httpx
import pytest

from connectors.flink import rest as flink_rest
from stack import tables
from stack.migrations import Migration, MigrationError, apply_migrations, load_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "migrated_rows"
BEFORE = [migration for migration in load_migrations() if migration.version <= 12]
SINCE = [migration for migration in load_migrations() if migration.version > 12]
# More days than an insert may have partitions.
DAYS = 101
HOUR = "toDateTime64('2026-01-01 10:00:00', 3, 'UTC') + toIntervalDay(number)"
# {again}: 0, then 1 for rows of the same keys.
ROWS = {
    "engagement_hourly_maxima": f"SELECT 'p', 'a', {HOUR}, 100 - {{again}}, 10 + {{again}}, 3, 2, 15, number < 50",
    "trending_hourly_log": (
        f"SELECT 'p', 'a', {HOUR} AS at, at + toIntervalHour(1), 100, 90, at, 1, 10 + {{again}}, 10.5, "
        "if(number % 2, NULL, 7), 'fresh', 'small', 5.5, 'v1', number % 3 = 0"
    ),
    "follower_deltas_log": f"SELECT 'u', {HOUR} AS at, at + toIntervalHour(1), 5 + {{again}}, 10, 15 + {{again}}",
    "follower_snapshots_log": f"SELECT 'u', {HOUR}, 10 + {{again}}",
    "comments_late_snapshots_log": "SELECT 'u2', toDateTime64('2026-01-02 00:00:00', 3, 'UTC'), 44",
    # The same observation scored anew (the last one counts), and of every third comment a newer one written first.
    "comments_log": (
        f"SELECT toString(number), 'p', 'u' || toString(number % 4), 'text', {HOUR} AS at, "
        "at + toIntervalMinute(if(number % 3 = 0, 9 - {again}, 9)), 1, 2, 0.25 * {again}, 'neutral', 'm', "
        "if(number % 2, NULL, 7), if(number % 2, NULL, at), 'en'"
    ),
    "dead_letters_log": f"SELECT 'posts', 0, number, 'truncated: {{again}}', 'raw', {HOUR}",
    "pipeline_ledger_entries": "SELECT 'engagement', 'run', 'posts', 'window', 0, number, 5 + {again}, 4, 1 + {again}, 0",
}
VIEWS = (
    *("engagement_hourly", "trending_hourly", "follower_deltas", "follower_snapshots", "comments_enriched"),
    *("dead_letters", "pipeline_ledger"),
)
JOBS = [
    {"jid": "a1", "name": "engagement", "state": "RUNNING", "start-time": 2, "end-time": -1},
    {"jid": "b2", "name": "trending", "state": "CANCELED", "start-time": 1, "end-time": 5},
    {"jid": "c3", "name": "somebody's", "state": "RUNNING", "start-time": 1, "end-time": -1},
]


@pytest.fixture
def url(front: FrontProcess) -> Iterator[str]:
    """A database as it was before tables were swapped."""
    url = front.url(ADMIN, DATABASE)
    apply_migrations(url, BEFORE)
    yield url
    for database in (DATABASE, f"{DATABASE}_shared", f"{DATABASE}_private"):
        assert front.post(f"DROP DATABASE IF EXISTS {database} SYNC", user=ADMIN).status_code == 200


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    yield made
    made.close()


def shown(client: Any, columns: dict[str, list[str]]) -> dict[str, list[Any]]:
    return {
        view: client.query(f"SELECT {', '.join(names)} FROM {view} ORDER BY ALL").result_rows for view, names in columns.items()
    }


def repeat(client: Any, migration: Migration) -> None:
    """As after a kill just before the migration was recorded."""
    for statement in migration.statements:
        client.command(statement.replace("${DATABASE}", DATABASE))


def test_read_views_show_what_they_showed(url: str, client: Any) -> None:
    for again in (0, 1):
        for table, select in ROWS.items():
            query = f"INSERT INTO {table} {select.format(again=again)} FROM numbers({DAYS})"
            client.command(query, settings={"max_partitions_per_insert_block": 0})
    columns = {view: [row[0] for row in client.query(f"DESCRIBE TABLE {view}").result_rows] for view in VIEWS}
    before = shown(client, columns)
    assert {view: len(rows) for view, rows in before.items()} == dict.fromkeys(VIEWS, DAYS) | {"pipeline_ledger": 1}
    for migration in SINCE:
        assert apply_migrations(url, [migration])[0] == f"applied {migration.path.name}"
        repeat(client, migration)
        if migration.swapped or migration is SINCE[-1]:
            assert shown(client, columns) == before, migration.path.name
    # What follows a swapped table follows the new one: an hour that closes, closes those before it.
    closed = ROWS["engagement_hourly_maxima"].format(again=0).replace("number < 50", "1")
    assert client.query("SELECT sum(is_final) FROM engagement_hourly").result_rows == [(50,)]
    client.command(f"INSERT INTO engagement_hourly_maxima {closed} FROM numbers(60, 1)")
    assert client.query("SELECT sum(is_final) FROM engagement_hourly").result_rows == [(61,)]


def test_half_hours_and_hashtags_show_what_they_showed(url: str, client: Any) -> None:
    """Stored anew by 0034: of landed observations, some in one five minutes, one late, some with the same hashtag in two titles."""
    changing = ("0034_rows_per_observation.sql", "0035_no_longer_read.sql")
    apply_migrations(url, [migration for migration in SINCE if migration.path.name not in changing])
    client.command(
        "INSERT INTO post_observations_log (aweme_id, author_id, title, play_count, digg_count, ingested_at, is_late)"
        " SELECT toString(number % 3), 'a', if(number % 2, '#One #two', 'two #TWO'), number % 4 * 10, number,"
        f" {HOUR.replace('Day', 'Minute')}, number = 7 FROM numbers({DAYS})"
    )
    client.command("INSERT INTO trending_hourly_log (aweme_id, window_start, delta_plays) VALUES ('1', '2026-01-01 10:00:00', 5)")
    columns = {"velocity_30m": ["*"], "hashtag_hourly": ["*"]}
    before = shown(client, columns)
    # From 25 minutes before the first observation of each post to the last, which one post has alone; two hashtags in two hours.
    assert {view: len(rows) for view, rows in before.items()} == {"velocity_30m": 3 * 25 + 1, "hashtag_hourly": 2 * 2}
    assert sum(revision for *_, revision in before["velocity_30m"]) == 6, "the late one belongs to six half hours"
    for migration in SINCE:
        if migration.path.name in changing:
            apply_migrations(url, [migration])
            repeat(client, migration)
            assert shown(client, columns) == before, migration.path.name
    # What lands from now on counts as well.
    client.command(
        "INSERT INTO post_observations_log (aweme_id, title, play_count, ingested_at)"
        " VALUES ('1', '#new', 900, '2026-01-01 10:02:00')"
    )
    assert client.query("SELECT max(delta_plays) FROM velocity_30m").result_rows == [(900,)]
    assert client.query("SELECT count() FROM hashtag_hourly WHERE hashtag = 'new'").result_rows == [(1,)]


def answering(monkeypatch: pytest.MonkeyPatch, jobs: list[dict[str, Any]]) -> list[str]:
    """Flink that runs `jobs`; the paths that it is asked."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"jobs": jobs})

    def rest(url: str, timeout: float) -> flink_rest.FlinkRest:
        return flink_rest.FlinkRest(url, timeout, httpx.MockTransport(answer))

    monkeypatch.setattr(tables, "FlinkRest", rest)
    return asked


def test_nothing_is_swapped_under_a_running_job(url: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, JOBS)
    with pytest.raises(MigrationError) as raised:
        tables.apply_tables(url, "http://flink")
    assert raised.value.message.startswith("0013_layout_by_time.sql swaps engagement_hourly_maxima, trending_hourly_log, ")
    assert raised.value.message.endswith(": what running jobs write would be lost: engagement a1")
    assert "flink stop JOB_ID" in raised.value.hint
    assert client.query("SELECT max(version) FROM schema_migrations").result_rows == [(12,)]
    asked = answering(monkeypatch, JOBS[1:])
    assert f"applied {SINCE[0].path.name}" in tables.apply_tables(url, "http://flink")
    assert asked == ["/jobs/overview"]
    # With nothing to swap, jobs may run and Flink is not even asked.
    asked = answering(monkeypatch, JOBS)
    assert tables.apply_tables(url, "http://flink") == []
    assert asked == []


@pytest.mark.parametrize("flink", ["", "http://127.0.0.1:1"])
def test_without_flink_tables_are_swapped(url: str, flink: str) -> None:
    assert f"applied {SINCE[-1].path.name}" in tables.apply_tables(url, flink)


def test_a_fresh_database_has_no_rows_to_lose(front: FrontProcess) -> None:
    fresh = f"{DATABASE}_fresh"
    changes = apply_migrations(front.url(ADMIN, fresh), [*BEFORE, SINCE[0]], writers=lambda: pytest.fail("need not be known"))
    assert changes[-1] == f"applied {SINCE[0].path.name}"
    assert front.post(f"DROP DATABASE {fresh} SYNC", user=ADMIN).status_code == 200
