"""kill -9 while `followers` writes: a read_committed reader of its topic sees each delta exactly once, before, during and after."""

from __future__ import annotations

import os
import signal
from typing import Any

import httpx
import pytest

from simulator.reference.follower_deltas import follower_deltas
from simulator.settings import USERS
from tests.waiting import until

from .marts import held, plain
from .records import decoded, differences
from .snapshot_feed import feeding
from .stack_process import TERMINAL, Stack, checkpoints_every, ended
from .topic_reader import TopicReader, following

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

DELTAS = "tiktok.followers.deltas"
KEY = ("userid", "t_now")
CHECKPOINTS = checkpoints_every("2s")
# No partition is idle: a broker that is away must not let the others' clock run on.
IDLE = "10 min"
SOME_ROWS = 2_000
AWAY = (httpx.HTTPError,)


def started(stack: Stack, run_id: str) -> str:
    """Id of the live job, which runs."""
    arguments = ("--detached", "--run-id", run_id)
    submitted = ended(stack.start_pasted("followers", *CHECKPOINTS, arguments=arguments, TOKPULSE_IDLE_TIMEOUT=IDLE))
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    (job,) = [str(job["jid"]) for job in stack.jobs() if job["state"] not in TERMINAL]
    until(lambda: stack.state(job) == "RUNNING", 60, "the job runs")
    return job


def rows(reader: TopicReader) -> list[dict[str, Any]]:
    """What the reader was given, times in Unix milliseconds; keys are checked on the way."""
    found = []
    for key, record in reader.records():
        assert key == record["userid"]
        found.append({name: plain(value) for name, value in record.items()})
    return found


def stopped_in_a_transaction(stack: Stack, pid: int, written: TopicReader) -> bool:
    """Stops the process that commits; lets it go on when all that it has written is committed."""
    os.kill(pid, signal.SIGSTOP)
    if len(held(stack, DELTAS)) < written.count:
        return True
    os.kill(pid, signal.SIGCONT)
    return False


@pytest.mark.parametrize("service", ["taskmanager", pytest.param("kafka", marks=pytest.mark.soak)])
def test_each_delta_exactly_once_though_the_service_is_killed(stack: Stack, service: str) -> None:
    victim = stack.pid(service)
    job = started(stack, f"{service}-killed")
    with (
        following(stack.endpoints, DELTAS, "read_committed") as committed,
        following(stack.endpoints, DELTAS, "read_uncommitted") as written,
    ):
        with feeding(stack.endpoints) as feed:
            # Some transactions are complete, and one is open that has records.
            until(lambda: committed.count > SOME_ROWS and written.count > committed.count, 120, "deltas are written and committed")
            assert stack.attempts(job) == {0}, stack.failure(job)
            if service == "taskmanager":
                until(lambda: stopped_in_a_transaction(stack, victim, written), 60, "it is stopped within a transaction")
            before = written.count
            os.kill(victim, signal.SIGKILL)
            until(lambda: stack.pid(service) not in (0, victim), 60, f"the supervisor has started {service} again")
            if service == "taskmanager":
                until(lambda: max(stack.attempts(job)) > 0, 120, "the job was restarted", ignoring=AWAY)
            until(lambda: committed.count > before + SOME_ROWS, 180, "deltas are written and committed again")
            assert feed.is_alive()
            end_ms = feed.finish()
        want = follower_deltas(record for _, record in decoded(stack.endpoints, USERS) if record["ingested_at"] < end_ms)
        assert len(want) > before
        until(lambda: committed.count >= len(want), 120, f"all {len(want)} deltas are committed")
        # What another reader sees now, and what this one saw on the way: a delta seen too early would be there twice.
        on_topic = [{name: value for name, value in row.items() if name != "is_away"} for row in want]
        assert differences(held(stack, DELTAS), on_topic, KEY) == []
        assert differences(rows(committed), on_topic, KEY) == []
        until(lambda: len(held(stack, "follower_deltas")) >= len(want), 60, "all deltas are in ClickHouse")
        assert differences(held(stack, "follower_deltas"), want, KEY) == []
        if service == "taskmanager":
            # The log has the dead transaction's records too; only who reads uncommitted ones is given them.
            assert written.count > len(want)
    assert stack.state(job) == "RUNNING"
