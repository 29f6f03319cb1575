"""The reference of `trending_hourly` on hand-made rows: gaps, dips, ages of snapshots, tiers, versions and ties."""

from typing import Any

import pytest

from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.trending_hourly import COLUMNS, DELTA_COLUMNS, hour_deltas, trending_hourly

START = 1_767_571_200_000
DAY_MS = 24 * HOUR_MS
V1: dict[str, Any] = {
    "version": "v1",
    "sequence": 1,
    "effective_from_ms": 0,
    "tiers": [
        {"name": "small", "from_followers": 0, "below_followers": 1_000, "plays_per_hour": 100},
        {"name": "big", "from_followers": 1_000, "plays_per_hour": 500},
    ],
    "unknown_authors": {"plays_per_hour": 300},
}


def version(sequence: int, effective_from_ms: int, small: float) -> dict[str, Any]:
    tiers = [V1["tiers"][0] | {"plays_per_hour": small}, V1["tiers"][1]]
    return V1 | {"version": f"v{sequence}", "sequence": sequence, "effective_from_ms": effective_from_ms, "tiers": tiers}


def followers(*seen: tuple[int, int]) -> FollowerDeltas:
    """Snapshots (time, followers) of the author `u`."""
    snapshots = FollowerDeltas()
    for at_ms, count in seen:
        snapshots.add({"userid": "u", "stats": {"followerCount": count}, "ingested_at": at_ms})
    return snapshots


def hour(index: int, plays: int, aweme_id: str = "p") -> dict[str, Any]:
    start = START + index * HOUR_MS
    return {"aweme_id": aweme_id, "author_id": "u", "window_start": start, "window_end": start + HOUR_MS, "play_count": plays}


def verdicts(plays: list[int], snapshots: FollowerDeltas, *versions: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = trending_hourly([hour(index, count) for index, count in enumerate(plays)], snapshots, versions or (V1,))
    return [(row["tier"], row["threshold"], row["threshold_version"], row["is_trending"]) for row in rows]


def test_each_hour_is_compared_with_the_last_one_that_exists() -> None:
    rows = hour_deltas([hour(0, 100), hour(3, 400), hour(1, 50), hour(30, 400), hour(2, 9, "q")], FollowerDeltas())
    assert [(r["delta_plays"], r["gap_hours"], r["delta_plays_per_hour"]) for r in rows] == [
        (-50, 1, -50.0),
        (350, 2, 175.0),
        (0, 27, 0.0),
    ]
    assert [r["prev_window_end"] - START for r in rows] == [HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS]


def test_a_row_has_the_columns_in_order() -> None:
    rows = trending_hourly([hour(0, 1_000), hour(2, 1_301)], followers((START, 999)), [V1])
    assert [tuple(row) for row in rows] == [COLUMNS]
    assert tuple(hour_deltas([hour(0, 0), hour(1, 0)], FollowerDeltas())[0]) == DELTA_COLUMNS
    end = START + 3 * HOUR_MS
    assert tuple(rows[0].values()) == (
        "p", "u", end - HOUR_MS, end, 1_301, 1_000, START + HOUR_MS, 2, 301, 150.5, 999, "fresh", 0, "small", 100, "v1", 1,
    )  # fmt: skip


def test_a_tie_at_the_threshold_does_not_trend() -> None:
    judged = verdicts([0, 100, 201, 101, 101], followers((START, 10)))
    assert [row[3] for row in judged] == [0, 1, 0, 0]
    rows = trending_hourly([hour(0, 0), hour(3, 300), hour(6, 601)], followers((START, 10)), [V1])
    assert [(row["delta_plays_per_hour"] > 100, row["is_trending"]) for row in rows] == [(False, 0), (True, 1)]


def test_a_negative_delta_never_trends() -> None:
    assert verdicts([500, 20], followers((START, 10))) == [("small", 100, "v1", 0)]


@pytest.mark.parametrize(
    ("at_ms", "status", "count", "tier"),
    [
        (START + 2 * HOUR_MS - 1, "fresh", 7, "small"),
        (START + 2 * HOUR_MS, "missing", None, "unknown"),
        (START + 2 * HOUR_MS - 1 - DAY_MS, "stale", 7, "small"),
        (START + 2 * HOUR_MS - 1 - DAY_MS + 1, "fresh", 7, "small"),
    ],
    ids=["at window_end - 1 ms", "at window_end", "exactly 24 h old", "1 ms short of 24 h"],
)
def test_the_snapshot_is_the_latest_before_the_end_of_the_hour(at_ms: int, status: str, count: int | None, tier: str) -> None:
    row = trending_hourly([hour(0, 0), hour(1, 1)], followers((at_ms, 7)), [V1])[0]
    assert (row["snapshot_status"], row["author_follower_count"], row["tier"]) == (status, count, tier)


def test_of_snapshots_at_one_millisecond_the_largest_decides() -> None:
    assert verdicts([0, 400], followers((START, 1_000), (START, 999))) == [("big", 500, "v1", 0)]


def test_tiers_include_their_lower_end_and_unknown_authors_have_their_own_value() -> None:
    assert verdicts([0, 400], followers((START, 999))) == [("small", 100, "v1", 1)]
    assert verdicts([0, 400], followers((START, 1_000))) == [("big", 500, "v1", 0)]
    assert verdicts([0, 300, 601], followers()) == [("unknown", 300, "v1", 0), ("unknown", 300, "v1", 1)]


def test_an_hour_is_judged_by_the_version_in_force_at_its_end() -> None:
    end = START + 2 * HOUR_MS
    plays, author = [0, 150, 300, 450], followers((START, 10))
    assert [row[2] for row in verdicts(plays, author, V1, version(2, end, 200))] == ["v2", "v2", "v2"]
    assert verdicts(plays, author, V1, version(2, end + 1, 200)) == [
        ("small", 100, "v1", 1),
        ("small", 200, "v2", 0),
        ("small", 200, "v2", 0),
    ]
    same_moment = (version(3, end, 120), V1, version(2, end, 200))
    assert {row[2] for row in verdicts(plays, author, *same_moment)} == {"v3"}
    with pytest.raises(LookupError):
        verdicts(plays, author, version(2, end + 1, 200))
