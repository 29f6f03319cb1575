"""Pollers of handles at the fake upstream, in virtual time: the real transport, and a writer that keeps what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from connectors.clock import DAY_MS, HOUR_MS
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Observation, Page
from polling.clock import VirtualClock
from polling.credits.reservations import ReservationFile
from polling.metrics import Metrics
from polling.model import FeedKey, Progress, ReadPage, Written
from polling.personal.forgotten import Forgotten
from polling.poller import http_source, poller
from polling.reports import Observers
from polling.schedule.fetching import Source
from polling.schedule.options import Options
from polling.schedule.rounds import Rounds
from polling.status import Status
from polling.watching.handles import HandleFile, KeptHandle
from polling.watchlist import WatchedFile
from polling.writing.cursors import advance
from simulator.settings import SimulationSettings
from simulator.universe import User
from simulator.upstream.ledger import Entry
from simulator.upstream.server import FakeUpstream

START_MS = 1_795_046_400_000  # 2026-11-19, midnight UTC
SETTINGS = SimulationSettings(seed=7, start_ms=START_MS, hours=48, creators=12, posts=120, audience=60)
LOOK_UPS = {"tikliveapi": "/userinfo-by-username/", "tikapi": "/public/check"}


@dataclass
class PagesKept:
    """Observations that are new or changed, by the feed whose page had them; the progress of every feed."""

    pages: list[tuple[FeedKey, Page]] = field(default_factory=list)
    feeds: dict[FeedKey, Progress] = field(default_factory=dict)
    seen: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)

    def progress(self, also: Callable[[FeedKey], bool]) -> Mapping[FeedKey, Progress]:
        return dict(self.feeds)

    def leave(self, feeds: Iterable[FeedKey]) -> None:
        for key in feeds:
            self.feeds.pop(key, None)

    def write_many(self, pages: Sequence[ReadPage]) -> list[tuple[Written, Progress]]:
        return [self._write(read) for read in pages]

    def _write(self, read: ReadPage) -> tuple[Written, Progress]:
        self.pages.append((read.key, read.page))
        fresh = [one for one in read.page.observations if self._is_new(one)]
        self.feeds[read.key] = advance(read.before, read.page.cursor, read.received_ms, len(fresh))
        return Written(len(fresh), len(read.page.observations) - len(fresh), 0), self.feeds[read.key]

    def _is_new(self, one: Observation) -> bool:
        key = one.topic, str(one.record.get("userid") or one.record.get("aweme_id") or one.record.get("id"))
        record = {name: value for name, value in one.record.items() if name != "ingested_at"}
        new, self.seen[key] = self.seen.get(key) != record, record
        return new


class HandleDays:
    """A universe, and pollers that come and go. `entries` are the lines of the list of creators."""

    def __init__(self, folder: Path, upstream: str, fake: FakeUpstream, clock: VirtualClock, client: httpx.Client) -> None:
        self.folder, self.upstream, self.fake, self.clock = folder, upstream, fake, clock
        self.client = client
        self.file = HandleFile(folder / "handles.json")
        self.forgotten = Forgotten(folder / "forgotten.json")
        self.metrics = Metrics()
        self.writer = PagesKept()
        self.poller: Rounds | None = None

    @property
    def creators(self) -> list[User]:
        """Public ones."""
        return [user for user in self.fake.world.universe.creators if not user.private]

    def watch(self, *handles: str, more: str = "credits_per_day: 100000\n") -> None:
        """Writes the watchlist. What is found there is followed in test_following.py."""
        listed = "".join(f'  - "{handle}"\n' for handle in handles)
        (self.folder / "watchlist.yaml").write_text(f"{more}follow: {{posts: false, profiles: 0}}\ncreators:\n{listed}")

    def start(
        self,
        *,
        shard: int = 0,
        shards: int = 1,
        once: bool = False,
        writer: PagesKept | None = None,
        file: HandleFile | None = None,
        transform: Callable[[Source], Source] = lambda source: source,
        end_ms: int = 2**60,
    ) -> Rounds:
        """A new poller, which stops at `end_ms`."""

        def at_its_end(_: Status) -> None:
            if self.clock.now_ms() >= end_ms and self.poller is not None:
                self.poller.stop()

        source = http_source(UPSTREAMS[self.upstream], self.fake.url, self.fake.key, self.client, self.clock.now_ms)
        self.poller = poller(
            transform(source),
            writer or self.writer,
            WatchedFile(self.folder / "watchlist.yaml", self.forgotten),
            ReservationFile(self.folder, f"{self.upstream}-{shard}-of-{shards}"),
            Options(in_flight=1, shard=shard, shards=shards, once=once, reread_ms=60_000, status_ms=60_000, clock=self.clock),
            Observers(self.metrics, on_status=at_its_end),
            kept=file or HandleFile(self.folder / "handles.json"),
        )
        return self.poller

    def run(self, days: float = 0.0, minutes: float = 0.0, **options: object) -> None:
        """Polls for so long, in virtual time, by a new poller."""
        end_ms = self.clock.now_ms() + round(days * DAY_MS + minutes * 60_000)
        self.start(end_ms=end_ms, **options).run()  # type: ignore[arg-type]

    def asked(self, endpoint: str, since_ms: int = 0) -> list[Entry]:
        """Requests for a path."""
        return [entry for entry in self.fake.ledger.entries if entry.endpoint == endpoint and entry.at_ms >= since_ms]

    def looked_up(self, handle: str) -> list[float]:
        """Hours of the run at which a handle was looked up."""
        name = handle.removeprefix("@")
        entries = self.asked(LOOK_UPS[self.upstream])
        return [(entry.at_ms - START_MS) / HOUR_MS for entry in entries if entry.params.get("username") == name]

    def kept(self, handle: str) -> KeptHandle | None:
        """What the file says."""
        return self.file.read().get(handle)

    def subjects(self) -> set[str]:
        """What feeds were asked for by."""
        return {key.subject for key, _ in self.writer.pages}

    def states(self) -> dict[str, int]:
        """The gauge, without what is 0."""
        found = {}
        for state in ("waiting", "known", "moved", "vanished", "unknown", "forgotten"):
            if number := int(self.metrics.value("tokpulse_poll_handles", self.upstream, state)):
                found[state] = number
        return found
