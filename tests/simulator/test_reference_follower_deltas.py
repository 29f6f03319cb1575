"""The reference of `follower_deltas` on hand-made rows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.reference.follower_deltas import FollowerDeltas, follower_deltas


def snapshot(at_ms: int, followers: int, userid: str = "u") -> dict[str, Any]:
    return {"userid": userid, "stats": {"followerCount": followers}, "ingested_at": at_ms}


def test_follower_deltas_pair_consecutive_snapshots_in_any_order_of_arrival() -> None:
    snapshots = [snapshot(30, 70), snapshot(10, 50), snapshot(20, 60), snapshot(20, 60), snapshot(10, 5, "v")]
    assert [tuple(row.values()) for row in follower_deltas(snapshots)] == [
        ("u", 10, 20, 10, 50, 60, 0),
        ("u", 20, 30, 10, 60, 70, 0),
    ]


def test_snapshots_of_one_millisecond_are_one_with_the_largest_count() -> None:
    snapshots = [snapshot(20, 61), snapshot(10, 50), snapshot(20, 60), snapshot(30, 40), snapshot(20, 59)]
    assert [tuple(row.values()) for row in follower_deltas(snapshots)] == [
        ("u", 10, 20, 11, 50, 61, 0),
        ("u", 20, 30, -21, 61, 40, 0),
    ]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100)), max_size=20), st.integers(-1, 21))
def test_the_latest_snapshot_is_the_one_that_a_walk_over_all_finds(seen: list[tuple[int, int]], at_ms: int) -> None:
    reference = FollowerDeltas()
    for time, count in seen:
        reference.latest("u", at_ms)  # what was looked up before must not hide what comes after
        reference.add(snapshot(time, count))
    past = [(time, count) for time, count in seen if time <= at_ms]
    assert reference.latest("u", at_ms) == (max(past) if past else None)
    assert reference.latest("nobody", at_ms) is None
