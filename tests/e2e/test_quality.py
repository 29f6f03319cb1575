"""A pipeline that lost rows is found out: topics are compared with tables on a real broker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from confluent_kafka import Producer

from simulator.settings import POSTS, SimulationSettings

from .records import recomputed, simulate_to
from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink]

UNIVERSE = SimulationSettings(seed=7, posts=60, creators=10, hours=6, topics=(POSTS,), duplicates=0.05, late=0.05)
LOST_HOUR = 3
CHOSEN = (
    *("--dataset", "engagement_hourly", "--dataset", "pipeline_ledger", "--dataset", "dead_letters"),
    *("--test", "reconcile", "--test", "ledger_balance", "--test", "not_null", "--settle", "0"),
)


def found(stack: Stack, code: int) -> dict[tuple[str, str, str], tuple[str, int, str]]:
    """(dataset, test, column) -> (status, rows, detail) of a run that must end with `code`."""
    done = stack.run("quality", *CHOSEN, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return {(one["dataset"], one["test"], one["column"]): (one["status"], one["failing_rows"], one["detail"]) for one in results}


def test_rows_that_were_lost_are_named(stack: Stack) -> None:
    simulate_to(stack.endpoints, UNIVERSE)
    records, hours = recomputed(stack.endpoints)
    producer = Producer({"bootstrap.servers": stack.endpoints.kafka_bootstrap_servers, "log_level": 0})
    producer.produce(POSTS, key=b"poison", value=b"\x00not a record")
    assert producer.flush(30) == 0
    stack.submit("engagement", "--bounded", "--run-id", "quality")

    sound = found(stack, 0)
    assert {status for status, _, _ in sound.values()} == {"pass"}
    assert sound["engagement_hourly", "reconcile", ""][2] == (
        f"all {len(hours):,} rows of {records + 1:,} records of {POSTS}, 1 dead letters among them"
    )
    assert sound["pipeline_ledger", "reconcile", POSTS][2].startswith(f"quality has read {records + 1:,}, and ")

    starts = sorted({row["window_start_ms"] if "window_start_ms" in row else row["window_start"] for row in hours})
    lost = starts[LOST_HOUR]
    gone = sum((row.get("window_start_ms") or row["window_start"]) == lost for row in hours)
    with stack.clickhouse() as client:
        client.command(
            "DELETE FROM engagement_hourly_maxima WHERE toUnixTimestamp64Milli(window_start) = {lost:Int64}",
            parameters={"lost": lost},
        )
        client.command("TRUNCATE TABLE dead_letters_log")
    broken = found(stack, 1)
    status, rows, said = broken["engagement_hourly", "reconcile", ""]
    assert (status, rows) == ("fail", gone + 1)
    assert said.startswith(f"lacks {gone} of {len(hours):,} rows of {POSTS}: ")
    assert "1 unusable records of tiktok.posts.events are no dead letters" in said

    kept = stack.query(
        "SELECT status, failing_rows FROM quality_results WHERE test = 'reconcile' AND column = '' ORDER BY checked_at"
    )
    assert kept == [("pass", 0), ("fail", gone + 1)]
