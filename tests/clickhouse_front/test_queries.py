"""The queries of `sql/clickhouse/queries/` on the migrated tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from connectors.clickhouse_queries import QUERIES_DIR, rows
from stack.migrations import apply_migrations

from .conftest import ADMIN, READER, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "queries"
START = datetime(2026, 1, 5, tzinfo=UTC)
MAXIMA = (
    *("aweme_id", "author_id", "window_start", "play_count", "digg_count"),
    *("comment_count", "share_count", "engagement_total", "is_final"),
)
# A value for every parameter of every query.
ANY: dict[str, Any] = {
    **{"since": START, "hours": 3, "run_id": "x", "from_ms": 0, "to_ms": 1, "rows": 3},
    **{"tiers": ["all"], "lower_bounds": [0], "thresholds": [1.5], "unknown_authors": 2.0},
    **{"span_ms": 1, "begins_ms": [0], "old_limits": [1], "new_limit": 1},
}
ENTRY = ("job", "run_id", "topic", "path", "kafka_partition", "bucket", "valid", "counted", "late", "quarantined")


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    url = front.url(database=DATABASE)
    apply_migrations(front.url(ADMIN, DATABASE))
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in ("engagement_hourly_maxima", "trending_hourly_log", "dead_letters_log", "pipeline_ledger_entries"):
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def insert_plays(client: Any, *observed: tuple[str, int, int]) -> None:
    """(post, hour, plays)."""
    client.insert(
        "engagement_hourly_maxima",
        [[post, "author", START + timedelta(hours=hour), plays, 1, 1, 1, 3, 1] for post, hour, plays in observed],
        column_names=MAXIMA,
    )


def insert_growth(client: Any, *judged: tuple[str, int, float, float]) -> None:
    """(post, hour, plays per hour, threshold)."""
    client.insert(
        "trending_hourly_log",
        [
            [
                post,
                "author",
                hour_of(hour),
                hour_of(hour + 1),
                9,
                1,
                hour_of(hour),
                1,
                8,
                rate,
                None,
                "missing",
                "unknown",
                limit,
                "v1",
                rate > limit,
            ]
            for post, hour, rate, limit in judged
        ],
    )


def hour_of(number: int) -> datetime:
    return START + timedelta(hours=number)


def by_hour(client: Any, hours: int = 26) -> list[tuple[int, str, int]]:
    """(hour, post, trending posts of the hour), newest first."""
    found = rows(client, "", "trending_by_hour", since=START, hours=hours)
    return [
        ((row["window_start"].replace(tzinfo=UTC) - START) // timedelta(hours=1), row["aweme_id"], row["trending_posts"])
        for row in found
    ]


def test_each_hour_shows_the_post_furthest_beyond_its_threshold(client: Any) -> None:
    insert_growth(
        client, ("a", 1, 90.0, 100.0), ("b", 1, 30.0, 10.0), ("c", 1, 20.0, 10.0), ("a", 2, 50.0, 100.0), ("b", 2, -4.0, 10.0)
    )
    assert by_hour(client) == [(2, "a", 0), (1, "b", 2)]
    assert by_hour(client, hours=1) == [(2, "a", 0)]


def test_a_row_that_is_judged_again_counts_once(client: Any) -> None:
    insert_growth(client, ("a", 1, 90.0, 10.0))
    insert_growth(client, ("a", 1, 90.0, 10.0))
    assert by_hour(client) == [(1, "a", 1)]


def test_extent_of_an_empty_and_of_a_filled_table(client: Any) -> None:
    (empty,) = rows(client, "", "engagement_extent")
    assert (empty["rows_held"], empty["newest_start"], empty["newest_final_start"]) == (0, 0, 0)
    insert_plays(client, ("a", 0, 5), ("a", 1, 7), ("b", 1, 7))
    (filled,) = rows(client, "", "engagement_extent")
    assert (filled["rows_held"], filled["hours_held"]) == (3, 2)
    assert filled["newest_start"] == int((START + timedelta(hours=1)).timestamp())


def test_ledger_queries(client: Any) -> None:
    client.insert(
        "pipeline_ledger_entries",
        [
            ["engagement", "good", "posts", "window", 0, 0, 5, 4, 0, 0],
            ["engagement", "good", "posts", "late", 0, 17, 0, 0, 1, 0],
            ["engagement", "off", "posts", "window", 0, 0, 5, 4, 0, 0],
        ],
        column_names=ENTRY,
    )
    (run,) = rows(client, "", "ledger_of_run", run_id="good")
    assert (run["read"], run["counted"], run["late"], run["quarantined"], run["unaccounted"]) == (5, 4, 1, 0, 0)
    assert [(row["run_id"], row["unaccounted"]) for row in rows(client, "", "ledger_unaccounted")] == [("off", 1)]


def test_dead_letter_reasons_are_grouped_by_code(client: Any) -> None:
    reasons = ("truncated: after 3 bytes", "truncated: after 9 bytes", "bad_magic: 0x01")
    client.insert("dead_letters_log", [["posts", 0, number, reason, "", START] for number, reason in enumerate(reasons)])
    found = rows(client, "", "dead_letter_reasons")
    assert [(row["code"], row["records"]) for row in found] == [("truncated", 2), ("bad_magic", 1)]


# detached_parts is for whoever runs the server.
@pytest.mark.parametrize("name", sorted({path.stem for path in QUERIES_DIR.glob("*.sql")} - {"detached_parts"}))
def test_the_read_only_user_may_run_what_a_dashboard_shows(front: FrontProcess, client: Any, name: str) -> None:
    apply_migrations(front.url(ADMIN))
    reader = clickhouse_connect.get_client(dsn=front.url(READER, "tokpulse_shared"), autogenerate_session_id=False)
    try:
        assert isinstance(rows(reader, "", name, **ANY), list)
    finally:
        reader.close()
