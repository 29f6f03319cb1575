"""The views that know everything: hours, snapshots and versions put together by ClickHouse alone."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from connectors.clickhouse.queries import query_text
from simulator.reference.follower_alerts import follower_alerts
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.trending_hourly import hour_deltas
from simulator.reference.velocity_30m import velocity_30m

from .conftest import FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "corrected"
START = datetime(2026, 1, 5, tzinfo=UTC)
TABLES = (
    *("engagement_hourly_maxima", "engagement_hourly_closed", "follower_snapshots_log", "threshold_versions_log"),
    *("post_observations_log", "velocity_30m_slices"),
)


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    front.migrated(DATABASE)
    made = clickhouse_connect.get_client(dsn=front.url(database=DATABASE), autogenerate_session_id=False)
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


def begun(client: Any, *posts: tuple[str, datetime, datetime, int]) -> None:
    """(post, seen, published, plays)."""
    rows = [[post, f"author of {post}", "", "", 1, born, plays, 0, 0, 0, 0, 0, seen, 0] for post, seen, born, plays in posts]
    client.insert("post_observations_log", rows, column_names=OBSERVED)


def snapshots(client: Any, reference: FollowerDeltas, seed: int) -> None:
    """Snapshots in all `ways`, for the tables and for `reference`."""
    series = list(ways(random.Random(seed)))
    for user, counts in series:
        for hour, count in counts:
            reference.add({"userid": user, "ingested_at": milliseconds(at(hour)), "stats": {"followerCount": count}})
    # In some parts, which are put together when they are read.
    for first in range(5):
        rows = [[user, at(hour), count] for user, counts in series[first::5] for hour, count in counts]
        client.insert("follower_snapshots_log", rows)


OBSERVED = (
    *("aweme_id", "author_id", "title", "region", "duration", "create_time", "play_count", "digg_count", "comment_count"),
    *("share_count", "download_count", "collect_count", "ingested_at", "is_late"),
)
# Counters that vanish, return at once, by steps or not, and begin.
COUNTS = (0, 0, 12, 999, 1_000, 2_499, 2_500, 5_000, 5_000, 5_100)


def milliseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(milliseconds(value) if isinstance(value, datetime) else value for value in row)


def ways(dice: random.Random) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Posts or users with (hour, count), a different way each."""
    for number in range(300):
        # By the hour, or by the day.
        step = 24 if number % 3 == 0 else 1
        hours = sorted(dice.sample(range(60), dice.randint(2, 25)))
        yield f"p{number}", [(step * hour, dice.choice(COUNTS) + dice.choice((0, 0, 1))) for hour in hours]


def test_counters_that_vanish_are_compared_as_in_the_reference(client: Any) -> None:
    version(client, 1, datetime(1970, 1, 1, tzinfo=UTC), 10.0)
    seen = dict(ways(random.Random(1)))
    young = {post: milliseconds(at(0)) for number, post in enumerate(seen) if number % 2 == 0}
    begun(client, *((post, at(0.5), at(0), 0) for post in young))
    begun(client, ("p1", at(1.5), at(0.5), 0))
    begun(client, ("p3", at(0.5), at(0), 1))
    hours(client, *((post, hour, plays, 1) for post, series in seen.items() for hour, plays in series))
    rows = [
        {
            "aweme_id": post,
            "author_id": f"author of {post}",
            "window_start": milliseconds(at(hour)),
            "window_end": milliseconds(at(hour + 1)),
            "play_count": plays,
        }
        for post, series in seen.items()
        for hour, plays in series
    ]
    names = ("aweme_id", "window_start", "play_count", "prev_play_count", "prev_window_end", "gap_hours", "delta_plays", "is_away")
    found = client.query(f"SELECT {', '.join(names)} FROM trending_hourly_corrected")
    wanted = [tuple(row[name] for name in names) for row in hour_deltas(rows, FollowerDeltas(), young)]
    assert sorted(map(plain, found.result_rows)) == sorted(wanted)
    assert sum(row[3] == row[2] and row[5] > 1 for row in wanted) > 100, "nothing comes back"


