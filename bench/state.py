"""How the state of the pipeline depends on how often a post is observed: it must not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from bench.checkpoints import StateSize, next_state_size
from bench.clickhouse_queries import judged_posts
from bench.consumed import await_consumed
from bench.figures import table
from bench.flink_runs import BenchError, run_line, submit_line
from bench.live_stream import wall_ms
from bench.own_stack import PARALLELISM, OwnStack, own_stack
from bench.progress import Progress
from bench.state_stream import StateStream
from connectors.clickhouse.client import connect
from connectors.clock import HOUR_MS
from simulator.bulk import BulkSettings
from simulator.settings import POSTS, USERS

JOB = "pipeline"
# Observations of each post an hour.
CADENCES = (1, 10, 60)
# Longer than the late bound, so that old hours are given up in all runs.
HOURS = 27
ACTIVE = 2_000
FLAT_WITHIN = 0.10
_SHOWN_SHARE = 0.01
_SHOWN_CHARACTERS = 70
_CONSUMED_S = 900.0
_JUDGED_S = 60.0
HOW_MEASURED = (
    "Bytes of the first full checkpoint (heap state backend) that began after all records were read and the last hour that the "
    "watermark lets close was judged, in a stack of its own for each cadence."
)


@dataclass(frozen=True)
class State:
    """The job's state after HOURS of `posts` posts and their authors' snapshots, by observations of a post an hour."""

    posts: int
    sizes: Mapping[int, StateSize]

    @property
    def spread(self) -> float:
        """The largest state, in units of the smallest."""
        totals = [size.total for size in self.sizes.values()]
        return max(totals) / min(totals)

    @property
    def flat(self) -> bool:
        """Whether all are the same within FLAT_WITHIN."""
        return self.spread <= 1 + FLAT_WITHIN

    def text(self) -> str:
        """The table for the terminal: the whole, then the operators that hold more than a hundredth of it."""
        rows = [self._row("whole job", [size.total for size in self.sizes.values()])]
        names = {name for size in self.sizes.values() for name, held in size.vertices.items() if held > _SHOWN_SHARE * size.total}
        held = {name: [size.vertices.get(name, 0) for size in self.sizes.values()] for name in names}
        rows += [self._row(f"  {_short(name)}", held[name]) for name in sorted(names, key=lambda name: (-max(held[name]), name))]
        header = (f"state of the {JOB} job, bytes per post", *(f"{cadence} obs./h" for cadence in self.sizes))
        verdict = (
            f"{'flat' if self.flat else 'NOT flat'} within {FLAT_WITHIN:.0%}: the largest is {self.spread:.3f} of the smallest"
        )
        return f"{table(header, rows)}\n\n{verdict}. {self.posts:,} posts for {HOURS} hours. {HOW_MEASURED}"

    def figures(self) -> dict[str, Any]:
        """The same for JSON, with every vertex."""
        return {
            "posts": self.posts,
            "how_measured": HOW_MEASURED,
            "states": {str(cadence): asdict(size) for cadence, size in self.sizes.items()},
            "spread": self.spread,
            "flat_within": FLAT_WITHIN,
            "flat": self.flat,
        }

    def _row(self, name: str, sizes: list[int]) -> tuple[str, ...]:
        return (name, *(f"{size / self.posts:,.0f}" for size in sizes))


def settings(cadence: int) -> BulkSettings:
    """ACTIVE posts, each observed `cadence` times an hour, for HOURS hours."""
    return BulkSettings(posts=ACTIVE, creators=ACTIVE // 10, poll_minutes=60 // cadence, hours=HOURS)


def measure(progress: Progress) -> State:
    """Runs the live job once per cadence. Raises BenchError."""
    return State(ACTIVE, {cadence: _measured(cadence, progress) for cadence in CADENCES})


def _measured(cadence: int, progress: Progress) -> StateSize:
    with own_stack() as stack:
        with stack.producer() as producer:
            stream = StateStream(producer, settings(cadence))
            stream.write(HOURS, progress.counter("writing observations"))
        with progress.waiting(f"{cadence} an hour: reading {stream.observations:,} observations, {stream.snapshots:,} snapshots"):
            job_id = run_line(submit_line("--detached", "--parallelism", str(PARALLELISM), job=JOB), stack)
            size = _settled(job_id, stack)
        progress.line(f"{cadence} an hour: {size.total / ACTIVE:,.0f} bytes of state per post")
        return size


def _settled(job_id: str, stack: OwnStack) -> StateSize:
    await_consumed(stack.endpoints.kafka_bootstrap_servers, f"tokpulse-{JOB}", (POSTS, USERS), _CONSUMED_S)
    # Of the last hour, the watermark is still short by its delay; the one before must be closed and done with.
    last_closed = settings(1).start_ms + (HOURS - 2) * HOUR_MS
    deadline = time.monotonic() + _JUDGED_S
    with closing(connect(stack.endpoints.clickhouse_url)) as client:
        while (posts := judged_posts(client, last_closed)) < ACTIVE:
            if time.monotonic() > deadline:
                raise BenchError(f"only {posts:,} of {ACTIVE:,} posts were judged", "the JobManager's log may say why")
            time.sleep(0.5)
    return next_state_size(job_id, wall_ms(), stack)


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN_CHARACTERS else f"{name[: _SHOWN_CHARACTERS - 3]}..."
