"""A scripted day at the fake upstream, polled in virtual time into the session's Kafka by the real transport and writer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import fastavro

from connectors.clock import HOUR_MS
from connectors.endpoints import Endpoints
from connectors.kafka.log import committed
from connectors.kafka.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask, Refusal
from connectors.upstream.transport import Timeouts, Transport, new_client
from polling.clock import VirtualClock
from polling.credits.reservations import ReservationFile
from polling.metrics import Metrics
from polling.poller import poller
from polling.reports import Observers
from polling.schedule.breaker import BreakerRules
from polling.schedule.fetching import BalanceProbe, Fetch, Fetched, Source
from polling.schedule.options import Options
from polling.status import Status
from polling.watchlist import WatchedFile
from polling.writing.writer import WriterSettings, page_writer
from simulator.settings import SimulationSettings
from simulator.upstream.answers import Served
from simulator.upstream.ledger import Entry
from simulator.upstream.script import Script
from simulator.upstream.server import FakeUpstream
from simulator.upstream.watchlist import write_watchlist
from tests.topics import defaults
from tests.waiting import until

from .records import registered_schema

DAY_MS = 24 * HOUR_MS
_HEADER_BYTES = 5
KEYS = {"tiktok.posts.events": "aweme_id", "tiktok.users.snapshots": "userid", "tiktok.comments.events": "id"}
# The same day whenever the test runs: another one is another universe, with other mishaps.
START_MS = 1_795_046_400_000  # 2026-11-19
# Virtual time stands still meanwhile. Only what the script stalls is given up: any other answer is waited for, however busy the
# machine is.
PATIENT, IMPATIENT = Timeouts(connect_s=120, read_s=120, total_s=120), Timeouts(connect_s=120, read_s=0.3, total_s=120)
# Without these an item is refused. Any other counter that is left out, or that cannot be read, is 0 and costs no other.
NEEDED = frozenset({"play_count", "playCount", "followerCount"})
# By the usual rules an endpoint would have to be asked more often than this budget allows, but for bursts.
BREAKER = BreakerRules(window_ms=30 * 60_000, minimum=4)
Counters = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Day:
    """What the upstream says of a day, and what the poller's metrics say. Times in unix milliseconds."""

    upstream: str
    start_ms: int
    entries: list[Entry]
    metrics: Metrics


def poll_a_day(endpoints: Endpoints, upstream: str, script: Script | str, budget: int, credits: int, folder: Path) -> Day:
    """Polls a small universe from midnight to just before the next one.

    Every answer that is whole was received by the poller: the ledger says what it knows.
    """
    clock, dialect, metrics = VirtualClock(START_MS), UPSTREAMS[upstream], Metrics()
    settings = SimulationSettings(seed=7, start_ms=START_MS, hours=25, creators=5, posts=200, audience=100)
    watchlist = folder / "watchlist.yaml"
    with (
        FakeUpstream(settings, script, clock.now_ms, credits=credits) as fake,
        new_client() as client,
        SchemaRegistry(endpoints.schema_registry_url) as registry,
        page_writer(endpoints.kafka_bootstrap_servers, registry, WriterSettings(prefix="day"), clock=clock.now_ms) as writer,
    ):
        write_watchlist(fake.world, watchlist, 5, 6, 2)
        # What is typed in is asked for often enough to meet every kind of trouble within the budget.
        watchlist.write_text(f"{watchlist.read_text()}credits_per_day: {budget}\nfollow: {{posts: false, profiles: 0}}\n")

        def fetches(of: Any) -> Fetch:
            patient, impatient = (
                Transport(of, fake.url, fake.key, client, timeouts, clock_ms=clock.now_ms) for timeouts in (PATIENT, IMPATIENT)
            )

            def fetch(ask: Ask) -> Fetched:
                call = of.call(ask)
                stalls, asked = fake.service.stalls_next(call.path, call.params), fake.service.asked(call.path, call.params)
                found = (impatient if stalls else patient).fetch(ask)
                # A server that had no time yet to read the request would date it later.
                until(lambda: fake.service.asked(call.path, call.params) > asked, 120, f"the upstream has read {call}")
                assert stalls == (isinstance(found.result, Refusal) and found.result.reason == "timeout"), found
                return found

            return fetch

        def at_its_end(_: Status) -> None:
            # A minute less: what was seen unchanged for a day passes again.
            if clock.now_ms() >= START_MS + DAY_MS - 60_000:
                day.stop()

        day = poller(
            Source(dialect, fetches(dialect), fetches(BalanceProbe(dialect))),
            writer,
            WatchedFile(watchlist),
            ReservationFile(folder, "day"),
            Options(breaker=BREAKER, clock=clock),
            Observers(metrics, on_status=at_its_end),
        )
        day.run()
        return Day(upstream, START_MS, fake.ledger.entries, metrics)


