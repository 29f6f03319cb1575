"""Comments: at once, whatever snapshots do; the newest observation wins; neither a bad one nor kill -9 changes a row."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import psutil
import pytest

from connectors.clock import HOUR_MS
from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.partitions import partition_of
from connectors.kafka.producer import AvroProducer
from connectors.kafka.topics import load_topics
from simulator.settings import COMMENTS, DEFAULT_START_MS, USERS, SimulationSettings
from tests.waiting import until
from udfs.sentiment.sidecar.server import SidecarServer

from .marts import assert_equal, expected
from .records import comment_observation, ledger, messages, now_ms, producing, simulate_to, user_snapshot
from .stack_process import Stack, checkpoints_every, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

VISIBLE_S = 30.0
# A comment in the same partition as "c": it is read after what was sent to "c" before.
PARTITIONS = load_topics()[COMMENTS].partitions
BEHIND = next(name for n in count() if partition_of(name := f"d{n}", PARTITIONS) == partition_of("c", PARTITIONS))
MANY = SimulationSettings(
    seed=13,
    posts=200,
    creators=30,
    hours=30,
    topics=(COMMENTS, USERS),
    comments_per_poll=6.0,
    duplicates=0.05,
    out_of_order=0.2,
    late=0.05,
)
SOME_ROWS = 5_000
RUN_S = 240.0
CHECKPOINTS = checkpoints_every("1s")
MARTS = ("comments_enriched", "comment_sentiment_hourly")


@pytest.fixture(scope="module")
def live(running_stack: Stack) -> Iterator[AvroProducer]:
    """A producer, and a job that is live and warm: Python workers start with the first record. Each test has people of its own."""
    running_stack.clear()
    running_stack.submit("comments", "--detached", "--run-id", "live", "--idle-timeout", "1 s")
    with producing(running_stack.endpoints) as producer:
        send(producer, COMMENTS, comment_observation("warm", "nobody", now_ms()))
        until(lambda: enriched(running_stack, "warm"), 120, "the job has started")
        yield producer


def send(producer: AvroProducer, topic: str, *records: dict[str, Any]) -> None:
    for record in records:
        producer.produce(topic, record)
    producer.flush()


def enriched(stack: Stack, comment: str) -> tuple[Any, ...]:
    """(digg_count, text, follower_count, snapshot_status) of one comment, () while it is not there."""
    rows = stack.query(
        f"SELECT digg_count, text, follower_count, snapshot_status FROM comments_enriched WHERE comment_id = '{comment}'"
    )
    assert len(rows) < 2
    return rows[0] if rows else ()


def visible(stack: Stack, number: int) -> None:
    """Waits until a reader sees so many comments."""
    sql = "SELECT count() FROM comments_enriched"
    until(lambda: stack.query(sql)[0][0] == number, VISIBLE_S, f"{number} comments are visible")


def test_a_quiet_snapshots_topic_delays_nothing(running_stack: Stack, live: AvroProducer) -> None:
    now = now_ms()
    ((there,),) = running_stack.query("SELECT count() FROM comments_enriched")
    send(live, USERS, user_snapshot("u", now - HOUR_MS, 700), user_snapshot("old", now - 30 * HOUR_MS, 40))
    # Snapshots have stopped.
    for number in range(10):
        sent = time.monotonic()
        send(live, COMMENTS, *(comment_observation(f"c{number}-{user}", user, now_ms()) for user in ("u", "old", "stranger")))
        visible(running_stack, there + 3 * (number + 1))
        assert time.monotonic() - sent < VISIBLE_S
    assert running_stack.python_workers()
    assert running_stack.open_to_others() == []
    found = {user: enriched(running_stack, f"c9-{user}")[2:] for user in ("u", "old", "stranger")}
    assert found == {"u": (700, "fresh"), "old": (40, "stale"), "stranger": (None, "missing")}


def test_the_newest_observation_wins_and_late_snapshots_find_their_comments(running_stack: Stack, live: AvroProducer) -> None:
    now, enriched_now = now_ms(), partial(enriched, running_stack)
    send(live, COMMENTS, comment_observation("c", "v", now - 1_000, likes=5))
    until(lambda: enriched_now("c") == (5, "love it", None, "missing"), VISIBLE_S, "the first observation")
    send(live, COMMENTS, comment_observation("c", "v", now, "edited", likes=9))
    until(lambda: enriched_now("c") == (9, "edited", None, "missing"), VISIBLE_S, "the newer observation")
    # An older one after it, the same again, one of the same moment that has fewer likes; and one that comes behind them.
    for again in (("older", now - 30_000, 99), ("edited", now, 9), ("same time", now, 8)):
        send(live, COMMENTS, comment_observation("c", "v", again[1], again[0], again[2]))
    send(live, COMMENTS, comment_observation(BEHIND, "v", now))
    until(lambda: enriched_now(BEHIND), VISIBLE_S, "they have been read")
    assert enriched_now("c") == (9, "edited", None, "missing")
    # Out of order: only the first is the latest at the moment of the comment.
    for at_ms, followers in ((now - 5_000, 50), (now - 50_000, 20), (now + 1, 90)):
        send(live, USERS, user_snapshot("v", at_ms, followers))
    until(lambda: enriched_now("c") == (9, "edited", 50, "fresh"), VISIBLE_S, "the snapshot")

    # All of it long behind the watermark.
    late_ms = now - 10 * HOUR_MS
    send(live, COMMENTS, comment_observation("late", "late", late_ms))
    until(lambda: enriched_now("late"), VISIBLE_S, "the late comment")
    for at_ms, followers in ((late_ms - 2 * HOUR_MS, 3), (late_ms - HOUR_MS, 4), (late_ms + 1, 5)):
        send(live, USERS, user_snapshot("late", at_ms, followers))
    until(lambda: enriched_now("late")[2:] == (4, "fresh"), VISIBLE_S, "the late comment has the late snapshot")
    running_stack.cancel_all()
    assert_equal(running_stack, MARTS, expected(running_stack))


class Poisoned:
    """A model that fails on each text which says so."""

    label = name = "poisoned-1"
    rows_per_call = None
    restarts = 0

    def compounds(self, texts: Sequence[str], seconds: float) -> list[float]:
        if any("poison" in text for text in texts):
            raise ValueError("I cannot read this")
        return [0.5] * len(texts)

    def close(self) -> None:
        """Nothing was started."""


@contextmanager
def sidecar() -> Iterator[dict[str, str]]:
    """The poisoned model behind gRPC; gives the variables that choose it."""
    server = SidecarServer(Poisoned(), "127.0.0.1:0")
    server.start()
    try:
        yield {"TOKPULSE_SENTIMENT_MODEL": "grpc", "TOKPULSE_SENTIMENT_ENDPOINT": f"127.0.0.1:{server.port}"}
    finally:
        server.stop()


def test_bad_records_and_texts_that_the_model_fails_on_are_quarantined(stack: Stack) -> None:
    good = [comment_observation(f"g{number}", f"u{number % 7}", DEFAULT_START_MS + number, "\x00 🏳️‍🌈 ok") for number in range(500)]
    poison = [comment_observation(f"p{number}", "u", DEFAULT_START_MS + number, f"poison {number}") for number in range(3)]
    with producing(stack.endpoints) as producer:
        codec, prefix = AvroCodec(load_topics()[COMMENTS].schema_text()), header(producer.schema_id(COMMENTS))

        def encoded(**changed: Any) -> bytes:
            return codec.encode(comment_observation("b", "u", DEFAULT_START_MS) | changed, prefix)

        bad = {
            "bad_magic": b"\x01" + encoded()[1:],
            "truncated": encoded()[:20],
            "empty_value": b"",
            "negative_counter": encoded(digg_count=-1),
            "event_time_in_future": encoded(ingested_at=now_ms() + 24 * HOUR_MS),
            "create_time_out_of_range": encoded(create_time=4_102_444_800),
        }
        send(producer, COMMENTS, *good[:250], *poison)
        for value in bad.values():
            producer.produce_encoded(COMMENTS, "b", value)
        send(producer, COMMENTS, *good[250:])
    with sidecar() as variables:
        job = stack.submit("comments", "--bounded", "--run-id", "poison", **variables)
    until(lambda: stack.state(job) == "FINISHED", 30, "the JobManager says so, too")
    assert stack.query("SELECT count(), uniqExact(sentiment_model), any(sentiment_model), any(text) FROM comments_enriched") == [
        (len(good), 1, "grpc-poisoned-1", "\x00 🏳️‍🌈 ok")
    ]
    reasons = {reason for (reason,) in stack.query("SELECT reason FROM dead_letters")}
    guilty = {f"sentiment: comment p{number}: grpc-poisoned-1" for number in range(3)}
    assert {":".join(reason.split(":")[:3]) for reason in reasons if reason.startswith("sentiment")} == guilty
    assert {reason.partition(":")[0] for reason in reasons} == {*bad, "sentiment"}
    found = ledger(stack, "poison", COMMENTS)
    quarantined = len(bad) + len(poison)
    assert found == {
        "read": len(good) + quarantined,
        "counted": len(good),
        "late": 0,
        "beyond_bound": 0,
        "quarantined": quarantined,
        "unaccounted": 0,
    }
    # The queue has their bytes as they were.
    queue = {message.value() for message in messages(stack.endpoints, f"{COMMENTS}.dlq")}
    assert queue == {*bad.values(), *(codec.encode(record, prefix) for record in poison)}


def of_each_partition(topic: str) -> list[str]:
    """One key for each partition of `topic`."""
    partitions = load_topics()[topic].partitions
    keys = {partition_of(name := f"after-{n}", partitions): name for n in range(50 * partitions)}
    assert len(keys) == partitions
    return list(keys.values())


def adds_up(stack: Stack, run_id: str, topic: str, read: int) -> bool:
    """The ledger has every record but those of the hour that is not over, which are one of each partition."""
    found = ledger(stack, run_id, topic)
    missing = read - found["read"]
    return 0 <= missing <= load_topics()[topic].partitions and found["quarantined"] == found["unaccounted"] == 0


@pytest.mark.parametrize("victim", [pytest.param("taskmanager", marks=pytest.mark.soak), "python worker"])
def test_kill(stack: Stack, victim: str) -> None:
    """Live, so that the job reads on whenever the kill comes. A worker that died is missed with the next record of its subtask."""
    run_id = victim.replace(" ", "-")
    simulate_to(stack.endpoints, MANY)
    client = stack.start_pasted("comments", *CHECKPOINTS, arguments=("--run-id", run_id, "--idle-timeout", "1 s", "--detached"))
    assert (done := ended(client, RUN_S)).returncode == 0, done.stdout + done.stderr
    job = until(lambda: [job["jid"] for job in stack.jobs() if job["state"] == "RUNNING"], 90, "a job runs")[0]
    sql = "SELECT count() FROM comments_enriched"
    until(lambda: stack.query(sql)[0][0] > SOME_ROWS and stack.checkpoints(job) > 0, 120, "rows are written")
    process = psutil.Process(stack.pid("taskmanager")) if victim == "taskmanager" else stack.python_workers()[-1]
    process.kill()
    with producing(stack.endpoints) as producer:
        send(producer, COMMENTS, *(comment_observation(name, "nobody", now_ms()) for name in of_each_partition(COMMENTS)))
        send(producer, USERS, *(user_snapshot(name, now_ms(), 1) for name in of_each_partition(USERS)))
    until(lambda: stack.state(job) == "RUNNING" and max(stack.attempts(job)) > 0, RUN_S, "the job runs again")
    want = expected(stack)
    until(lambda: stack.query(sql)[0][0] == len(want.rows["comments_enriched"]), RUN_S, "every comment is written")
    for topic, read in ((COMMENTS, want.comments), (USERS, want.users)):
        until(partial(adds_up, stack, run_id, topic, read), RUN_S, f"{topic} adds up")
    stack.cancel_all()
    until(lambda: stack.python_workers() == [], 30, "no Python worker outlives its job, or its TaskManager")
    assert_equal(stack, MARTS, want)
