"""Doubles at the seams of a poller: an upstream with a script, a writer that keeps only what is committed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from connectors.upstream.model import Answer, Ask, Call, Failure, Feed, Observation, Page, Refusal
from polling.clock import VirtualClock
from polling.credits.reservations import ReservationFile
from polling.metrics import Metrics
from polling.model import FeedKey, Progress, ReadPage, Written
from polling.poller import poller
from polling.reports import Observers
from polling.schedule.fetching import BALANCE, Source
from polling.schedule.options import Options
from polling.schedule.rounds import Rounds
from polling.watchlist import WatchedFile

START_MS = 1_790_000_000_000 - 1_790_000_000_000 % 86_400_000  # midnight, UTC
RETRY = Refusal(Failure.RETRY, "503", "server_error", "try later")
SKIP = Refusal(Failure.SKIP, "404", "deleted", "gone")
PAUSE = Refusal(Failure.PAUSE, "429", "quota", "no more")
FATAL = Refusal(Failure.FATAL, "401", "key_refused", "who are you")


class PlainUpstream:
    """All feeds but those of followers; never reads by itself, for the script gives results."""

    name = "plain"
    feeds = frozenset(Feed) - {Feed.FOLLOWERS, Feed.FOLLOWING}

    def call(self, ask: Ask) -> Call:
        if ask.feed in (Feed.FOLLOWERS, Feed.FOLLOWING):
            raise ValueError(f"no feed {ask.feed}")
        return Call(f"/{ask.feed.value}/", f"/{ask.feed.value}/", {"id": ask.subject})

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        raise NotImplementedError

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, object]:
        raise NotImplementedError

    def creator(self, userid: str, sec_uid: str) -> str:
        return userid

    def authorization(self, key: str) -> Mapping[str, str]:
        return {}

    def credits_call(self) -> Call:
        return Call("/profile/", "/profile/", {})

    def read_credits(self, answer: Answer) -> int | Refusal:
        raise NotImplementedError


@dataclass(frozen=True)
class Attempt:
    call: Call
    answer: Answer | None
    result: Page | Refusal
    elapsed_s: float = 0.1


def page(*records: str, cursor: str | None = None, found: tuple[Ask, ...] = ()) -> Page:
    """Observations by their text: equal texts are one observation."""
    return Page(tuple(Observation("t", {"v": record}) for record in records), cursor, found)


@dataclass
class MemoryWriter:
    """Keeps committed observations once each, and the progress with them. `fail` is asked about each page before a commit."""

    committed: list[str] = field(default_factory=list)
    feeds: dict[FeedKey, Progress] = field(default_factory=dict)
    fail: Callable[[FeedKey, Page], None] = lambda key, page: None
    writes: int = 0
    commits: int = 0

    def progress(self, also: Callable[[FeedKey], bool]) -> Mapping[FeedKey, Progress]:
        return dict(self.feeds)

    def leave(self, feeds: Iterable[FeedKey]) -> None:
        for key in feeds:
            self.feeds.pop(key, None)

    def write_many(self, pages: Sequence[ReadPage]) -> list[tuple[Written, Progress]]:
        for read in pages:
            self.fail(read.key, read.page)
        self.commits += 1
        return [self._write(read.key, read.page, read.received_ms, read.before) for read in pages]

    def _write(self, key: FeedKey, page: Page, received_ms: int, before: Progress | None) -> tuple[Written, Progress]:
        known = set(self.committed)
        new = [str(item.record["v"]) for item in page.observations if item.record["v"] not in known]
        goes_on = before is not None and before.cursor is not None
        started = before.round_started_ms if before and goes_on else received_ms
        pages, moved = (before.pages + 1, before.moved) if before and goes_on else (1, 0)
        moved_ms = received_ms if new else before.moved_ms if before else 0
        after = Progress(page.cursor, pages, started, received_ms, moved_ms, moved + len(new))
        self.committed += new
        self.feeds[key] = after
        self.writes += 1
        return Written(len(new), len(page.observations) - len(new), 0), after


Script = Callable[[Ask, int], Page | Refusal]


class Bench:
    """A poller with doubles around it, and a log of what it asked: (virtual ms, ask)."""

    def __init__(self, folder: Path, watchlist: str, script: Script, *, credits: int | Refusal = 1_000_000) -> None:
        self.folder, self.script, self.credits = folder, script, credits
        self.file = folder / "watchlist.yaml"
        self.file.write_text(watchlist)
        self.clock = VirtualClock(START_MS)
        self.writer = MemoryWriter()
        self.metrics = Metrics()
        self.asked: list[tuple[int, Ask]] = []
        self.probes: list[int] = []
        self.limit_ms = START_MS + 86_400_000
        self.poller = self.start()

    def start(self, options: Options | None = None) -> Rounds:
        """A new poller, as after a restart."""
        self.poller = poller(
            Source(PlainUpstream(), self.fetch, self.probe),
            self.writer,
            WatchedFile(self.file),
            ReservationFile(self.folder / "credits", "plain-0"),
            replace(options or Options(), status_ms=1_000, clock=self.clock),
            Observers(self.metrics),
        )
        return self.poller

    def fetch(self, ask: Ask) -> Attempt:
        now = self.clock.now_ms()
        self.asked.append((now, ask))
        if now >= self.limit_ms:
            self.poller.stop()
        result = self.script(ask, now)
        return Attempt(PlainUpstream().call(ask), Answer(200, {}, b"", now), result)

    def probe(self, ask: Ask) -> Attempt:
        assert ask is BALANCE
        now = self.clock.now_ms()
        self.probes.append(now)
        if now >= self.limit_ms:
            self.poller.stop()
        result = self.credits if isinstance(self.credits, Refusal) else Page((), str(self.credits))
        return Attempt(PlainUpstream().credits_call(), Answer(200, {}, b"", now), result)

    def run(self, hours: float) -> None:
        """Polls for so long, in virtual time."""
        self.limit_ms = self.clock.now_ms() + round(hours * 3_600_000)
        self.poller.run()

    def times(self, feed: Feed, subject: str | None = None) -> list[int]:
        return [at for at, ask in self.asked if ask.feed is feed and subject in (None, ask.subject)]


_counter = itertools.count()


def fresh() -> str:
    """An observation that was never seen."""
    return f"new-{next(_counter)}"
