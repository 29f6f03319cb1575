"""Posts per second of job engagement, of a tumbling window into a blackhole, and of a plain Python loop, in turn over one topic."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.clickhouse_queries import TOTALS, check_totals, empty_tables, refuse_difference
from bench.figures import Spread, ratios, table
from bench.flink_runs import BenchError, FlinkTimes, run_line, submit_line, times, unbroken, yardstick_line
from bench.own_stack import PARALLELISM, OwnStack, own_stack
from bench.progress import Progress
from connectors.clickhouse.client import connect
from connectors.paths import REPOSITORY
from simulator.bulk import BulkSettings, BulkTotals, write_bulk

WHOLE, BLACKHOLE, LOOP = "whole job into ClickHouse", "tumbling window into blackhole", "plain Python loop"
WRITTEN = ("engagement_hourly_maxima", "pipeline_ledger_entries")
HOW_MEASURED = (
    "Flink jobs: parallelism 2, from the moment all tasks are RUNNING to FINISHED (Flink's own times); the loop: one process, "
    "from the first batch of messages to the last. The whole job's table is compared with the records' totals after each round."
)


@dataclass
class Throughput:
    """Posts/s of each contender, one value per round, in the same order."""

    records: int
    produce_rate: float
    rates: dict[str, list[float]] = field(default_factory=lambda: {WHOLE: [], BLACKHOLE: [], LOOP: []})
    flink: list[dict[str, Any]] = field(default_factory=list)

    def text(self) -> str:
        """The tables for the terminal."""
        rows = [(name, *Spread.of(values).cells(",.0f")) for name, values in self.rates.items()]
        compared = [
            (f"{WHOLE} / {name}", *Spread.of(ratios(self.rates[WHOLE], self.rates[name])).cells(".2f"))
            for name in (BLACKHOLE, LOOP)
        ]
        return "\n".join(
            (
                table(("posts/s, net of start-up", "min", "median", "max"), rows),
                "",
                table(("ratio per round", "min", "median", "max"), compared),
                "",
                f"{self.records:,} posts, {len(self.rates[WHOLE])} rounds. {HOW_MEASURED}",
            )
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON, with every round."""
        return {
            "records": self.records,
            "produce_rate": self.produce_rate,
            "how_measured": HOW_MEASURED,
            "posts_per_second": {name: {"rounds": values, **asdict(Spread.of(values))} for name, values in self.rates.items()},
            "ratio_whole_to_blackhole": ratios(self.rates[WHOLE], self.rates[BLACKHOLE]),
            "ratio_whole_to_loop": ratios(self.rates[WHOLE], self.rates[LOOP]),
            "flink_runs": self.flink,
        }


def measure(records: int, rounds: int, progress: Progress) -> Throughput:
    """Starts a stack, writes `records` posts once and lets the contenders take turns. Raises BenchError for a wrong result."""
    with own_stack() as stack:
        totals, rate = produce(records, stack, progress)
        result = Throughput(totals.records, rate)
        contenders: dict[str, Callable[[], float]] = {
            WHOLE: lambda: _whole(stack, totals, result),
            BLACKHOLE: lambda: _blackhole(stack, result),
            LOOP: lambda: _loop(stack, totals),
        }
        # The first Flink job of a TaskManager pays for all: classes, just-in-time compilation, Python workers.
        for name in (WHOLE, BLACKHOLE):
            with progress.waiting(f"warm-up, not counted: {name}"):
                contenders[name]()
        result.flink.clear()
        for number in range(1, rounds + 1):
            for name, contender in contenders.items():
                with progress.waiting(f"round {number} of {rounds}: {name}"):
                    seconds = contender()
                result.rates[name].append(totals.records / seconds)
                progress.line(f"round {number} of {rounds}: {name}: {totals.records / seconds:,.0f} posts/s ({seconds:.1f} s)")
    return result


def produce(records: int, stack: OwnStack, progress: Progress) -> tuple[BulkTotals, float]:
    """Writes `records` posts (rounded up to a simulated minute): what must come out, and records/s of writing."""
    hours = 24
    while BulkSettings(hours=hours).records < records:
        hours += 24
    began = time.monotonic()
    with stack.producer() as producer:
        totals = write_bulk(producer, BulkSettings(hours=hours), records, progress.counter("writing posts"))
    rate = totals.records / (time.monotonic() - began)
    progress.line(f"wrote {totals.records:,} posts, {totals.rows:,} post-hours, {rate:,.0f}/s (encoding included)")
    return totals, rate


def _whole(stack: OwnStack, totals: BulkTotals, result: Throughput) -> float:
    client = connect(stack.endpoints.clickhouse_url)
    try:
        empty_tables(client, *WRITTEN)
        run = times(run_line(submit_line("--bounded", "--parallelism", str(PARALLELISM)), stack), stack)
        check_totals(client, totals)
        # Its background merges must not run beside the next contender.
        empty_tables(client, *WRITTEN)
    finally:
        client.close()
    return _noted(WHOLE, run, result)


def _blackhole(stack: OwnStack, result: Throughput) -> float:
    # It drops what is later than that; a day, as the bounded job has, would keep all its windows open to the end.
    line = yardstick_line(stack, "blackhole_job.py", "--watermark-delay", "2 min")
    return _noted(BLACKHOLE, times(run_line(line, stack), stack), result)


def _noted(name: str, found: FlinkTimes, result: Throughput) -> float:
    result.flink.append({"contender": name, **asdict(found)})
    return unbroken(name, found)


def _loop(stack: OwnStack, totals: BulkTotals) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.plain_loop", str(totals.records)],
        env=stack.environment,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"{LOOP}: exit code {done.returncode}")
    answer = json.loads(done.stdout)
    refuse_difference(LOOP, {name: int(answer[name]) for name in TOTALS}, totals)
    return float(answer["seconds"])
