"""Read views over tables that hold rows of one key more than once, and of more days than an insert may have partitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import FrontProcess, own_database

pytestmark = pytest.mark.clickhouse

DATABASE = "read_views"
DAYS = 101
HOUR = "toDateTime64('2026-01-01 10:00:00', 3, 'UTC') + toIntervalDay(number)"
# View -> the table behind it and its rows, by position of the named columns. {again}: 0, then 1 for rows of the same keys.
ROWS = {
    "engagement_hourly": (
        "engagement_hourly_maxima (*)",
        f"'p', 'a', {HOUR}, 100 - {{again}}, 10 + {{again}}, 3, 2, 15, number < 50",
    ),
    "trending_hourly": (
        "trending_hourly_log (* EXCEPT (was_alerted, revision, is_away, early_alert_at))",
        f"'p', 'a', {HOUR} AS at, at + toIntervalHour(1), 100, 90, at, 1, 10 + {{again}}, 10.5, "
        "if(number % 2, NULL, 7), 'fresh', 'small', 5.5, 'v1', number % 3 = 0",
    ),
    "momentum_alerts": (
        "momentum_alerts_log (*)",
        f"'p', 'a', {HOUR}, 30, 50 + {{again}}, 100.5, if(number % 2, NULL, 7), 'small', 5.5, 'v1', 90",
    ),
    "follower_deltas": (
        "follower_deltas_log (* EXCEPT (revision, is_away))",
        f"'u', {HOUR} AS at, at + toIntervalHour(1), 5 + {{again}}, 10, 15 + {{again}}",
    ),
    "follower_snapshots": ("follower_snapshots_log (*)", f"'u', {HOUR}, 10 + {{again}}"),
    # The same observation scored anew (the last one counts), and of every third comment a newer one written first.
    "comments_enriched": (
        "comments_log (*)",
        f"toString(number), 'p', 'u' || toString(number % 4), 'text', {HOUR} AS at, "
        "at + toIntervalMinute(if(number % 3 = 0, 9 - {again}, 9)), 1, 2, 0.25 * {again}, 'neutral', 'm', "
        "if(number % 2, NULL, 7), if(number % 2, NULL, at), 'en'",
    ),
    "dead_letters": ("dead_letters_log (*)", f"'posts', 0, number, 'truncated: {{again}}', 'raw', {HOUR}"),
    "pipeline_ledger": (
        "pipeline_ledger_entries (* EXCEPT beyond_bound)",
        "'engagement', 'run', 'posts', 'read', 0, number, 5 + {again}, 4, 1 + {again}, 0",
    ),
}


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    with own_database(front, DATABASE) as made:
        yield made


def value(client: Any, query: str) -> Any:
    return client.query(query).result_rows[0][0]


def test_rows_of_one_key_show_as_one(client: Any) -> None:
    for again in (0, 1):
        for table, row in ROWS.values():
            query = f"INSERT INTO {table} SELECT {row.format(again=again)} FROM numbers({DAYS})"
            client.command(query, settings={"max_partitions_per_insert_block": 0})
    counted = {view: value(client, f"SELECT count() FROM {view}") for view in ROWS}
    assert counted == dict.fromkeys(ROWS, DAYS) | {"pipeline_ledger": 1}
    assert client.query("SELECT DISTINCT play_count, digg_count FROM engagement_hourly").result_rows == [(100, 11)]
    assert client.query("SELECT DISTINCT delta_plays, revision FROM trending_hourly").result_rows == [(11, 0)]
    assert client.query("SELECT DISTINCT delta, curr_count FROM follower_deltas").result_rows == [(6, 16)]
    assert client.query("SELECT DISTINCT follower_count FROM follower_snapshots").result_rows == [(11,)]
    scored = "SELECT sentiment_compound, count() FROM comments_enriched GROUP BY ALL ORDER BY ALL"
    assert client.query(scored).result_rows == [(0.0, 34), (0.25, 67)]
    assert client.query("SELECT DISTINCT reason FROM dead_letters").result_rows == [("truncated: 1",)]
    assert client.query("SELECT read, counted, late, unaccounted FROM pipeline_ledger").result_rows == [
        (6 * DAYS, 4 * DAYS, 2 * DAYS, 0)
    ]


def test_an_hour_that_closes_closes_those_before_it(client: Any) -> None:
    row = ROWS["engagement_hourly"][1].format(again=0)
    client.command(
        f"INSERT INTO engagement_hourly_maxima SELECT {row} FROM numbers({DAYS})", settings={"max_partitions_per_insert_block": 0}
    )
    assert value(client, "SELECT sum(is_final) FROM engagement_hourly") == 50
    client.command(f"INSERT INTO engagement_hourly_maxima SELECT {row.replace('number < 50', '1')} FROM numbers(60, 1)")
    assert value(client, "SELECT sum(is_final) FROM engagement_hourly") == 61


def test_half_hours_and_hashtags_of_landed_observations(client: Any) -> None:
    """Some in one five minutes, one late, some with the same hashtag in two titles."""
    client.command(
        "INSERT INTO post_observations_log (aweme_id, author_id, title, play_count, digg_count, ingested_at, is_late)"
        " SELECT toString(number % 3), 'a', if(number % 2, '#One #two', 'two #TWO'), number % 4 * 10, number,"
        f" {HOUR.replace('Day', 'Minute')}, number = 7 FROM numbers({DAYS})"
    )
    client.command("INSERT INTO trending_hourly_log (aweme_id, window_start, delta_plays) VALUES ('1', '2026-01-01 10:00:00', 5)")
    # From 25 minutes before the first observation of each post to the last, which one post has alone.
    assert value(client, "SELECT count() FROM velocity_30m") == 3 * 25 + 1
    assert value(client, "SELECT sum(revision) FROM velocity_30m") == 6, "the late one belongs to six half hours"
    assert value(client, "SELECT count() FROM hashtag_hourly") == 2 * 2, "two hashtags in two hours"
    assert value(client, "SELECT sum(delta_plays) FROM hashtag_hourly WHERE hashtag = 'two'") == 5
    # What lands later counts as well.
    client.command(
        "INSERT INTO post_observations_log (aweme_id, title, play_count, ingested_at)"
        " VALUES ('1', '#new', 900, '2026-01-01 10:02:00')"
    )
    assert value(client, "SELECT max(delta_plays) FROM velocity_30m") == 900
    assert value(client, "SELECT count() FROM hashtag_hourly WHERE hashtag = 'new'") == 1
