"""Every panel's query on the real engine: it runs on an empty database, and gives the columns that the panel shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from connectors.clock import wall_clock_ms
from dashboards.model import FILTERS, QUERIES_DIR, Page, Panel, load_pages, load_query
from dashboards.run import SEARCH_DIR, Boards, Filters, bound
from tests.dashboards.golden import ROWS_OF_NOTHING

PAGES = load_pages()
PANELS = [pytest.param(page, panel, id=f"{page.slug}-{panel.id}") for page in PAGES.values() for panel in page.panels]
FILES = sorted(QUERIES_DIR.glob("*.sql"))
DAY_MS = 86_400_000


def shown_columns(panel: Panel) -> set[str]:
    """Names that the panel needs in the result."""
    return {*panel.drawn, *(column.name for column in panel.columns)}


@pytest.mark.clickhouse
@pytest.mark.parametrize(("page", "panel"), PANELS)
def test_a_panel_runs_and_gives_the_columns_it_shows(empty_client: Client, page: Page, panel: Panel) -> None:
    filters = Filters(1_780_000_000_000, 1_780_000_000_000 + DAY_MS, creator="c", post="p", hashtag="h")
    rows = Boards(empty_client, "", PAGES).run(page.slug, panel.id, filters).rows
    assert len(rows) == ROWS_OF_NOTHING.get(panel.query, 0)
    # An empty answer comes without names.
    described = empty_client.query(f"DESCRIBE ({load_query(panel.query)})", parameters=bound(filters))
    assert shown_columns(panel) <= {row[0] for row in described.result_rows}


@pytest.mark.parametrize("path", [*FILES, *sorted(SEARCH_DIR.glob("*.sql"))], ids=lambda path: path.stem)
def test_a_query_is_one_bounded_select_with_a_banner(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r"-- Question: .+\n(?:--           .*\n)*-- Grain:    .+\n(?:--           .*\n)*(?:SELECT|WITH)\b", text)
    assert ";" not in re.sub(r"--.*", "", text)
    assert re.search(r"\nLIMIT (?:\d+|\{limit:UInt32\})\n$", text), "the result is bounded"
    assert max(map(len, text.splitlines())) <= 140


@pytest.mark.clickhouse
@pytest.mark.parametrize("query", ["comment_totals", "comment_mood", "languages", "engagement_totals"])
def test_a_filter_that_nobody_chose_reads_nothing(empty_client: Client, query: str) -> None:
    """By the engine's plan: the posts of a creator, hashtag, region or tier are looked up only where one is asked for.

    On empty tables: over rows some of that is looked up while the plan is made, and is not in it.
    """
    looked_up = {}
    for chosen in ("", *FILTERS):
        filters = Filters(1_780_000_000_000, 1_780_000_000_000 + DAY_MS)
        change: dict[str, Any] = {chosen: "x"} if chosen else {}
        values = bound(replace(filters, **change))
        plan = empty_client.query(f"EXPLAIN {load_query(query)}", parameters=values).result_rows
        looked_up[chosen] = sum("CreatingSet (" in line for (line,) in plan)
    own = {"engagement_totals": ("creator", "post")}.get(query, ("post",))
    wanted: dict[str, int] = {name: int(name not in own) for name in FILTERS}
    assert looked_up == {"": 0} | wanted


def test_every_query_is_shown() -> None:
    panels = [panel for page in PAGES.values() for panel in page.panels]
    assert {path.stem for path in FILES} == {name for panel in panels for name in (panel.query, panel.why) if name}


@pytest.mark.clickhouse
@pytest.mark.parametrize(("page", "panel"), [case for case in PANELS if case.values[1].why])  # type: ignore[union-attr]
def test_why_a_panel_is_empty_is_told_on_empty_tables_too(empty_client: Client, page: Page, panel: Panel) -> None:
    boards, now_ms = Boards(empty_client, "", PAGES), wall_clock_ms()
    assert boards.why(page.slug, panel.id, Filters(now_ms - DAY_MS, now_ms)) == "No post was observed yet."
    assert boards.why(page.slug, panel.id, Filters(1_780_000_000_000, 1_780_000_000_000 + DAY_MS)).startswith(
        "No post was observed in"
    )
