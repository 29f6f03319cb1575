"""Exact repeats on a million records: what passes, what does not, and the memory that it takes."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import Any

import psutil

from bench.figures import table
from bench.flink_runs import BenchError
from bench.pages import POSTS, post
from bench.progress import Progress
from connectors.clock import MINUTE_MS, wall_clock_ms
from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.topics import load_topics
from polling.writing.repeats import Pending, Repeats, Verdict

RECORDS = 1_000_000
_LOT = 10_000


@dataclass(frozen=True)
class Poll:
    """One poll of every post: what was to be seen, how many passed, in how many nanoseconds each (encoding not counted)."""

    what: str
    passed: int
    repeats: int
    nanoseconds: float


@dataclass(frozen=True)
class RepeatsFigures:
    """The polls in their order, and bytes per entry: by the resident memory of this process, before and after the first poll."""

    records: int
    polls: tuple[Poll, ...]
    bytes_per_entry: float

    def text(self) -> str:
        """A table of polls and a line on memory."""
        rows = [(poll.what, f"{poll.passed:,}", f"{poll.repeats:,}", f"{poll.nanoseconds:,.0f}") for poll in self.polls]
        return (
            table((f"poll of {self.records:,} posts", "to Kafka", "repeats", "ns each"), rows)
            + f"\n{self.bytes_per_entry:.0f} bytes of memory per entry: {self.bytes_per_entry * self.records / 2**20:,.0f} MiB"
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "records": self.records,
            "bytes_per_entry": self.bytes_per_entry,
            "polls": {poll.what: [poll.passed, poll.repeats, poll.nanoseconds] for poll in self.polls},
        }


def measure(progress: Progress, records: int = RECORDS) -> RepeatsFigures:
    """Needs no stack. Raises BenchError when an observation that changed did not pass, or one that did not change did."""
    repeats = Repeats(capacity=records)
    now_ms = wall_clock_ms() - 10 * MINUTE_MS
    # Which version of the counters each poll sees: first, same, changed, changed back, same; the last poll is a day later.
    plan = (
        ("first", 0, 0, records),
        ("the same again", 0, 1, 0),
        ("counters changed", 1, 2, records),
        ("back to the first counters", 0, 3, records),
        ("the same again", 0, 4, 0),
        ("the same after a day", 0, 24 * 60 + 4, records),
    )
    process = psutil.Process()
    polls: list[Poll] = []
    gc.collect()
    before, grown = process.memory_info().rss, 0
    for what, version, minute, expected in plan:
        poll = _poll(what, repeats, records, version, now_ms + minute * MINUTE_MS)
        if not polls:
            gc.collect()
            grown = process.memory_info().rss - before
        progress.line(f"{what}: {poll.passed:,} to Kafka, {poll.repeats:,} repeats")
        if poll.passed != expected:
            raise BenchError(f"{what}: {poll.passed:,} observations passed, not {expected:,}")
        polls.append(poll)
    return RepeatsFigures(records, tuple(polls), grown / records)


def _poll(what: str, repeats: Repeats, records: int, version: int, at_ms: int) -> Poll:
    codec, prefix = AvroCodec(load_topics()[POSTS].schema_text()), header(1)
    passed = spent = 0
    for first in range(0, records, _LOT):
        seen = [post(number, version, at_ms) for number in range(first, min(records, first + _LOT))]
        values = [(record["aweme_id"], codec.encode(record, prefix)) for record in seen]
        began = time.perf_counter_ns()
        pending: Pending = {}
        for key, value in values:
            if repeats.compare(POSTS, key, value, at_ms, pending) is not Verdict.REPEAT:
                passed += 1
        repeats.mark(pending, at_ms)
        spent += time.perf_counter_ns() - began
    return Poll(what, passed, records - passed, spent / records)