def served(entries: list[Entry]) -> dict[tuple[str, str], list[Counters]]:
    """(topic, id) -> what the upstream said of it, in order, without what it said again; deformed items left out."""
    found: dict[tuple[str, str], list[Counters]] = defaultdict(list)
    names = counter_names(entries)
    optional = {topic: {name: value for name, value in defaults(topic).items() if name in names[topic]} for topic in names}
    for entry in entries:
        for one in entry.observations:
            if not deformed(one):
                told = tuple(sorted({**dict.fromkeys(names[one.topic], 0), **optional[one.topic], **one.counters}.items()))
                if found[one.topic, one.id][-1:] != [told]:
                    found[one.topic, one.id].append(told)
    return dict(found)


def deformed(one: Served) -> bool:
    """Whether an item lacks what its record needs. A field more is no harm, nor are digits as text."""
    how, _, name = (one.drift or "").partition(":")
    return how in ("missing", "object") and name in NEEDED


def in_kafka(endpoints: Endpoints, names: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], list[Counters]]:
    """(topic, id) -> the counters of each committed record, in the log's order. `names`: which counters, by topic."""
    return told_of({topic: records(endpoints, topic) for topic in KEYS}, names)


def told_of(
    written: Mapping[str, Iterable[tuple[str, dict[str, Any]]]], names: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], list[Counters]]:
    """The same of keys and records by topic.

    A comment that passed again because its writer became known counts once.
    """
    found: dict[tuple[str, str], list[Counters]] = defaultdict(list)
    snapshots: dict[str, list[int]] = defaultdict(list)
    observed: dict[str, int] = {}
    for topic in KEYS:
        for key, record in written[topic]:
            assert key == record[KEYS[topic]]
            flat = {**record, **record.get("stats", {})}
            told, at_ms = tuple(sorted((name, flat[name]) for name in names.get(topic, ()))), record["ingested_at"]
            if topic == "tiktok.users.snapshots":
                snapshots[key].append(at_ms)
            known, before_ms = snapshots[record["user"]["id"]] if "user" in record else [], observed.get(key, at_ms)
            observed[key] = at_ms
            became_known = any(one <= at_ms for one in known) and not any(one <= before_ms for one in known)
            if not (topic == "tiktok.comments.events" and became_known and found[topic, key][-1:] == [told]):
                found[topic, key].append(told)
    return dict(found)


def not_once(found: Mapping[tuple[str, str], list[Counters]], entries: list[Entry], since: int = 0) -> list[str]:
    """What is wrong with `found`, which must have of each thing what the upstream said last, before it nothing twice in a row, and
    nothing that was not said; nothing where all is well.

    What was said only before request `since` may be missing at the end: a poller that was killed asked for it, and it was deleted.
    """
    said = served(entries)
    wanted = served(entries[since:]).keys()
    wrong = [f"lost: {key} was served, and nothing of it is in Kafka" for key in wanted - found.keys()]
    wrong += [f"extra: {key} is in Kafka and was never served" for key in found.keys() - said.keys()]
    for key in found.keys() & said.keys():
        told, rest = found[key], iter(said[key])
        if any(one == other for one, other in pairwise(told)):
            wrong.append(f"doubled: {key} has the same observation twice in a row")
        if not all(one in rest for one in told):
            wrong.append(f"extra: {key} has an observation that was not served, or not in this order")
        if key in wanted and told[-1] != said[key][-1]:
            wrong.append(f"lost: {key} lacks what was served last")
    return wrong


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
    names: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for one in entry.observations:
            names[one.topic] |= one.counters.keys()
    return {topic: tuple(sorted(found)) for topic, found in names.items()}
