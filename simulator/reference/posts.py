"""Expected rows of `posts`, `hashtag_creator` and `fact_post_engagement`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from simulator.reference.observations import PostObservations

COUNTERS = ("play_count", "digg_count", "comment_count", "share_count", "download_count", "collect_count")

# Emoji, without exclamation marks among them; what may stand between letters of a hashtag, but not at its end.
_PICTURES = (
    *(range(0x2194, 0x219A), range(0x21A9, 0x21AB), range(0x231A, 0x231C), range(0x2328, 0x2329), range(0x23CF, 0x23D0)),
    *(range(0x23E9, 0x23FB), range(0x24C2, 0x24C3), range(0x25AA, 0x25AC), range(0x25B6, 0x25B7), range(0x25C0, 0x25C1)),
    *(range(0x25FB, 0x25FF), range(0x2600, 0x2768), range(0x2776, 0x27C0), range(0x2934, 0x2936), range(0x2B05, 0x2B08)),
    *(range(0x2B1B, 0x2B1D), range(0x2B50, 0x2B51), range(0x2B55, 0x2B56), range(0x3297, 0x3298), range(0x3299, 0x329A)),
    range(0x1F000, 0x1FB00),
)
_BETWEEN = "\u200c\u200d\u00b7\u30fb\uff65"

Row = dict[str, Any]


def hashtags(title: str) -> list[str]:
    """The words behind a # in `title`, composed, in lower case, each once, in order."""
    found: dict[str, None] = {}
    text = unicodedata.normalize("NFC", title)
    for start, character in enumerate(text):
        if character in "#\uff03":
            end = kept = start + 1
            while end < len(text) and (kept == end or text[end] in _BETWEEN or _begins(text[end])):
                if _begins(text[end]) or (kept == end > start + 1 and _follows(text[end])):
                    kept = end + 1
                elif text[end] not in _BETWEEN or kept == start + 1:
                    break
                end += 1
            if kept > start + 1:
                found[text[start + 1 : kept].lower()] = None
    return list(found)


def _begins(character: str) -> bool:
    return character == "_" or unicodedata.category(character)[0] in "LN" or any(ord(character) in block for block in _PICTURES)


def _follows(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or 0xE0020 <= ord(character) <= 0xE007F


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
