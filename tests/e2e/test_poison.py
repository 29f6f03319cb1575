"""Bad records never stop a job, and each of them can be found again; nothing but bad records does stop it."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from confluent_kafka import Message

from simulator.malformed import KINDS, Malformed, MalformedEncoder
from simulator.settings import POSTS, USERS, SimulationSettings
from tests.waiting import until

from .records import differences, ledger, messages, producing, simulate_to, table
from .stack_process import Stack, error_lines

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

DLQ = f"{POSTS}.dlq"
BAD = 1_000
UNIVERSE = SimulationSettings(seed=9, posts=1_450, creators=60, hours=26, topics=(POSTS,), malformed=BAD)
# What the generator did to a record -> the code that the job must give it.
CODES = {
    Malformed.TRUNCATED: {"truncated"},
    Malformed.BAD_MAGIC: {"bad_magic"},
    Malformed.UNKNOWN_SCHEMA_ID: {"unknown_schema_id"},
    Malformed.OTHER_RECORD_TYPE: {"wrong_record"},
    Malformed.NEGATIVE_COUNTER: {"negative_counter"},
    Malformed.FUTURE_CLOCK: {"event_time_in_future"},
    Malformed.EMPTY: {"empty_value"},
    Malformed.OVERSIZE: {"too_large", "truncated"},
}
HEADERS = {"error", "source.topic", "source.partition", "source.offset", "failed.at"}
Place = tuple[int, int]
Fingerprint = tuple[bytes | None, str]


def fingerprint(message: Message) -> Fingerprint:
    """Key and a digest of the value: 125 values of 5 MB need not be kept."""
    key, value = message.key(), message.value()
    assert not isinstance(key, str)
    assert not isinstance(value, str)
    return key, "null" if value is None else hashlib.blake2b(value).hexdigest()


def headers(message: Message) -> dict[str, str]:
    found = message.headers()
    assert isinstance(found, list)
    return {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in found}


def complete_queue(stack: Stack) -> list[tuple[dict[str, str], Fingerprint]]:
    """Headers and content of the dead-letter queue; nothing while records are missing."""
    queue = [(headers(message), fingerprint(message)) for message in messages(stack.endpoints, DLQ)]
    return queue if len(queue) >= BAD else []


def test_a_thousand_bad_records_among_two_hundred_thousand(stack: Stack) -> None:
    truth = simulate_to(stack.endpoints, UNIVERSE)
    good = truth.total - BAD
    assert good >= 200_000
    assert set(truth.malformed) == {kind.value for kind in KINDS}
    expected = truth.engagement_hourly.rows()

    job = stack.submit("engagement", "--detached", "--run-id", "live")
    until(lambda: stack.query("SELECT count() FROM dead_letters")[0][0] >= BAD, 180, "all bad records are in dead_letters")
    observed = "sum(play_count), sum(engagement_total)"
    sums = (sum(row["play_count"] for row in expected), sum(row["engagement_total"] for row in expected))
    until(lambda: stack.query(f"SELECT {observed} FROM engagement_hourly")[0] == sums, 180, "all good records are counted")
    assert stack.state(job) == "RUNNING"
    assert stack.attempts(job) == {0}
    assert stack.rest(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"] == []

    letters = stack.query("SELECT topic, partition, offset, reason FROM dead_letters")
    places: set[Place] = {(partition, offset) for _, partition, offset, _ in letters}
    assert len(letters) == len(places) == BAD
    assert {topic for topic, *_ in letters} == {POSTS}
    codes = Counter(reason.partition(":")[0] for *_, reason in letters)
    per_kind = {kind: truth.malformed[kind.value] for kind in KINDS}
    assert codes.total() == sum(per_kind.values())
    for kind, count in per_kind.items():
        assert sum(codes[code] for code in CODES[kind]) >= count, (kind, codes)

    queue = until(lambda: complete_queue(stack), 60, "the queue has all of them")
    stack.cancel_all()
    origin = {
        (message.partition(), message.offset()): fingerprint(message)
        for message in messages(stack.endpoints, POSTS)
        if (message.partition(), message.offset()) in places
    }
    quarantined: dict[Place, Fingerprint] = {}
    reasons = {(partition, offset): reason for _, partition, offset, reason in letters}
    for found, content in queue:
        assert set(found) == HEADERS
        place = (int(found["source.partition"]), int(found["source.offset"]))
        assert (found["source.topic"], found["error"]) == (POSTS, reasons[place])
        assert found["failed.at"].endswith("Z")
        quarantined[place] = content
    assert len(queue) == BAD
    assert quarantined == origin

    stack.submit("engagement", "--bounded", "--run-id", "bounded")
    assert differences(table(stack), expected) == []
    assert len(stack.query("SELECT partition, offset FROM dead_letters")) == BAD
    counts = ledger(stack, "bounded")
    assert counts["read"] == counts["counted"] + counts["late"] + counts["beyond_bound"] + counts["quarantined"] == truth.total
    assert (counts["quarantined"], counts["unaccounted"]) == (BAD, 0)


def test_nothing_but_bad_records_stops_the_job(stack: Stack) -> None:
    with producing(stack.endpoints) as producer:
        encoder = MalformedEncoder(producer.schema_id(POSTS), producer.schema_id(USERS), oversize_bytes=1_000)
        value = encoder.encode(Malformed.BAD_MAGIC, {**NOBODY})
        for number in range(30_000):
            producer.produce_encoded(POSTS, str(number), value)
    done = stack.run("submit", "engagement", "--bounded")
    (error,) = error_lines(done)
    assert "bad records in a row" in error
    assert "stop-after-consecutive" in error
    assert [job["state"] for job in stack.jobs() if job["name"] == "engagement"].count("FAILED") == 1


NOBODY = {
    "aweme_id": "1",
    "region": None,
    "title": "",
    "duration": 0,
    "play": "",
    "wmplay": "",
    "hdplay": None,
    "play_count": 0,
    "digg_count": 0,
    "comment_count": 0,
    "share_count": 0,
    "download_count": 0,
    "collect_count": 0,
    "create_time": 1_767_571_200,
    "author_id": "1",
    "ingested_at": 1_767_571_200_000,
}
