"""A scripted day at the fake upstream, polled in virtual time into the session's Kafka by the real transport and writer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from connectors.committed import committed
from connectors.endpoints import Endpoints
from connectors.polling.budget import Budget
from connectors.polling.clock import VirtualClock
from connectors.polling.feeds import Feeds
from connectors.polling.fetching import BalanceProbe, Fetch, Fetched
from connectors.polling.metrics import Metrics
from connectors.polling.reservations import ReservationFile
from connectors.polling.scheduler import Scheduler
from connectors.polling.status import Status
from connectors.polling.watchlist import WatchedFile
from connectors.polling.writer import WriterSettings, page_writer
from connectors.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask
from connectors.upstream.transport import Timeouts, Transport, new_client
from connectors.validation import wall_clock_ms
from simulator.settings import HOUR_MS, SimulationSettings
from simulator.upstream.ledger import Entry
from simulator.upstream.script import Script
from simulator.upstream.server import FakeUpstream
from simulator.upstream.watchlist import write_watchlist

from .records import registered_schema

DAY_MS = 24 * HOUR_MS
_HEADER_BYTES = 5
KEYS = {"tiktok.posts.events": "aweme_id", "tiktok.users.snapshots": "userid", "tiktok.comments.events": "id"}
# Virtual time stands still meanwhile, so only a stall should ever take that long.
TIMEOUTS = Timeouts(connect_s=5, read_s=4, total_s=15)
Counters = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Day:
    """What the upstream says of a day, and what the poller's metrics say. Times in unix milliseconds."""

    upstream: str
    start_ms: int
    entries: list[Entry]
    metrics: Metrics
    missed: int  # whole answers that the poller gave up waiting for


def midnight() -> int:
    """The UTC midnight before the last one: a whole day from it on is in the past."""
    return wall_clock_ms() // DAY_MS * DAY_MS - DAY_MS


def poll_a_day(endpoints: Endpoints, upstream: str, script: Script | str, budget: int, credits: int, folder: Path) -> Day:
    """Polls a small universe from midnight to just before the next one."""
    start_ms = midnight()
    clock, dialect, metrics = VirtualClock(start_ms), UPSTREAMS[upstream], Metrics()
    settings = SimulationSettings(seed=7, start_ms=start_ms, hours=25, creators=5, posts=200, audience=100)
    watchlist = folder / "watchlist.yaml"
    with (
        FakeUpstream(settings, script, clock.now_ms, credits=credits) as fake,
        new_client() as client,
        SchemaRegistry(endpoints.schema_registry_url) as registry,
        page_writer(endpoints.kafka_bootstrap_servers, registry, WriterSettings(prefix="day"), clock=clock.now_ms) as writer,
    ):
        write_watchlist(fake.world, watchlist, 5, 6, 2)
        watchlist.write_text(f"{watchlist.read_text()}credits_per_day: {budget}\n")
        watched = WatchedFile(watchlist)

        received: set[int] = set()

        def fetches(of: Any) -> Fetch:
            transport = Transport(of, fake.url, fake.key, client, TIMEOUTS, clock_ms=clock.now_ms)

            def fetch(ask: Ask) -> Fetched:
                found = transport.fetch(ask)
                if found.answer is not None:
                    received.add(int(found.answer.headers["x-request-id"]))
                return found

            return fetch

        def at_its_end(_: Status) -> None:
            # A minute less: what was seen unchanged for a day passes again.
            if clock.now_ms() >= start_ms + DAY_MS - 60_000:
                scheduler.stop()

        scheduler = Scheduler(
            dialect,
            fetches(dialect),
            fetches(BalanceProbe(dialect)),
            writer,
            watched,
            Feeds(dialect),
            Budget(ReservationFile(folder, "day"), budget),
            metrics,
            clock,
            on_status=at_its_end,
        )
        scheduler.run()
        missed = [entry for entry in fake.ledger.entries if entry.delivered and entry.number not in received]
        for entry in missed:
            entry.observations = ()
        return Day(upstream, start_ms, fake.ledger.entries, metrics, len(missed))


def served(entries: list[Entry]) -> dict[tuple[str, str], list[Counters]]:
    """(topic, id) -> what the upstream said of it, in order, without what it said again; deformed items left out."""
    found: dict[tuple[str, str], list[Counters]] = defaultdict(list)
    for entry in entries:
        for one in entry.observations:
            if not deformed(one.drift):
                told = tuple(sorted(one.counters.items()))
                if found[one.topic, one.id][-1:] != [told]:
                    found[one.topic, one.id].append(told)
    return dict(found)


def deformed(drift: str | None) -> bool:
    """Whether an item lacks what its record needs. A field more is no harm, nor are digits as text."""
    return drift is not None and drift.partition(":")[0] in ("missing", "object")


def in_kafka(endpoints: Endpoints, names: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], list[Counters]]:
    """(topic, id) -> the counters of each committed record, in the log's order. `names`: which counters, by topic."""
    found: dict[tuple[str, str], list[Counters]] = defaultdict(list)
    for topic in KEYS:
        for key, record in records(endpoints, topic):
            assert key == record[KEYS[topic]]
            flat = {**record, **record.get("stats", {})}
            found[topic, key].append(tuple(sorted((name, flat[name]) for name in names.get(topic, ()))))
    return dict(found)


def records(endpoints: Endpoints, topic: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and record of each committed record of a topic."""
    schema = registered_schema(endpoints, topic)[1]
    for message in committed(endpoints.kafka_bootstrap_servers, topic):
        key, value = message.key(), message.value()
        assert isinstance(key, bytes)
        assert isinstance(value, bytes)
        record = fastavro.schemaless_reader(BytesIO(value[_HEADER_BYTES:]), schema, None)
        assert isinstance(record, dict)
        yield key.decode(), record


def counter_names(entries: list[Entry]) -> dict[str, tuple[str, ...]]:
    """The names of the counters that the upstream shows of each topic's things."""
    return {one.topic: tuple(sorted(one.counters)) for entry in entries for one in entry.observations if not deformed(one.drift)}
