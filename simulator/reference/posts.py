"""Expected rows of `posts`, `hashtag_creator` and `fact_post_engagement`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from simulator.reference.observations import PostObservations

COUNTERS = ("play_count", "digg_count", "comment_count", "share_count", "download_count", "collect_count")

Row = dict[str, Any]


def hashtags(title: str) -> list[str]:
    """The words behind a # in `title`, in lower case, each once, in order."""
    return list(dict.fromkeys(word.lower() for word in re.findall(r"#(\w+)", title)))


def day_of(at_ms: int) -> date:
    """The UTC day of a moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def posts(observations: PostObservations) -> list[Row]:
    """One row per post, by aweme_id: the attributes of its newest observation, the greatest counters of all; times in Unix ms."""
    rows = []
    for aweme_id, series in observations.series():
        newest = series[-1]
        rows.append(
            {
                "aweme_id": aweme_id,
                "author_id": newest["author_id"],
                "title": newest["title"],
                "region": newest["region"] or None,
                "duration": newest["duration"],
                "create_time": newest["create_time"],
                "hashtags": hashtags(newest["title"]),
                "first_observed_at": series[0]["moment"],
                "last_observed_at": newest["moment"],
                **_greatest(series),
            }
        )
    return rows


def hashtag_creator(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row per creator and hashtag of `rows`, which are those of `posts`; by userid and hashtag."""
    used: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        for hashtag in row["hashtags"]:
            used.setdefault((row["author_id"], hashtag), []).append(row)
    return [
        {
            "userid": userid,
            "hashtag": hashtag,
            "posts": len(found),
            "first_used_at": min(row["create_time"] for row in found),
            "last_used_at": max(row["create_time"] for row in found),
            "play_count": sum(row["play_count"] for row in found),
        }
        for (userid, hashtag), found in sorted(used.items())
    ]


def fact_post_engagement(observations: PostObservations, followers: Mapping[tuple[str, date], int]) -> list[Row]:
    """One row per post and UTC day, by both. `followers` has the last count of a user on a day, where there is one."""
    rows = []
    for aweme_id, series in observations.series():
        days: dict[date, list[Row]] = {}
        for row in series:
            days.setdefault(day_of(row["moment"]), []).append(row)
        for day, found in sorted(days.items()):
            author_id = max(row["author_id"] for row in found)
            counters = _greatest(found)
            engagement = max(row["engagement_total"] for row in found)
            count = followers.get((author_id, day))
            rows.append(
                {
                    "aweme_id": aweme_id,
                    "snapshot_date": day,
                    "author_id": author_id,
                    "created_at": max(row["create_time"] for row in found),
                    **counters,
                    "engagement_total": engagement,
                    "engagement_rate_plays": engagement / counters["play_count"] if counters["play_count"] else None,
                    "follower_count": count,
                    "engagement_rate_followers": engagement / count if count else None,
                }
            )
    return rows


def _greatest(series: Iterable[Mapping[str, Any]]) -> Row:
    found = list(series)
    return {name: max(row[name] for row in found) for name in COUNTERS}
