"""The real job on a few records whose rows were worked out by hand: each row, each column."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.settings import POSTS
from tests.golden.reading import lines, milliseconds
from tests.topics import defaults

from .records import Post, ledger, producing, table
from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(180)]


def post(row: dict[str, Any]) -> Post:
    """A whole record from the fields that matter here."""
    counters = {name: row[name] for name in ("play_count", "digg_count", "comment_count", "share_count")}
    return {
        **defaults(POSTS),
        "aweme_id": row["aweme_id"],
        "region": None,
        "title": row["why"],
        "duration": 15,
        "play": "",
        "wmplay": "",
        "hdplay": None,
        **counters,
        "download_count": 0,
        "collect_count": 0,
        "create_time": milliseconds(row["observed"]) // 1000 - 86_400,
        "author_id": row["author_id"],
        "ingested_at": milliseconds(row["observed"]),
    }


# The runs of test_recovery.py have partial results, and each of their rows is compared.
@pytest.mark.parametrize("partial_results", ["off", pytest.param("on", marks=pytest.mark.soak)])
def test_each_golden_row(stack: Stack, partial_results: str) -> None:
    given = [post(row) for row in lines("engagement_hourly/given.jsonl")]
    with producing(stack.endpoints) as producer:
        for record in given:
            producer.produce(POSTS, record)
    stack.submit("engagement", "--bounded", "--run-id", "golden", "--partial-results", partial_results)
    expected = [
        row | {name: milliseconds(row[name]) for name in ("window_start", "window_end")}
        for row in lines("engagement_hourly/expect.jsonl")
    ]
    # Counters that have come since are unknown.
    rows = table(stack)
    assert rows == [dict.fromkeys(rows[0]) | row for row in expected]
    found = ledger(stack, "golden")
    assert (found["read"], found["unaccounted"]) == (len(given), 0)
