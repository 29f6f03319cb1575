"""The views of comments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from stack.migrations import apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

SEEN = datetime(2026, 1, 5, 12, tzinfo=UTC)
COLUMNS = ("comment_id", "user_id", "ingested_at", "follower_count", "snapshot_at")


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    url = front.url(database="comments_views")
    apply_migrations(front.url(ADMIN, "comments_views"))
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in ("comments_log", "comments_late_snapshots_log", "follower_snapshots_log"):
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


@pytest.mark.parametrize("nulls", [0, 1])
def test_a_late_snapshot_mends_its_comments_and_no_others(client: Any, nulls: int) -> None:
    client.set_client_setting("join_use_nulls", nulls)
    before = SEEN - timedelta(hours=1)
    client.insert(
        "comments_log",
        [["known", "a", SEEN, 7, before], ["mended", "b", SEEN, None, None], ["unknown", "c", SEEN, None, None]],
        column_names=COLUMNS,
    )
    # One of the writer's, one of the future, and one that the comment knew better.
    for user, moment, count in (("b", before, 9), ("b", SEEN + timedelta(seconds=1), 99), ("a", before - timedelta(days=2), 1)):
        client.insert("comments_late_snapshots_log", [[user, moment, count]])
    query = "SELECT comment_id, follower_count, snapshot_at, snapshot_status FROM comments_enriched ORDER BY comment_id"
    shown = before.replace(tzinfo=None)
    assert client.query(query).result_rows == [
        ("known", 7, shown, "fresh"),
        ("mended", 9, shown, "fresh"),
        ("unknown", None, None, "missing"),
    ]


@pytest.mark.parametrize("nulls", [0, 1])
def test_what_has_no_evidence_pulls_no_mean_to_zero(client: Any, nulls: int) -> None:
    client.set_client_setting("join_use_nulls", nulls)
    said = [
        ("a", 0.5, 100, 0),
        ("b", -0.3, 300, 0),
        ("c", 0.0, 600, 0),
        ("d", 0.0, None, 0),
        ("e", 0.0, 900, 1),
        ("f", 0.4, None, 2),
    ]
    client.insert(
        "comments_log",
        [[name, name, SEEN + timedelta(hours=late), count, count and SEEN, "v", score] for name, score, count, late in said],
        column_names=[*COLUMNS, "video_id", "sentiment_compound"],
    )
    columns = "comments, no_evidence, mean_compound, reach, reach_weighted_compound"
    query = f"SELECT {columns} FROM comment_sentiment_hourly ORDER BY window_start"
    assert client.query(query).result_rows == [
        (4, 2, pytest.approx(0.1), 1_000, pytest.approx((50 - 90) / 400)),
        (1, 1, None, 900, None),
        (1, 0, pytest.approx(0.4), 0, None),
    ]
