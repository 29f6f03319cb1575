"""Pages of posts as a poller reads them, as many as a measurement needs."""

from __future__ import annotations

from typing import Any

from connectors.clock import wall_clock_ms
from connectors.upstream.model import Feed, Observation, Page
from polling.model import FeedKey, ReadPage

POSTS = "tiktok.posts.events"
PER_PAGE = 35


def post(number: int, round_number: int, at_ms: int) -> dict[str, Any]:
    """An observation of the post `number`; counters differ from round to round."""
    plays = 1_000 + number * 37 % 2_000_000 + round_number * 11
    address = f"https://v16.example.invalid/video/{number:012d}"
    return {
        "aweme_id": str(7_500_000_000_000_000_000 + number),
        "region": None if number % 5 else "BR",
        "title": f"what happened on day {number} 🔥 #fyp #viral #foryou",
        "duration": 15 + number % 160,
        "play": f"{address}/play",
        "wmplay": f"{address}/wmplay",
        "hdplay": f"{address}/hdplay",
        "play_count": plays,
        "digg_count": plays // 12,
        "comment_count": plays // 300,
        "share_count": plays // 170,
        "download_count": plays // 700,
        "collect_count": plays // 150,
        "create_time": 1_760_000_000 + number % 1_000_000,
        "author_id": str(6_800_000_000_000_000_000 + number // 400),
        "ingested_at": at_ms,
    }


def pages(records: int, round_number: int) -> list[ReadPage]:
    """`records` posts in pages of PER_PAGE, each of a feed of its own; the last page may be shorter."""
    now_ms = wall_clock_ms()
    pages_read = []
    for first in range(0, records, PER_PAGE):
        numbers = range(first, min(records, first + PER_PAGE))
        observations = tuple(Observation(POSTS, post(number, round_number, now_ms)) for number in numbers)
        key = FeedKey("bench", Feed.POSTS, str(first))
        pages_read.append(ReadPage(key, Page(observations, None), now_ms, None))
    return pages_read
