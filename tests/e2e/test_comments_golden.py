"""The comments job on a few records whose rows were worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from simulator.settings import COMMENTS, USERS

from .marts import KEYS, held
from .records import comment_observation, ledger, producing, user_snapshot
from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(180)]

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TIMES = ("ingested_at", "snapshot_at", "window_start", "window_end")


def lines(name: str) -> list[dict[str, Any]]:
    """Rows of a file, times in Unix milliseconds."""
    rows = [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]
    return [{key: milliseconds(value) if key in TIMES else value for key, value in row.items() if key != "why"} for row in rows]


def milliseconds(moment: str | None) -> int | None:
    return None if moment is None else round(datetime.fromisoformat(moment).timestamp() * 1000)


def record(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Topic and whole record from the fields that matter here."""
    at_ms = milliseconds(row["observed"])
    assert at_ms is not None
    if row["topic"] == "users":
        return USERS, user_snapshot(row["userid"], at_ms, row["followers"])
    comment = comment_observation(row["id"], row["user"], at_ms, row["text"], row["likes"], row["video_id"])
    return COMMENTS, comment | {"reply_total": row["replies"]}


@pytest.mark.parametrize("step", [1, -1])
def test_each_golden_row(stack: Stack, step: int) -> None:
    given = [record(row) for row in lines("comments_enriched/given.jsonl")]
    with producing(stack.endpoints) as producer:
        for topic, value in given[::step]:
            producer.produce(topic, value)
    stack.submit("comments", "--bounded", "--run-id", "golden")
    for mart in ("comments_enriched", "comment_sentiment_hourly"):
        expected = lines(f"{mart}/expect.jsonl")
        rows = sorted(held(stack, mart), key=itemgetter(*KEYS[mart]))
        assert [{name: row[name] for name in expected[0]} for row in rows] == expected
    comments = sum(topic == COMMENTS for topic, _ in given)
    for topic, count in ((COMMENTS, comments), (USERS, len(given) - comments)):
        found = ledger(stack, "golden", topic)
        assert (found["read"], found["unaccounted"]) == (count, 0)
