"""What the newest records of each partition tell about their producers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.doctor_exam import Limits
from cli.doctor_findings import Finding, Level
from cli.doctor_records import JUDGES, MAX_AHEAD_MS, Newest, Tail, unit_of
from cli.doctor_topics import judged_offsets
from connectors.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from connectors.kafka.partitions import partition_of

POSTS, USERS = "tiktok.posts.events", "tiktok.users.snapshots"
# Half past some hour.
NOW_MS = 1_800_000_000_000 // HOUR_MS * HOUR_MS + 30 * MINUTE_MS
PARTITIONS = 3
LIMITS = Limits()
KEYS = {partition_of(f"post{number}", PARTITIONS): f"post{number}".encode() for number in range(50)}


def tail(partition: int, *ages_ms: int, lag_ms: int = 100) -> Tail:
    """A partition whose records were observed so long ago and arrived a tenth of a second later."""
    records = tuple(
        Newest(number, NOW_MS - age_ms + lag_ms, KEYS[partition], NOW_MS - age_ms) for number, age_ms in enumerate(ages_ms)
    )
    return Tail(partition, 0, len(records), records)


def healthy() -> list[Tail]:
    return [tail(partition, *range(10_000, 0, -1_000)) for partition in range(PARTITIONS)]


def changed(tails: list[Tail], partition: int, **values: object) -> list[Tail]:
    """`tails` with the last record of a partition changed."""
    records = tails[partition].records
    last = replace(records[-1], **values)  # type: ignore[arg-type]
    return [replace(each, records=(*records[:-1], last)) if each.partition == partition else each for each in tails]


def found(tails: list[Tail], topic: str = POSTS, now_ms: int = NOW_MS, limits: Limits = LIMITS) -> list[Finding]:
    return [finding for judge in JUDGES for finding in judge(topic, tails, now_ms, limits)]


def causes(tails: list[Tail], topic: str = POSTS, now_ms: int = NOW_MS, limits: Limits = LIMITS) -> list[tuple[str, str]]:
    return [(finding.cause, finding.about) for finding in found(tails, topic, now_ms, limits)]


def test_nothing_is_said_of_healthy_producers() -> None:
    assert found(healthy()) == []


@pytest.mark.parametrize(
    ("ahead_ms", "cause"),
    [
        *((0, None), (SECOND_MS, None), (6 * SECOND_MS, "producer_clock_ahead"), (MAX_AHEAD_MS, "producer_clock_ahead")),
        *((MAX_AHEAD_MS + 1, "future_clock"), (400 * 24 * HOUR_MS, "future_clock")),
    ],
)
def test_a_clock_that_is_ahead(ahead_ms: int, cause: str | None) -> None:
    tails = changed(healthy(), 1, event_ms=NOW_MS + ahead_ms)
    assert causes(tails) == ([(cause, POSTS)] if cause else [])


def test_the_place_of_a_wrong_time_is_named() -> None:
    (finding,) = found(changed(healthy(), 1, event_ms=NOW_MS + HOUR_MS))
    assert finding.level is Level.FAIL
    assert finding.text == f"{POSTS}: ingested_at is up to 60 min ahead of the clock (partition 1, last at offset 9 of partition 1)"


@pytest.mark.parametrize(("value", "unit"), [(NOW_MS // 1000, "seconds"), (NOW_MS * 1000, "microseconds")])
def test_a_time_in_another_unit_is_that_and_nothing_else(value: int, unit: str) -> None:
    (finding,) = found(changed(healthy(), 2, event_ms=value))
    assert finding.cause == "seconds_for_ms"
    assert f"ingested_at {value} is {unit}, not milliseconds (partition 2," in finding.text


@given(st.integers(1_577_836_800_000, 4_102_444_800_000))
def test_no_time_of_this_century_in_milliseconds_has_another_unit(time_ms: int) -> None:
    assert unit_of(time_ms) == ""
    assert (unit_of(time_ms // 1000), unit_of(time_ms * 1000)) == ("seconds", "microseconds")


def test_a_schema_id_of_another_registry() -> None:
    (finding,) = found(changed(healthy(), 0, event_ms=None, unknown_schema=77))
    assert (finding.cause, "schema id 77" in finding.text) == ("schema_id_unknown", True)


@pytest.mark.parametrize(("key", "what"), [(None, "have no key"), (KEYS[1], "have a key of another partition")])
def test_keys(key: bytes | None, what: str) -> None:
    (finding,) = found(changed(healthy(), 0, key=key))
    assert finding.cause == "keys_elsewhere"
    assert f"1 of the newest records {what} (partition 0, last at offset 9 of partition 0)" in finding.text


HOUR_AGO = NOW_MS - 30 * MINUTE_MS - 1


@pytest.mark.parametrize(
    ("now_ms", "topic", "stopped"),
    [
        # The newest is the last millisecond of an hour: it is open until something of the next comes, two minutes after its end.
        (HOUR_AGO + 3 * MINUTE_MS, POSTS, False),
        (HOUR_AGO + 3 * MINUTE_MS + 2, POSTS, True),
        (HOUR_AGO + 30 * HOUR_MS, POSTS, True),
        (HOUR_AGO + 30 * HOUR_MS, USERS, False),
    ],
)
def test_a_producer_that_stopped_before_the_hour_closed(now_ms: int, topic: str, stopped: bool) -> None:
    tails = [tail(0, NOW_MS - HOUR_AGO), tail(1, NOW_MS - HOUR_AGO + 5_000), tail(2)]
    assert causes(tails, topic, now_ms) == ([("producer_stopped", topic)] if stopped else [])


def test_an_hour_that_is_closed_is_not_open() -> None:
    """The newest is two minutes past the hour: that one has closed, and the next has not ended."""
    tails = [tail(0, 28 * MINUTE_MS), tail(1), tail(2)]
    assert causes(tails) == []
    assert causes(tails, now_ms=NOW_MS + HOUR_MS) == [("producer_stopped", POSTS)]


def test_times_that_are_refused_close_no_hour() -> None:
    old = [tail(partition, 2 * HOUR_MS) for partition in range(PARTITIONS)]
    future = changed(old, 0, event_ms=NOW_MS + HOUR_MS)
    assert causes(future) == [("future_clock", POSTS), ("producer_stopped", POSTS)]


def silent(for_ms: int, every_ms: int = SECOND_MS) -> list[Tail]:
    quiet = tail(1, *(for_ms + every_ms * number for number in range(9, -1, -1)))
    return [quiet if each.partition == 1 else each for each in healthy()]


@pytest.mark.parametrize(
    ("for_ms", "every_ms", "idle"),
    [
        (HOUR_MS, SECOND_MS, False),
        (HOUR_MS + 10 * SECOND_MS, SECOND_MS, True),
        # One that gets a record every ten minutes may be silent for an hour and a half.
        (90 * MINUTE_MS, 10 * MINUTE_MS, False),
        (110 * MINUTE_MS, 10 * MINUTE_MS, True),
    ],
)
def test_a_partition_that_is_silent_beside_others(for_ms: int, every_ms: int, idle: bool) -> None:
    assert causes(silent(for_ms, every_ms)) == ([("partition_idle", POSTS)] if idle else [])


def test_when_all_are_silent_none_is_idle() -> None:
    assert ("partition_idle", POSTS) not in causes(silent(HOUR_MS)[1:2] * PARTITIONS, now_ms=NOW_MS + 9 * HOUR_MS)


def test_the_limit_of_idleness_is_an_option() -> None:
    tails = silent(20 * SECOND_MS)
    assert causes(tails) == []
    (finding,) = found(tails, limits=Limits(idle=timedelta(seconds=5)))
    assert finding.text == f"{POSTS}: partition 1 got nothing for 20 s, though before it was every 1 s"


@pytest.mark.parametrize(
    ("topic", "offsets", "cause"),
    [
        (POSTS, {0: (5, 5), 1: (0, 0)}, "topic_empty"),
        (USERS, {0: (5, 5), 1: (0, 0)}, ""),
        (POSTS, {0: (0, 9), 1: (3, 3)}, "partition_empty"),
        (USERS, {0: (0, 9), 1: (3, 3)}, "partition_empty"),
        (POSTS, {0: (0, 9), 1: (3, 4)}, ""),
    ],
)
def test_offsets(topic: str, offsets: dict[int, tuple[int, int]], cause: str) -> None:
    assert judged_offsets(topic, offsets).cause == cause


def test_empty_partitions_are_named() -> None:
    text = judged_offsets(POSTS, {0: (0, 9), 1: (3, 3), 2: (0, 0)}).text
    assert text == f"{POSTS} holds 9 records, and partitions 1, 2 of 3 none"
