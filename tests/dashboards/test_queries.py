"""Every panel's query on the real engine: it runs on an empty database, and gives the columns that the panel shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.model import QUERIES_DIR, Page, Panel, load_pages, load_query
from dashboards.run import SEARCH_DIR, Boards, Filters, bound
from tests.dashboards.golden import OF_ONE_ROW

PAGES = load_pages()
PANELS = [pytest.param(page, panel, id=f"{page.slug}-{panel.id}") for page in PAGES.values() for panel in page.panels]
FILES = sorted(QUERIES_DIR.glob("*.sql"))
DAY_MS = 86_400_000


def shown_columns(panel: Panel) -> set[str]:
    """Names that the panel needs in the result."""
    charted = {name for name in (panel.time_column, panel.series_column, *panel.value_columns) if name}
    return charted | {column.name for column in panel.columns}


@pytest.mark.clickhouse
@pytest.mark.parametrize(("page", "panel"), PANELS)
def test_a_panel_runs_and_gives_the_columns_it_shows(empty_client: Client, page: Page, panel: Panel) -> None:
    filters = Filters(1_780_000_000_000, 1_780_000_000_000 + DAY_MS, creator="c", post="p", hashtag="h")
    rows = Boards(empty_client, "", PAGES).run(page.slug, panel.id, filters).rows
    assert len(rows) == (panel.query in OF_ONE_ROW)
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


def test_every_query_is_shown() -> None:
    assert {path.stem for path in FILES} == {panel.query for page in PAGES.values() for panel in page.panels}
