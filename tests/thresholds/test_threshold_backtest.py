"""The backtest on a real ClickHouse, compared with a plain recomputation in Python."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.clock import HOUR_MS
from simulator.plain_versions import always
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.momentum import MomentumRates, momentum_alerts
from tests.thresholds.conftest import Database
from thresholds.backtest import NO_RULE, Backtest, Total, backtest, follower_parameters, judged_since, spans
from thresholds.model import FollowerGain, Momentum, Thresholds, ThresholdVersion, Tier, in_force
from thresholds.table import read_table, write_table
from thresholds.versions import at, follow

T0 = 1_767_571_200_000
MINUTE_MS = 60_000
OLD = Thresholds((Tier("small", 0, 1000, 100.0), Tier("big", 1000, None, 500.0)), 250.0, (FollowerGain(50, 2),), 1000)
NEW = Thresholds(
    (Tier("tiny", 0, 100, 60.5), Tier("middle", 100, 5000, 250.0), Tier("huge", 5000, None, 900.0)),
    333.0,
    (FollowerGain(30, 2), FollowerGain(120, 24)),
    1000,
)
TRENDING = (
    *("aweme_id", "author_id", "window_start", "window_end", "play_count", "prev_play_count", "prev_window_end", "gap_hours"),
    *("delta_plays", "delta_plays_per_hour", "author_follower_count", "snapshot_status", "tier", "threshold", "threshold_version"),
    "is_trending",
)
Snapshot = tuple[str, int, int]


def versions() -> list[ThresholdVersion]:
    """A rule of 2 hours, then none, then a smaller one; a rule of 6 hours that was given up."""
    made: list[ThresholdVersion] = []
    sets = (
        (0, OLD),
        (T0 + 10 * HOUR_MS, replace(OLD, follower_gains=())),
        (T0 + 20 * HOUR_MS, replace(OLD, follower_gains=(FollowerGain(20, 2), FollowerGain(60, 6)))),
    )
    for effective, thresholds in sets:
        made.append(follow(made, thresholds, effective, T0, "ada", ""))
    return made


def trending_rows(seed: int) -> list[dict[str, Any]]:
    """Post-hours judged by OLD, many of them exactly at a threshold."""
    draw, made = random.Random(seed), []
    for post in range(40):
        for hour in range(1, 30):
            followers = draw.choice([None, 0, 99, 100, 999, 1000, 4999, 5000, draw.randrange(20_000)])
            gap = draw.choice([1, 1, 1, 2, 3])
            rate = draw.choice([60.5, 100.0, 250.0, 333.0, 500.0, 900.0, draw.uniform(-200, 1200)])
            tier, threshold = OLD.judge(followers)
            end = T0 + (hour + 1) * HOUR_MS
            made.append(
                dict(
                    zip(
                        TRENDING,
                        (
                            *(
                                f"post{post}",
                                f"author{post % 7}",
                                at(end - HOUR_MS),
                                at(end),
                                1000,
                                500,
                                at(end - gap * HOUR_MS),
                                gap,
                            ),
                            *(int(rate * gap), rate, followers, "fresh" if followers is not None else "missing"),
                            *(tier, threshold, "v1-x", int(rate > threshold)),
                        ),
                        strict=True,
                    )
                )
            )
    return made


def insert_trending(database: Database, made: list[dict[str, Any]]) -> None:
    database.client.insert("trending_hourly_log", [[row[name] for name in TRENDING] for row in made], column_names=TRENDING)


def snapshots(seed: int) -> list[Snapshot]:
    """Counts that go up and down at odd times; some exactly one span apart, some twice at one millisecond."""
    draw, made = random.Random(seed), []
    for user in range(12):
        t, count = T0 + draw.randrange(HOUR_MS), 1000
        for _ in range(80):
            t += draw.choice([HOUR_MS, 2 * HOUR_MS, 20 * MINUTE_MS, draw.randrange(1, 3 * HOUR_MS), 1])
            count = max(0, count + draw.choice([-30, 0, 10, 20, 30, 31, 50, 51, 70]))
            made.append((f"user{user}", t, count))
            if draw.random() < 0.1:
                made.append((f"user{user}", t, count - 5))
    return made


def insert_snapshots(database: Database, made: list[Snapshot]) -> None:
    database.client.insert(
        "follower_snapshots_log",
        [[user, at(t), count] for user, t, count in made],
        column_names=("userid", "observed_at", "follower_count"),
    )


def follower_alerts(made: list[Snapshot], rule_of: Any, hours: int) -> set[tuple[str, int]]:
    """(user, t_now) of each alert of the rule for `hours`; `rule_of(t)` gives the thresholds then."""
    users: dict[str, dict[int, int]] = {}
    for user, t, count in made:
        moments = users.setdefault(user, {})
        moments[t] = max(count, moments.get(t, 0))
    alerts = set()
    for user, moments in users.items():
        for now, count in moments.items():
            limits = [rule.gained for rule in rule_of(now).follower_gains if rule.within_hours == hours]
            before = [other for t, other in moments.items() if now - hours * HOUR_MS <= t < now]
            if limits and before and count - min(before) > limits[0]:
                alerts.add((user, now))
    return alerts


def run(database: Database, thresholds: Thresholds, **options: int) -> Backtest:
    return backtest(database.url, thresholds, **options)


@pytest.mark.clickhouse
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("span", [{}, {"from_ms": T0 + 8 * HOUR_MS, "to_ms": T0 + 21 * HOUR_MS}])
def test_trending_equals_a_recomputation(database: Database, seed: int, span: dict[str, int]) -> None:
    made = trending_rows(seed)
    insert_trending(database, made)
    begin, end = at(span.get("from_ms", 0)), at(span.get("to_ms", T0 * 2))
    expected: Counter[tuple[str, str]] = Counter()
    changed = set()
    for row in made:
        if not begin <= row["window_end"] < end:
            continue
        tier, threshold = NEW.judge(row["author_follower_count"])
        would = row["delta_plays_per_hour"] > threshold
        expected[tier, "judged"] += 1
        expected[tier, "stored"] += row["is_trending"]
        expected[tier, "new"] += would
        expected[tier, "gained"] += would and not row["is_trending"]
        expected[tier, "lost"] += bool(row["is_trending"]) and not would
        if would != bool(row["is_trending"]):
            changed.add((row["aweme_id"], row["window_end"], would, row["tier"], tier, threshold, row["author_follower_count"]))
    result = run(database, NEW, listed=100_000, **span)
    assert {total.group for total in result.trending} == {tier for tier, _ in expected} == {"tiny", "middle", "huge", "unknown"}
    for total in result.trending:
        counts = {"judged": total.judged, "stored": total.alerts_stored, "new": total.alerts_new}
        assert counts | {"gained": total.gained, "lost": total.lost} == {
            name: expected[total.group, name] for name in ("judged", "stored", "new", "gained", "lost")
        }
    assert changed == {
        (one.aweme_id, at(one.window_end_ms), one.gained, one.old_tier, one.new_tier, one.new_threshold, one.author_follower_count)
        for one in result.trending_changes
    }
    assert result.gained > 0
    assert result.lost > 0


def observations(seed: int) -> list[dict[str, Any]]:
    """Posts that gain plays at changing speed, fall by a quarter for a while, or begin with 0, some in view."""
    draw, made = random.Random(seed), []
    for number in range(40):
        t, plays, speed = T0 + draw.randrange(HOUR_MS), draw.choice([0, 700, 20_000]), draw.choice([5, 50, 400])
        created = t if draw.random() < 0.5 else t - 48 * HOUR_MS
        dip = draw.randrange(60)
        for step in range(60):
            shown = plays * 3 // 4 if dip <= step < dip + 5 else plays
            made.append(
                {
                    "aweme_id": f"post{number}",
                    "author_id": f"author{number % 7}",
                    "create_time": created // 1000,
                    "play_count": shown,
                    "ingested_at": t,
                }
            )
            t += draw.choice([5, 10, 15, 29, 30, 31, 90]) * MINUTE_MS
            speed = max(1, speed + draw.randrange(-speed // 2, speed))
            plays += draw.randrange(speed)
    return made


def momentum(seen: list[dict[str, Any]], made: list[Snapshot], thresholds: Thresholds) -> dict[tuple[str, int], dict[str, Any]]:
    """The alerts by the reference, by post and time."""
    moving, counts = MomentumRates(), FollowerDeltas()
    for post in seen:
        moving.add(post)
    for user, t, count in made:
        counts.add({"userid": user, "ingested_at": t, "stats": {"followerCount": count}})
    rows = momentum_alerts(moving.rates(), counts, [always(thresholds)])
    return {(row["aweme_id"], row["observed_at"]): row for row in rows}


@pytest.mark.clickhouse
@pytest.mark.parametrize("seed", [1, 2])
def test_momentum_equals_a_recomputation(database: Database, seed: int) -> None:
    draw, seen = random.Random(seed), observations(seed)
    made = [
        (f"author{user}", T0 + draw.randrange(30) * HOUR_MS, draw.choice([50, draw.randrange(10_000)]))
        for user in range(6)
        for _ in range(20)
    ]
    old = replace(OLD, momentum=Momentum((("small", 100.0), ("big", 300.0), ("unknown", 200.0)), 3, 2))
    new_rates = (("tiny", 50.0), ("middle", 250.0), ("huge", 400.0), ("unknown", 90.5))
    new = replace(NEW, momentum=Momentum(new_rates, least_observations=2, quiet_hours=3))
    stored, wanted = momentum(seen, made, old), momentum(seen, made, new)
    database.client.insert(
        "momentum_alerts_log",
        [[at(value) if name == "observed_at" else value for name, value in row.items()] for row in stored.values()],
        column_names=list(next(iter(stored.values()))),
    )
    names = ("aweme_id", "author_id", "create_time", "play_count", "ingested_at")
    rows = [
        [post["aweme_id"], post["author_id"], at(post["create_time"] * 1000), post["play_count"], at(post["ingested_at"])]
        for post in seen
    ]
    database.client.insert("post_observations_log", rows, column_names=names)
    insert_snapshots(database, made)
    result = run(database, new, listed=100_000)
    changes = {(one.aweme_id, one.observed_at_ms): one for one in result.momentum_changes}
    assert {key for key, one in changes.items() if one.gained} == wanted.keys() - stored.keys()
    assert {key for key, one in changes.items() if not one.gained} == stored.keys() - wanted.keys()
    for key, one in changes.items():
        if one.gained:
            row = wanted[key]
            assert (one.tier, one.threshold, one.author_follower_count) == (
                row["tier"],
                row["threshold"],
                row["author_follower_count"],
            )
            assert one.plays_per_hour == pytest.approx(row["plays_per_hour"])
    assert sum(total.alerts_new for total in result.momentum) == len(wanted)
    assert sum(total.alerts_stored for total in result.momentum) == len(stored)
    assert {total.group for total in result.momentum} == {"tiny", "middle", "huge", "unknown"}
    assert all(total.gained and total.lost for total in result.momentum)
    times = [one.observed_at_ms for one in result.momentum_changes]
    assert times == sorted(times, reverse=True)
    half = {"from_ms": T0 + 10 * HOUR_MS, "to_ms": T0 + 20 * HOUR_MS}
    assert 0 < sum(total.judged for total in run(database, new, **half).momentum) < sum(total.judged for total in result.momentum)
    none = run(database, NEW, listed=1)
    assert (sum(total.alerts_new for total in none.momentum), sum(total.lost for total in none.momentum)) == (0, len(stored))
    assert len(none.momentum_changes) == 1


@pytest.mark.clickhouse
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("span", [{}, {"from_ms": T0 + 9 * HOUR_MS, "to_ms": T0 + 23 * HOUR_MS}])
def test_followers_equal_a_recomputation(database: Database, seed: int, span: dict[str, int]) -> None:
    published, made = versions(), snapshots(seed)
    write_table(database.client, database.url, published)
    insert_snapshots(database, made)
    begin, end = span.get("from_ms", 0), span.get("to_ms", T0 * 2)
    result = run(database, NEW, listed=100_000, **span)
    assert [total.group for total in result.followers] == ["within 2 h", "within 6 h", "within 24 h"]
    for total, hours in zip(result.followers, (2, 6, 24), strict=True):
        old = {key for key in follower_alerts(made, lambda t: in_force(published, t).thresholds, hours) if begin <= key[1] < end}
        new = {key for key in follower_alerts(made, lambda _: NEW, hours) if begin <= key[1] < end}
        assert (total.alerts_stored, total.alerts_new) == (len(old), len(new))
        assert (total.gained, total.lost) == (len(new - old), len(old - new))
        listed = {(one.userid, one.t_now_ms, one.gained) for one in result.follower_changes if one.within_hours == hours}
        assert listed == {(*key, True) for key in new - old} | {(*key, False) for key in old - new}
        for one in result.follower_changes:
            assert one.gained_followers == one.curr_count - one.from_count


@pytest.mark.clickhouse
def test_edges_of_span_and_version(database: Database) -> None:
    write_table(database.client, database.url, versions())
    change = T0 + 10 * HOUR_MS
    insert_snapshots(
        database,
        [
            *(("at the change", change - 2 * HOUR_MS, 0), ("at the change", change, 51)),
            *(("just before", change - 2 * HOUR_MS - 1, 0), ("just before", change - 1, 51)),
            *(("out of the span", change - 2 * HOUR_MS - 1, 0), ("out of the span", change, 51)),
            *(("exactly the limit", change - 1, 0), ("exactly the limit", change, 30)),
        ],
    )
    result = run(database, replace(NEW, follower_gains=NEW.follower_gains[:1]))
    assert result.followers[0] == Total("within 2 h", judged=3, alerts_stored=1, alerts_new=2, gained=1, lost=0)
    assert [(one.userid, one.gained_followers, one.gained) for one in result.follower_changes] == [("at the change", 51, True)]


@pytest.mark.clickhouse
def test_thresholds_as_they_were_change_nothing(database: Database) -> None:
    write_table(database.client, database.url, versions()[:1])
    insert_trending(database, trending_rows(4))
    insert_snapshots(database, snapshots(4))
    result = run(database, OLD)
    assert (result.gained, result.lost) == (0, 0)
    assert (result.trending_changes, result.follower_changes) == ((), ())
    assert sum(total.alerts_stored for total in result.trending) > 0
    assert result.followers[0].alerts_stored > 0


@pytest.mark.clickhouse
def test_the_list_is_short_and_the_totals_are_not(database: Database) -> None:
    insert_trending(database, trending_rows(5))
    result = run(database, NEW, listed=3)
    ends = [change.window_end_ms for change in result.trending_changes]
    assert len(ends) == 3
    assert ends == sorted(ends, reverse=True)
    assert result.gained + result.lost > 3


@pytest.mark.clickhouse
def test_an_empty_database_gives_nothing(database: Database) -> None:
    result = run(database, NEW)
    assert result.trending == ()
    assert [(total.judged, total.gained) for total in result.followers] == [(0, 0), (0, 0)]
    assert judged_since(database.url, 0) == 0


@pytest.mark.clickhouse
def test_a_row_that_was_written_again_counts_once(database: Database) -> None:
    made = trending_rows(6)
    insert_trending(database, made)
    insert_trending(database, made)
    assert sum(total.judged for total in run(database, NEW).trending) == len(made)
    last = max(row["window_end"] for row in made)
    assert judged_since(database.url, int((last - at(0)) / timedelta(milliseconds=1))) == 40


@pytest.mark.clickhouse
def test_versions_come_back_from_the_table(database: Database) -> None:
    published = versions()
    published[0] = follow([], OLD, 0, T0, 'o\'Hara \\ \t"x"', "'); DROP TABLE threshold_versions_log; -- ü 🎵")
    write_table(database.client, database.url, published)
    write_table(database.client, database.url, published[1:])
    write_table(database.client, database.url, [])
    assert read_table(database.client, database.url) == published


def test_parameters_of_a_rule_follow_the_versions() -> None:
    parameters = follower_parameters(NEW, versions(), 2)
    assert parameters["begins_ms"][1:] == [0, T0 + 10 * HOUR_MS, T0 + 20 * HOUR_MS]
    assert parameters["old_limits"] == [NO_RULE, 50, NO_RULE, 20]
    assert (parameters["new_limit"], parameters["span_ms"]) == (30, 2 * HOUR_MS)
    assert spans(NEW, versions()) == [2, 6, 24]
