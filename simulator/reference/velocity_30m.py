"""Expected rows of `velocity_30m`: one row per post and 30-minute window, a window every 5 minutes, that has an observation.

An observation belongs to six windows. Late observations count like any other, a repeated one changes nothing, and the order does
not matter. A window whose least plays are less than a hundredth of its most, from 1,000 on, says nothing: the counter was away.
Not so if the post was new in it: then it may have risen that fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.reference.bases import LARGE, is_new

MINUTE_MS = 60_000
SLIDE_MS = 5 * MINUTE_MS
SIZE_MS = 30 * MINUTE_MS

COLUMNS = (
    "aweme_id",
    "author_id",
    "window_start",
    "window_end",
    "delta_plays",
    "plays_per_minute",
    "engagement_rate_change",
)

# Author, least and most plays, least and most engagement, whether it was new.
_Extremes = tuple[str, int, int, int, int, bool]


class Velocity30m:
    """Takes valid observations one by one; holds one small tuple per post and 5 minutes."""

    def __init__(self) -> None:
        self._posts: dict[str, dict[int, _Extremes]] = {}

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record of `tiktok.posts.events`."""
        plays = post["play_count"]
        engagement = post["digg_count"] + post["comment_count"] + post["share_count"]
        slices = self._posts.setdefault(post["aweme_id"], {})
        seen = (post["author_id"], plays, plays, engagement, engagement, is_new(post))
        _merge(slices, post["ingested_at"] // SLIDE_MS * SLIDE_MS, seen)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows with COLUMNS by aweme_id and window_start, one by one (there are about twice as many as observations).

        Times in Unix milliseconds. `engagement_rate_change` is None when the least plays are 0, or the counter was away.
        """
        for aweme_id, slices in sorted(self._posts.items()):
            windows: dict[int, _Extremes] = {}
            for slice_start, extremes in slices.items():
                for window_start in range(slice_start + SLIDE_MS - SIZE_MS, slice_start + SLIDE_MS, SLIDE_MS):
                    _merge(windows, window_start, extremes)
            for window_start, (author_id, least, most, least_engagement, most_engagement, new) in sorted(windows.items()):
                was_away = most >= LARGE and least * 100 < most and not new
                gained = 0 if was_away else most - least
                change = None if was_away or not least else most_engagement / most - least_engagement / least
                yield {
                    "aweme_id": aweme_id,
                    "author_id": author_id,
                    "window_start": window_start,
                    "window_end": window_start + SIZE_MS,
                    "delta_plays": gained,
                    "plays_per_minute": gained / 30,
                    "engagement_rate_change": change,
                }


def _merge(into: dict[int, _Extremes], start_ms: int, new: _Extremes) -> None:
    old = into.get(start_ms, new)
    into[start_ms] = (
        max(old[0], new[0]), min(old[1], new[1]), max(old[2], new[2]), min(old[3], new[3]), max(old[4], new[4]), old[5] or new[5]
    )  # fmt: skip


def velocity_30m(posts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The expected rows of `posts`, an iterable of decoded valid observations in any order."""
    reference = Velocity30m()
    for post in posts:
        reference.add(post)
    return list(reference.rows())
