"""The views that know everything: hours, snapshots and versions put together by ClickHouse alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from stack.migrations import apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "corrected"
START = datetime(2026, 1, 5, tzinfo=UTC)
TABLES = ("engagement_hourly_maxima", "engagement_hourly_closed", "follower_snapshots_log", "threshold_versions_log")


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    url = front.url(database=DATABASE)
    apply_migrations(front.url(ADMIN, DATABASE))
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in TABLES:
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def hours(client: Any, *rows: tuple[str, int, int, int]) -> None:
    """(post, hour, plays, is_final)."""
    client.insert(
        "engagement_hourly_maxima",
        [[post, f"author of {post}", at(hour), plays, 0, 0, 0, 0, final] for post, hour, plays, final in rows],
        column_names=(
            *("aweme_id", "author_id", "window_start", "play_count", "digg_count", "comment_count", "share_count"),
            *("engagement_total", "is_final"),
        ),
    )


def version(client: Any, sequence: int, effective_from: datetime, rate: float) -> None:
    tiers = [
        {"name": "small", "from_followers": 0, "below_followers": 100, "plays_per_hour": rate},
        {"name": "big", "from_followers": 100, "below_followers": None, "plays_per_hour": 10 * rate},
    ]
    content = json.dumps({"trending": {"tiers": tiers, "unknown_authors": {"plays_per_hour": rate / 2}}})
    row = [f"v{sequence}", sequence, effective_from, START, "test", "", "", content]
    client.insert("threshold_versions_log", [row])


def judged(client: Any) -> list[tuple[Any, ...]]:
    """(hour, delta, gap, followers, status, tier, threshold, version, is_trending) of post a, in order."""
    columns = "delta_plays, gap_hours, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending"
    found = client.query(
        f"SELECT window_start, {columns} FROM trending_hourly_corrected WHERE aweme_id = 'a' ORDER BY window_start"
    )
    return [((row[0].replace(tzinfo=UTC) - START) // timedelta(hours=1), *row[1:]) for row in found.result_rows]


def test_each_hour_is_judged_by_what_was_known_at_its_end(client: Any) -> None:
    version(client, 1, datetime(1970, 1, 1, tzinfo=UTC), 10.0)
    hours(client, ("a", 0, 100, 1), ("a", 1, 110, 1), ("a", 4, 170, 1), ("a", 5, 150, 1), ("a", 6, 900, 0), ("b", 7, 5, 1))
    client.insert("follower_snapshots_log", [["author of a", at(1), 99], ["author of a", at(5), 100], ["author of b", at(0), 7]])
    assert judged(client) == [
        (1, 10, 1, 99, "fresh", "small", 10.0, "v1", 0),
        # A snapshot at the very end of the hour is of the next one.
        (4, 60, 3, 99, "fresh", "small", 10.0, "v1", 1),
        (5, -20, 1, 100, "fresh", "big", 100.0, "v1", 0),
        (6, 750, 1, 100, "fresh", "big", 100.0, "v1", 1),
    ]


def test_an_author_whom_nobody_looked_at_and_one_long_ago(client: Any) -> None:
    version(client, 1, datetime(1970, 1, 1, tzinfo=UTC), 10.0)
    hours(client, ("a", 22, 0, 1), ("a", 23, 6, 1), ("a", 24, 6, 1))
    assert [row[3:6] for row in judged(client)] == [(None, "missing", "unknown"), (None, "missing", "unknown")]
    client.insert("follower_snapshots_log", [["author of a", at(0), 3]])
    # 24 h less a millisecond, then an hour more.
    assert [row[3:6] for row in judged(client)] == [(3, "fresh", "small"), (3, "stale", "small")]


@pytest.mark.parametrize("nulls", [0, 1])
def test_a_planned_version_that_was_replaced_never_counts(client: Any, nulls: int) -> None:
    client.set_client_setting("join_use_nulls", nulls)
    version(client, 1, datetime(1970, 1, 1, tzinfo=UTC), 10.0)
    version(client, 2, at(4), 20.0)
    version(client, 3, at(3), 30.0)
    hours(client, *(("a", hour, 0, 1) for hour in range(6)))
    assert [(row[0], row[4], row[7]) for row in judged(client)] == [
        (1, "missing", "v1"),
        (2, "missing", "v3"),
        (3, "missing", "v3"),
        (4, "missing", "v3"),
        (5, "missing", "v3"),
    ]
