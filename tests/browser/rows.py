"""Rows that a reader can check by hand: three creators, four posts each, a day of hours up to the last full one.

The first creator was opted in, the second was not, of the third no profile was observed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

HOURS = 24
CREATORS = ("6800000000000000001", "6800000000000000002", "6800000000000000003")
POSTS = tuple(f"760000000000000000{number}" for number in range(10, 22))
TIERS = (("small", 6_000.0, 4_000), ("mid", 30_000.0, 200_000), ("big", 2_000_000.0, 3_000_000))
GROWTH = (
    *("aweme_id", "author_id", "window_start", "window_end", "play_count", "prev_play_count", "prev_window_end", "gap_hours"),
    *("delta_plays", "delta_plays_per_hour", "author_follower_count", "snapshot_status", "tier", "threshold"),
    *("threshold_version", "is_trending"),
)
MAXIMA = (
    *("aweme_id", "author_id", "window_start", "play_count", "digg_count"),
    *("comment_count", "share_count", "engagement_total", "is_final"),
)
OBSERVATIONS = ("aweme_id", "author_id", "title", "create_time", "play_count", "ingested_at")
HOSTILE_TITLE = "<img src=x onerror=alert(1)> #<b>fyp"
HANDLE, NICKNAME = "ada.lovelace", "Ada L."
# Of somebody who was not opted in: whatever a reader can reach must not hold any of it.
SENTINELS = ("zz.sentinel_handle", "ZzSentinelNick", "MS4wLjABAAAAzzSentinelSecUid")
PROFILE = ("userid", "unique_id", "nickname", "sec_uid", "region", "follower_count", "observed_at")
TITLES = {POSTS[0]: "second try \N{PARTY POPPER} #dance with @somebody", POSTS[1]: HOSTILE_TITLE}
# What readers see of the first one.
SHOWN_TITLE = "second try \N{PARTY POPPER} #dance with [name]"
COMMENTS = (
    *("comment_id", "video_id", "user_id", "text", "create_time", "ingested_at", "digg_count", "reply_total"),
    *("sentiment_compound", "sentiment_label", "sentiment_model", "language"),
)


def last_hour(now: datetime) -> datetime:
    """The beginning of the last full hour."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def usual_gain(post: int, hours_ago: int) -> int:
    """Posts 0 and 1 trend in each hour, post 11 shrinks; the others stay below their thresholds, but above half of them."""
    if post == 11:
        return -5
    threshold = TIERS[post % 3][1]
    return round(threshold * (7 / 6 if post < 2 else 0.6)) + 100 * post * (post > 1) + hours_ago


def growth(post: int, start: datetime, delta: int) -> list[Any]:
    """A row of trending_hourly_log: post number `post` gains `delta` plays in the hour from `start`."""
    tier, threshold, followers = TIERS[post % 3]
    plays = 10_000_000 + post
    return [
        *(POSTS[post], CREATORS[post % 3], start, start + timedelta(hours=1), plays, plays - delta, start, 1),
        *(delta, float(delta), followers, "fresh", tier, threshold, "v1-00000000", int(delta > threshold)),
    ]


def fill(client: Any) -> None:
    """Inserts everything; `client` is the writer's."""
    newest = last_hour(datetime.now(UTC))
    hours = [newest - timedelta(hours=back) for back in range(HOURS)]
    client.insert(
        "trending_hourly_log",
        [growth(post, hour, usual_gain(post, number)) for number, hour in enumerate(hours) for post in range(len(POSTS))],
        column_names=GROWTH,
    )
    client.insert(
        "engagement_hourly_maxima",
        [
            [POSTS[post], CREATORS[post % 3], hour, 1_000_000 + post, 50_000, 4_000, 1_000, 55_000, 1]
            for hour in hours
            for post in range(len(POSTS))
        ],
        column_names=MAXIMA,
    )
    client.insert(
        "post_observations_log",
        [
            [post, CREATORS[number], title, newest - timedelta(days=3), 1_000_000, newest]
            for number, (post, title) in enumerate(TITLES.items())
        ],
        column_names=OBSERVATIONS,
    )
    profiles = [[CREATORS[0], HANDLE, NICKNAME, "MS4wLjABAAAAada", "GB", 4_000, newest]]
    profiles += [[CREATORS[1], *SENTINELS, "DE", 200_000, newest]]
    client.insert("user_observations_log", profiles, column_names=PROFILE)
    opted_in = ["unique_id", "userid", "is_opted_in", "decided_at"]
    client.insert("opted_in", [[HANDLE, CREATORS[0], 1, newest]], column_names=opted_in)
    client.insert("comments_log", [comment(number, newest) for number in range(30)], column_names=COMMENTS)


def comment(number: int, at: datetime, compound: float | None = None) -> list[Any]:
    """A row of comments_log."""
    score = (0.6, 0.0, -0.4)[number % 3] if compound is None else compound
    label = "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"
    return [
        *(f"77000000000000{number:05d}", POSTS[number % 12], "69", "text", at, at + timedelta(seconds=number), 1, 0),
        *(score, label, "lexicon", "en"),
    ]
