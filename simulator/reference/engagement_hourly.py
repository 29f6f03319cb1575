"""Expected rows of `engagement_hourly`: one row per post and UTC hour that has an observation.

Each counter is its maximum over the hour; `engagement_total` is the maximum of the sum, not the sum of the maxima. Late
observations count like any other, a repeated one changes nothing, and the order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

HOUR_MS = 3_600_000

# Counters of a record that hours do not have.
_NOT_BY_HOUR = ("download_count", "collect_count")


class EngagementHourly:
    """Takes valid observations one by one; holds one small list per post and hour."""

    def __init__(self) -> None:
        self._counters: tuple[str, ...] = ()
        self._maxima: dict[tuple[str, int], list[Any]] = {}

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record of `tiktok.posts.events`."""
        if not self._counters:
            self._counters = tuple(name for name in post if name.endswith("_count") and name not in _NOT_BY_HOUR)
        engagement = post["digg_count"] + post["comment_count"] + post["share_count"]
        seen = [post["author_id"], *[post[name] for name in self._counters], engagement]
        key = (post["aweme_id"], post["ingested_at"] // HOUR_MS)
        best = self._maxima.get(key)
        self._maxima[key] = seen if best is None else [_greater(a, b) for a, b in zip(best, seen, strict=True)]

    def rows(self) -> list[dict[str, Any]]:
        """By aweme_id and window_start; times in Unix milliseconds, all hours closed (`is_final` = 1)."""
        rows = []
        for (aweme_id, hour), (author_id, *counters, engagement) in sorted(self._maxima.items(), key=itemgetter(0)):
            row: dict[str, Any] = {"aweme_id": aweme_id, "author_id": author_id}
            row |= {"window_start": hour * HOUR_MS, "window_end": (hour + 1) * HOUR_MS}
            row |= zip(self._counters, counters, strict=True)
            rate = engagement / row["play_count"] if row["play_count"] else None
            rows.append(row | {"engagement_total": engagement, "engagement_rate_plays": rate, "is_final": 1})
        return rows


def _greater(a: Any, b: Any) -> Any:
    """Nothing is known of a counter that is None."""
    if a is None or b is None:
        return b if a is None else a
    return a if a >= b else b


def engagement_hourly(posts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The expected rows of `posts`, an iterable of decoded valid observations in any order."""
    reference = EngagementHourly()
    for post in posts:
        reference.add(post)
    return reference.rows()
