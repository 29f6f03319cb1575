"""A steady stream of posts for half an hour: how long each observation takes to be visible in ClickHouse, and what memory does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
from clickhouse_connect.driver.client import Client

from bench.clickhouse_queries import newest_plays, statement
from bench.figures import percentile, table
from bench.flink_runs import BenchError, all_running, run_line, submit_line
from bench.live_stream import LiveStream, observation, running, wall_ms
from bench.own_stack import OwnStack, own_stack
from bench.progress import Progress
from connectors.clickhouse.client import connect
from connectors.clock import HOUR_MS

RATE = 5_000
# Each is observed every twelve seconds, more often than any poller looks.
POSTS = 60_000
_INTERVAL_MS = POSTS * 1000 // RATE
# Every 500th post is watched: ten observations a second.
PROBE_EVERY = 500
WARM_UP_S = 60
# Table -> the column of its time.
TABLES = {"post_observations_log": "ingested_at", "engagement_hourly_maxima": "window_start"}
_POLL_S = 0.2
_MEMORY_EVERY_S = 1.0
_START_S = 120.0
_ARRIVAL_S = 30.0
_MIB = 2**20
HOW_MEASURED = (
    "From the time that an observation carries, when it is handed to the producer, to a query that sees it; the query "
    f"runs every {_POLL_S * 1000:.0f} ms, part of the figure. Memory: the TaskManager's resident bytes, and the least heap "
    "in use within a third of the run, which is what a collection left."
)


@dataclass(frozen=True)
class EventClock:
    """Event time is real time, until `ends_at`."""

    began_at: int
    ends_at: int

    def event_time(self, now: int) -> int:
        """What the event clock shows at the real time `now`; all in Unix milliseconds."""
        return now


@dataclass(frozen=True)
class Steady:
    """Seconds to be visible, per table; memory in bytes per third of the run."""

    seconds: int
    sent: int
    behind_s: float
    visible: dict[str, list[float]]
    resident: list[int] = field(default_factory=list)
    heap: list[int] = field(default_factory=list)

    def text(self) -> str:
        """The table for the terminal."""
        rows = [
            (name, f"{percentile(values, 0.5):.2f}", f"{percentile(values, 0.99):.2f}", f"{max(values):.2f}", f"{len(values):,}")
            for name, values in self.visible.items()
        ]
        memory = [
            (f"third {number}", f"{resident // _MIB:,}", f"{heap // _MIB:,}")
            for number, (resident, heap) in enumerate(zip(self.resident, self.heap, strict=True), start=1)
        ]
        what = (
            f"{self.sent:,} observations of {POSTS:,} posts in {self.seconds:,} s, the producer at most {self.behind_s:.2f} s late."
        )
        return "\n\n".join(
            (
                table(("visible after, s", "p50", "p99", "max", "observations"), rows),
                table(("memory, MiB", "resident, most", "heap, least"), memory),
                f"{what} {HOW_MEASURED}",
            )
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON, without the single values."""
        shares = {
            name: {f"p{share:.0%}": percentile(values, share) for share in (0.5, 0.99, 1)} for name, values in self.visible.items()
        }
        return {**asdict(self), "visible": shares, "rate": RATE, "posts": POSTS, "how_measured": HOW_MEASURED}


class Visibility:
    """Looks when observations of watched posts get visible in a table."""

    def __init__(self, client: Client, name: str, posts: Sequence[str], began_at: int) -> None:
        self._client = client
        self._name = name
        self._posts = list(posts)
        self._began_at = began_at
        self._newest: dict[str, int] = {}
        self.seconds: list[float] = []

    def look(self, counts_from: int) -> None:
        """Notes the age of each observation since the newest one seen before; those made before `counts_from` (ms) only as seen."""
        since = (wall_ms() - HOUR_MS) // HOUR_MS * HOUR_MS
        visible = newest_plays(self._client, self._name, TABLES[self._name], self._posts, since)
        now = wall_ms()
        for post, plays in visible.items():
            observed_at = self._began_at + plays // 10
            before = self._newest.get(post, -1)
            if observed_at <= before:
                continue
            self._newest[post] = observed_at
            # Those between the two became visible meanwhile as well: what a stall delays counts with all its observations. They are
            # sent an interval apart, give or take a few milliseconds.
            more = round((observed_at - before) / _INTERVAL_MS) if before >= 0 else 1
            times = [observed_at - step * _INTERVAL_MS for step in range(max(more, 1))]
            self.seconds += [(now - at) / 1000 for at in times if at >= counts_from]

    def missing(self, since: int) -> list[str]:
        """The watched posts whose newest visible observation is older than `since` (ms)."""
        return [post for post in self._posts if self._newest.get(post, -1) < since]


