"""What a backfill may change of rows that are there: nothing, and with `restate` those that it finds otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from stack.migrations import apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "backfill"
START = datetime(2026, 1, 5, tzinfo=UTC)
GROWTH = (
    *("aweme_id", "author_id", "window_start", "window_end", "play_count", "prev_play_count", "prev_window_end", "gap_hours"),
    *("delta_plays", "delta_plays_per_hour", "author_follower_count", "snapshot_status", "tier", "threshold", "threshold_version"),
    *("is_trending", "was_alerted", "revision", "is_away", "early_alert_at"),
)
DELTAS = ("userid", "t_prev", "t_now", "delta", "prev_count", "curr_count", "revision", "is_away")


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    apply_migrations(front.url(ADMIN, DATABASE))
    made = clickhouse_connect.get_client(dsn=front.url(database=DATABASE), autogenerate_session_id=False)
    for table in ("trending_hourly_log", "follower_deltas_log"):
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def growth(post: str, hour: int, plays: int, followers: int | None, alerted: int = 0, revision: int = 0) -> list[Any]:
    """A row of trending_hourly_log; one that was alerted had an early alert, too."""
    start = START + timedelta(hours=hour)
    early = start - timedelta(minutes=5) if alerted else None
    row = [post, "author", start, start + timedelta(hours=1), plays, 10, start, 1, plays - 10, plays - 10.0, followers, "fresh"]
    return [*row, "small", 100.0, "v1", int(plays > 110), alerted, revision, 0, early]


def delta(user: str, hour: int, before: int, after: int, revision: int = 0) -> list[Any]:
    """A row of follower_deltas_log."""
    now = START + timedelta(hours=hour)
    return [user, now - timedelta(hours=1), now, after - before, before, after, revision, 0]


def test_growth(client: Any) -> None:
    client.insert("trending_hourly_log", [growth("a", 0, 500, 7, 1, 3), growth("b", 0, 50, None)], column_names=GROWTH)
    # More than one block would have, and the same post in another hour.
    found = [growth("a", 0, 50, 7), growth("b", 0, 50, None), growth("a", 1, 500, 7, alerted=1), growth("c", 0, 60, None)]
    columns = "aweme_id, toHour(window_start), play_count, is_trending, was_alerted, revision, early_alert_at IS NOT NULL"
    read = f"SELECT {columns} FROM trending_hourly ORDER BY window_start, aweme_id"

    # Twice: what one backfill has filled in, the next leaves as it is. None has sent an alert.
    for _ in range(2):
        client.insert("trending_hourly_backfill", [[*row, 0] for row in found], column_names=(*GROWTH, "restate"))
        filled = [("c", 0, 60, 0, 0, 0, 0), ("a", 1, 500, 1, 0, 0, 0)]
        assert client.query(read).result_rows == [("a", 0, 500, 1, 1, 3, 1), ("b", 0, 50, 0, 0, 0, 0), *filled]
    assert client.query("SELECT count() FROM trending_hourly_log").result_rows == [(4,)]

    for _ in range(2):
        client.insert("trending_hourly_backfill", [[*row, 1] for row in found], column_names=(*GROWTH, "restate"))
        # What was alerted stays alerted.
        assert client.query(read).result_rows == [("a", 0, 50, 0, 1, 4, 1), ("b", 0, 50, 0, 0, 0, 0), *filled]


def test_deltas(client: Any) -> None:
    client.insert("follower_deltas_log", [delta("u", 1, 5, 9, 2), delta("v", 1, 5, 9)], column_names=DELTAS)
    found = [delta("u", 1, 5, 8), delta("v", 1, 5, 9), delta("w", 2, 0, 1)]
    read = "SELECT userid, delta, revision FROM follower_deltas ORDER BY userid"
    client.insert("follower_deltas_backfill", [[*row, 0] for row in found], column_names=(*DELTAS, "restate"))
    assert client.query(read).result_rows == [("u", 4, 2), ("v", 4, 0), ("w", 1, 0)]
    for _ in range(2):
        client.insert("follower_deltas_backfill", [[*row, 1] for row in found], column_names=(*DELTAS, "restate"))
        assert client.query(read).result_rows == [("u", 3, 3), ("v", 4, 0), ("w", 1, 0)]
