"""Expected rows of `engagement_hourly`: one row per post and UTC hour that has an observation.

Each counter is its maximum over the hour; `engagement_total` is the maximum of the sum, not the sum of the maxima. Late
observations count like any other, a repeated one changes nothing, and the order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

HOUR_MS = 3_600_000

COUNTERS = ("play_count", "digg_count", "comment_count", "share_count")
_IDS = ("aweme_id", "author_id", "window_start", "window_end")
COLUMNS = (*_IDS, *COUNTERS, "engagement_total", "engagement_rate_plays", "is_final")


class EngagementHourly:
    """Takes valid observations one by one; holds one small list per post and hour."""

    def __init__(self) -> None:
        self._maxima: dict[tuple[str, int], list[Any]] = {}

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record of `tiktok.posts.events`."""
        engagement = post["digg_count"] + post["comment_count"] + post["share_count"]
        # A counter that a record has not is unknown.
        seen = [post["author_id"], *[post.get(name) for name in COUNTERS], engagement]
        key = (post["aweme_id"], post["ingested_at"] // HOUR_MS)
        best = self._maxima.get(key)
        self._maxima[key] = seen if best is None else [_greater(a, b) for a, b in zip(best, seen, strict=True)]

    def rows(self) -> list[dict[str, Any]]:
        """Rows with COLUMNS, by aweme_id and window_start; times in Unix milliseconds, all hours closed (`is_final` = 1)."""
        rows = []
        for (aweme_id, hour), (author_id, *counters, engagement) in sorted(self._maxima.items()):
            ids = (aweme_id, author_id, hour * HOUR_MS, (hour + 1) * HOUR_MS)
            rate = engagement / counters[0] if counters[0] else None
            rows.append(dict(zip(COLUMNS, (*ids, *counters, engagement, rate, 1), strict=True)))
        return rows


def _greater(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    return a if a >= b else b


def engagement_hourly(posts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The expected rows of `posts`, an iterable of decoded valid observations in any order."""
    reference = EngagementHourly()
    for post in posts:
        reference.add(post)
    return reference.rows()
