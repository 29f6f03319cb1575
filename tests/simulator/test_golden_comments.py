"""The golden rows of `comments_enriched` and `comment_sentiment_hourly` are what the reference gives, in any order of arrival."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.reference.comment_sentiment_hourly import COLUMNS as HOURLY_COLUMNS
from simulator.reference.comment_sentiment_hourly import comment_sentiment_hourly
from simulator.reference.comments_enriched import COLUMNS, CommentsEnriched
from simulator.reference.follower_deltas import FollowerDeltas
from tests.golden.reading import milliseconds
from tests.golden.reading import rows as golden_rows

WORDS = {"I love this": 0.5, "I hate this": -0.25, "": 0.0, "this is a table": 0.0}


def comment(row: dict[str, Any]) -> dict[str, Any]:
    counts = {"digg_count": row["likes"], "reply_total": row["replies"], "create_time": 0}
    return {**counts, "id": row["id"], "video_id": row["video_id"], "text": row["text"], "user": {"id": row["user"]}}


def model(text: str) -> tuple[float, str, str]:
    return WORDS[text], "words", "en"


@pytest.mark.parametrize("step", [1, -1])
def test_the_reference_gives_the_golden_rows(step: int) -> None:
    comments, snapshots = CommentsEnriched(), FollowerDeltas()
    for row in golden_rows("comments_enriched/given.jsonl")[::step]:
        at_ms = milliseconds(row["observed"])
        if row["topic"] == "comments":
            comments.add(comment(row) | {"ingested_at": at_ms})
        else:
            snapshots.add({"userid": row["userid"], "stats": {"followerCount": row["followers"]}, "ingested_at": at_ms})
    rows = comments.rows(snapshots, model)
    expected = golden_rows("comments_enriched/expect.jsonl")
    assert [tuple(row) for row in rows] == [COLUMNS] * len(expected)
    assert [{name: row[name] for name in want} for row, want in zip(rows, expected, strict=True)] == expected
    assert {row["text"]: row["sentiment_compound"] for row in rows} == WORDS
    hourly = comment_sentiment_hourly(rows)
    expected = golden_rows("comment_sentiment_hourly/expect.jsonl")
    assert [tuple(row) for row in hourly] == [HOURLY_COLUMNS] * len(expected)
    assert [{name: row[name] for name in want} for row, want in zip(hourly, expected, strict=True)] == expected
    assert [row["mean_compound"] for row in hourly] == [pytest.approx((0.5 - 0.25) / 2), 0.5, None, 0.5]
    assert [row["reach_weighted_compound"] for row in hourly] == [-0.25, 0.5, None, None]
