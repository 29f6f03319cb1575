"""Every mart equals a recomputation from the records, in whatever order they come, at any parallelism, in one job or in several."""

from __future__ import annotations

import pytest

from connectors.clock import HOUR_MS
from simulator.reference import momentum
from simulator.settings import COMMENTS, POSTS, USERS, SimulationSettings
from thresholds.model import FollowerGain, Momentum, Thresholds, Tier
from thresholds.publish import publish, stored

from .marts import KEYS, Expected, Row, assert_equal, expected
from .records import decoded, ledger, producing, simulate_to
from .stack_process import COMMAND_S, Stack, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(900)]

# A day in which everything happens that may: counters that fall, or vanish and return, hours without an observation, authors whom
# nobody has looked at, or long ago, records that come late, twice and out of order.
DISORDER = SimulationSettings(
    seed=11,
    posts=150,
    creators=30,
    hours=34,
    topics=(POSTS, USERS, COMMENTS),
    duplicates=0.08,
    out_of_order=0.2,
    late=0.05,
    clock_skew_ms=90_000,
    gaps=0.3,
    play_corrections=0.2,
    vanishing=0.3,
    unknown_authors=0.2,
    stale_authors=0.3,
)
# Less than the day that a bounded run waits for what comes late.
TIED_HOURS = 20
EVERYTHING = tuple(KEYS)
# What job `landing` fills alone; hashtag_hourly takes growth from trending_hourly besides.
LANDED = (
    *("post_observations", "user_observations", "posts", "hashtag_creator", "fact_post_engagement", "fact_follower_snapshot"),
    *("dim_creator", "follower_growth_weekly"),
)


def publish_awkward(stack: Stack, rows: list[Row]) -> Row:
    """Publishes two versions that take effect among the rows, the first with a threshold that a row just hits; gives that row."""
    first = DISORDER.start_ms + 2 * HOUR_MS
    tied = next(row for row in rows if row["tier"] == "small" and row["delta_plays_per_hour"] > 0 and row["window_end"] >= first)
    tiers: tuple[Tier, ...] = (Tier("small", 0, 10_000, tied["delta_plays_per_hour"]), Tier("rest", 10_000, None, 20_000.0))
    gains = (FollowerGain(100, 2), FollowerGain(1_000, 24))
    moving = Momentum((("small", 500.0), ("rest", 5_000.0), ("unknown", 50.5)), least_observations=3, quiet_hours=1)
    publish(stack.endpoints, Thresholds(tiers, 500.0, gains, 10, moving), first, "test", "a tie")
    tiers = (Tier("one", 0, 25_000, 700.0), Tier("two", 25_000, 1_000_000, 9_000.5), Tier("three", 1_000_000, None, 100_000.0))
    second = DISORDER.start_ms + 20 * HOUR_MS
    moving = Momentum((("one", 700.0), ("two", 900.0), ("three", 9_000.0), ("unknown", 1.0)), least_observations=5, quiet_hours=3)
    publish(stack.endpoints, Thresholds(tiers, 0.5, (FollowerGain(200, 3),), 10, moving), second, "test", "other tiers")
    return tied


def add_ties(stack: Stack) -> int:
    """Writes other records of moments that are observed already, the lesser of two values in either; how many.

    They end the topics, so those of the last hours alone are on time however the reading goes.
    """
    ties: list[tuple[str, Row]] = []
    oldest_ms = DISORDER.start_ms + (DISORDER.hours - TIED_HOURS) * HOUR_MS
    for topic in (POSTS, USERS):
        recent = [record for _, record in decoded(stack.endpoints, topic) if record["ingested_at"] >= oldest_ms]
        for index, record in enumerate(recent):
            if index % 300:
                continue
            if topic == POSTS:
                other = {"title": "a tie #Tie #fyp", "region": None, "digg_count": record["digg_count"] + 9, "share_count": 0}
                ties.append((topic, record | other))
            else:
                stats = record["stats"] | {"heartCount": 0, "videoCount": record["stats"]["videoCount"] + 1}
                ties.append((topic, record | {"user": record["user"] | {"uniqueId": "tie", "region": None}, "stats": stats}))
    with producing(stack.endpoints) as producer:
        for topic, record in ties:
            producer.produce(topic, record)
    return len(ties)


