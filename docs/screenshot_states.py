"""Pictures of the dashboard while data is missing or behind, Flink or the pollers are gone, or ClickHouse does not answer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from docs.camera import UNIVERSE, Front, looking, save, settle
from docs.questions import DESKTOP, PHONE
from stack.migrations import apply_migrations
from stack.settings import StackSettings

NOTHING = "tokpulse_nothing"
_CLOCK = "now64(3, 'UTC')"
_FLINK = Trouble("nothing answers at the address of a service", "flink")
_POLLER = Trouble("a producer stopped before the hour closed", "tiktok.posts.events")


@dataclass(frozen=True)
class State:
    """How long after the newest data it is, in which database, and what somebody knows of the reasons."""

    after: timedelta
    causes: Sequence[Trouble] = ()
    database: str = "tokpulse"


# Hours are judged some minutes after their end.
STATES: Mapping[str, State] = {
    "empty": State(timedelta(0), database=NOTHING),
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
    apply_migrations(clickhouse.url("admin", NOTHING))
    for name, state in STATES.items():
        with served(clickhouse, folder, state, UNIVERSE.end + state.after) as base:
            # A second look has what the first one only began to look for.
            for slug in PAGES:
                with looking(running, DESKTOP, UNIVERSE.end + state.after) as page:
                    page.goto(f"{base}/{slug}?range=24h")
                    settle(page)
                    _told(page, state)
                    save(page, f"state-{name}-{slug}")
    at = UNIVERSE.end + STATES["flink-gone"].after
    with served(clickhouse, folder, State(STATES["flink-gone"].after), at) as base:
        HeldBoards.held = frozenset({"trending_now"})
        with looking(running, DESKTOP, at) as page:
            page.goto(f"{base}/overview?range=24h")
            page.get_by_text("Waiting for an answer for").wait_for()
            save(page, "state-slow-overview")
        HeldBoards.held = frozenset()
        HeldBoards.go.set()
        for kind, size in (("overview", DESKTOP), ("phone", PHONE)):
            with looking(running, size, at) as page:
                page.goto(f"{base}/overview?range=24h")
                settle(page)
                os.kill(clickhouse.process.pid, signal.SIGSTOP)
                try:
                    page.locator(".banner", has_text="does not answer").wait_for()
                    save(page, f"state-stopped-{kind}")
                finally:
                    os.kill(clickhouse.process.pid, signal.SIGCONT)


def _told(page: Page, state: State) -> None:
    status = page.locator(".data-status")
    for trouble in state.causes:
        status.get_by_text(trouble.means).wait_for()
    status.get_by_text("data").wait_for()


@contextmanager
def served(clickhouse: Front, folder: Path, state: State, now: datetime) -> Iterator[str]:
    """A dashboard whose ClickHouse takes it to be `now`; gives its address."""
    clock = f"toDateTime64('{now:%Y-%m-%d %H:%M:%S}', 3, 'UTC')"
    queries = folder / "queries"
    queries.mkdir(exist_ok=True)
    for file in QUERIES_DIR.glob("*.sql"):
        (queries / file.name).write_text(file.read_text(encoding="utf-8").replace(_CLOCK, clock), encoding="utf-8")
    client = connect(clickhouse.url("admin", state.database))
    client.command((SQL_DIR / "clickhouse" / "views" / "freshness.sql").read_text(encoding="utf-8").replace(_CLOCK, clock))
    client.close()
    pages = load_pages()
    reading = HeldBoards(connect(clickhouse.url("dashboard", f"{state.database}_shared")), "", pages, queries)

    def find(_: bool) -> Sequence[Trouble]:
        return state.causes

    app = create_app(
        pages, Source(lambda: reading, now.timestamp), StackSettings.load().build / "web", causes=Causes(find).routes()
    )
    with DashboardServer(app, 0) as server:
        yield server.url
