"""The references of `follower_deltas` and `trending_hourly` on hand-made rows."""

from typing import Any

from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_deltas import FollowerDeltas, follower_deltas
from simulator.reference.trending_hourly import trending_hourly

START = 1_767_571_200_000


def snapshot(at_ms: int, followers: int, userid: str = "u") -> dict[str, Any]:
    return {"userid": userid, "stats": {"followerCount": followers}, "ingested_at": at_ms}


def hour(index: int, plays: int) -> dict[str, Any]:
    start = START + index * HOUR_MS
    return {"aweme_id": "p", "author_id": "u", "window_start": start, "window_end": start + HOUR_MS, "play_count": plays}


def test_follower_deltas_pair_consecutive_snapshots_in_any_order_of_arrival() -> None:
    snapshots = [snapshot(30, 70), snapshot(10, 50), snapshot(20, 60), snapshot(20, 60), snapshot(10, 5, "v")]
    assert [tuple(row.values()) for row in follower_deltas(snapshots)] == [("u", 10, 20, 10, 50, 60), ("u", 20, 30, 10, 60, 70)]


def test_trending_compares_with_the_previous_hour_that_exists() -> None:
    snapshots = FollowerDeltas()
    snapshots.add(snapshot(START + 2 * HOUR_MS - 1, 1_000))
    rows = trending_hourly([hour(0, 100), hour(3, 400), hour(1, 50), hour(30, 400)], snapshots)
    assert [(r["delta_plays"], r["gap_hours"], r["delta_plays_per_hour"], r["snapshot_status"]) for r in rows] == [
        (-50, 1, -50.0, "fresh"),
        (350, 2, 175.0, "fresh"),
        (0, 27, 0.0, "stale"),
    ]
    assert trending_hourly([hour(0, 1), hour(1, 1)], FollowerDeltas())[0]["snapshot_status"] == "missing"
