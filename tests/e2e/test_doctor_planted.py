"""Faults planted on a real stack: `tokpulse doctor` names each of them within ten seconds, and says nothing of a healthy one."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from simulator.settings import POSTS, USERS
from stack.schemas import apply_schemas
from tests.waiting import until
from thresholds.publish import establish

from .healthy_job import PARTITIONS, Feeder, feeding, keys
from .records import foreign_encoder, now_ms, observation, producing, user_snapshot
from .stack_process import VERSIONS, Stack, checkpoints_every, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.kafka, pytest.mark.timeout(400)]

WITHIN_S = 10.0
# `make soak` asks 20 times.
HEALTHY_RUNS = int(os.environ.get("TOKPULSE_TEST_HEALTHY", "2"))
# A subject that no record of these tests is written with.
SUBJECT = "tiktok.trending.alerts-value"
# Checkpoints every two seconds, of which any number may fail.
CHECKPOINTS = (*checkpoints_every("2s"), "-Dexecution.checkpointing.tolerable-failed-checkpoints=1000")
# What other tests of the session have killed, the supervisor has restarted.
OF_OTHER_TESTS = frozenset({"service_restarts"})
JOB_GONE = frozenset({"job_missing", "job_ended", "job_failed"})


@dataclass
class Patient:
    """The stack; `took` are the seconds of each examination."""

    stack: Stack
    took: list[float] = field(default_factory=list)
    job: str = ""

    def examined(self, *args: str, **extra: str) -> list[dict[str, Any]]:
        """All findings of `tokpulse doctor --json ARGS`, which must be as quick as it promises."""
        began = time.monotonic()
        done = self.stack.run("doctor", "--json", *args, PYTHONFAULTHANDLER="1", **extra)
        self.took.append(time.monotonic() - began)
        # Beside the findings it says at most how far it is.
        assert [line for line in done.stderr.splitlines() if not line.startswith("examining ...")] == []
        assert done.returncode in (0, 1), done.returncode
        told = json.loads(done.stdout)
        # Its own clock: how long Python takes to start is the machine's matter.
        assert told["seconds"] < WITHIN_S, told
        assert done.returncode == int(any(each["level"] == "fail" for each in told["findings"]))
        return [each for each in told["findings"] if each["cause"] not in OF_OTHER_TESTS]

    def wrong(self, *args: str, **extra: str) -> dict[str, set[str]]:
        """Cause -> what it is about, of all that is not well."""
        found: dict[str, set[str]] = {}
        for each in self.examined(*args, **extra):
            if each["level"] != "ok":
                assert each["todo"], each
                found.setdefault(each["cause"], set()).add(each["about"])
        return found


@pytest.fixture(scope="module")
def patient(running_stack: Stack) -> Iterator[Patient]:
    """The session's stack, emptied before and after."""
    running_stack.clear()
    found = Patient(running_stack)
    try:
        yield found
    finally:
        print("seconds:", " ".join(f"{seconds:.1f}" for seconds in found.took))
        running_stack.clear()


@pytest.fixture(scope="module")
def feeder(patient: Patient) -> Iterator[Feeder]:
    """A producer that works; the job reads what it writes."""
    with feeding(patient.stack.endpoints) as running:
        yield running


def test_no_job_and_no_records(patient: Patient) -> None:
    found = patient.wrong()
    assert found.keys() - JOB_GONE == {"topic_empty", "rows_missing"}
    assert len(found.keys() & JOB_GONE) == 1
    assert found["topic_empty"] == {POSTS}


