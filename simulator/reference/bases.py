"""Which counts of a counter later ones are compared with: record 19 in docs/adr.

A counter that shows less than half of a count of 1,000 or more is away. Until it is back at that count, or a day after that count
shows anything but 0, nothing is compared with what it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

LARGE = 1_000
SPAN_MS = 86_400_000
_HOUR_MS = 3_600_000
_MONTH_MS = 31 * SPAN_MS

Seen = tuple[int, int]


def with_bases(series: Iterable[Seen]) -> Iterator[tuple[Seen, Seen, bool]]:
    """Per (time in ms, count) of a series by time, but the first: it, its base, and whether it is away, so no base of the next."""
    base: Seen | None = None
    away = False
    for before, now in pairwise(series):
        base = base or before
        away = not holds(now, base, away)
        yield now, base, away
        base = base if away else now


def holds(now: Seen, base: Seen, away: bool) -> bool:
    """Whether `now` is the base of what follows, where `base` was that of what is between; `away` says that there is something."""
    if base[1] < LARGE or now[1] >= base[1]:
        return True
    ends = now[0] - base[0] >= SPAN_MS if away else 2 * now[1] >= base[1]
    return now[1] > 0 and ends


def is_new(post: Mapping[str, Any]) -> bool:
    """Whether a record of `tiktok.posts.events` was observed within an hour of the post's publication."""
    return bool(abs(post["ingested_at"] // 1000 - post["create_time"]) < _HOUR_MS // 1000)


class Beginnings:
    """Takes valid records of `tiktok.posts.events`: which posts were seen to begin, new and with 0 plays, and in which hour."""

    def __init__(self) -> None:
        self.posts: dict[str, int] = {}

    def add(self, post: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        if post["play_count"] == 0 and is_new(post):
            hour = post["ingested_at"] // _HOUR_MS * _HOUR_MS
            self.posts[post["aweme_id"]] = max(hour, self.posts.get(post["aweme_id"], hour))


def is_founded(begun: Mapping[str, int], aweme_id: str, start_ms: int) -> bool:
    """Whether 0 may be the base of a large count of the post in the hour that starts then: it began less than 31 days before."""
    return aweme_id in begun and start_ms - begun[aweme_id] <= _MONTH_MS
