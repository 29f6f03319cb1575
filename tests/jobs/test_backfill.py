"""The range of a backfill, what it writes, and what it says when Kafka has not all of it."""

from __future__ import annotations

import pytest

from connectors.clickhouse.outputs import Backfill, ClickHouseSink
from connectors.clock import DAY_MS, HOUR_MS
from connectors.kafka import log
from connectors.kafka.topics import load_topics
from jobs import backfill
from jobs.backfill import BackfillError, asked, check_held, told
from jobs.catalog import JOBS
from jobs.settings import parse, resolve

NOVEMBER = 1_793_491_200_000  # 2026-11-01
NOW = NOVEMBER + 20 * DAY_MS
TOPIC = "tiktok.posts.events"


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-11-01", "2026-11-08", (0, 7 * 24)),
        ("2026-11-01T06:00", "2026-11-01T07:00:00Z", (6, 7)),
        ("2026-11-01T06:00+02:00", "2026-11-01T05:00", (4, 5)),
    ],
)
def test_ranges(begin: str, end: str, hours: tuple[int, int]) -> None:
    found = asked(begin, end, now_ms=NOW)
    assert found == Backfill(NOVEMBER + hours[0] * HOUR_MS, NOVEMBER + hours[1] * HOUR_MS)
    assert found is not None
    assert asked(told(found.begin_ms), told(found.end_ms), restate=True, now_ms=NOW) == Backfill(found.begin_ms, found.end_ms, True)


@pytest.mark.parametrize(
    ("begin", "end", "told_why"),
    [
        ("2026-11-01", "", "--to is missing"),
        ("", "2026-11-01", "--from is missing"),
        ("2026-11-01", "2026-11-01", "the range is empty: --from 2026-11-01T00:00"),
        ("2026-11-02", "2026-11-01", "the range ends before it begins"),
        ("2026-11-01", "2026-12-01", "--to 2026-12-01T00:00 is in the future"),
        ("2026-11-01T00:30", "2026-11-02", "--from: '2026-11-01T00:30' is within an hour"),
        ("2026-11-01T05:30+05:00", "2026-11-02", "is within an hour"),
        ("2026-11-01", "tomorrow", "--to: 'tomorrow' is not a time"),
    ],
)
def test_what_is_no_range(begin: str, end: str, told_why: str) -> None:
    with pytest.raises(BackfillError) as caught:
        asked(begin, end, now_ms=NOW)
    assert told_why in caught.value.message
    assert "\n" not in caught.value.message


def test_no_range_is_no_backfill() -> None:
    assert asked("", None) is None
    with pytest.raises(BackfillError, match="--restate is of a backfill"):
        asked(None, None, restate=True)


def test_the_line_of_a_backfill_is_bounded() -> None:
    line = ["--from", "2026-01-01", "--to", "2026-01-02"]
    found = resolve(parse("trending", line), {"TOKPULSE_DATA": "/nonexistent"})
    assert found.backfill == asked("2026-01-01", "2026-01-02")
    assert (found.bounded, found.partial_results) == (True, False)


@pytest.mark.parametrize("name", JOBS)
def test_a_backfill_writes_the_tables_of_its_job_and_nothing_else(name: str) -> None:
    job, asked_for = JOBS[name], Backfill(0, HOUR_MS)
    found = job.backfilling(asked_for)
    assert found.sinks == found.inserts == ()
    assert found.topics_written == ()
    # Of LIVE rooms, alerts alone need followers.
    assert set(job.topics_read) - set(found.topics_read) == ({"tiktok.users.snapshots"} if name == "live" else set())
    # Its accounts are under another name: whoever asks for the newest run of the job gets the job's.
    assert found.name == f"{name}-backfill"
    assert found.name not in JOBS
    tables = {output.table for output in job.outputs if isinstance(output, ClickHouseSink)}
    written = {sink.table.replace("_backfill", "_log") for sink in found.clickhouse}
    assert written == (tables - {"momentum_alerts_log", "live_alerts_log"}) | {"pipeline_ledger_entries"}
    # Where the last insert of a row wins, none may get in unasked.
    assert {"trending_hourly_log", "follower_deltas_log"}.isdisjoint(sink.table for sink in found.clickhouse)


def test_every_output_has_a_time_but_what_merges_whenever_it_comes() -> None:
    sinks = {sink for job in JOBS.values() for sink in job.outputs if isinstance(sink, ClickHouseSink)}
    assert {sink.view for sink in sinks if not sink.time} == {"comments_late_snapshots"}


@pytest.mark.parametrize(
    ("begins", "outcome"),
    [
        ({}, None),
        ({0: NOVEMBER - 40 * DAY_MS}, None),
        ({0: NOVEMBER - 40 * DAY_MS, 3: NOVEMBER - DAY_MS}, "warning"),
        ({0: NOVEMBER - 40 * DAY_MS, 3: NOVEMBER + DAY_MS + 1}, "--from 2026-11-02T01:00"),
        ({5: NOW}, "no record of the range is left"),
    ],
)
def test_records_that_are_gone(monkeypatch: pytest.MonkeyPatch, begins: dict[int, int], outcome: str | None) -> None:
    monkeypatch.setattr(backfill, "gone_before", lambda servers, topic: begins)
    week = Backfill(NOVEMBER, NOVEMBER + 7 * DAY_MS, restate=True)
    if outcome in (None, "warning"):
        warnings = list(check_held("none", [TOPIC], week))
        assert len(warnings) == (outcome == "warning")
        assert all("since 2026-10-31T00:00 UTC" in text and "--restate" in text for text in warnings)
        return
    with pytest.raises(
        BackfillError, match=f"{TOPIC} has all its records only since .*: those from 2026-11-01T00:00 on are gone"
    ) as caught:
        list(check_held("none", [TOPIC], week))
    assert caught.value.hint == outcome


def test_only_a_partition_that_has_lost_records_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer:
        def __init__(self, offset: int, timestamp: int = -1) -> None:
            self.offset, self.timestamp = offset, timestamp

    starts = {0: Answer(0), 1: Answer(7), 2: Answer(9)}
    oldest = {0: Answer(0, NOVEMBER), 1: Answer(7, NOVEMBER + 5), 2: Answer(-1)}
    monkeypatch.setattr(log, "_answers", lambda *_: [starts, oldest])
    monkeypatch.setattr(log, "wall_clock_ms", lambda: NOW)
    assert log.gone_before("none", TOPIC) == {1: NOVEMBER + 5, 2: NOW}


def test_topics_that_jobs_read_are_declared() -> None:
    assert {topic for job in JOBS.values() for topic in job.topics_read} <= {topic.name for topic in load_topics()}