def test_a_producer_that_stopped_before_the_hour_closed(patient: Patient) -> None:
    stack = patient.stack
    with producing(stack.endpoints) as producer:
        for key in keys():
            producer.produce(POSTS, observation(key, now_ms() // HOUR_MS * HOUR_MS - 90 * MINUTE_MS, 1))
    arguments = ("--detached", "--parallelism", "2", "--run-id", "planted")
    done = ended(stack.start_pasted("engagement", *CHECKPOINTS, arguments=arguments))
    assert done.returncode == 0, done.stdout + done.stderr
    (patient.job,) = until(lambda: [str(job["jid"]) for job in stack.jobs() if job["state"] == "RUNNING"], 60, "the job runs")
    until(lambda: stack.query("SELECT count() FROM engagement_hourly") == [(PARTITIONS,)], 60, "all posts have a row")
    found = patient.wrong()
    assert found["producer_stopped"] == {POSTS}
    # The same seen from the job, and from the tables.
    assert found.keys() <= {"producer_stopped", "watermark_behind", "rows_old"}


def test_a_healthy_stack_has_nothing(patient: Patient, feeder: Feeder) -> None:
    until(lambda: not patient.wrong(), 60, "the first observations are in the tables")
    assert [patient.wrong() for _ in range(HEALTHY_RUNS)] == [{}] * HEALTHY_RUNS


def empty(stack: Stack, table: str) -> None:
    """Empties one table; the others stay."""
    with stack.clickhouse() as client:
        client.command(f"TRUNCATE TABLE {table}")


def write_foreign(stack: Stack, ingested_at: int, partition: int) -> None:
    """An observation of somebody else's producer, which checks nothing."""
    encode = foreign_encoder(stack.endpoints)
    producer = Producer({"bootstrap.servers": stack.endpoints.kafka_bootstrap_servers})
    record = observation(keys()[partition], now_ms(), 1) | {"ingested_at": ingested_at}
    producer.produce(POSTS, key=record["aweme_id"].encode(), value=encode(record), partition=partition)
    assert producer.flush(30) == 0


@contextmanager
def quarantined(patient: Patient, ingested_at: int) -> Iterator[None]:
    """A record that the job refuses, forgotten at the end: newer ones follow it, and no dead letter is left."""
    stack = patient.stack
    write_foreign(stack, ingested_at, 7)
    try:
        yield
        until(lambda: stack.query("SELECT count() FROM dead_letters") == [(1,)], 30, "the job has refused it")
    finally:
        with producing(stack.endpoints) as producer:
            for _ in range(20):
                producer.produce(POSTS, observation(keys()[7], now_ms(), 1))
        empty(stack, "dead_letters_log")


@pytest.mark.parametrize(
    ("cause", "time_of"),
    [
        ("future_clock", lambda now: now + HOUR_MS),
        ("seconds_for_ms", lambda now: now // 1000),
    ],
)
def test_a_wrong_time(patient: Patient, feeder: Feeder, cause: str, time_of: Callable[[int], int]) -> None:
    with quarantined(patient, time_of(now_ms())):
        (finding,) = [each for each in patient.examined() if each["level"] != "ok"]
        assert (finding["cause"], finding["about"], "partition 7" in finding["text"]) == (cause, POSTS, True)


def test_a_wrong_time_that_only_dead_letters_tell_of(patient: Patient, feeder: Feeder) -> None:
    stack = patient.stack
    with stack.clickhouse() as client:
        reason = f"event_time_in_future: ingested_at={now_ms() + HOUR_MS} is more than 300000 ms ahead of the clock"
        names = ["topic", "partition", "offset", "reason", "raw", "failed_at"]
        client.insert("dead_letters_log", [[POSTS, 3, 1, reason, "", datetime.now(UTC)]], column_names=names)
    try:
        assert patient.wrong() == {"future_clock": {POSTS}}
    finally:
        empty(stack, "dead_letters_log")


def test_an_empty_partition_beside_full_ones(patient: Patient, feeder: Feeder) -> None:
    users = keys(load_topics()[USERS].partitions)
    with producing(patient.stack.endpoints) as producer:
        for user in users[1:]:
            producer.produce(USERS, user_snapshot(user, now_ms(), 5))
    (finding,) = [each for each in patient.examined() if each["level"] != "ok"]
    assert (finding["cause"], finding["about"]) == ("partition_empty", USERS)
    assert "partition 0 of 12 none" in finding["text"]
    with producing(patient.stack.endpoints) as producer:
        producer.produce(USERS, user_snapshot(users[0], now_ms(), 5))


def test_an_idle_partition(patient: Patient, feeder: Feeder) -> None:
    feeder.paused.add(5)
    try:
        # Ten times as long as it was between two records.
        found = until(lambda: patient.wrong("--idle-after", "5s"), 60, "the partition is idle")
        assert found == {"partition_idle": {POSTS}}
    finally:
        feeder.paused.clear()


def test_a_schema_that_is_not_registered(patient: Patient, feeder: Feeder) -> None:
    endpoints = patient.stack.endpoints
    for query in ("", "?permanent=true"):
        httpx.delete(f"{endpoints.schema_registry_url}/subjects/{SUBJECT}{query}", timeout=10).raise_for_status()
    try:
        assert patient.wrong() == {"schema_missing": {SUBJECT}}
    finally:
        with SchemaRegistry(endpoints.schema_registry_url) as registry:
            apply_schemas(registry, load_topics())


@pytest.mark.parametrize("service", ["clickhouse", "registry", "kafka", "jobmanager"])
def test_a_service_that_takes_connections_and_does_not_answer(patient: Patient, feeder: Feeder, service: str) -> None:
    pid = patient.stack.pid(service)
    os.kill(pid, signal.SIGSTOP)
    try:
        found = patient.examined()
    finally:
        os.kill(pid, signal.SIGCONT)
    wrong = {each["cause"]: each for each in found if each["level"] != "ok"}
    assert wrong["service_paused"]["about"] == service
    assert wrong["service_paused"]["todo"] == f"`kill -CONT {pid}`"
    # A sink that cannot write holds up the tasks before it.
    assert wrong.keys() <= {"service_paused", "back_pressure_outside", "back_pressure"}
    until(lambda: not patient.wrong(), 60, f"{service} serves again", (json.JSONDecodeError,))


@contextmanager
def sockets(count: int, *, listening: bool) -> Iterator[list[int]]:
    """Ports where nothing answers: taken, and refusing connections unless `listening`."""
    with ExitStack() as opened:
        found = [opened.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
            if listening:
                each.listen()
        yield [int(each.getsockname()[1]) for each in found]


@pytest.mark.parametrize(("listening", "cause"), [(False, "service_unreachable"), (True, "service_silent")])
def test_addresses_where_nothing_answers(patient: Patient, feeder: Feeder, listening: bool, cause: str) -> None:
    with sockets(4, listening=listening) as (kafka, registry, clickhouse, flink):
        found = patient.wrong(
            KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{kafka}",
            SCHEMA_REGISTRY_URL=f"http://127.0.0.1:{registry}/apis/ccompat/v7",
            CLICKHOUSE_URL=f"http://tokpulse:hidden-secret@127.0.0.1:{clickhouse}/tokpulse",
            FLINK_REST_URL=f"http://127.0.0.1:{flink}",
        )
    assert found == {cause: {"kafka", "registry", "clickhouse", "flink"}}


def test_thresholds_that_are_gone(patient: Patient, feeder: Feeder) -> None:
    empty(patient.stack, VERSIONS)
    try:
        assert patient.wrong() == {"thresholds_missing": {"threshold_versions"}}
    finally:
        establish(patient.stack.endpoints)


def test_checkpoints_that_fail(patient: Patient, feeder: Feeder) -> None:
    stack = patient.stack
    folder = stack.data / "flink" / "checkpoints" / patient.job
    away = folder.with_name("away")

    def failed() -> int:
        return int(stack.rest(f"/jobs/{patient.job}/checkpoints")["counts"]["failed"])

    before = failed()
    folder.rename(away)
    # Not a mode: who runs as root may write everywhere.
    folder.write_text("in the way")
    try:
        until(lambda: failed() > before, 30, "a checkpoint has failed")
        (finding,) = [each for each in patient.examined() if each["level"] != "ok"]
        assert (finding["cause"], finding["about"]) == ("checkpoints_failing", "engagement")
        assert "execution.checkpointing.dir" in finding["todo"], finding
        # The exception, of which only the log tells.
        assert "Exception" in finding["text"] or "irectory" in finding["text"] or str(folder) in finding["text"], finding
    finally:
        folder.unlink()
        away.rename(folder)
    done = stack.checkpoints(patient.job)
    until(lambda: stack.checkpoints(patient.job) > done, 30, "checkpoints complete again")


def test_a_disk_that_is_nearly_full(patient: Patient, feeder: Feeder) -> None:
    assert patient.wrong("--disk-free", "1000000") == {"disk_nearly_full": {str(patient.stack.data)}}


def test_a_jar_of_another_version(patient: Patient, feeder: Feeder, tmp_path: Path) -> None:
    lib = tmp_path / "lib"
    lib.mkdir()
    for jar in (patient.stack.endpoints.flink_home / "lib").iterdir():
        name = "tokpulse-flink-formats-0.0.1.jar" if jar.name.startswith("tokpulse-flink-formats") else jar.name
        (lib / name).symlink_to(jar.resolve())
    assert patient.wrong(FLINK_HOME=str(tmp_path)) == {"jar_wrong": {"tokpulse-flink-formats-0.0.1.jar"}}


def test_it_is_still_healthy_and_then_the_job_ends(patient: Patient, feeder: Feeder) -> None:
    until(lambda: not patient.wrong(), 60, "nothing is left of what was planted")
    patient.stack.cancel_all()
    assert patient.wrong() == {"job_ended": {"engagement"}}
