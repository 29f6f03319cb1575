"""What the marts of a stack hold, and what they must hold: recomputed from what Kafka has, without any code of the jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.plain_versions import plain_version
from simulator.reference import follower_alerts, momentum, trending_hourly, velocity_30m
from simulator.reference.bases import Beginnings
from simulator.reference.comment_sentiment_hourly import comment_sentiment_hourly
from simulator.reference.comments_enriched import CommentsEnriched
from simulator.reference.creators import dim_creator, fact_follower_snapshot, follower_growth_weekly
from simulator.reference.engagement_hourly import EngagementHourly
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.hashtag_hourly import HashtagHourly
from simulator.reference.observations import PostObservations, UserObservations
from simulator.reference.posts import fact_post_engagement, hashtag_creator, posts
from simulator.settings import COMMENTS, POSTS, USERS
from thresholds.publish import stored
from udfs.language import guess_language
from udfs.sentiment.model import shipped

from .records import decoded, differences
from .stack_process import Stack

Row = dict[str, Any]
# Digits of sums of floating-point numbers, which depend on the order they are added in.
_SUM_DIGITS = 12
_SUMS = ("mean_compound", "reach_weighted_compound")
# Columns that say how a row came to be what it is: another order of records gives others.
HISTORY = ("revision", "was_alerted", "early_alert_at")
# Columns of each mart; those before the first counter are its key.
KEYS = {
    "engagement_hourly": ("aweme_id", "window_start"),
    "trending_hourly": ("aweme_id", "window_start"),
    "trending_hourly_corrected": ("aweme_id", "window_start"),
    "momentum_alerts": ("aweme_id", "observed_at"),
    "velocity_30m": ("aweme_id", "window_start"),
    "follower_deltas": ("userid", "t_now"),
    "follower_deltas_corrected": ("userid", "t_now"),
    "comments_enriched": ("comment_id",),
    "comment_sentiment_hourly": ("video_id", "window_start"),
    "post_observations": ("aweme_id", "ingested_at"),
    "user_observations": ("userid", "observed_at"),
    "posts": ("aweme_id",),
    "hashtag_creator": ("userid", "hashtag"),
    "fact_post_engagement": ("aweme_id", "snapshot_date"),
    "fact_follower_snapshot": ("userid", "snapshot_date"),
    "dim_creator": ("userid", "valid_from"),
    "follower_growth_weekly": ("userid", "week_start"),
    "hashtag_hourly": ("hashtag", "window_start"),
    "tiktok.trending.alerts": ("aweme_id", "window_start"),
    "tiktok.momentum.alerts": ("aweme_id", "observed_at"),
    "tiktok.followers.deltas": ("userid", "t_now"),
    "tiktok.followers.alerts": ("userid", "t_now", "within_hours"),
}


@dataclass(frozen=True)
class Expected:
    """How many records each topic has, and the rows of each mart and result topic by name; times in Unix milliseconds."""

    posts: int
    users: int
    comments: int
    rows: Mapping[str, Sequence[Row]]


def expected(stack: Stack) -> Expected:
    """From all that Kafka holds, judged by the versions of the thresholds that are published now."""
    records = {topic: (record for _, record in decoded(stack.endpoints, topic)) for topic in (POSTS, USERS, COMMENTS)}
    return expected_of(records, [plain_version(version) for version in stored(stack.endpoints)])


def expected_of(records: Mapping[str, Iterable[Row]], versions: Sequence[Mapping[str, Any]]) -> Expected:
    """From the valid records of each topic, in the order of their partitions, and plain versions of the thresholds."""
    hours, velocity, snapshots, enriched = EngagementHourly(), velocity_30m.Velocity30m(), FollowerDeltas(), CommentsEnriched()
    landed, profiles, tagged, beginnings = PostObservations(), UserObservations(), HashtagHourly(), Beginnings()
    moving = momentum.MomentumRates()
    counts = dict.fromkeys((POSTS, USERS, COMMENTS), 0)
    takers = {POSTS: (hours, velocity, landed, tagged, beginnings, moving), USERS: (snapshots, profiles), COMMENTS: (enriched,)}
    for topic, references in takers.items():
        for record in records[topic]:
            for reference in references:
                reference.add(record)
            counts[topic] += 1
    trending = trending_hourly.trending_hourly(hours.rows(), snapshots, versions, beginnings.posts)
    early = momentum.momentum_alerts(moving.rates(), snapshots, versions)
    before = momentum.early_alerts(trending, early)
    deltas = snapshots.rows()
    moods = enriched.rows(snapshots, scored)
    return Expected(
        counts[POSTS],
        counts[USERS],
        counts[COMMENTS],
        {
            **landed_marts(landed, profiles),
            "hashtag_hourly": tagged.rows(trending),
            "engagement_hourly": hours.rows(),
            "trending_hourly": trending,
            "trending_hourly_corrected": trending,
            "momentum_alerts": early,
            "velocity_30m": list(velocity.rows()),
            "follower_deltas": deltas,
            "follower_deltas_corrected": deltas,
            "comments_enriched": moods,
            "comment_sentiment_hourly": [rounded(row) for row in comment_sentiment_hourly(moods)],
            "tiktok.trending.alerts": [
                {name: value for name, value in row.items() if name not in ("is_trending", "is_away")}
                | {"early_alert_at": before.get((row["aweme_id"], row["window_start"]))}
                for row in trending
                if row["is_trending"]
            ],
            "tiktok.momentum.alerts": early,
            "tiktok.followers.deltas": [{name: value for name, value in row.items() if name != "is_away"} for row in deltas],
            "tiktok.followers.alerts": follower_alerts.follower_alerts(snapshots, versions),
        },
    )


def landed_marts(landed: PostObservations, profiles: UserObservations) -> dict[str, list[Row]]:
    """What the marts over observations must hold, by name."""
    known, daily = posts(landed), fact_follower_snapshot(profiles)
    followers = {(row["userid"], row["snapshot_date"]): row["follower_count"] for row in daily}
    return {
        "post_observations": landed.rows(),
        "user_observations": profiles.rows(),
        "posts": known,
        "hashtag_creator": hashtag_creator(known),
        "fact_post_engagement": fact_post_engagement(landed, followers),
        "fact_follower_snapshot": daily,
        "dim_creator": dim_creator(profiles),
        "follower_growth_weekly": follower_growth_weekly(daily),
    }


def scored(text: str) -> tuple[float, str, str]:
    """Compound, model and language of a text, by the functions themselves: a job can only give a row those of another."""
    return shipped().compound(text), shipped().name, guess_language(text)


def rounded(row: Row) -> Row:
    """`row` with sums of floating-point numbers rounded."""
    return row | {name: round(row[name], _SUM_DIGITS) for name in _SUMS if row.get(name) is not None}


def held(stack: Stack, name: str) -> list[Row]:
    """What a reader of the ClickHouse view, or of the topic, sees, without HISTORY; times in Unix milliseconds."""
    if name.startswith("tiktok."):
        return [{key: plain(value) for key, value in record.items()} for _, record in decoded(stack.endpoints, name)]
    with stack.clickhouse() as client:
        found = client.query(f"SELECT * FROM {name}", column_formats={"DateTime64*": "int"})
        return [rounded({key: plain(value) for key, value in row.items() if key not in HISTORY}) for row in found.named_results()]


def plain(value: Any) -> Any:
    """Unix milliseconds for a moment."""
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value


def assert_equal(stack: Stack, names: Sequence[str], want: Expected) -> None:
    """Fails with the first rows that are missing, too many, doubled or different."""
    for name in names:
        assert want.rows[name], f"nothing is expected of {name}: the test shows nothing"
        assert differences(held(stack, name), want.rows[name], KEYS[name]) == [], name
