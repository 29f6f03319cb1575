"""Tables fit: what does not is named and within reach, a phone has cards, and only the page scrolls up and down."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .chromium import serious_findings
from .conftest import Dashboard, OpenTab
from .rows import POSTS, SHOWN_TITLE
from .test_browser_pages import COLUMNS, DRAWN, PAGES, TRENDING_NOW, address

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

TITLES = [column.title for column in COLUMNS if column.name in DRAWN]
PHONE = {"width": 390, "height": 844}
# What scrolls up and down by itself within a panel.
INNER_SCROLLERS = """() => [...document.querySelectorAll('.panel *')].filter((one) =>
  /auto|scroll/.test(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight + 1).map((one) => one.className)"""
# The headers that are within the table's place, by what they say.
WITHIN = """(region) => [...region.querySelectorAll('th')].filter((one) =>
  one.getBoundingClientRect().right <= region.getBoundingClientRect().right + 1).map((one) => one.dataset.title)"""


def within(page: Page) -> list[str]:
    """The columns of "Trending now" that are in sight."""
    found: list[str] = page.locator(f"{TRENDING_NOW} .scroll").evaluate(WITHIN)
    return found


def cards(page: Page) -> Locator:
    return page.locator(f"{TRENDING_NOW} tbody tr")


@pytest.mark.parametrize("slug", PAGES)
def test_lists_do_not_scroll_inside_of_the_page(open_tab: OpenTab, slug: str) -> None:
    with open_tab() as tab:
        page = tab.open(address(slug))
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert page.evaluate(INNER_SCROLLERS) == []


@pytest.mark.parametrize("width", [1360, 1100, 900])
def test_each_column_is_in_sight_or_named(open_tab: OpenTab, width: int) -> None:
    with open_tab(viewport={"width": width, "height": 900}, reduced_motion="reduce") as tab:
        page = tab.open("/overview?range=2d&live=0")
        expect(cards(page).first).to_be_visible()
        seen, beyond = within(page), page.locator(f"{TRENDING_NOW} .beyond")
        missing = [title for title in TITLES if title not in seen]
        assert bool(missing) == beyond.is_visible()
        if missing:
            expect(beyond).to_have_text(f"More to the right: {', '.join(missing)} \u2192")
            while not beyond.inner_text().startswith("\u2190"):
                beyond.click()
            assert missing[-1] in within(page)
            # What the row is about is still in its place.
            first = cards(page).first.locator("td").first.bounding_box()
            place = page.locator(f"{TRENDING_NOW} .scroll").bounding_box()
            assert first
            assert place
            assert first["x"] == pytest.approx(place["x"], abs=1)
            assert serious_findings(page) == []
            beyond.click()
            expect(beyond).to_have_text(re.compile("^More to the right"))


def test_a_phone_has_a_card_for_each_row(open_tab: OpenTab) -> None:
    with open_tab(viewport=PHONE, has_touch=True) as tab:
        page = tab.open("/overview?range=2d&live=0")
        card = cards(page).filter(has_text=SHOWN_TITLE)
        expect(card).to_be_visible()
        box = card.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        told = card.locator("td:visible[data-title]").evaluate_all("cells => cells.map((cell) => cell.dataset.title)")
        assert told == TITLES[:7]
        more = card.get_by_role("button", name="More")
        more.click()
        expect(card.locator("td:visible[data-title]")).to_have_count(len(TITLES))
        # It stays open when the figures come anew.
        page.keyboard.press("r")
        expect(page.locator("#announcer")).to_contain_text("Refreshed at")
        expect(card.get_by_role("button", name="Less")).to_be_visible()
        assert serious_findings(page) == []
        page.get_by_label("Order of the rows: Trending now").select_option(label="Gained, most first")
        expect(page).to_have_url(re.compile(r"sort\.trending_now=-delta_plays"))
        assert tab.errors == []


def test_a_long_table_shows_its_first_rows_until_all_are_asked_for(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d&live=0&view.plays_over_time=table")
        panel = page.locator('[data-panel="plays_over_time"]')
        rows = panel.locator("tbody tr")
        expect(rows).to_have_count(6)
        panel.get_by_role("button", name=re.compile(r"Show all \d+ rows")).click()
        expect(page).to_have_url(re.compile("view.plays_over_time=all"))
        assert rows.count() >= 24
        panel.get_by_role("button", name="Show fewer rows").click()
        expect(rows).to_have_count(6)
        panel.get_by_role("button", name=re.compile("Show as chart")).click()
        expect(panel.locator("canvas")).to_be_visible()


def result(status: str, number: int, at: datetime) -> list[Any]:
    severity = "warn" if status == "warn" else "error"
    return ["r", at, "posts", "not_null", f"column_{number}", severity, status, 0 if status == "pass" else 3, "detail"]


def test_what_failed_is_not_buried_by_what_passed(dashboard: Dashboard, open_tab: OpenTab) -> None:
    at = datetime.now(UTC)
    results = [result("pass", number, at) for number in range(len(POSTS))] + [result("warn", 90, at), result("fail", 91, at)]
    names = ["run_id", "checked_at", "dataset", "test", "column", "severity", "status", "failing_rows", "detail"]
    dashboard.client.insert("quality_results_log", results, column_names=names)
    with open_tab() as tab:
        page = tab.open("/health?live=0")
        panel = page.locator('[data-panel="quality"]')
        expect(panel.locator("tbody tr td:nth-child(2)")).to_have_text(["fail", "warn"])
        panel.get_by_role("button", name=f"Show {len(POSTS)} tests that passed").click()
        expect(panel.locator("tbody tr:not(.parted)")).to_have_count(len(results))
        assert serious_findings(page) == []