@pytest.fixture(scope="module")
def universe(running_stack: Stack) -> Expected:
    """The records and versions that all tests here share; what is expected of them."""
    running_stack.clear()
    truth = simulate_to(running_stack.endpoints, DISORDER)
    ties = add_ties(running_stack)
    before = expected(running_stack)
    tied = publish_awkward(running_stack, list(before.rows["trending_hourly"]))
    want = expected(running_stack)
    assert want.posts + want.users + want.comments == truth.total + ties
    assert len(want.rows["post_observations"]) + len(want.rows["user_observations"]) < want.posts + want.users - ties
    rows = want.rows["trending_hourly"]
    # The universe has what its name promises.
    for name in ("trending_hourly", "comments_enriched"):
        assert {row["snapshot_status"] for row in want.rows[name]} == {"fresh", "stale", "missing"}
    assert len(want.rows["comments_enriched"]) < want.comments - truth.counts[COMMENTS]["duplicate"], "no comment is seen again"
    assert any(row["gap_hours"] > 1 for row in rows)
    assert any(row["delta_plays"] < 0 for row in rows)
    assert any(row["play_count"] == 0 and row["prev_play_count"] >= 1_000 for row in rows), "no plays vanish"
    assert any(row["gap_hours"] > 1 and row["play_count"] == row["prev_play_count"] >= 1_000 for row in rows), "none come back"
    followers = want.rows["follower_deltas"]
    assert any(row["curr_count"] == 0 and row["prev_count"] >= 1_000 for row in followers), "no followers vanish"
    assert len({row["threshold_version"] for row in rows}) == len(stored(running_stack.endpoints)) == 3
    early = want.rows["momentum_alerts"]
    assert len({row["threshold_version"] for row in early}) == 3
    assert {row["tier"] for row in early} >= {"small", "rest", "one", "two", "three", "unknown"}
    assert len(early) > len({row["aweme_id"] for row in early}), "no post alerts again after its quiet time"
    (same,) = [row for row in rows if (row["aweme_id"], row["window_start"]) == (tied["aweme_id"], tied["window_start"])]
    assert same["delta_plays_per_hour"] == same["threshold"]
    assert same["is_trending"] == 0
    return want


# The jobs of `alone` have two tasks each.
@pytest.mark.parametrize("parallelism", [1, pytest.param(2, marks=pytest.mark.soak), 4])
def test_the_pipeline_at_any_parallelism(running_stack: Stack, universe: Expected, parallelism: int) -> None:
    running_stack.clear_tables()
    running_stack.clear_topics(*(name for name in EVERYTHING if name.startswith("tiktok.")))
    run_id = f"p{parallelism}"
    running_stack.submit("pipeline", "--bounded", "--parallelism", str(parallelism), "--run-id", run_id)
    assert_equal(running_stack, EVERYTHING, universe)
    assert early_alerts(running_stack) == momentum.early_alerts(universe.rows["trending_hourly"], universe.rows["momentum_alerts"])
    assert ledger(running_stack, run_id, POSTS)["read"] == universe.posts
    for topic, count in ((USERS, universe.users), (COMMENTS, universe.comments)):
        found = ledger(running_stack, run_id, topic)
        assert found == {"read": count, "counted": count, "late": 0, "beyond_bound": 0, "quarantined": 0, "unaccounted": 0}


def early_alerts(stack: Stack) -> dict[tuple[str, int], int]:
    """When the first momentum alert went before a post-hour, by post and start of the hour."""
    columns = "aweme_id, toUnixTimestamp64Milli(window_start), toUnixTimestamp64Milli(early_alert_at)"
    found = stack.query(f"SELECT {columns} FROM trending_hourly WHERE early_alert_at IS NOT NULL")
    return {(post, start_ms): at_ms for post, start_ms, at_ms in found}


ALONE = {
    "trending": ("trending_hourly", "tiktok.trending.alerts", "momentum_alerts", "tiktok.momentum.alerts"),
    "velocity": ("velocity_30m",),
    "comments": ("comments_enriched", "comment_sentiment_hourly"),
    "followers": ("follower_deltas", "follower_deltas_corrected", "tiktok.followers.deltas", "tiktok.followers.alerts"),
}


@pytest.fixture(scope="module")
def alone(running_stack: Stack, universe: Expected) -> dict[str, str]:
    """The Flink job of each job, all run at a time: no two write the same mart, and a start leaves a processor idle."""
    running_stack.clear_tables()
    running_stack.clear_topics(*(name for marts in ALONE.values() for name in marts if name.startswith("tiktok.")))
    before = {job["jid"] for job in running_stack.jobs()}
    started = [running_stack.start("submit", job, "--bounded", "--run-id", job) for job in ALONE]
    for done in [ended(process, 2 * COMMAND_S) for process in started]:
        assert done.returncode == 0, done.stdout + done.stderr
    return {str(job["name"]): str(job["jid"]) for job in running_stack.jobs() if job["jid"] not in before}


@pytest.mark.parametrize("job", ALONE)
def test_each_job_alone(running_stack: Stack, universe: Expected, alone: dict[str, str], job: str) -> None:
    assert sorted(alone) == sorted(ALONE)
    assert running_stack.attempts(alone[job]) == {0}, running_stack.failure(alone[job])
    assert_equal(running_stack, ALONE[job], universe)


def test_landing_alone(running_stack: Stack, universe: Expected) -> None:
    running_stack.clear_tables()
    running_stack.submit("landing", "--bounded", "--run-id", "landing")
    assert_equal(running_stack, LANDED, universe)
    for topic, count in ((POSTS, universe.posts), (USERS, universe.users)):
        assert ledger(running_stack, "landing", topic)["read"] == count
