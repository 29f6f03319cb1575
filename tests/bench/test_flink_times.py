from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.clickhouse_queries import TOTALS, refuse_difference, statement
from bench.flink_runs import BenchError, times_of
from bench.live_stream import observation
from bench.own_stack import own_environment
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from simulator.bulk import BulkTotals

JOB: dict[str, Any] = {
    "name": "engagement",
    "state": "FINISHED",
    "start-time": 1_000,
    "end-time": 61_000,
    "vertices": [
        {"id": "a", "name": "source", "metrics": {f"accumulated-{what}-time": 1500 for what in ("busy", "idle", "backpressured")}},
    ],
}


def subtask(end: int, running: int, attempt: int = 0) -> dict[str, Any]:
    return {"end-time": end, "status-duration": {"RUNNING": running, "INITIALIZING": 900}, "attempt": attempt}


def test_net_time_begins_when_the_last_task_runs() -> None:
    found = times_of(JOB, [subtask(60_900, 50_900), subtask(61_000, 49_000), subtask(60_000, 52_000)])
    assert found.net_s == 49.0
    assert found.total_s == 60.0
    assert found.restarts == 0
    assert found.vertices[0].busy_s == 1.5


def test_a_restart_of_any_task_is_told() -> None:
    assert times_of(JOB, [subtask(61_000, 49_000, attempt=0), subtask(61_000, 49_000, attempt=2)]).restarts == 2


def test_a_wrong_total_is_refused_by_name() -> None:
    expected = BulkTotals(records=10, rows=2, play_count=7)
    right = {name: getattr(expected, name) for name in TOTALS}
    refuse_difference("engagement_hourly", right, expected)
    with pytest.raises(BenchError, match="engagement_hourly: play_count is 6, not 7"):
        refuse_difference("engagement_hourly", {**right, "play_count": 6}, expected)


def test_the_totals_query_gives_the_totals_in_order() -> None:
    positions = [statement("engagement_totals").index(f" AS {name}") for name in TOTALS]
    assert positions == sorted(positions)


def test_the_bench_never_sees_another_stack() -> None:
    caller = {
        "PATH": "/bin",
        "KAFKA_BOOTSTRAP_SERVERS": "elsewhere:1",
        "CLICKHOUSE_URL": "http://elsewhere",
        "TOKPULSE_KAFKA_PORT": "9092",
        "TOKPULSE_PARTIAL_RESULTS": "on",
        "TOKPULSE_BUILD": "/build",
    }
    own = own_environment(caller, Path("/own"))
    assert own["TOKPULSE_DATA"] == "/own"
    assert own["TOKPULSE_KAFKA_PORT"] == own["TOKPULSE_FLINK_RPC_PORT"] == "0"
    assert own["PATH"] == "/bin"
    assert own["TOKPULSE_BUILD"] == "/build"
    assert not {"KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_URL", "TOKPULSE_PARTIAL_RESULTS"} & own.keys()


def test_live_records_are_valid() -> None:
    validator = RecordValidator(json.loads(load_topics()["tiktok.posts.events"].schema_text()), lambda: 1_700_000_000_000)
    validator.check(observation(3, 100, 1_700_000_000_000))
