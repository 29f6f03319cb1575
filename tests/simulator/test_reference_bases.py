"""Which counts are compared: what vanishes and returns is no gain, what only dips is compared as ever, and growth adds up."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.reference.bases import Beginnings, with_bases
from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_alerts import follower_alerts
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.trending_hourly import hour_deltas

Series = list[tuple[int, int]]
COUNTS = st.integers(0, 9_999) | st.sampled_from([0, 1, 999, 1_000, 2_000, 5_000])
# By the hour and by the day.
HOURS = st.integers(0, 80) | st.integers(0, 9).map(lambda day: 24 * day)
SERIES = st.dictionaries(HOURS, COUNTS, min_size=2, max_size=30).map(lambda found: sorted(found.items()))


def grown(series: Series, begun: bool = False) -> list[dict[str, Any]]:
    """Rows of the hours of one post."""
    hours = [
        {
            "aweme_id": "p",
            "author_id": "a",
            "window_start": hour * HOUR_MS,
            "window_end": (hour + 1) * HOUR_MS,
            "play_count": plays,
        }
        for hour, plays in series
    ]
    return hour_deltas(hours, FollowerDeltas(), {"p": 0} if begun else {})


def gains(*plays: int, begun: bool = False) -> list[int]:
    return [row["delta_plays"] for row in grown(list(enumerate(plays)), begun)]


def snapshots(series: Series) -> FollowerDeltas:
    reference = FollowerDeltas()
    for hour, count in series:
        reference.add({"userid": "u", "ingested_at": hour * HOUR_MS, "stats": {"followerCount": count}})
    return reference


@pytest.mark.parametrize(
    ("plays", "expected"),
    [
        ((5_000_000, 0, 5_000_000), [-5_000_000, 0]),
        ((5_000_000, 0, 0, 5_000_000, 5_100_000), [-5_000_000, -5_000_000, 0, 100_000]),
        ((5_000_000, 12, 5_000_100), [-4_999_988, 100]),
        ((0, 5_000_000, 5_000_100), [0, 100]),
        ((0, 3, 10), [3, 7]),
        ((0, 40, 500, 9_000), [40, 460, 8_500]),
        ((5_000_000, 4_800_000, 4_810_000), [-200_000, 10_000]),
        # It comes back by steps, and not quite.
        ((5_000_000, 0, 2_000_000, 3_000_000, 4_999_999), [-5_000_000, -3_000_000, 0, 0]),
        # It vanishes twice.
        ((5_000_000, 0, 5_000_010, 12, 5_000_030), [-5_000_000, 10, -4_999_998, 20]),
        # It vanishes while it dips, and returns to the dip: what it lost in the dip it may gain again.
        ((5_000_000, 4_000_000, 0, 4_000_000, 4_500_000), [-1_000_000, -4_000_000, 0, 500_000]),
        # Half is a dip; small counts may do as they like, and 0 is no base of a large one.
        ((2_000, 1_000, 2_000), [-1_000, 1_000]),
        ((999, 10, 998), [-989, 988]),
        ((999, 0, 998, 999), [-999, 998, 1]),
        ((800, 0, 1_200), [-800, 0]),
        ((800, 0, 300, 850), [-800, 300, 550]),
    ],
)
def test_the_plays_of_a_post(plays: tuple[int, ...], expected: list[int]) -> None:
    assert gains(*plays) == expected


def test_a_post_that_was_seen_to_begin_gains_from_zero() -> None:
    assert gains(0, 0, 20_000) == [0, 0]
    assert gains(0, 0, 20_000, begun=True) == [0, 20_000]
    assert gains(5_000_000, 0, 5_000_000, begun=True) == [-5_000_000, 0]


@pytest.mark.parametrize(
    ("age_s", "plays", "seen"),
    [(0, 0, True), (3_599, 0, True), (3_600, 0, False), (-3_599, 0, True), (-3_600, 0, False), (0, 1, False)],
)
def test_a_post_begins_within_an_hour_of_its_publication(age_s: int, plays: int, seen: bool) -> None:
    beginnings = Beginnings()
    ingested_at = (1_000_000 + age_s) * 1000 + 999
    beginnings.add({"aweme_id": "p", "play_count": plays, "create_time": 1_000_000, "ingested_at": ingested_at})
    assert beginnings.posts == ({"p": ingested_at // HOUR_MS * HOUR_MS} if seen else {})


def test_a_beginning_counts_for_a_month() -> None:
    month = 31 * 24
    assert [row["delta_plays"] for row in grown([(0, 0), (month, 5_000)], begun=True)] == [5_000]
    assert [row["delta_plays"] for row in grown([(0, 0), (month + 1, 5_000)], begun=True)] == [0]


def test_a_fall_that_stays_is_a_loss_and_then_the_base() -> None:
    rows = grown([(0, 8_000), *((hour, 3_000 + hour) for hour in range(1, 27))])
    assert [row["delta_plays"] for row in rows[22:]] == [3_023 - 8_000, 3_024 - 8_000, 1, 1]
    assert [row["gap_hours"] for row in rows[22:]] == [23, 24, 1, 1]
    assert [row["is_away"] for row in rows[22:]] == [1, 0, 0, 0]


def test_zero_is_no_base_however_long_it_stays() -> None:
    """A post that was seen to begin, away for 25 hours and then for a month."""
    series = [*enumerate((0, 900, 40_000, 5_000_000)), *((hour, 0) for hour in range(4, 29)), (29, 5_000_010)]
    rows = grown([*series, (31 * 24, 0), (32 * 24, 5_000_020)], begun=True)
    assert [row["delta_plays"] for row in rows[:3]] == [900, 39_100, 4_960_000]
    assert [row["delta_plays"] for row in rows[3:-3]] == [-5_000_000] * 25
    assert [row["delta_plays"] for row in rows[-3:]] == [10, -5_000_010, 10]
    assert sum(row["delta_plays"] for row in rows if not row["is_away"]) == 5_000_020


def test_one_low_count_of_a_subject_seen_once_a_day_is_no_base() -> None:
    daily = [(0, 5_000_000), (24, 12), (48, 5_000_010)]
    rows = grown(daily)
    assert [(row["delta_plays"], row["is_away"]) for row in rows] == [(-4_999_988, 1), (10, 0)]
    rule = {"version": "v1", "sequence": 1, "effective_from_ms": 0, "gains": [{"gained": 100, "within_hours": 168}]}
    assert follower_alerts(snapshots(daily), [rule]) == []
    # A purge of a subject seen once a day is the base with the second low count.
    rows = grown([(0, 5_000), (24, 2_000), (48, 2_100), (72, 2_150)])
    assert [(row["delta_plays"], row["is_away"]) for row in rows] == [(-3_000, 1), (-2_900, 0), (50, 0)]


@given(SERIES, st.booleans())
def test_every_hour_but_the_first_has_a_row_that_adds_up(series: Series, begun: bool) -> None:
    rows = grown(series, begun)
    assert [row["window_start"] // HOUR_MS for row in rows] == [hour for hour, _ in series[1:]]
    seen = dict(series)
    for row in rows:
        assert row["delta_plays"] == row["play_count"] - row["prev_play_count"]
        base = row["prev_window_end"] // HOUR_MS - 1
        assert row["gap_hours"] == row["window_start"] // HOUR_MS - base >= 1
        assert row["prev_play_count"] in (seen[base], row["play_count"])


def first_base(series: Series, begun: bool = False) -> int:
    """The first count; where that is 0 and no base of the first that is not, that one."""
    risen = next((count for _, count in series if count), 0)
    return risen if series[0][1] or (risen >= 1_000 and not begun) else 0


@given(SERIES, st.booleans())
def test_what_is_not_away_adds_up_to_the_last_base_less_the_first(series: Series, begun: bool) -> None:
    """As panels and hashtag_hourly sum, zeros and days included, but for small counts that fall to 0 and come back large."""
    for place in range(1, len(series)):
        hour, count = series[place]
        if count == 0 and 0 < series[place - 1][1] < 1_000:
            series[place] = (hour, 1)
    total = sum(row["delta_plays"] for row in grown(series, begun) if not row["is_away"])
    bases = [now[1] for now, _, away in with_bases((at * HOUR_MS, count) for at, count in series) if not away]
    assert total == (bases[-1] if bases else series[0][1]) - (first_base(series, begun) if bases else series[0][1])
    # The last base is the last count, unless the counter is away.
    assert grown(series)[-1]["is_away"] or bases[-1] == series[-1][1]


@given(SERIES)
def test_changes_of_followers_that_are_not_zero_add_up(series: Series) -> None:
    """As panels sum."""
    counts = [count for _, count in series if count]
    total = sum(row["delta"] for row in snapshots(series).rows() if row["curr_count"])
    assert total == (counts[-1] - first_base(series) if counts else 0)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5_000)), min_size=1, max_size=30), st.integers(0, 9_999))
def test_counters_that_never_fall_by_half_are_compared_as_ever(steps: list[tuple[int, int]], first: int) -> None:
    series = [(0, first)]
    for gap, step in steps:
        hour, count = series[-1]
        series.append((hour + gap, max(count - count // 2, count - 400) if step % 3 == 0 else count + step))
    rows = grown(series, begun=True)
    assert [(row["prev_window_end"] // HOUR_MS - 1, row["prev_play_count"]) for row in rows] == series[:-1]
    found = snapshots([seen for seen in series if seen[1]]).rows()
    assert [row["delta"] for row in found] == [b - a for (_, a), (_, b) in pairwise(seen for seen in series if seen[1])]


@given(SERIES)
def test_nothing_is_a_gain_up_to_a_count_from_which_it_vanished(series: Series) -> None:
    """Within a day of a count of 1,000 or more, of which less than half was seen since."""
    for row in grown(series, begun=True):
        if row["delta_plays"] <= 0:
            continue
        hour = row["window_start"] // HOUR_MS
        base = row["prev_window_end"] // HOUR_MS - 1
        between = [count for at, count in series if base < at < hour]
        assert row["prev_play_count"] == dict(series)[base]
        assert all(count < row["prev_play_count"] for count in between)
        assert not between or row["prev_play_count"] >= 1_000


@given(st.dictionaries(st.integers(0, 80), st.integers(1, 9_999), min_size=1))
def test_followers_that_are_not_zero_are_compared_one_by_one(seen: dict[int, int]) -> None:
    """Whatever they do: changes from snapshot to snapshot add up, and others recompute them."""
    series = sorted(seen.items())
    rows = snapshots(series).rows()
    assert [(row["prev_count"], row["curr_count"]) for row in rows] == [(a, b) for (_, a), (_, b) in pairwise(series)]


@pytest.mark.parametrize(
    ("counts", "deltas", "alerted"),
    [
        ((5_000_000, 0, 5_000_000), [-5_000_000, 0], []),
        ((5_000_000, 0, 0, 5_000_000, 5_100_000), [-5_000_000, 0, 0, 100_000], [100_000]),
        ((0, 5_000_000, 5_000_050), [0, 50], []),
        ((0, 3, 200), [3, 197], [200]),
        ((5_000_000, 12, 5_000_100), [-4_999_988, 5_000_088], []),
        ((5_000_000, 12, 4_000_000, 5_000_101), [-4_999_988, 3_999_988, 1_000_101], []),
        ((5_000_000, 4_800_000, 4_800_200), [-200_000, 200], [200]),
        ((5_000_000, 0, 4_900_000, 4_900_200), [-5_000_000, -100_000, 200], []),
        ((700, 0, 5_000), [-700, 4_300], [4_300]),
        ((800, 0, 1_200), [-800, 400], [400]),
        ((3, 0, 200), [-3, 197], [200]),
    ],
)
def test_the_followers_of_a_user(counts: tuple[int, ...], deltas: list[int], alerted: list[int]) -> None:
    seen = snapshots(list(enumerate(counts)))
    assert [row["delta"] for row in seen.rows()] == deltas
    rule = {"version": "v1", "sequence": 1, "effective_from_ms": 0, "gains": [{"gained": 100, "within_hours": 2}]}
    assert [row["gained"] for row in follower_alerts(seen, [rule])] == alerted
