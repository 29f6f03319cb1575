"""A partition whose records wait is never idle: not on a machine that gives the TaskManager a tenth of its time either."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import Any

import httpx
import psutil
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.paths import REPOSITORY
from simulator.settings import POSTS
from tests.waiting import until

from .hourly_counts import TOPIC
from .records import messages, now_ms, observation, producing
from .stack_process import Stack, ended
from .throttle import throttled

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(900)]

PARTITIONS = 24
HOURS = 8
PER_HOUR = 150
DUTY = 0.1
DEADLINE_S = 400.0
# On a machine that others may share.
SECONDS = 60.0
# The JobManager answers for a job that it is restarting, but not always.
AWAY = (httpx.HTTPError, KeyError)


def counted(stack: Stack) -> tuple[Counter[int], list[dict[str, Any]]]:
    """Records per closed hour (its start in seconds), and those that came behind the watermark."""
    hours: Counter[int] = Counter()
    late = []
    for message in messages(stack.endpoints, TOPIC):
        value = message.value()
        assert isinstance(value, bytes)
        row = json.loads(value)
        if row["what"] == "hour":
            hours[row["place"]] += row["number"]
        else:
            late.append(row)
    return hours, late


def of_sources(stack: Stack, job: str, metric: str) -> list[int]:
    """A metric of the source, by task; empty while a task has none."""
    source = next(vertex for vertex in stack.rest(f"/jobs/{job}")["vertices"] if vertex["name"].startswith("Source:"))
    path = f"/jobs/{job}/vertices/{source['id']}/metrics"
    names = [found["id"] for found in stack.rest(path) if found["id"].split(".")[-1] == metric and ".Source__" in found["id"]]
    return [int(found["value"]) for name in names for found in stack.rest(f"{path}?get={name}")]


def all_drained(stack: Stack, job: str) -> bool:
    drained = of_sources(stack, job, "drained_partitions")
    assert sum(drained) == PARTITIONS, (drained, of_sources(stack, job, "lagging_partitions"))
    return True


def submit(stack: Stack) -> str:
    """The job of hourly_counts.py, with two tasks and an idle timeout far shorter than a partition waits for its turn."""
    printed = stack.run("submit", "engagement", "--detached", "--parallelism", "2", "--idle-timeout", "2 s", "--print")
    assert printed.returncode == 0, printed.stderr
    line = printed.stdout.strip().replace("jobs/engagement.py", "tests/e2e/hourly_counts.py")
    pipe = subprocess.PIPE
    shell = subprocess.Popen(["bash", "-c", line], cwd=REPOSITORY, env=stack.environment(), stdout=pipe, stderr=pipe, text=True)
    before = {job["jid"] for job in stack.jobs()}
    done = ended(shell)
    assert done.returncode == 0, done.stdout + done.stderr
    (job,) = [str(job["jid"]) for job in stack.jobs() if job["jid"] not in before]
    return job


def send(stack: Stack, partition: int, *times_ms: int) -> None:
    """One record of the partition's own post for each time."""
    with producing(stack.endpoints) as producer:
        for at_ms in times_ms:
            record = observation(f"p{partition}", at_ms, 100)
            producer.produce_encoded(POSTS, record["aweme_id"], producer.encode(POSTS, record), partition=partition)


@pytest.mark.soak
def test_no_record_of_a_backlog_is_late_on_a_throttled_machine(stack: Stack) -> None:
    """And none is taken for early after a restart: the watermark is that of before."""
    admin = AdminClient({"bootstrap.servers": stack.endpoints.kafka_bootstrap_servers})
    for future in admin.create_topics([NewTopic(TOPIC, 1, 1)]).values():
        future.result(30)
    this_hour = now_ms() // HOUR_MS * HOUR_MS
    begin = this_hour - HOURS * HOUR_MS
    times = [begin + number * HOUR_MS // PER_HOUR for number in range(HOURS * PER_HOUR)]
    for partition in range(PARTITIONS):
        # Two minutes, the watermark's delay, past the last hour: it closes when the slowest partition has come here.
        send(stack, partition, *times, this_hour + 2 * MINUTE_MS + 1)
    expected = {(begin + hour * HOUR_MS) // 1000: PARTITIONS * PER_HOUR for hour in range(HOURS)}
    try:
        job = submit(stack)
        taskmanager = stack.pid("taskmanager")
        with throttled(lambda: taskmanager, DUTY):
            # The last hour closes when everything has been read.
            until(lambda: max(expected) in counted(stack)[0], DEADLINE_S, "the last hour is closed")
        hours, late = counted(stack)
        print(f"{sum(expected.values()) - sum(hours.values())} of {sum(expected.values())} missing, {len(late)} late")
        assert late == []
        assert dict(hours) == expected
        until(lambda: all_drained(stack, job), DEADLINE_S, "every partition is idle", (AssertionError,))
        assert sum(of_sources(stack, job, "lagging_partitions")) == 0

        done = stack.checkpoints(job)
        until(lambda: stack.checkpoints(job) > done + 1, SECONDS, "a checkpoint that has begun since then is complete")
        psutil.Process(stack.pid("taskmanager")).kill()
        until(lambda: stack.state(job) == "RUNNING" and max(stack.attempts(job)) > 0, 120, "the job runs again", AWAY)
        # Nothing that came after the restart has moved the watermark, and this is behind that of before.
        send(stack, 0, begin)
        until(lambda: counted(stack)[1], DEADLINE_S, "the first record is late")
        assert [(row["number"], row["place"]) for row in counted(stack)[1]] == [(0, len(times) + 1)]
    finally:
        stack.cancel_all()
        for future in admin.delete_topics([TOPIC], operation_timeout=30).values():
            future.result(30)