def measure(seconds: int, progress: Progress) -> Steady:
    """Starts a stack and the live pipeline, and streams for `seconds` after a warm-up. Raises BenchError for what is not seen."""
    with own_stack() as stack, httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
        with progress.waiting("submitting the live pipeline"):
            all_running(run_line(submit_line("--detached", job="pipeline"), stack), rest, _START_S)
        began = wall_ms() + 500
        clock = EventClock(began, began + (WARM_UP_S + seconds) * 1000)
        with (
            stack.producer() as producer,
            running(LiveStream(producer, [clock], POSTS, RATE, lambda post, _, at: observation(post, at - began, at))) as stream,
            closing(connect(stack.endpoints.clickhouse_url)) as client,
        ):
            probes = [str(observation(post, 0, began)["aweme_id"]) for post in range(0, POSTS, PROBE_EVERY)]
            watched = [Visibility(client, name, probes, began) for name in TABLES]
            memory = _watch(stack, rest, watched, clock, stream, progress)
            _await_rest(watched, clock.ends_at - 2 * _INTERVAL_MS)
            _await_all(client, stream.sent)
        thirds = [memory[len(memory) * part // 3 : len(memory) * (part + 1) // 3] for part in range(3)]
        return Steady(
            seconds,
            stream.sent,
            stream.behind_s,
            dict(zip(TABLES, (each.seconds for each in watched), strict=True)),
            [max(resident for resident, _ in third) for third in thirds],
            [min(heap for _, heap in third) for third in thirds],
        )


def _watch(
    stack: OwnStack, rest: httpx.Client, watched: Sequence[Visibility], clock: EventClock, stream: LiveStream, progress: Progress
) -> list[tuple[int, int]]:
    """Looks until the stream ends; the resident bytes and the heap in use, once a second."""
    process = stack.process("taskmanager")
    (manager,) = rest.get("/taskmanagers").raise_for_status().json()["taskmanagers"]
    heap = "Status.JVM.Memory.Heap.Used"
    counts_from = clock.began_at + WARM_UP_S * 1000
    memory: list[tuple[int, int]] = []
    said_at = sampled_at = 0.0
    while (now := wall_ms()) < clock.ends_at:
        if stream.failure is not None:
            raise BenchError(f"the stream broke off: {stream.failure}") from stream.failure
        for each in watched:
            each.look(counts_from)
        if now >= counts_from and time.monotonic() >= sampled_at + _MEMORY_EVERY_S:
            sampled_at = time.monotonic()
            (metric,) = rest.get(f"/taskmanagers/{manager['id']}/metrics", params={"get": heap}).raise_for_status().json()
            memory.append((process.memory_info().rss, int(metric["value"])))
        if time.monotonic() >= said_at + 60 and watched[0].seconds:
            said_at = time.monotonic()
            newest = watched[0].seconds[-600:]
            progress.line(f"{stream.sent:,} sent; of the last {len(newest)} watched, p99 {percentile(newest, 0.99):.2f} s")
        time.sleep(_POLL_S)
    return memory


def _await_rest(watched: Sequence[Visibility], since: int) -> None:
    """Looks until every watched post is seen with an observation of `since` (ms) or later. Raises BenchError."""
    deadline = time.monotonic() + _ARRIVAL_S
    while missing := [post for each in watched for post in each.missing(since)]:
        if time.monotonic() > deadline:
            raise BenchError(
                f"{len(missing)} watched posts were never seen, the first is {missing[0]}", "the job's log may say why"
            )
        for each in watched:
            each.look(since)
        time.sleep(_POLL_S)


def _await_all(client: Client, sent: int) -> None:
    """Raises BenchError when not every observation that was sent is there, once."""
    deadline = time.monotonic() + _ARRIVAL_S
    while (landed := int(client.query(statement("landed_observations")).result_rows[0][0])) != sent:
        if time.monotonic() > deadline:
            raise BenchError(f"{landed:,} of {sent:,} observations are in post_observations", "a wrong result has no speed")
        time.sleep(_POLL_S)
