"""The reference of follower alerts on hand-made snapshots, and against a walk over all pairs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_alerts import follower_alerts
from simulator.reference.follower_deltas import FollowerDeltas

Seen = list[tuple[int, int]]


def version(*gains: tuple[int, int], sequence: int = 1, effective_from_ms: int = 0) -> dict[str, Any]:
    rules = [{"gained": gained, "within_hours": hours} for gained, hours in gains]
    return {"version": f"v{sequence}", "sequence": sequence, "effective_from_ms": effective_from_ms, "gains": rules}


def alerts(seen: Seen, *versions: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(t_from, t_now, gained, within_hours, threshold, version) of the alerts for one user."""
    snapshots = FollowerDeltas()
    for at_ms, count in seen:
        snapshots.add({"userid": "u", "stats": {"followerCount": count}, "ingested_at": at_ms})
    found = follower_alerts(snapshots, versions)
    assert all(row["curr_count"] - row["from_count"] == row["gained"] for row in found)
    names = ("t_from", "t_now", "gained", "within_hours", "threshold", "threshold_version")
    return [tuple(row[name] for name in names) for row in found]


def test_a_gain_above_the_rule_is_an_alert_and_an_equal_one_is_not() -> None:
    assert alerts([(0, 10), (5, 110), (9, 111)], version((100, 1))) == [(0, 9, 101, 1, 100, "v1")]


def test_the_span_includes_a_snapshot_exactly_as_old_and_none_older() -> None:
    assert alerts([(0, 0), (HOUR_MS, 200)], version((100, 1))) == [(0, HOUR_MS, 200, 1, 100, "v1")]
    assert alerts([(0, 0), (HOUR_MS + 1, 200)], version((100, 1))) == []


def test_the_baseline_is_the_smallest_count_of_the_span_whatever_lies_between() -> None:
    assert alerts([(0, 500), (10, 50), (20, 300), (30, 160)], version((100, 1))) == [
        (10, 20, 250, 1, 100, "v1"),
        (10, 30, 110, 1, 100, "v1"),
    ]
    assert alerts([(0, 50), (10, 50), (20, 160)], version((100, 1))) == [(10, 20, 110, 1, 100, "v1")]


def test_one_snapshot_is_no_gain_and_those_of_one_millisecond_are_one() -> None:
    assert alerts([(0, 1_000)], version((100, 1))) == []
    assert alerts([(5, 10), (5, 1_000)], version((100, 1))) == []
    assert alerts([(5, 10), (5, 950), (6, 1_000)], version((100, 1))) == []


def test_order_of_arrival_does_not_matter() -> None:
    assert alerts([(9, 111), (0, 10), (5, 110)], version((100, 1))) == [(0, 9, 101, 1, 100, "v1")]


def test_each_rule_of_the_version_in_force_at_the_snapshot_speaks_for_itself() -> None:
    seen = [(0, 0), (HOUR_MS, 150), (3 * HOUR_MS, 290)]
    both = version((100, 1), (200, 3))
    assert alerts(seen, both) == [(0, HOUR_MS, 150, 1, 100, "v1"), (0, 3 * HOUR_MS, 290, 3, 200, "v1")]
    later = version((280, 4), sequence=2, effective_from_ms=3 * HOUR_MS)
    assert alerts(seen, both, later) == [(0, HOUR_MS, 150, 1, 100, "v1"), (0, 3 * HOUR_MS, 290, 4, 280, "v2")]
    with pytest.raises(LookupError):
        alerts(seen, later)


@given(
    st.lists(
        st.tuples(st.integers(0, 8 * HOUR_MS) | st.integers(0, 8).map(lambda n: n * HOUR_MS), st.integers(1, 300)), max_size=25
    ),
    st.integers(1, 200),
    st.integers(1, 4),
)
def test_it_agrees_with_a_walk_over_all_pairs(seen: Seen, gained: int, hours: int) -> None:
    counts: dict[int, int] = {}
    for at_ms, count in seen:
        counts[at_ms] = max(count, counts.get(at_ms, 0))
    expected = []
    for t_now, count in sorted(counts.items()):
        earlier = [(other, -at_ms) for at_ms, other in counts.items() if t_now - hours * HOUR_MS <= at_ms < t_now]
        if earlier and count - min(earlier)[0] > gained:
            expected.append((-min(earlier)[1], t_now, count - min(earlier)[0], hours, gained, "v1"))
    assert alerts(seen, version((gained, hours))) == expected
