"""Posts take off while `trending` runs: each is alerted within seconds, and once, though TaskManager and broker are killed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

import httpx
import pytest

from connectors.clock import MINUTE_MS
from connectors.kafka.producer import AvroProducer
from simulator.plain_versions import plain_version
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.momentum import MomentumRates, momentum_alerts
from simulator.settings import POSTS, USERS
from tests.waiting import until
from thresholds.publish import stored

from .marts import KEYS, held, plain
from .records import decoded, differences, messages, now_ms, observation, producing, user_snapshot
from .stack_process import TERMINAL, Stack, checkpoints_every, ended
from .topic_reader import TopicReader, following

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

ALERTS = "tiktok.momentum.alerts"
CHECKPOINTS = checkpoints_every("3s")
ROUND_S = 0.2
A_ROUND = 4
# Enough for seven minutes.
POST_COUNT = 9_000
SOME = 50
# Far more than the second that it takes, far less than an hour that has to close.
LATENCY_S = 60.0
AWAY = (httpx.HTTPError,)


class TakeOff(threading.Thread):
    """Posts that have been seen for half an hour; some of them take off in each round, until it is stopped."""

    def __init__(self, producer: AvroProducer) -> None:
        super().__init__(name="take-off", daemon=True)
        self._producer = producer
        self._stop_now = threading.Event()
        self.count = 0
        self.failure: Exception | None = None
        begin_ms = now_ms()
        for number in range(POST_COUNT):
            self._producer.produce(USERS, user_snapshot(f"author-p{number}", begin_ms - 20 * MINUTE_MS, 50))
            for minutes in (50, 40, 35):
                self._producer.produce(POSTS, observation(f"p{number}", begin_ms - minutes * MINUTE_MS, 1_000))
        self._producer.flush()

    def run(self) -> None:
        try:
            while self.count < POST_COUNT and not self._stop_now.wait(ROUND_S):
                for _ in range(A_ROUND):
                    self._producer.produce(POSTS, observation(f"p{self.count}", now_ms(), 11_000))
                    self.count += 1
                self._producer.poll()
        except Exception as error:
            self.failure = error

    def finish(self) -> int:
        """How many have taken off. Raises what made it stop."""
        self._stop_now.set()
        self.join(60)
        if self.failure is not None:
            raise self.failure
        self._producer.flush()
        return self.count


@contextmanager
def taking_off(stack: Stack) -> Iterator[TakeOff]:
    with producing(stack.endpoints) as producer:
        posts = TakeOff(producer)
        yield posts
        posts.finish()


def recomputed(stack: Stack) -> list[dict[str, Any]]:
    moving, snapshots = MomentumRates(), FollowerDeltas()
    for _, post in decoded(stack.endpoints, POSTS):
        moving.add(post)
    for _, user in decoded(stack.endpoints, USERS):
        snapshots.add(user)
    return momentum_alerts(moving.rates(), snapshots, [plain_version(version) for version in stored(stack.endpoints)])


def rows(reader: TopicReader) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in record.items()} for _, record in reader.records()]


def seconds_to_the_topic(stack: Stack) -> list[float]:
    """From the observation to the record, of each alert that is there; its header names the observation."""
    found = []
    for message in messages(stack.endpoints, ALERTS):
        headers = message.headers()
        assert isinstance(headers, list)
        ((name, value),) = headers
        assert name == "alert"
        assert isinstance(value, bytes)
        observed_at = datetime.fromisoformat(value.decode().partition("/")[2]).replace(tzinfo=UTC)
        found.append(message.timestamp()[1] / 1000 - observed_at.timestamp())
    return found


def kill(stack: Stack, job: str, service: str, reader: TopicReader) -> None:
    """kill -9, and waits for alerts of after it."""
    before, victim = reader.count, stack.pid(service)
    os.kill(victim, signal.SIGKILL)
    until(lambda: stack.pid(service) not in (0, victim), 60, f"{service} is back")
    if service == "taskmanager":
        until(lambda: max(stack.attempts(job)) > 0, 120, "the job was restarted", ignoring=AWAY)
    until(lambda: reader.count > before + 2 * SOME, 120, "alerts are written again")


def test_each_alert_at_once_and_once(stack: Stack) -> None:
    with taking_off(stack) as posts:
        submitted = ended(
            stack.start_pasted("trending", *CHECKPOINTS, arguments=("--detached", "--run-id", "live"), TOKPULSE_IDLE_TIMEOUT="2 s")
        )
        assert submitted.returncode == 0, submitted.stdout + submitted.stderr
        (job,) = [str(job["jid"]) for job in stack.jobs() if job["state"] not in TERMINAL]
        until(lambda: stack.checkpoints(job) > 0, 90, "the job runs, and has read what was there")
        with following(stack.endpoints, ALERTS, "read_committed") as reader:
            posts.start()
            until(lambda: reader.count > SOME, 60, "alerts are written")
            assert median(seconds_to_the_topic(stack)) < LATENCY_S
            for service in ("taskmanager", "kafka"):
                kill(stack, job, service, reader)
            taken_off = posts.finish()
            want = recomputed(stack)
            assert len(want) == taken_off
            until(lambda: reader.count >= taken_off, 60, "all alerts are on the topic")
            assert differences(rows(reader), want, KEYS[ALERTS]) == [], "whoever follows the topic"
            assert differences(held(stack, ALERTS), want, KEYS[ALERTS]) == [], "and whoever reads it later"
            until(lambda: len(held(stack, "momentum_alerts")) >= taken_off, 60, "all alerts are in ClickHouse")
            assert differences(held(stack, "momentum_alerts"), want, KEYS["momentum_alerts"]) == []
