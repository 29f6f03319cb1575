"""Expected rows of `engagement_hourly`: one row per post and UTC hour that has an observation.

Each counter is its maximum over the hour; `engagement_total` is the maximum of the sum, not the sum of the maxima. Late
observations count like any other, a repeated one changes nothing, and the order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

HOUR_MS = 3_600_000

COLUMNS = (
    "aweme_id",
    "author_id",
    "window_start",
    "window_end",
    "play_count",
    "digg_count",
    "comment_count",
    "share_count",
    "engagement_total",
    "engagement_rate_plays",
    "is_final",
)


class EngagementHourly:
    """Takes valid observations one by one; holds one small list per post and hour."""

    def __init__(self) -> None:
        self._maxima: dict[tuple[str, int], list[Any]] = {}

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record of `tiktok.posts.events`."""
        plays, diggs = post["play_count"], post["digg_count"]
        comments, shares = post["comment_count"], post["share_count"]
        seen = [post["author_id"], plays, diggs, comments, shares, diggs + comments + shares]
        key = (post["aweme_id"], post["ingested_at"] // HOUR_MS)
        best = self._maxima.get(key)
        if best is None:
            self._maxima[key] = seen
        else:
            self._maxima[key] = [a if a >= b else b for a, b in zip(best, seen, strict=True)]

    def rows(self) -> list[dict[str, Any]]:
        """Rows with COLUMNS, by aweme_id and window_start; times in Unix milliseconds, all hours closed (`is_final` = 1)."""
        return [
            {
                "aweme_id": aweme_id,
                "author_id": author_id,
                "window_start": hour * HOUR_MS,
                "window_end": (hour + 1) * HOUR_MS,
                "play_count": plays,
                "digg_count": diggs,
                "comment_count": comments,
                "share_count": shares,
                "engagement_total": engagement,
                "engagement_rate_plays": engagement / plays if plays else None,
                "is_final": 1,
            }
            for (aweme_id, hour), (author_id, plays, diggs, comments, shares, engagement) in sorted(self._maxima.items())
        ]


def engagement_hourly(posts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The expected rows of `posts`, an iterable of decoded valid observations in any order."""
    reference = EngagementHourly()
    for post in posts:
        reference.add(post)
    return reference.rows()
