"""Every panel of every page over a month of data: how long its query takes, and how much of its tables it reads."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil
from clickhouse_connect.driver.client import Client

from bench.boards_universe import Universe, boards_statement, fill
from bench.clickhouse_queries import statement
from bench.figures import percentile, table
from bench.own_stack import own_stack
from bench.progress import Progress
from connectors.clickhouse.client import connect
from connectors.clock import DAY_MS, HOUR_MS
from dashboards.model import Page, Panel, load_pages, load_query
from dashboards.run import Boards, Filters

# Fewer say nothing of a 95th percentile.
LEAST_ROUNDS = 10
# Tables that do not grow with observations, and of which a range of time is no small part: what is known of each post and account,
# and one row per version, run, test or bad record.
READ_WHOLE = frozenset(
    {
        *("posts_newest", "creators_newest", "opted_in"),
        *("threshold_versions_log", "pipeline_ledger_entries", "quality_results_log", "dead_letters_log"),
    }
)
# How often a view reads a row of a table: an observation belongs to half hours of two hours.
READ_TIMES = {"velocity_30m_slices": 2}
# Not evaluated without a creator, a hashtag, a region or a tier to look for.
_ONLY_WITH_A_FILTER = re.compile(
    r"\(\{(?:creator|hashtag|region|tier):String\} = '' OR (?:aweme|video)_id IN \([^()]*(?:\([^()]*\)[^()]*)*\)\)"
)
_SOURCE = re.compile(r"\b(?:FROM|JOIN)\s+(?:\w+\.)?(\w+)")


@dataclass(frozen=True)
class PanelFigures:
    """One panel over the two one-day ranges: milliseconds of each round, the mean of what the engine spent of its processors'
    milliseconds, and the larger of the readings. `whole` are rows of tables that are read whole, see READ_WHOLE.
    """

    page: str
    panel: str
    milliseconds: tuple[float, ...]
    cpu_ms: float
    read_rows: int
    ranged: int
    whole: int

    @property
    def share(self) -> float:
        """Part of the rows of tables that lie by time; what was read of other tables is taken as all that they have."""
        return max(0, self.read_rows - self.whole) / self.ranged if self.ranged else 0.0


@dataclass(frozen=True)
class DashboardFigures:
    """All panels, and how many rows the tables held."""

    rows_held: int
    panels: tuple[PanelFigures, ...]

    def text(self) -> str:
        """A table of panels, and the slowest."""
        rows = [
            (
                f"{item.page}.{item.panel}",
                f"{percentile(item.milliseconds, 0.5):.0f}",
                f"{percentile(item.milliseconds, 0.95):.0f}",
                f"{item.cpu_ms:.0f}",
                f"{item.read_rows:,}",
                f"{item.share:.2%}",
            )
            for item in self.panels
        ]
        everything = [value for item in self.panels for value in item.milliseconds]
        return (
            table((f"one day of {self.rows_held:,} rows", "p50 ms", "p95 ms", "CPU ms", "rows read", "share"), rows)
            + f"\nall panels: p50 {percentile(everything, 0.5):.0f} ms, p95 {percentile(everything, 0.95):.0f} ms"
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "rows_held": self.rows_held,
            "panels": {
                f"{item.page}.{item.panel}": {
                    **{"ms": list(item.milliseconds), "cpu_ms": item.cpu_ms},
                    **{"read_rows": item.read_rows, "share": item.share},
                }
                for item in self.panels
            },
        }


@dataclass(frozen=True)
class Held:
    """What the database holds: rows of each table, and what each view reads."""

    tables: Mapping[str, int]
    views: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, client: Client) -> Held:
        """As it is now, for the database of `client`, who may read all of it."""
        listed = client.query(statement("tables_and_views")).result_rows
        return cls(
            {name: int(rows) for name, select, rows in listed if not select},
            {name: frozenset(_SOURCE.findall(select)) for name, select, _ in listed if select},
        )

    def behind(self, panel: Panel) -> tuple[int, int]:
        """Rows of the tables that the panel's query reads, by itself or through views: of those by time, of those in READ_WHOLE."""
        found: set[str] = set()
        following = set(_SOURCE.findall(_ONLY_WITH_A_FILTER.sub("", load_query(panel.query))))
        while following:
            found |= following
            following = {name for view in following for name in self.views.get(view, ())} - found
        ranged = sum(READ_TIMES.get(name, 1) * rows for name, rows in self.tables.items() if name in found - READ_WHOLE)
        return ranged, sum(rows for name, rows in self.tables.items() if name in found & READ_WHOLE)


