"""From the earliest moment an hour can close to its final rows being visible in ClickHouse, on a live stream."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bench.clickhouse_queries import final_posts
from bench.event_clock import Crossing, Rhythm
from bench.figures import Spread, percentile, table
from bench.flink_runs import BenchError, all_running, run_line, submit_line
from bench.live_stream import LiveStream, running, wall_ms
from bench.own_stack import PARALLELISM, own_stack
from bench.progress import Progress
from connectors.clickhouse.client import connect
from connectors.clock import HOUR_MS

POSTS = 2_000
RATE = 2_000
# Hours that close before the figures count: class loading, compilation, the first connections.
WARM_UP = 2
_WATERMARK_DELAY_MS = 120_000
_POLL_S = 0.02
_START_TIMEOUT_S = 60.0
HOW_MEASURED = (
    "Zero is when the event clock shows hour end + watermark delay (2 min): no watermark can close the hour earlier. A post is "
    "visible when a query that counts its own final row has returned (polled every 20 ms)."
)


@dataclass(frozen=True)
class Latency:
    """Seconds beyond the watermark bound, per hour that closed: one value per post."""

    hours: list[list[float]]
    sent: int
    behind_s: float

    @property
    def _all(self) -> list[float]:
        return [value for hour in self.hours for value in hour]

    def text(self) -> str:
        """The table for the terminal."""
        last = Spread.of([max(hour) for hour in self.hours])
        rows = [
            ("p50", f"{percentile(self._all, 0.5):.2f} s"),
            ("p99", f"{percentile(self._all, 0.99):.2f} s"),
            ("whole hour visible: median", f"{last.median:.2f} s"),
            ("whole hour visible: max", f"{last.maximum:.2f} s"),
        ]
        what = f"{len(self.hours)} hours of {POSTS:,} posts, {RATE:,} observations/s over all partitions, partial results on."
        return f"{table(('hour end to visible, beyond the watermark bound', ''), rows)}\n\n{what} {HOW_MEASURED}"

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "hours": len(self.hours),
            "posts_per_hour": POSTS,
            "observations_per_second": RATE,
            "observations": self.sent,
            "producer_behind_s": self.behind_s,
            "how_measured": HOW_MEASURED,
            "p50_s": percentile(self._all, 0.5),
            "p99_s": percentile(self._all, 0.99),
            "last_post_of_each_hour_s": [max(hour) for hour in self.hours],
            "first_post_of_each_hour_s": [min(hour) for hour in self.hours],
        }


def measure(hours: int, progress: Progress) -> Latency:
    """Starts a stack and the live job, and lets `hours` simulated hours close after a warm-up of WARM_UP. Raises BenchError."""
    with own_stack() as stack:
        with progress.waiting("submitting the live job"):
            job_id = run_line(submit_line("--detached", "--parallelism", str(PARALLELISM)), stack)
            with httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
                all_running(job_id, rest, _START_TIMEOUT_S)
        # Hours of the day before yesterday and later: never in the future, where records are refused.
        first_window = (wall_ms() // HOUR_MS - 48) * HOUR_MS
        crossings = list(Rhythm().crossings(first_window, wall_ms() + 500, WARM_UP + hours, _WATERMARK_DELAY_MS))
        client = connect(stack.endpoints.clickhouse_url)
        with stack.producer() as producer, running(LiveStream(producer, crossings, POSTS, RATE)) as stream:
            watched = []
            for number, crossing in enumerate(crossings, start=1 - WARM_UP):
                seen = watch(crossing, lambda start: final_posts(client, start), stream)
                watched.append(seen)
                what = f"hour {number} of {hours}" if number > 0 else "warm-up hour"
                progress.line(f"{what}: first post {min(seen):.2f} s, last {max(seen):.2f} s")
        client.close()
        return Latency(watched[WARM_UP:], stream.sent, stream.behind_s)


def watch(crossing: Crossing, count: Callable[[int], int], stream: LiveStream) -> list[float]:
    """Seconds after `due_at` at which each of POSTS posts was first counted. Raises BenchError when one is missing at the end."""
    time.sleep(max(0.0, (crossing.due_at - 100 - wall_ms()) / 1000))
    seen: list[float] = []
    while len(seen) < POSTS:
        posts = count(crossing.window_start)
        seconds = (wall_ms() - crossing.due_at) / 1000
        seen += [seconds] * (posts - len(seen))
        if stream.failure is not None:
            raise BenchError(f"the stream broke off: {stream.failure}") from stream.failure
        if len(seen) < POSTS and wall_ms() > crossing.ends_at + 10_000:
            raise BenchError(f"only {len(seen)} of {POSTS} posts of an hour became final", "the JobManager's log may say why")
        time.sleep(_POLL_S)
    return seen
