"""Comments as they come: at once, whatever snapshots do; the newest observation wins; a bad one stops nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from connectors.producer import AvroProducer
from connectors.topics import load_topics
from simulator.partitions import partition_of
from simulator.settings import COMMENTS, HOUR_MS, MINUTE_MS, USERS

from .marts import assert_equal, expected
from .records import comment_observation, now_ms, producing, user_snapshot
from .stack_process import Stack
from .waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

VISIBLE_S = 30.0
# A comment in the same partition as "c": it is read after what was sent to "c" before.
PARTITIONS = load_topics()[COMMENTS].partitions
BEHIND = next(name for n in count() if partition_of(name := f"d{n}", PARTITIONS) == partition_of("c", PARTITIONS))
MARTS = ("comments_enriched", "comment_sentiment_hourly")


@contextmanager
def running(stack: Stack) -> Iterator[AvroProducer]:
    """A producer, and the job live and warm: Python workers start with the first record."""
    stack.submit("comments", "--detached", "--run-id", "live", "--idle-timeout", "1 s")
    with producing(stack.endpoints) as producer:
        producer.produce(COMMENTS, comment_observation("warm", "nobody", now_ms()))
        producer.flush()
        until(lambda: enriched(stack, "warm"), 120, "the job has started")
        yield producer


def send(producer: AvroProducer, topic: str, *records: dict[str, Any]) -> None:
    for record in records:
        producer.produce(topic, record)
    producer.flush()


def enriched(stack: Stack, comment: str) -> tuple[Any, ...]:
    """(digg_count, text, follower_count, snapshot_status) of one comment, () while it is not there."""
    rows = stack.query(f"SELECT digg_count, text, follower_count, snapshot_status FROM comments_enriched WHERE comment_id = '{comment}'")
    assert len(rows) < 2
    return rows[0] if rows else ()


def visible(stack: Stack, number: int) -> None:
    """Waits until a reader sees so many comments."""
    sql = "SELECT count() FROM comments_enriched"
    until(lambda: stack.query(sql)[0][0] == number, VISIBLE_S, f"{number} comments are visible")


def test_a_quiet_snapshots_topic_delays_nothing(stack: Stack) -> None:
    with running(stack) as producer:
        now = now_ms()
        send(producer, USERS, user_snapshot("u", now - HOUR_MS, 700), user_snapshot("old", now - 30 * HOUR_MS, 40))
        # Snapshots have stopped.
        for number in range(20):
            sent = time.monotonic()
            of_each = [comment_observation(f"c{number}-{user}", user, now_ms()) for user in ("u", "old", "stranger")]
            send(producer, COMMENTS, *of_each)
            visible(stack, 1 + 3 * (number + 1))
            assert time.monotonic() - sent < VISIBLE_S
        found = {user: enriched(stack, f"c19-{user}")[2:] for user in ("u", "old", "stranger")}
        assert found == {"u": (700, "fresh"), "old": (40, "stale"), "stranger": (None, "missing")}


def test_the_newest_observation_wins_and_late_snapshots_find_their_comments(stack: Stack) -> None:
    with running(stack) as producer:
        now = now_ms()
        send(producer, COMMENTS, comment_observation("c", "u", now - 1_000, likes=5))
        until(lambda: enriched(stack, "c") == (5, "love it", None, "missing"), VISIBLE_S, "the first observation")
        send(producer, COMMENTS, comment_observation("c", "u", now, "edited", likes=9))
        until(lambda: enriched(stack, "c") == (9, "edited", None, "missing"), VISIBLE_S, "the newer observation")
        # An older one after it, the same again, one of the same moment that has fewer likes; and one that comes behind them.
        for again in (("older", now - 30_000, 99), ("edited", now, 9), ("same time", now, 8)):
            send(producer, COMMENTS, comment_observation("c", "u", again[1], again[0], again[2]))
        send(producer, COMMENTS, comment_observation(BEHIND, "u", now))
        until(lambda: enriched(stack, BEHIND), VISIBLE_S, "they have been read")
        assert enriched(stack, "c") == (9, "edited", None, "missing")
        # Out of order, while the comment is still in the job: only the first is the latest at the moment of the comment.
        for at_ms, followers in ((now - 5_000, 50), (now - 50_000, 20), (now + 1, 90)):
            send(producer, USERS, user_snapshot("u", at_ms, followers))
        until(lambda: enriched(stack, "c") == (9, "edited", 50, "fresh"), VISIBLE_S, "the snapshot")

        # Behind the watermark, when the comment has left the job.
        late_ms = now - 10 * HOUR_MS
        until(lambda: late_snapshot(stack, producer, late_ms), 60, "a snapshot comes too late for a comment")
        for at_ms, followers in ((late_ms - 2 * HOUR_MS, 3), (late_ms - HOUR_MS, 4), (late_ms + 1, 5)):
            send(producer, USERS, user_snapshot("late", at_ms, followers))
        until(lambda: enriched(stack, "late")[2:] == (4, "fresh"), VISIBLE_S, "the late comment has the late snapshot")
    stack.cancel_all()
    assert_equal(stack, MARTS, expected(stack))


def late_snapshot(stack: Stack, producer: AvroProducer, at_ms: int) -> bool:
    """Sends a comment from `at_ms`, then a snapshot from before it, another one each time; whether one came too late for the job.

    As long as the job has no watermark, nothing is late.
    """
    send(producer, COMMENTS, comment_observation("late", "late", at_ms))
    until(lambda: enriched(stack, "late"), VISIBLE_S, "the late comment")
    send(producer, USERS, user_snapshot("late", at_ms - 4 * HOUR_MS + now_ms() % MINUTE_MS, 2))
    return bool(stack.query("SELECT count() FROM comments_late_snapshots_log")[0][0])
