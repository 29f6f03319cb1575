"""A day of a month costs a day's rows: by the engine's own statistics, every panel reads under 5 % of its tables for one day.

The universe is a fifth of what `python -m bench --only dashboards` measures, with the same rows each time; no time is asserted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from bench.boards_universe import Universe, fill
from bench.dashboards import Held, as_wide_as_possible, busiest, one_day_ranges
from connectors.clickhouse.client import connect
from dashboards.model import Page, Panel, load_pages
from dashboards.run import Boards, Filters
from stack.migrations import apply_migrations
from tests.clickhouse_front.conftest import ADMIN, READER, FrontProcess

MOST = 0.05
# Rows of a granule: a range begins and ends within one.
GRANULE = 1_024
UNIVERSE = Universe(posts=5_800, creators=400, comments=400_000, letters=4_000)
PAGES = load_pages()
PANELS = [pytest.param(page, panel, id=f"{page.slug}-{panel.id}") for page in PAGES.values() for panel in page.panels]
# No run wrote to the ledger in those days, for ClickHouse notes itself when an entry came; one creator has no alert, others have.
EMPTY = {"health-ledger", "creator-follower_alerts"}


@dataclass(frozen=True)
class Month:
    boards: Boards
    reader: Client
    held: Held
    days: tuple[Filters, ...]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    running = FrontProcess(tmp_path_factory.mktemp("month"))
    running.start()
    try:
        apply_migrations(running.url(ADMIN))
        writer, reader = connect(running.url()), connect(running.url(READER, "tokpulse_shared"))
        fill(writer, UNIVERSE)
        yield Month(Boards(reader, "", PAGES), reader, Held.of(writer), one_day_ranges(UNIVERSE, busiest(writer)))
        writer.close()
        reader.close()
    finally:
        running.stop()


@pytest.mark.clickhouse
@pytest.mark.parametrize(("page", "panel"), PANELS)
def test_a_day_is_less_than_a_twentieth_of_a_month(month: Month, page: Page, panel: Panel) -> None:
    by_time, whole = month.held.behind(panel)
    for day in month.days:
        result = month.boards.run(page.slug, panel.id, as_wide_as_possible(day, page))
        # Without rows the front has no statistics to send, and the universe has no LIVE rooms.
        assert page.slug == "live" or (result.read_rows > 0) == bool(result.rows) == (f"{page.slug}-{panel.id}" not in EMPTY)
        assert result.read_rows <= MOST * by_time + whole + GRANULE


@pytest.mark.clickhouse
def test_the_month_is_as_large_as_it_says(month: Month) -> None:
    held = month.held.tables
    # Every post is observed every 5 minutes for 60 hours, but for those at the end: their days are not over.
    assert 0.95 * UNIVERSE.posts * 720 < held["post_observations_log"] <= UNIVERSE.posts * 720
    assert held["velocity_30m_slices"] == held["post_observations_log"]
    assert held["comments_log"] == UNIVERSE.comments
    assert held["trending_hourly_log"] > 300_000
    # What is read whole is what does not grow with observations.
    assert month.held.behind(next(panel for panel in PAGES["health"].panels if panel.id == "dead_letters")) == (0, UNIVERSE.letters)


@pytest.mark.clickhouse
def test_half_hours_by_the_hour_are_the_half_hours(month: Month) -> None:
    """One view for any question, one that reads less for who knows the hours: they say the same, and the second reads a third."""
    end = datetime.fromtimestamp(month.days[1].time_to_ms / 1000, UTC)
    values = {"begin": end - timedelta(hours=3), "end": end}
    columns = "aweme_id, author_id, window_start, window_end, delta_plays, plays_per_minute, engagement_rate_change, revision"
    range_ = "window_start >= {begin:DateTime64(3, 'UTC')} AND window_start < {end:DateTime64(3, 'UTC')}"
    first, last = (f"toUnixTimestamp({{{name}:DateTime64(3, 'UTC')}})" for name in values)
    hours = f"window_hour > {first} - 3600 AND window_hour <= {last}"
    by_slices = f"SELECT {columns} FROM velocity_30m WHERE {range_}"
    by_hours = f"SELECT {columns} FROM velocity_30m_by_hour WHERE {range_} AND {hours}"
    every, other = (month.reader.query(f"{text} ORDER BY ALL", parameters=values) for text in (by_slices, by_hours))
    assert len(every.result_rows) > 1000
    assert every.result_rows == other.result_rows
    assert 2 * int(other.summary["read_rows"]) < int(every.summary["read_rows"])
