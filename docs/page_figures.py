"""Writes docs/page-figures.md: how soon each page of the dashboard is there, and its cost. `python -m docs.page_figures`.

Needs Chromium. `--posts 29000 --days 30` (the defaults) is a month with 20 million observations, which takes minutes to write.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from bench.boards_universe import Universe, fill
from bench.dashboards import Chosen, busiest
from bench.machine import describe
from connectors.clickhouse.client import connect
from dashboards.model import load_pages
from dashboards.run import Boards
from dashboards.web.app import create_app
from dashboards.web.server import DashboardServer
from dashboards.web.source import Source
from docs.camera import front, settle
from docs.chromium import browser
from docs.questions import DESKTOP, PHONE
from stack.migrations import apply_migrations
from stack.settings import StackSettings

PAGE = Path(__file__).with_name("page-figures.md")
ROUNDS = 5
_HEAD = """# Figures of pages

`python -m docs.page_figures` writes this page: each page of the [dashboard](dashboards.md) is opened {rounds} times in a browser
that has nothing of it, for the newest day of {days} days with {observations:,} observations of {posts:,} posts. Medians.

- **first paint**: until something of the page is there (First Contentful Paint).
- **all figures**: until every panel has its answer and is drawn, ClickHouse included.
- **main thread**: what the browser's main thread worked until then; **scripts**: of that, JavaScript.
- **bytes**: what was sent, headers included, by so many requests; **elements**: what the page consists of.

{machine}

| page | first paint, ms | all figures, ms | main thread, ms | scripts, ms | kB | requests | elements |
|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Opened:
    """One page opened once; times in milliseconds."""

    first_paint: float
    all_figures: float
    main_thread: float
    scripts: float
    kilobytes: float
    requests: float
    elements: float

    def values(self) -> tuple[float, ...]:
        """In the order of the table."""
        times = (self.first_paint, self.all_figures, self.main_thread, self.scripts)
        return (*times, self.kilobytes, self.requests, self.elements)


def opened(running: Browser, address: str, size: tuple[int, int]) -> Opened:
    """Opens a page in a profile of its own."""
    context = running.new_context(viewport={"width": size[0], "height": size[1]}, bypass_csp=True)
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        session.send("Network.enable")
        sent: list[float] = []
        session.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
        page.goto(address)
        settle(page)
        measured = {one["name"]: float(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}
        paints = "performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"
        begun = measured["NavigationStart"]
        return Opened(
            first_paint=float(page.evaluate(paints)[0]),
            all_figures=1000 * (measured["Timestamp"] - begun),
            main_thread=1000 * measured["TaskDuration"],
            scripts=1000 * measured["ScriptDuration"],
            kilobytes=sum(sent) / 1000,
            requests=len(sent),
            elements=measured["Nodes"],
        )
    finally:
        context.close()


@contextmanager
def dashboard(universe: Universe) -> Iterator[tuple[str, Chosen]]:
    """A dashboard over the rows of `universe`: its address, and whom or what its pages may be about."""
    with tempfile.TemporaryDirectory() as made, front(Path(made)) as clickhouse:
        apply_migrations(clickhouse.url("admin"))
        client = connect(clickhouse.url("admin"))
        fill(client, universe)
        chosen = busiest(client)
        client.close()
        pages = load_pages()
        reading = Boards(connect(clickhouse.url("dashboard", "tokpulse_shared")), "", pages)
        app = create_app(pages, Source(lambda: reading), StackSettings.load().build / "web")
        with DashboardServer(app, 0) as server:
            yield server.url, chosen


def rows(universe: Universe, rounds: int) -> Iterator[str]:
    """The table's rows: each page on a desktop, and the overview on a phone."""
    end = universe.end
    span = "&".join(f"{name}={at.timestamp() * 1000:.0f}" for name, at in (("from", end - timedelta(hours=24)), ("to", end)))
    with dashboard(universe) as (base, chosen), browser() as running:
        about = {"creator": f"&creator={chosen.creator}", "post": f"&post={chosen.post}"}
        asked = [(slug, slug, DESKTOP) for slug in load_pages()] + [("overview, on a phone", "overview", PHONE)]
        for name, slug, size in asked:
            address = f"{base}/{slug}?{span}&live=0{about.get(slug, '')}"
            found = [opened(running, address, size).values() for _ in range(rounds)]
            yield f"| {name} | " + " | ".join(f"{median(column):,.0f}" for column in zip(*found, strict=True)) + " |\n"


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(prog="python -m docs.page_figures", description=__doc__)
    parser.add_argument("--posts", type=int, default=Universe.posts)
    parser.add_argument("--days", type=int, default=Universe.days)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    universe = Universe(posts=asked.posts, days=asked.days)
    host = describe()
    machine = f"Measured on {host['cpu']}, {host['cores']} cores, load average {host['load_average']} before."
    observations = universe.posts * universe.watched_hours * 12
    known = {"rounds": asked.rounds, "days": universe.days, "posts": universe.posts, "observations": observations}
    PAGE.write_text(_HEAD.format(machine=machine, **known) + "".join(rows(universe, asked.rounds)), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
