"""The golden records behind the marts over observations: whole records from the fields that matter, and what must come of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from simulator.reference.creators import dim_creator, fact_follower_snapshot, follower_growth_weekly
from simulator.reference.hashtag_hourly import HashtagHourly
from simulator.reference.observations import PostObservations, UserObservations
from simulator.reference.posts import fact_post_engagement, hashtag_creator, posts

from .reading import lines, milliseconds

Row = dict[str, Any]
MARTS = (
    *("posts", "hashtag_creator", "fact_post_engagement", "fact_follower_snapshot", "dim_creator", "follower_growth_weekly"),
    "hashtag_hourly",
)
_DATES = ("snapshot_date", "week_start")
_COUNTERS = ("play_count", "digg_count", "comment_count", "share_count", "download_count", "collect_count")
_STATS = ("followerCount", "followingCount", "heartCount", "videoCount", "diggCount")
GROWTH_COUNTS = ("play_count", "prev_play_count", "gap_hours", "delta_plays", "is_away")
CREATED_S = 1_772_000_000


def given() -> tuple[list[Row], list[Row], list[Row]]:
    """Records of posts and of users, and rows of trending_hourly with the columns that are read of it."""
    by_topic: dict[str, list[Row]] = {"posts": [], "users": [], "growth": []}
    for line in lines("landed/given.jsonl"):
        by_topic[line["topic"]].append(_record(line))
    return by_topic["posts"], by_topic["users"], by_topic["growth"]


def expect(mart: str) -> list[Row]:
    """The golden rows of a mart; times in Unix milliseconds."""
    return [{name: _plain(name, value) for name, value in line.items()} for line in lines(f"{mart}/expect.jsonl")]


def expected_rows(
    post_records: Iterable[Row], user_records: Iterable[Row], growth: Iterable[Mapping[str, Any]]
) -> dict[str, list[Row]]:
    """What the references make of the records, by mart."""
    landed, profiles, tagged = PostObservations(), UserObservations(), HashtagHourly()
    for record in post_records:
        landed.add(record)
        tagged.add(record)
    for record in user_records:
        profiles.add(record)
    known, daily = posts(landed), fact_follower_snapshot(profiles)
    followers = {(row["userid"], row["snapshot_date"]): row["follower_count"] for row in daily}
    return {
        "posts": known,
        "hashtag_creator": hashtag_creator(known),
        "fact_post_engagement": fact_post_engagement(landed, followers),
        "fact_follower_snapshot": daily,
        "dim_creator": dim_creator(profiles),
        "follower_growth_weekly": follower_growth_weekly(daily),
        "hashtag_hourly": tagged.rows(growth),
    }


def _record(line: Row) -> Row:
    if line["topic"] == "growth":
        return {
            "aweme_id": line["aweme_id"],
            "window_start": milliseconds(line["window_start"]),
            **{name: line.get(name, 0) for name in GROWTH_COUNTS},
        }
    at_ms = milliseconds(line["observed"])
    if line["topic"] == "users":
        user = {"id": line["userid"], "uniqueId": line["handle"], "nickname": "", "secUid": "", "verified": False}
        return {
            "userid": line["userid"],
            "user": user | {"privateAccount": line["private"], "region": line["region"]},
            "stats": dict(zip(_STATS, line["counts"], strict=True)),
            "ingested_at": at_ms,
        }
    record = {name: line[name] for name in ("aweme_id", "author_id", "title", "region")}
    counters = dict(zip(_COUNTERS, line["counts"], strict=True))
    return record | counters | {"duration": 15, "create_time": CREATED_S, "ingested_at": at_ms}


def _plain(name: str, value: Any) -> Any:
    if name in _DATES:
        return date.fromisoformat(value)
    moment = name.endswith("_at") or name in ("window_start", "window_end", "create_time", "valid_from", "valid_to")
    return milliseconds(value) if moment and value is not None else value
