"""LIVE events per second from fifty sockets into Kafka by one connector, and what of its memory grows."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvloop

from bench.figures import Spread, table
from bench.own_stack import OwnStack, own_stack
from bench.progress import Progress
from connectors.clock import wall_clock_ms
from connectors.kafka.log import held, partition_offsets
from connectors.kafka.topics import load_topics
from connectors.paths import REPOSITORY
from connectors.upstream.tiktools_events import TOPIC
from connectors.upstream.tiktools_limits import TIERS
from polling.live.connector import Connector, opener
from polling.live.options import LiveOptions
from polling.live.report import Report
from polling.live.session import Means
from polling.live.writer import LiveWriter
from simulator.live.service import KEY

ROOMS = 50
OFFERED = 20_000
MOST_S = 3_600
_WARM_S = 10.0
_STEP_S = 5.0
_MIB = 2**20


@dataclass
class LiveSpeed:
    """Events/s in Kafka of each step of five seconds, CPU of the connector per event, and its memory (MiB) after each step."""

    sockets: int = 0
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)

    def text(self) -> str:
        """A table."""
        rows = [
            ("events/s in Kafka", *Spread.of(self.rates).cells(",.0f")),
            ("µs of CPU per event", *Spread.of(self.cpu_us).cells(",.0f")),
            ("memory of the process, MiB", *Spread.of(self.memory_mib).cells(",.0f")),
        ]
        first, last = self.memory_mib[0], self.memory_mib[-1]
        return (
            table(("one connector", "min", "median", "max"), rows)
            + f"\n{self.sockets} sockets, {OFFERED:,} events/s offered, {len(self.rates) * _STEP_S:.0f} s; "
            + f"memory {first:,.0f} MiB at the beginning, {last:,.0f} at the end."
        )

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return {"sockets": self.sockets, "events_per_s": self.rates, "cpu_us": self.cpu_us, "memory_mib": self.memory_mib}


def measure(seconds: int, progress: Progress) -> LiveSpeed:
    """With a stack of its own."""
    running = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with own_stack() as stack, _source() as (requests, sockets), progress.waiting("LIVE rooms"), running as runner:
        return runner.run(_measured(stack, requests, sockets, seconds, progress))


@contextmanager
def _source() -> Iterator[tuple[str, str]]:
    argv = [sys.executable, "-m", "bench.live_source", str(ROOMS), str(OFFERED)]
    process = subprocess.Popen(argv, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        requests, sockets = process.stdout.readline().split()
        yield requests, sockets
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def _measured(stack: OwnStack, requests: str, sockets: str, seconds: int, progress: Progress) -> LiveSpeed:
    speed, own, servers = LiveSpeed(), psutil.Process(), stack.endpoints.kafka_bootstrap_servers
    options = LiveOptions(tier=TIERS["pro"], sockets_per_ip=ROOMS)
    report, watched = Report(say=progress.line), {f"live.host{number}": "" for number in range(ROOMS)}
    with stack.producer() as producer, tempfile.TemporaryDirectory() as folder:
        writer = LiveWriter(producer, load_topics(), report, wall_clock_ms)
        means = Means(writer, options, report, wall_clock_ms)
        async with httpx.AsyncClient(base_url=requests, trust_env=False) as client:
            connector = Connector(lambda: watched, client, KEY, sockets, opener(options), Path(folder), means)
            stopped, writing = asyncio.Event(), asyncio.ensure_future(writer.run())
            running = asyncio.ensure_future(connector.run(stopped))
            await asyncio.sleep(_WARM_S)
            speed.sockets = connector.slots.taken
            began, cpu, before = time.monotonic(), time.process_time(), _in_kafka(servers)
            while len(speed.rates) * _STEP_S < seconds and not running.done():
                await asyncio.sleep(_STEP_S)
                now, used, there = time.monotonic(), time.process_time(), _in_kafka(servers)
                speed.rates.append((there - before) / (now - began))
                speed.cpu_us.append((used - cpu) / max(1, there - before) * 1e6)
                speed.memory_mib.append(own.memory_info().rss / _MIB)
                began, cpu, before = now, used, there
            stopped.set()
            await running
            writer.end()
            await writing
            await writer.close()
    return speed


def _in_kafka(servers: str) -> int:
    return held(partition_offsets(servers, TOPIC))
