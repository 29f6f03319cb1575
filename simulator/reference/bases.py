"""Which counts of a counter later ones are compared with: record 19 in docs/adr.

A counter that shows less than half of a count of 1,000 or more is away. Until it is back at that count, or a day has passed since
then, nothing is compared with what it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

LARGE = 1_000
SPAN_MS = 86_400_000
_YOUNG_S = 3_600

Seen = tuple[int, int]


def with_bases(series: Iterable[Seen]) -> Iterator[tuple[Seen, Seen, bool, bool]]:
    """Per (time in ms, count) of a series by time, but the first: it, its base, whether it is that of the next, if it is low."""
    base: Seen | None = None
    away = False
    for before, now in pairwise(series):
        base = base or before
        back = now[1] >= base[1] or now[0] - base[0] >= SPAN_MS
        fallen = base[1] >= LARGE and 2 * now[1] < base[1]
        holds = back or not (away or fallen)
        yield now, base, holds, fallen and not holds
        away = not holds
        base = now if holds else base


def is_away(row: Mapping[str, Any]) -> bool:
    """Whether a row of `trending_hourly` shows a fall that may yet turn out to be none: sums of growth leave it out."""
    base = row["prev_play_count"]
    return bool(base >= LARGE and 2 * row["play_count"] < base and row["gap_hours"] * 3_600_000 < SPAN_MS)


class Beginnings:
    """Takes valid records of `tiktok.posts.events`: which posts were seen with 0 plays within an hour of their publication."""

    def __init__(self) -> None:
        self.posts: set[str] = set()

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        if post["play_count"] == 0 and abs(post["ingested_at"] // 1000 - post["create_time"]) < _YOUNG_S:
            self.posts.add(post["aweme_id"])
