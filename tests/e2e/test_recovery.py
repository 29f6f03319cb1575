"""kill -9 in the middle of a run: the table is the same as if nothing had happened, and every record is accounted for."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.bulk import BulkSettings, BulkTotals, write_bulk
from simulator.settings import POSTS
from tests.waiting import until

from .records import differences, ledger, now_ms, observation, producing, recomputed, row, table
from .stack_process import TERMINAL, Stack, checkpoints_every, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

BULK = BulkSettings(seed=5, posts=4_000, creators=100, hours=20, poll_minutes=8)
# Early enough in the run that most of it is still to come.
SOME_ROWS = 30_000
RUN_S = 240.0
CHECKPOINTS = checkpoints_every("1s")


def bounded(run_id: str) -> tuple[str, ...]:
    """Arguments of a bounded run that writes all the way through, not only when windows close."""
    return ("--bounded", "--partial-results", "on", "--run-id", run_id)


def the_running_job(stack: Stack) -> str:
    """Id of the only job that has not ended, once there is one."""
    return str(until(lambda: [job["jid"] for job in stack.jobs() if job["state"] == "RUNNING"], 90, "a job runs")[0])


def written(stack: Stack) -> int:
    """Rows in ClickHouse before merging."""
    return int(stack.query("SELECT count() FROM engagement_hourly_maxima")[0][0])


def assert_complete(stack: Stack, totals: BulkTotals, run_id: str) -> None:
    """Totals as the generator counted them, then each row as recomputed from what Kafka holds."""
    sums = "sum(play_count), sum(digg_count), sum(comment_count), sum(share_count), sum(engagement_total)"
    assert stack.query(f"SELECT count(), {sums} FROM engagement_hourly")[0] == (
        totals.rows,
        totals.play_count,
        totals.digg_count,
        totals.comment_count,
        totals.share_count,
        totals.engagement_total,
    )
    records, expected = recomputed(stack.endpoints)
    assert records == totals.records
    assert differences(table(stack), expected) == []
    found = ledger(stack, run_id)
    assert (found["read"], found["quarantined"], found["unaccounted"]) == (records, 0, 0)


@pytest.mark.soak
def test_kill_of_the_taskmanager(stack: Stack) -> None:
    with producing(stack.endpoints) as producer:
        totals = write_bulk(producer, BULK)
    victim = psutil.Process(stack.pid("taskmanager"))
    client = stack.start_pasted("engagement", *CHECKPOINTS, arguments=bounded("taskmanager-killed"))
    try:
        job = the_running_job(stack)
        until(
            lambda: written(stack) > SOME_ROWS and stack.checkpoints(job) > 0, 90, "rows are written and a checkpoint is complete"
        )
        assert stack.python_workers() == [], "no row of this job passes through Python"
        assert stack.state(job) == "RUNNING"
        victim.kill()
        until(lambda: stack.state(job) == "RUNNING" and max(stack.attempts(job)) > 0, 120, "the job runs again")
    finally:
        done = ended(client, RUN_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.state(job) == "FINISHED"
    assert max(stack.attempts(job)) > 0
    assert_complete(stack, totals, "taskmanager-killed")


def test_kill_of_clickhouse_while_rows_are_written(stack: Stack) -> None:
    with producing(stack.endpoints) as producer:
        totals = write_bulk(producer, BULK)
    victim = stack.pid("clickhouse")
    client = stack.start_pasted("engagement", *CHECKPOINTS, arguments=bounded("clickhouse-killed"))
    try:
        job = the_running_job(stack)
        before = until(lambda: (rows := written(stack)) > SOME_ROWS and rows, 90, "rows are written")
        assert stack.state(job) not in TERMINAL
        os.kill(victim, signal.SIGKILL)
        until(lambda: stack.pid("clickhouse") not in (0, victim), 60, "the supervisor has started ClickHouse again")
        until(lambda: written(stack) > before, 120, "rows are written again", ignoring=(Exception,))
    finally:
        done = ended(client, RUN_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.state(job) == "FINISHED"
    # The sink holds its rows and tries again: ClickHouse away for some seconds is not worth a replay.
    assert stack.attempts(job) == {0}, stack.failure(job)
    assert_complete(stack, totals, "clickhouse-killed")


def test_a_closed_hour_that_is_read_again(stack: Stack) -> None:
    """What was counted before the kill is in doubt after it: nothing may be lost, or counted twice, for that."""
    this_hour = now_ms() // HOUR_MS * HOUR_MS
    closing = max(now_ms(), this_hour + 2 * MINUTE_MS + 1_000)
    arguments = ("--detached", "--run-id", "twice")
    submitted = ended(
        stack.start_pasted("engagement", "-Dexecution.checkpointing.interval=1d", arguments=arguments, TOKPULSE_IDLE_TIMEOUT="2 s")
    )
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    job = the_running_job(stack)
    with producing(stack.endpoints) as producer:
        for number in range(50):
            producer.produce(POSTS, observation(f"p{number}", this_hour - 30 * MINUTE_MS, 100))
        producer.flush()
        until(lambda: row(stack, "p49", this_hour - HOUR_MS), 60, "the hour is visible")
        # To all partitions: no task is idle, whatever that leads to.
        for number in range(50):
            producer.produce(POSTS, observation(f"p{number}", closing, 200))
        producer.flush()
        until(lambda: row(stack, "p49", this_hour - HOUR_MS) == (100, 1), 60, "the hour is final")
        until(lambda: ledger(stack, "twice")["counted"] >= 50, 60, "the ledger has the closed hour")
        os.kill(stack.pid("taskmanager"), signal.SIGKILL)
        until(lambda: stack.state(job) == "RUNNING" and max(stack.attempts(job)) > 0, 120, "the job runs again")
        producer.produce(POSTS, observation("after", closing, 300))
        producer.flush()
    until(lambda: row(stack, "after", this_hour) == (300, 0), 60, "what came after the kill")
    until(lambda: ledger(stack, "twice")["unaccounted"] == 0, 30, f"the ledger balances: {ledger(stack, 'twice')}")
    assert ledger(stack, "twice")["read"] >= 50
    assert row(stack, "p49", this_hour - HOUR_MS) == (100, 1)
