"""How the state of the trending job grows with observations of the same posts: it must not."""

from __future__ import annotations

import time
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

JOB = "trending"
# 20,000 observations an hour: a million takes 50 h, five million 250 h.
SETTINGS = BulkSettings(posts=2_000, creators=200, poll_minutes=6, hours=250)
HOURS = (50, 250)
FLAT_WITHIN = 0.10
_SHOWN_SHARE = 0.01
_SHOWN_CHARACTERS = 70
_CONSUMED_S = 900.0
_JUDGED_S = 60.0
HOW_MEASURED = (
    "Bytes of the first full checkpoint (heap state backend) that began after all records were read and the last hour that the "
    "watermark lets close was judged. Both are taken at the end of an hour of event time: the same one hour is open."
)


@dataclass(frozen=True)
class State:
    """The job's state after `few` and after `many` observations of posts, with as many snapshots of authors in proportion."""

    posts: int
    few: int
    many: int
    before: StateSize
    after: StateSize

    @property
    def ratio(self) -> float:
        """State after many observations, in units of that after few."""
        return self.after.total / self.before.total

    @property
    def flat(self) -> bool:
        """Whether both are the same within FLAT_WITHIN."""
        return abs(self.after.total - self.before.total) <= FLAT_WITHIN * self.before.total

    def text(self) -> str:
        """The table for the terminal: the whole, then the operators that hold more than a hundredth of it."""
        rows = [("whole job", *_compared(self.before.total, self.after.total))]
        for name in sorted(self.after.vertices, key=lambda vertex: -self.after.vertices[vertex]):
            found = self.before.vertices.get(name, 0), self.after.vertices[name]
            if max(found) > _SHOWN_SHARE * self.after.total:
                rows.append((f"  {_short(name)}", *_compared(*found)))
        header = (f"state of the {JOB} job, bytes", f"{self.few:,} obs.", f"{self.many:,} obs.", "ratio")
        verdict = f"{'flat' if self.flat else 'NOT flat'} within {FLAT_WITHIN * 100:.0f} %"
        return f"{table(header, rows)}\n\n{verdict}. {self.posts:,} posts throughout. {HOW_MEASURED}"

    def figures(self) -> dict[str, Any]:
        """The same for JSON, with every vertex."""
        return {
            "posts": self.posts,
            "how_measured": HOW_MEASURED,
            "observations": [self.few, self.many],
            "states": [asdict(self.before), asdict(self.after)],
            "ratio": self.ratio,
            "flat_within": FLAT_WITHIN,
            "flat": self.flat,
        }


def measure(progress: Progress) -> State:
    """Starts a stack and the live job, and writes on and on about the same posts. Raises BenchError."""
    with own_stack() as stack:
        with progress.waiting("submitting the live job"):
            # Between the two parts no partition may be idle: the first records of the second would make the others' late.
            line = submit_line("--detached", "--parallelism", str(PARALLELISM), "--idle-timeout", "1 h", job=JOB)
            job_id = run_line(line, stack)
        counts: list[int] = []
        sizes: list[StateSize] = []
        with stack.producer() as producer:
            stream = StateStream(producer, SETTINGS)
            for hours in HOURS:
                stream.write(hours, progress.counter("writing observations"))
                with progress.waiting(f"reading the {stream.observations:,} observations and {stream.snapshots:,} snapshots"):
                    found = _settled(job_id, hours, stack)
                progress.line(f"{stream.observations:,} observations: {found.total:,} bytes of state")
                counts.append(stream.observations)
                sizes.append(found)
    (few, many), (before, after) = counts, sizes
    return State(SETTINGS.posts, few, many, before, after)


def _settled(job_id: str, hours: int, stack: OwnStack) -> StateSize:
    await_consumed(stack.endpoints.kafka_bootstrap_servers, f"tokpulse-{JOB}", (POSTS, USERS), _CONSUMED_S)
    # Of the last hour, the watermark is still short by its delay; the one before must be closed and done with.
    last_closed = SETTINGS.start_ms + (hours - 2) * HOUR_MS
    deadline = time.monotonic() + _JUDGED_S
    client = connect(stack.endpoints.clickhouse_url)
    try:
        while (posts := judged_posts(client, last_closed)) < SETTINGS.posts:
            if time.monotonic() > deadline:
                raise BenchError(f"only {posts:,} of {SETTINGS.posts:,} posts were judged", "the JobManager's log may say why")
            time.sleep(0.5)
    finally:
        client.close()
    return next_state_size(job_id, wall_ms(), stack)


def _compared(before: int, after: int) -> tuple[str, str, str]:
    return f"{before:,}", f"{after:,}", f"{after / before:.3f}" if before else "-"


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN_CHARACTERS else f"{name[: _SHOWN_CHARACTERS - 3]}..."