def measure(rounds: int, progress: Progress, universe: Universe | None = None) -> DashboardFigures:
    """Fills the ClickHouse of a stack of its own and asks it `rounds` times, panel by panel."""
    universe = Universe() if universe is None else universe
    with own_stack() as stack:
        writer, reader = connect(stack.endpoints.clickhouse_url), connect(stack.endpoints.clickhouse_reader_url)
        begun = time.monotonic()
        fill(writer, universe)
        held = Held.of(writer)
        progress.line(f"{sum(held.tables.values()):,} rows written in {time.monotonic() - begun:.0f} s")
        boards = Boards(reader, stack.endpoints.clickhouse_reader_url, load_pages())
        days = one_day_ranges(universe, busiest(writer))
        panels = [(page, panel) for page in boards.pages.values() for panel in page.panels]
        figures = tuple(asked(boards, page, panel, days, held, rounds, stack.process("clickhouse")) for page, panel in panels)
        progress.line(f"{len(panels)} panels asked {rounds} times for each of {len(days)} days")
    return DashboardFigures(sum(held.tables.values()), figures)


def one_day_ranges(universe: Universe, chosen: Chosen) -> tuple[Filters, ...]:
    """A day from midnight to midnight, and one that is not aligned to anything; both on posts that are observed then."""
    midnight = round(universe.end.timestamp() * 1000)
    return tuple(
        Filters(end - DAY_MS, end, chosen.creator, chosen.post, chosen.hashtag)
        for end in (midnight - DAY_MS, midnight - 5 * HOUR_MS - 1_234_567)
    )


@dataclass(frozen=True)
class Chosen:
    """What a reader has looked up."""

    creator: str
    post: str
    hashtag: str


def busiest(client: Client) -> Chosen:
    """Of those that are observed in both of `one_day_ranges`, the ones with most to show."""
    (row,) = client.query(boards_statement("busiest")).result_rows
    return Chosen(*map(str, row))


def asked(
    boards: Boards, page: Page, panel: Panel, days: tuple[Filters, ...], held: Held, rounds: int, engine: psutil.Process
) -> PanelFigures:
    """The panel's figures: unmeasured once, so that no one pays for the first look into a file, then `rounds` times."""
    read, spent, cpu = 0, [], 0.0
    for day in days:
        wanted = as_wide_as_possible(day, page)
        read = max(read, boards.run(page.slug, panel.id, wanted).read_rows)
        before = processor_seconds(engine)
        spent += [1000 * boards.run(page.slug, panel.id, wanted).elapsed_s for _ in range(rounds)]
        cpu += processor_seconds(engine) - before
    return PanelFigures(page.slug, panel.id, tuple(spent), 1000 * cpu / len(spent), read, *held.behind(panel))


def as_wide_as_possible(day: Filters, page: Page) -> Filters:
    """`day` without the filters that `page` does not require: the whole is the larger question."""
    required = {item.name for item in page.filters if item.required}
    return Filters(
        day.time_from_ms,
        day.time_to_ms,
        creator=day.creator if "creator" in required else "",
        post=day.post if "post" in required else "",
    )


def processor_seconds(engine: psutil.Process) -> float:
    """What a process has used of processors so far."""
    times = engine.cpu_times()
    return float(times.user + times.system)
