"""The demo's universe: which one it is, how far it has been polled, and polling it up to a given time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import yaml

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.endpoints import Endpoints
from connectors.files import replace_file
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.transport import new_client
from polling.clock import Clock, SystemClock, VirtualClock
from polling.credits.reservations import ReservationFile
from polling.following.store import SUFFIX
from polling.model import PageWriter, Progress, ReadPage, Written
from polling.poller import http_source, poller
from polling.reports import Observers
from polling.schedule.options import Options
from polling.schedule.rounds import Rounds
from polling.status import Status
from polling.watching.handles import HandleFile
from polling.watchlist import WatchedFile
from polling.writing.writer import WriterSettings, page_writer
from simulator.delivery import Delivery, Fate, simulate
from simulator.settings import POSTS, SimulationSettings
from simulator.sinks import KafkaSink
from simulator.upstream.server import FakeUpstream
from simulator.upstream.watchlist import public_handles
from simulator.upstream.world import World

# One hour more than is shown: gains need an hour before.
HOURS_BEFORE = 27
HOURS_AHEAD = 24
STATE_FILE = "demo.json"
UPSTREAM = "tikliveapi"
SCRIPT = "rough"
_FOLLOWED_POSTS = 30
WATCHLIST = "demo-watchlist.yaml"
_CREDITS, _CREDITS_PER_DAY = "demo", 1_000_000
_HANDLES = "demo-handles.json"
# Of virtual time, in which a commit costs more than a page: what is due within so long is asked for, and committed, together.
_STEP_MS, _IN_FLIGHT = 10_000, 16

ShowProgress = Callable[[int, float], None]


@dataclass(frozen=True)
class DemoState:
    """A universe, named by its first hour (Unix milliseconds, also its seed), and the time up to which Kafka has it."""

    start_ms: int
    sent_ms: int

    @property
    def end_ms(self) -> int:
        """When the universe ends."""
        return self.start_ms + (HOURS_BEFORE + HOURS_AHEAD) * HOUR_MS


def load_state(folder: Path, now_ms: int) -> DemoState:
    """The universe in `folder` when it has not ended yet, so that a later demo goes on with it; else a new one.

    A new one begins HOURS_BEFORE hours before the current UTC hour. An unreadable file counts as absent: what is sent again
    merges to the same rows.
    """
    fresh = DemoState(now_ms // HOUR_MS * HOUR_MS - HOURS_BEFORE * HOUR_MS, 0)
    try:
        raw = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        kept = DemoState(int(raw["start_ms"]), int(raw["sent_ms"]))
    except (OSError, ValueError, KeyError, TypeError):
        return fresh
    return kept if kept.start_ms <= fresh.start_ms and now_ms < kept.end_ms else fresh


def save_state(folder: Path, state: DemoState) -> None:
    """Replaces the file in one step."""
    replace_file(folder / STATE_FILE, json.dumps({"start_ms": state.start_ms, "sent_ms": state.sent_ms}))


def demo_settings(state: DemoState) -> SimulationSettings:
    """The universe that the upstream shows."""
    return SimulationSettings(seed=state.start_ms // HOUR_MS, start_ms=state.start_ms, hours=HOURS_BEFORE + HOURS_AHEAD)


def broken_settings(state: DemoState) -> SimulationSettings:
    """A small universe of which only the malformed records are taken: what somebody else's producer might send."""
    hours = HOURS_BEFORE + HOURS_AHEAD
    return replace(
        demo_settings(state),
        topics=(POSTS,),
        creators=1,
        posts=1,
        audience=2,
        malformed=2 * hours,
        # Just over what the format decodes; the default of 5 MB would be most of the demo's bytes.
        oversize_bytes=1_200_000,
    )


def write_watchlist(world: World, path: Path) -> None:
    """All public creators, by handle, once an hour. Their posts that move most, and who comments there, are found."""
    listed = {
        "credits_per_day": _CREDITS_PER_DAY,
        # A history of a day is polled in half a minute: every five minutes would be twelve times as much.
        "tiers": {"hot": "1h", "warm": "1h", "cold": "1d"},
        "max_pages": {"replies": 1},
        "follow": {"most_posts": _FOLLOWED_POSTS},
        "creators": [f"@{handle}" for handle in public_handles(world)],
    }
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")


class DemoSink(Protocol):
    """Where the demo's records go."""

    def writer(self, clock: Callable[[], int]) -> AbstractContextManager[PageWriter]:
        """What pollers write pages to."""

    def send(self, deliveries: Sequence[Delivery], settings: SimulationSettings) -> None:
        """Writes malformed records as they are; returns when they are there."""


@dataclass(frozen=True)
class DemoKafka:
    """The topics of the stack."""

    endpoints: Endpoints
    registry: SchemaRegistry

    def writer(self, clock: Callable[[], int]) -> AbstractContextManager[PageWriter]:
        """The pollers' own."""
        settings = WriterSettings(prefix="tokpulse-demo")
        return page_writer(self.endpoints.kafka_bootstrap_servers, self.registry, settings, clock=clock)

    def send(self, deliveries: Sequence[Delivery], settings: SimulationSettings) -> None:
        """As a producer does that knows nothing of the schema."""
        producing = ProducerSettings(self.endpoints.kafka_bootstrap_servers)
        with AvroProducer(producing, self.registry) as producer, KafkaSink(producer, settings) as sink:
            for delivery in deliveries:
                sink.write(delivery)


