"""The plain recomputation of momentum alerts: the rows that Flink must give for the same records, and what never makes an alert."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.momentum import COLUMNS, FORGOTTEN_MS, MomentumRates, Rate, early_alerts, momentum_alerts

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
GOLDEN = Path(__file__).parents[1] / "sql" / "momentum_alerts"
# As tests/sql/conftest.py has them.
VERSIONS = [
    {
        "version": f"v{sequence}",
        "sequence": sequence,
        "effective_from_ms": effective_from_ms,
        "tiers": [
            {"name": "small", "from_followers": 0, "below_followers": 1_000, "plays_per_hour": small},
            {"name": "big", "from_followers": 1_000, "plays_per_hour": 5_000.0},
        ],
        "unknown_authors": {"plays_per_hour": 100.0},
        "momentum": {
            "plays_per_hour": {"small": small, "big": 5_000.0, "unknown": 100.0},
            "least_observations": 3,
            "quiet_hours": 1,
        },
    }
    for sequence, effective_from_ms, small in ((1, 0, 500.0), (2, 1_767_657_600_000, 900.0))
]


def milliseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def post(at_ms: int, plays: int, create_ms: int = 0, aweme_id: str = "p", author_id: str = "a") -> dict[str, Any]:
    return {
        "aweme_id": aweme_id,
        "author_id": author_id,
        "ingested_at": at_ms,
        "play_count": plays,
        "create_time": create_ms // 1000,
    }


def rates(*seen: tuple[float, int]) -> list[Rate]:
    """Of one post, seen at so many minutes with so many plays."""
    moving = MomentumRates()
    for minutes, plays in seen:
        moving.add(post(10 * FORGOTTEN_MS + round(minutes * MINUTE_MS), plays))
    return moving.rates()


def gains(*seen: tuple[float, int]) -> list[tuple[int, int, int]]:
    """(minute, minute of the base, plays gained) of each rate."""
    start_ms = 10 * FORGOTTEN_MS
    return [
        ((rate.observed_at - start_ms) // MINUTE_MS, (rate.base_at - start_ms) // MINUTE_MS, rate.delta_plays)
        for rate in rates(*seen)
    ]


def alerts(moving: MomentumRates, snapshots: FollowerDeltas | None = None) -> list[dict[str, Any]]:
    return momentum_alerts(moving.rates(), snapshots or FollowerDeltas(), VERSIONS)


def test_the_rows_are_those_of_the_sql_test() -> None:
    rows: dict[str, list[dict[str, Any]]] = yaml.safe_load((GOLDEN / "given.yaml").read_text(encoding="utf-8"))
    moving, snapshots = MomentumRates(), FollowerDeltas()
    for row in rows["posts_events"]:
        created = row.get("create_time", datetime(2026, 1, 5, 8))
        at_ms = milliseconds(row["ingested_at"])
        moving.add(post(at_ms, row["play_count"], milliseconds(created), row["aweme_id"], row["author_id"]))
    for row in rows["users_snapshots"]:
        snapshots.add(row | {"ingested_at": milliseconds(row["ingested_at"])})
    expect = yaml.safe_load((GOLDEN / "expect.yaml").read_text(encoding="utf-8"))
    assert tuple(expect["columns"]) == COLUMNS
    wanted = [
        [milliseconds(value) if isinstance(value, datetime) else value for value in row]
        for row in sorted(expect["rows"], key=lambda row: (row[0], row[2]))
    ]
    assert [list(row.values()) for row in alerts(moving, snapshots)] == wanted


def test_the_base_is_30_to_60_minutes_old() -> None:
    assert gains((0, 100), (29.9, 900)) == []
    assert gains((0, 100), (30, 900)) == [(30, 0, 800)]
    assert gains((0, 100), (60, 900)) == [(60, 0, 800)]
    assert gains((0, 100), (60.01, 900)) == []
    assert gains((0, 100), (10, 150), (20, 200), (45, 900))[-1] == (45, 10, 750)


def test_observations_less_than_30_seconds_apart_count_as_one() -> None:
    assert [rate.observations for rate in rates((0, 100), (0.4, 100), (30, 900), (30.4, 901), (30.5, 902))] == [2, 2, 3]


def test_a_post_that_was_not_seen_for_a_month_is_new() -> None:
    moving = MomentumRates()
    moving.add(post(0, 0))
    for minutes, plays in ((0, 0), (15, 0), (31, 2_000)):
        moving.add(post(FORGOTTEN_MS + 1 + minutes * MINUTE_MS, plays))
    assert moving.rates() == [], "nobody saw it begin now"


@pytest.mark.parametrize("low", [0, 12, 2_400_000, 3_000_000])
@pytest.mark.parametrize("minutes_away", [5, 31, 200])
def test_what_falls_and_comes_back_gains_only_what_it_had_not_had(low: int, minutes_away: int) -> None:
    seen = [(0, 5_000_000), (10, 5_000_100)]
    seen += [(20 + minutes, low) for minutes in range(0, minutes_away, 5)]
    back = 20 + minutes_away
    seen += [(back + minutes, 5_000_200 + minutes) for minutes in range(0, 100, 10)]
    assert max((delta for _, _, delta in gains(*seen)), default=0) <= 300


def test_a_loss_is_the_base_after_a_day() -> None:
    seen = [(0, 5_000), *((minutes, 100) for minutes in range(10, 24 * 60 + 30, 10)), (24 * 60 + 30, 200)]
    assert gains(*seen)[-1] == (24 * 60 + 30, 24 * 60, 100)


def test_a_post_is_quiet_after_an_alert() -> None:
    moving = MomentumRates()
    for minutes in range(0, 240, 10):
        moving.add(post(milliseconds(datetime(2026, 1, 5)) + minutes * MINUTE_MS, 1_000 + minutes * 10))
    found = alerts(moving)
    assert {row["plays_per_hour"] for row in found} == {600.0}
    times = [(row["observed_at"] - found[0]["observed_at"]) // MINUTE_MS for row in found]
    assert times == [0, 60, 120, 180]


def test_a_version_without_the_rule_alerts_of_nothing() -> None:
    moving = MomentumRates()
    for minutes in range(0, 240, 10):
        moving.add(post(minutes * MINUTE_MS, 1_000 + minutes * 1_000))
    assert momentum_alerts(moving.rates(), FollowerDeltas(), [{**VERSIONS[0], "momentum": None}]) == []


def test_an_hour_knows_the_first_alert_since_the_start_of_its_base() -> None:
    def hour(start: int, base: int) -> dict[str, Any]:
        return {
            "aweme_id": "p",
            "window_start": start * HOUR_MS,
            "window_end": (start + 1) * HOUR_MS,
            "prev_window_end": (base + 1) * HOUR_MS,
        }

    alerted = [
        {"aweme_id": aweme_id, "observed_at": at_ms} for aweme_id, at_ms in (("p", 2 * HOUR_MS), ("p", 3 * HOUR_MS), ("q", 0))
    ]
    rows = [hour(1, 0), hour(2, 1), hour(3, 2), hour(5, 3), hour(6, 5)]
    assert early_alerts(rows, alerted) == {
        ("p", 2 * HOUR_MS): 2 * HOUR_MS,
        ("p", 3 * HOUR_MS): 2 * HOUR_MS,
        ("p", 5 * HOUR_MS): 3 * HOUR_MS,
    }


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 10_000)), max_size=40),
    st.data(),
)
def test_duplicates_and_what_is_late_make_no_rates(seen: list[tuple[int, int]], data: st.DataObject) -> None:
    moving = MomentumRates()
    newest = -1
    for minutes, plays in seen:
        for _ in range(data.draw(st.integers(1, 2))):
            rate = moving.add(post(minutes * MINUTE_MS, plays))
            assert rate is None or minutes > newest
            newest = max(newest, minutes)
