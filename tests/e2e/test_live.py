"""The job on a live stream: the running hour at once, closed hours when the watermark passes, corrections after that."""

from __future__ import annotations

import subprocess
import time

import pytest

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.producer import AvroProducer
from simulator.settings import POSTS
from tests.waiting import until

from .records import Post, decoded, now_ms, observation, producing, row
from .stack_process import Stack, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

RESULTS = "tiktok.engagement.hourly"
# Visible "at once", on a machine that other tests may share.
SECONDS = 20.0
IDLE_S = 3.0


def send(producer: AvroProducer, partition: int, record: Post) -> None:
    """To a partition of the test's choice: which of them are idle is the point."""
    producer.produce_encoded(POSTS, record["aweme_id"], producer.encode(POSTS, record), partition=partition)
    producer.flush()


def results(stack: Stack, post: str, hour_ms: int) -> list[Post]:
    """What the result topic holds of one post-hour; keys are checked on the way."""
    found = []
    for key, record in decoded(stack.endpoints, RESULTS):
        assert key == record["aweme_id"]
        # fastavro gives a datetime for timestamp-millis.
        if record["aweme_id"] == post and record["window_start"].timestamp() * 1000 == hour_ms:
            found.append(record)
    return found


def test_a_live_stream(stack: Stack) -> None:
    this_hour = now_ms() // HOUR_MS * HOUR_MS
    last_hour = this_hour - HOUR_MS
    # Just beyond the watermark's bound, at most 2 min ahead of the clock: the job takes up to 5.
    closing = max(now_ms(), this_hour + 2 * MINUTE_MS + 1_000)
    job = stack.submit("engagement", "--detached", "--run-id", "live", TOKPULSE_IDLE_TIMEOUT=f"{IDLE_S:.0f} s")
    until(lambda: stack.state(job) == "RUNNING", 60, "the job runs")
    with producing(stack.endpoints) as producer:
        # Six of 24 partitions have records, so most are idle from the start.
        for number in range(6):
            send(producer, number, observation(f"p{number}", last_hour + 30 * MINUTE_MS, 100 + number))
        until(lambda: row(stack, "p0", last_hour) == (100, 0), 60, "the first observation, once the job has started")
        started = time.monotonic()
        send(producer, 0, observation("p0", last_hour + 40 * MINUTE_MS, 200))
        until(lambda: row(stack, "p0", last_hour) == (200, 0), SECONDS, "a partial result of the running hour")
        print(f"visible after {time.monotonic() - started:.2f} s")
        # A task that had been idle longer than the timeout doubts its rows, and publishes them early, not as final.
        assert [found for found in results(stack, "p0", last_hour) if found["is_final"]] == []

        assert stack.python_workers() == [], "no row of this job passes through Python"
        assert stack.open_to_others() == []

        # Partitions 3 to 5 fall silent in the last hour: they must not hold it open.
        for number in range(3):
            send(producer, number, observation(f"p{number}", closing, 1_000))
        until(
            lambda: row(stack, "p5", last_hour) == (105, 1), IDLE_S + SECONDS, "the last hour is final, also of silent partitions"
        )
        until(lambda: row(stack, "p0", this_hour) == (1_000, 0), SECONDS, "the running hour is not final")
        closed = until(
            lambda: [found for found in results(stack, "p0", last_hour) if found["is_final"]],
            SECONDS,
            "the closed hour is on the result topic",
        )
        expected = observation("p0", 0, 200)
        assert [(found["play_count"], found["engagement_total"], found["is_final"]) for found in closed] == [
            (200, expected["digg_count"] + 1, 1)
        ]
        assert closed[0]["engagement_rate_plays"] == pytest.approx(21 / 200)
        assert [found for found in results(stack, "p0", this_hour) if found["is_final"]] == []

        send(producer, 0, observation("p0", last_hour + 50 * MINUTE_MS, 300))
        until(lambda: row(stack, "p0", last_hour) == (300, 1), SECONDS, "a late observation corrects its closed hour")
        until(lambda: max(found["play_count"] for found in results(stack, "p0", last_hour)) == 300, SECONDS, "and the result topic")
    assert stack.state(job) == "RUNNING"
    assert stack.attempts(job) == {0}

    home = stack.endpoints.flink_home
    flink_cancel = [str(home / "bin" / "flink"), "cancel", job]
    cancelled = subprocess.run(
        flink_cancel, env=stack.environment(**stack.endpoints.values), capture_output=True, text=True, check=False, timeout=60
    )
    assert cancelled.returncode == 0, cancelled.stdout + cancelled.stderr
    until(lambda: stack.state(job) == "CANCELED", 30, "the job is cancelled")


def test_a_task_that_falls_silent_gives_its_hour_too(stack: Stack) -> None:
    """All partitions of one source task are idle when the others close the hour, and no checkpoint has come between."""
    this_hour = now_ms() // HOUR_MS * HOUR_MS
    closing = max(now_ms(), this_hour + 2 * MINUTE_MS + 1_000)
    arguments = ("--detached", "--parallelism", "2", "--run-id", "silent")
    submitted = ended(
        stack.start_pasted("engagement", "-Dexecution.checkpointing.interval=1d", arguments=arguments, TOKPULSE_IDLE_TIMEOUT="2 s")
    )
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    with producing(stack.endpoints) as producer:
        for number in range(24):
            send(producer, number, observation(f"p{number}", this_hour - 30 * MINUTE_MS, 100))
        until(lambda: row(stack, "p23", this_hour - HOUR_MS), 90, "the hour is visible")
        send(producer, 0, observation("p0", closing, 200))
    until(lambda: row(stack, "p0", this_hour - HOUR_MS) == (100, 1), IDLE_S + SECONDS, "the hour of the busy task is final")
    finals = "SELECT count() FROM engagement_hourly WHERE is_final = 1"
    until(lambda: stack.query(finals) == [(24,)], SECONDS, "the hour is final for the posts of the silent task too")
