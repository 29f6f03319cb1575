"""The whole pipeline over records that wait: bounded, and as a live job that catches up; the engagement job alone beside it.

Posts of every hour of 27, each author's profile twice an hour. Nothing is set by hand: what users submit, on the shipped settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
from clickhouse_connect.driver.client import Client

from bench.clickhouse_queries import check_totals, empty_tables, statement
from bench.consumed import await_consumed
from bench.figures import table
from bench.flink_runs import BenchError, all_running, cancel, run_line, submit_line, times, unbroken
from bench.live_stream import wall_ms
from bench.own_stack import OwnStack, own_stack
from bench.progress import Progress, repeating
from bench.state_stream import StateStream
from connectors.clickhouse.client import connect
from simulator.bulk import BulkSettings
from simulator.settings import POSTS, USERS

HOURS = 27
WRITTEN = (
    *("engagement_hourly_maxima", "trending_hourly_log", "follower_deltas_log", "post_observations_log", "velocity_30m_slices"),
    *("hashtag_hourly_posts", "posts_newest", "pipeline_ledger_entries"),
)
_CREATOR_OF = 20
_LIMIT_S = 3600.0
_START_S = 120.0
_SAMPLE_S = 1.0
_MIB = 2**20
HOW_MEASURED = (
    "From the moment all tasks are RUNNING to FINISHED (Flink's own times); live: until a checkpoint holds the end of every "
    "partition. The tables are emptied and checked for each run. Memory is the TaskManager's: its process's resident bytes and its "
    "used heap, garbage included, the highest that a look every second has found."
)


@dataclass
class Peak:
    """Highest values of one run, in bytes; the longest checkpoint in milliseconds."""

    resident: int = 0
    heap: int = 0
    heap_limit: int = 0
    checkpoint_ms: int = 0


@dataclass(frozen=True)
class Capacity:
    """Seconds of each run over the same records, start-up not counted, and what the TaskManager held."""

    records: int
    snapshots: int
    posts: int
    rows: int
    limit: int
    seconds: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, Peak] = field(default_factory=dict)

    def text(self) -> str:
        """The table for the terminal."""
        rows = [
            (
                name,
                f"{seconds:.1f}",
                f"{self.records / seconds:,.0f}",
                f"{seconds / self.seconds['engagement']:.2f}",
                f"{self.peaks[name].resident // _MIB:,} of {self.limit // _MIB:,}",
                f"{self.peaks[name].heap // _MIB:,} of {self.peaks[name].heap_limit // _MIB:,}",
                f"{self.peaks[name].checkpoint_ms / 1000:.1f}",
            )
            for name, seconds in self.seconds.items()
        ]
        header = ("run", "s", "posts/s", "x engagement", "resident MiB", "heap MiB", "longest checkpoint s")
        what = f"{self.records:,} observations of {self.posts:,} posts ({self.rows:,} post-hours), {self.snapshots:,} snapshots."
        return f"{table(header, rows)}\n\n{what} {HOW_MEASURED}"

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {**asdict(self), "how_measured": HOW_MEASURED}


def measure(posts: int, records: int, progress: Progress) -> Capacity:
    """Writes at least `records` observations of `posts` posts, and reads them four times. Raises BenchError for a wrong result."""
    # A post is polled at least once an hour, so that every hour but its first has an earlier one.
    every = min(60, max(1, posts * HOURS * 60 // records))
    settings = BulkSettings(posts=posts, creators=max(1, posts // _CREATOR_OF), hours=HOURS, poll_minutes=every)
    with own_stack() as stack, httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
        with stack.producer() as producer:
            stream = StateStream(producer, settings)
            stream.write(HOURS, progress.counter("writing posts"))
        totals = stream.reference.finish()
        manager = _task_manager(rest)
        limit = int(rest.get(f"/taskmanagers/{manager}").raise_for_status().json()["memoryConfiguration"]["totalProcessMemory"])
        result = Capacity(stream.observations, stream.snapshots, posts, totals.rows, limit)
        runs = {"engagement, cold": _bounded, "engagement": _bounded, "pipeline live": _live, "pipeline": _bounded}
        for name, run in runs.items():
            job = re.split("[ ,]", name)[0]
            with closing(connect(stack.endpoints.clickhouse_url)) as client:
                empty_tables(client, *WRITTEN)
            with progress.waiting(name), _watched(stack, rest, result.peaks.setdefault(name, Peak())):
                job_id, seconds = run(job, stack, rest)
            result.seconds[name] = seconds
            result.peaks[name].checkpoint_ms = _longest_checkpoint(job_id, rest)
            progress.line(f"{name}: {seconds:.1f} s, {stream.observations / seconds:,.0f} posts/s")
            with closing(connect(stack.endpoints.clickhouse_url)) as client:
                # What a live job has read is in its tables, but its last hours have not closed.
                if run is _bounded:
                    check_totals(client, totals)
                    _check("read, counted and late", statement("ledger_of_newest_run"), client, (stream.observations,) * 2 + (0,))
                if job == "pipeline":
                    judged = totals.rows - posts if run is _bounded else None
                    changes = stream.snapshots - settings.creators if run is _bounded else None
                    what = "observations, verdicts and deltas"
                    _check(what, statement("pipeline_totals"), client, (stream.observations, judged, changes))
    return result


def _check(what: str, question: str, client: Client, expected: tuple[int | None, ...]) -> None:
    """Raises BenchError for another answer; None is any."""
    totals = tuple(client.query(question).result_rows[0])
    if any(wanted not in (None, each) for each, wanted in zip(totals, expected, strict=True)):
        raise BenchError(f"{what} are {totals}, not {expected}", "a wrong result has no speed")


def _bounded(job: str, stack: OwnStack, _: httpx.Client) -> tuple[str, float]:
    job_id = run_line(submit_line("--bounded", job=job), stack)
    return job_id, unbroken(job, times(job_id, stack))


def _live(job: str, stack: OwnStack, rest: httpx.Client) -> tuple[str, float]:
    job_id = run_line(submit_line("--detached", job=job), stack)
    began = all_running(job_id, rest, _START_S)
    await_consumed(stack.endpoints.kafka_bootstrap_servers, f"tokpulse-{job}", (POSTS, USERS), _LIMIT_S)
    seconds = (wall_ms() - began) / 1000
    cancel(job_id, rest, _START_S)
    return job_id, seconds


def _task_manager(rest: httpx.Client) -> str:
    (manager,) = rest.get("/taskmanagers").raise_for_status().json()["taskmanagers"]
    return str(manager["id"])


def _longest_checkpoint(job_id: str, rest: httpx.Client) -> int:
    summary = rest.get(f"/jobs/{job_id}/checkpoints").raise_for_status().json()["summary"]
    return int(summary["end_to_end_duration"]["max"])


@contextmanager
def _watched(stack: OwnStack, rest: httpx.Client, peak: Peak) -> Iterator[None]:
    """Samples what the TaskManager holds while the block runs."""
    process, manager = stack.process("taskmanager"), _task_manager(rest)
    names = {"heap": "Status.JVM.Memory.Heap.Used", "heap_limit": "Status.JVM.Memory.Heap.Max"}
    with httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as own:

        def sample() -> None:
            peak.resident = max(peak.resident, process.memory_info().rss)
            answer = own.get(f"/taskmanagers/{manager}/metrics", params={"get": ",".join(names.values())}).json()
            values = {metric["id"]: int(metric["value"]) for metric in answer}
            for name, metric in names.items():
                setattr(peak, name, max(getattr(peak, name), values.get(metric, 0)))

        with repeating(_SAMPLE_S, sample):
            yield
