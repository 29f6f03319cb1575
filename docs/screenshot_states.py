"""Pictures of the dashboard while data is missing or behind, Flink or the pollers are gone, or ClickHouse does not answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from connectors.clickhouse.client import connect
from connectors.paths import SQL_DIR
from dashboards.model import QUERIES_DIR, load_pages
from dashboards.run import Boards, Filters, Result
from dashboards.web.app import create_app
from dashboards.web.causes import Causes, Trouble
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from docs.camera import UNIVERSE, Front, front, looking, save, settle
from docs.questions import DESKTOP, PHONE
from stack.migrations import apply_migrations
from stack.settings import StackSettings

# What is said stands at the top.
HEAD = (1360, 440)
_CLOCK = "now64(3, 'UTC')"
_FLINK = Trouble("nothing answers at the address of a service", "flink")
_POLLER = Trouble("a producer stopped before the hour closed", "tiktok.posts.events")


@dataclass(frozen=True)
class State:
    """How long after the newest data it is, what somebody knows of the reasons, and whether there is any data."""

    after: timedelta
    causes: Sequence[Trouble] = ()
    holds: bool = True


# Hours are judged some minutes after their end.
STATES: Mapping[str, State] = {
    "empty": State(timedelta(0), holds=False),
    "hour-behind": State(timedelta(minutes=70)),
    "day-behind": State(timedelta(hours=25)),
    "flink-gone": State(timedelta(minutes=4), (_FLINK,)),
    "poller-gone": State(timedelta(minutes=25), (_POLLER,)),
}
PAGES = ("overview", "trending", "comments", "health")


class HeldBoards(Boards):
    """Boards that answer nothing, or of one panel nothing, until `go`."""

    held = frozenset[str]()
    go = threading.Event()

    def run(self, page: str, panel_id: str, filters: Filters) -> Result:
        """As Boards does, but those that are held."""
        if panel_id in self.held:
            HeldBoards.go.wait()
        return super().run(page, panel_id, filters)


def states(running: Browser, clickhouse: Front, folder: Path) -> None:
    """Writes a picture of each, of the pages that an analyst has open."""
    (folder / "empty").mkdir()
    with front(folder / "empty") as empty:
        apply_migrations(empty.url("admin"))
        for name, state in STATES.items():
            with served(clickhouse if state.holds else empty, folder, state) as base:
                for slug in PAGES:
                    with looking(running, HEAD, UNIVERSE.end + state.after) as page:
                        page.goto(f"{base}/{slug}?range=24h")
                        settle(page)
                        _told(page, state)
                        save(page, f"state-{name}-{slug}")
    unanswered(running, clickhouse, folder)


def unanswered(running: Browser, clickhouse: Front, folder: Path) -> None:
    """Writes pictures of a panel that waits, and of a ClickHouse that has stopped."""
    state = State(timedelta(minutes=4))
    with served(clickhouse, folder, state) as base:
        HeldBoards.held = frozenset({"trending_now"})
        with looking(running, DESKTOP, UNIVERSE.end + state.after) as page:
            page.goto(f"{base}/overview?range=24h")
            page.get_by_text("Waiting for an answer for").wait_for()
            save(page, "state-slow-overview")
        HeldBoards.held = frozenset()
        HeldBoards.go.set()
        for name, size in (("overview", HEAD), ("phone", PHONE)):
            with looking(running, size, UNIVERSE.end + state.after) as page:
                page.goto(f"{base}/overview?range=24h")
                settle(page)
                os.kill(clickhouse.process.pid, signal.SIGSTOP)
                try:
                    page.locator(".banner", has_text="does not answer").wait_for()
                    save(page, f"state-stopped-{name}")
                finally:
                    os.kill(clickhouse.process.pid, signal.SIGCONT)


def _told(page: Page, state: State) -> None:
    status = page.locator(".data-status")
    for trouble in state.causes:
        status.get_by_text(trouble.means).wait_for()
    status.get_by_text("data").wait_for()


@contextmanager
def served(clickhouse: Front, folder: Path, state: State) -> Iterator[str]:
    """A dashboard whose ClickHouse takes it to be the time of `state`; gives its address."""
    now, begun = UNIVERSE.end + state.after, time.monotonic()
    clock = f"toDateTime64('{now:%Y-%m-%d %H:%M:%S}', 3, 'UTC')"
    queries = folder / "queries"
    queries.mkdir(exist_ok=True)
    for file in QUERIES_DIR.glob("*.sql"):
        (queries / file.name).write_text(file.read_text(encoding="utf-8").replace(_CLOCK, clock), encoding="utf-8")
    client = connect(clickhouse.url("admin"))
    client.command((SQL_DIR / "clickhouse" / "views" / "freshness.sql").read_text(encoding="utf-8").replace(_CLOCK, clock))
    client.close()
    pages = load_pages()
    reading = HeldBoards(connect(clickhouse.url("dashboard", "tokpulse_shared")), "", pages, queries)

    def find(_: bool) -> Sequence[Trouble]:
        return state.causes

    # It goes on, or else no answer would ever be too old to be given again.
    source = Source(lambda: reading, lambda: now.timestamp() + time.monotonic() - begun)
    app = create_app(pages, source, StackSettings.load().build / "web", causes=Causes(find).routes())
    with DashboardServer(app, 0) as server:
        yield server.url