def test_follower_counts_that_vanish_are_compared_as_in_the_reference(client: Any) -> None:
    reference = FollowerDeltas()
    snapshots(client, reference, 2)
    names = ("userid", "t_prev", "t_now", "delta", "prev_count", "curr_count", "is_away")
    found = client.query(f"SELECT {', '.join(names)} FROM follower_deltas_corrected")
    assert sorted(map(plain, found.result_rows)) == sorted(tuple(row[name] for name in names) for row in reference.rows())


def test_a_backtest_counts_the_alerts_of_the_reference(client: Any) -> None:
    reference = FollowerDeltas()
    snapshots(client, reference, 3)
    rule = {"version": "v1", "sequence": 1, "effective_from_ms": 0, "gains": [{"gained": 100, "within_hours": 5}]}
    parameters = {
        "span_ms": 5 * 3_600_000,
        "from_ms": milliseconds(at(0)),
        "to_ms": milliseconds(at(99 * 24)),
        "begins_ms": [0],
        "old_limits": [100],
        "new_limit": 100,
        "rows": 1_000_000,
    }
    totals = client.query(query_text("backtest_followers_totals"), parameters=parameters).first_row
    due = len(follower_alerts(reference, [rule]))
    assert totals[1:3] == (due, due)
    assert due > 100
    none = parameters | {"new_limit": 2**62}
    listed = client.query(query_text("backtest_followers_changes"), parameters=none).result_rows
    assert len(listed) == due


@pytest.mark.parametrize("age_h", [0, 24])
@pytest.mark.parametrize(
    ("counts", "delta"),
    [
        ([5_000_000, 0, 5_000_000], 0),
        ([0, 5_000_000], 0),
        ([5_000_000, 12, 5_000_100], 0),
        ([5_000_000, 5_000_100], 100),
        ([0, 3, 10], 10),
        ([10, 1_000], 990),
        ([9, 1_000], 0),
        ([2_000, 1_000, 1_500], 1_000),
    ],
)
def test_a_half_hour_in_which_the_counter_was_away_says_nothing(client: Any, counts: list[int], delta: int, age_h: int) -> None:
    for minute, plays in enumerate(counts):
        begun(client, ("p", at(0) + timedelta(minutes=minute), at(-age_h), plays))
    start = milliseconds(at(0))
    (row,) = client.query(
        "SELECT delta_plays, plays_per_minute, engagement_rate_change FROM velocity_30m WHERE window_start = "
        f"fromUnixTimestamp64Milli({start})"
    ).result_rows
    seen = [
        {
            "aweme_id": "p",
            "author_id": "a",
            "ingested_at": start + 60_000 * minute,
            "create_time": milliseconds(at(-age_h)) // 1000,
            "play_count": plays,
        }
        | dict.fromkeys(("digg_count", "comment_count", "share_count"), 0)
        for minute, plays in enumerate(counts)
    ]
    (wanted,) = [row for row in velocity_30m(seen) if row["window_start"] == start]
    assert row == (wanted["delta_plays"], wanted["plays_per_minute"], wanted["engagement_rate_change"])
    # A new post rises as fast as it seems to.
    assert row[0] == (delta if age_h else max(counts) - min(counts))


@pytest.mark.parametrize("age_ms", [-3_600_000, -3_599_001, -3_599_000, 0, 3_599_999, 3_600_000])
def test_a_post_is_new_for_an_hour_as_in_the_reference(client: Any, age_ms: int) -> None:
    age = timedelta(milliseconds=age_ms)
    for plays in (5, 5_000):
        begun(client, ("p", at(0) + age, at(0), plays))
    seen = [
        {"aweme_id": "p", "author_id": "a", "ingested_at": milliseconds(at(0)) + age_ms, "create_time": milliseconds(at(0)) // 1000}
        | dict.fromkeys(("digg_count", "comment_count", "share_count"), 0)
        | {"play_count": plays}
        for plays in (5, 5_000)
    ]
    wanted = {row["delta_plays"] for row in velocity_30m(seen)}
    assert {row[0] for row in client.query("SELECT delta_plays FROM velocity_30m").result_rows} == wanted
    assert wanted == {4_995 if -3_599_000 <= age_ms < 3_600_000 else 0}
