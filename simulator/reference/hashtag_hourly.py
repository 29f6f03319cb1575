"""Expected rows of `hashtag_hourly`: one row per hashtag and UTC hour in which a post with it was observed.

A post counts for every hashtag of any title that was observed of it in the hour, with the greatest counters of these observations,
and with its growth in `trending_hourly`, where it has one and its counter was not away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.posts import hashtags


class HashtagHourly:
    """Takes valid records of `tiktok.posts.events` one by one."""

    def __init__(self) -> None:
        self._hours: dict[tuple[str, int], dict[str, tuple[str, int, int]]] = {}
        self._tags: dict[str, list[str]] = {}

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        title = post["title"]
        if title not in self._tags:
            self._tags[title] = hashtags(title)
        engagement = post["digg_count"] + post["comment_count"] + post["share_count"]
        seen = (post["author_id"], post["play_count"], engagement)
        for hashtag in self._tags[title]:
            found = self._hours.setdefault((hashtag, post["ingested_at"] // HOUR_MS * HOUR_MS), {})
            known = found.get(post["aweme_id"], seen)
            found[post["aweme_id"]] = (max(known[0], seen[0]), max(known[1], seen[1]), max(known[2], seen[2]))

    def rows(self, trending: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """By hashtag and window_start, times in Unix milliseconds; `trending` has rows of `trending_hourly`."""
        grown = {(row["aweme_id"], row["window_start"]): row["delta_plays"] for row in trending if not row["is_away"]}
        return [
            {
                "hashtag": hashtag,
                "window_start": start_ms,
                "window_end": start_ms + HOUR_MS,
                "posts": len(found),
                "creators": len({author for author, _, _ in found.values()}),
                "play_count": sum(plays for _, plays, _ in found.values()),
                "engagement_total": sum(engagement for _, _, engagement in found.values()),
                "delta_plays": sum(grown.get((aweme_id, start_ms), 0) for aweme_id in found),
            }
            for (hashtag, start_ms), found in sorted(self._hours.items())
        ]
