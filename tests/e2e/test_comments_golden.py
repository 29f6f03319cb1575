"""The comments job on a few records whose rows were worked out by hand."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import pytest

from simulator.settings import COMMENTS, USERS
from tests.golden.reading import milliseconds
from tests.golden.reading import rows as golden_rows

from .marts import KEYS, held
from .records import comment_observation, ledger, producing, user_snapshot
from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(180)]


def record(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Topic and whole record from the fields that matter here."""
    at_ms = milliseconds(row["observed"])
    if row["topic"] == "users":
        return USERS, user_snapshot(row["userid"], at_ms, row["followers"])
    comment = comment_observation(row["id"], row["user"], at_ms, row["text"], row["likes"], row["video_id"])
    return COMMENTS, comment | {"reply_total": row["replies"]}


# Records in any order give the same rows: test_marts_equality.py shows it of more of them.
@pytest.mark.parametrize("step", [1, pytest.param(-1, marks=pytest.mark.soak)])
def test_each_golden_row(stack: Stack, step: int) -> None:
    given = [record(row) for row in golden_rows("comments_enriched/given.jsonl")]
    with producing(stack.endpoints) as producer:
        for topic, value in given[::step]:
            producer.produce(topic, value)
    stack.submit("comments", "--bounded", "--run-id", "golden")
    for mart in ("comments_enriched", "comment_sentiment_hourly"):
        expected = golden_rows(f"{mart}/expect.jsonl")
        rows = sorted(held(stack, mart), key=itemgetter(*KEYS[mart]))
        assert [{name: row[name] for name in expected[0]} for row in rows] == expected
    comments = sum(topic == COMMENTS for topic, _ in given)
    for topic, count in ((COMMENTS, comments), (USERS, len(given) - comments)):
        found = ledger(stack, "golden", topic)
        assert (found["read"], found["unaccounted"]) == (count, 0)