class DemoStream:
    """Polls the demo's upstream into Kafka: past hours in virtual time, the present as it comes.

    Use it as a context manager, which serves the upstream on a loopback port. What `state.sent_ms` covers is not polled again; the
    feeds go on where their committed cursors say.
    """

    def __init__(self, state: DemoState, folder: Path, sink: DemoSink) -> None:
        self.state = state
        self.sent = 0
        self._folder = folder
        self._sink = sink
        self._clock: Clock = VirtualClock(max(state.start_ms, state.sent_ms))
        self._upstream = FakeUpstream(
            demo_settings(state), SCRIPT, lambda: self._clock.now_ms(), credits=_CREDITS_PER_DAY, daily=True
        )
        self._resources = ExitStack()
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._resources.enter_context(self._upstream)
        self._client = self._resources.enter_context(new_client())
        self._watchlist = self._folder / WATCHLIST
        write_watchlist(self._upstream.world, self._watchlist)
        if not self.state.sent_ms:
            # Of a universe that has ended: nothing of it is shown any more.
            for path in [*(self._folder / "polling").glob(f"{_CREDITS}{SUFFIX}*"), self._folder / "polling" / _HANDLES]:
                path.unlink(missing_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._resources.close()

    @property
    def url(self) -> str:
        """Where the upstream answers."""
        return self._upstream.url

    def send_until(self, until_ms: int, progress: ShowProgress | None = None) -> int:
        """Polls what is due before `until_ms` (unix milliseconds), and remembers that. Returns the number of records sent."""
        before, began_ms = self.sent, max(self.state.sent_ms, self.state.start_ms)
        clock = self._clock = VirtualClock(began_ms, _STEP_MS)

        def show(_: Status) -> None:
            now_ms = clock.now_ms()
            if progress is not None:
                progress(self.sent - before, min(1.0, (now_ms - began_ms) / max(1, until_ms - began_ms)))
            # What is asked for within a status interval is asked for before the end.
            if now_ms >= until_ms - MINUTE_MS:
                rounds.stop()

        if began_ms < until_ms:
            with self._writer() as writer:
                rounds = self._poller(writer, clock, show)
                rounds.run()
            self._send_broken(began_ms, until_ms)
            self._remember(until_ms)
        return self.sent - before

    @contextmanager
    def live(self) -> Iterator[None]:
        """Polls at real time, in a thread, until the context ends. Raises on leaving what ended the poller before."""
        self._clock = SystemClock()
        with self._writer() as writer:
            rounds = self._poller(writer, self._clock, lambda status: self.check())
            thread = threading.Thread(target=self._run, args=(rounds,), name="demo-poller", daemon=True)
            thread.start()
            try:
                yield
            finally:
                rounds.stop()
                thread.join()
                self._remember(self._clock.now_ms())
        self.check()

    def check(self) -> None:
        """Raises what ended the live poller."""
        if self._failure is not None:
            raise self._failure

    def _run(self, rounds: Rounds) -> None:
        try:
            rounds.run()
        except BaseException as error:
            self._failure = error

    def _remember(self, sent_ms: int) -> None:
        self.state = replace(self.state, sent_ms=max(self.state.sent_ms, sent_ms))
        save_state(self._folder, self.state)

    @contextmanager
    def _writer(self) -> Iterator[PageWriter]:
        with self._sink.writer(lambda: self._clock.now_ms()) as writer:
            yield _Counting(writer, self)

    def _poller(self, writer: PageWriter, clock: Clock, show: Callable[[Status], None]) -> Rounds:
        upstream = self._upstream
        return poller(
            http_source(UPSTREAMS[UPSTREAM], upstream.url, upstream.key, self._client, clock_ms=lambda: self._clock.now_ms()),
            writer,
            WatchedFile(self._watchlist),
            ReservationFile(self._folder / "polling", _CREDITS),
            Options(in_flight=_IN_FLIGHT, paced=False, status_ms=MINUTE_MS, clock=clock),
            Observers(on_status=show),
            HandleFile(self._folder / "polling" / _HANDLES),
        )

    def _send_broken(self, from_ms: int, until_ms: int) -> None:
        settings = broken_settings(self.state)
        broken = [
            delivery for delivery in simulate(settings) if delivery.fate is Fate.MALFORMED and from_ms <= delivery.due_ms < until_ms
        ]
        self._sink.send(broken, settings)
        self.sent += len(broken)


class _Counting:
    """A writer that counts, for the demo's progress."""

    def __init__(self, writer: PageWriter, stream: DemoStream) -> None:
        self._writer = writer
        self._stream = stream
        self.progress, self.leave = writer.progress, writer.leave

    def write_many(self, pages: Sequence[ReadPage]) -> list[tuple[Written, Progress]]:
        """As the writer's."""
        done = self._writer.write_many(pages)
        self._stream.sent += sum(written.fresh + written.refused for written, _ in done)
        return done
