"""What every page says while data is missing or behind, and while somebody knows why."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from dashboards.model import load_pages
from dashboards.web.causes import Trouble

from .conftest import OpenTab
from .truth import TOLD_MS, Truth

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

PAGES = load_pages()


@dataclass(frozen=True)
class State:
    """How it comes about, what each page says below its title, and what stands in the title of the browser's tab."""

    make: Callable[[Truth], None]
    said: str
    marked: str = ""


def behind(minutes: float, hours: int) -> Callable[[Truth], None]:
    def make(truth: Truth) -> None:
        truth.observe(minutes)
        truth.judge(hours)

    return make


def flink_gone(truth: Truth) -> None:
    behind(1, 0)(truth)
    truth.told.always = [Trouble("nothing answers at the address of a service", "flink")]


def poller_gone(truth: Truth) -> None:
    behind(20, 0)(truth)
    truth.told.where_behind = [Trouble("a producer stopped before the hour closed", "tiktok.posts.events")]


STATES = {
    "empty": State(lambda truth: None, "^. no data yet$"),
    "an hour behind": State(behind(70, 1), "data stale: no post was observed since .* UTC", "stale data"),
    "a day behind": State(behind(24 * 60, 24), "data stale: no post was observed since .* UTC", "stale data"),
    "flink gone": State(
        flink_gone, r"data good: .*\. But: nothing answers at the address of a service \(flink\)\. `tokpulse doctor`", "trouble"
    ),
    "poller gone": State(
        poller_gone,
        r"data late: no post was observed since .* UTC\. Why: a producer stopped .* \(tiktok\.posts\.events\)",
        "late data",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_every_page_says_how_it_is(truth: Truth, open_truth: OpenTab, name: str) -> None:
    state = STATES[name]
    state.make(truth)
    with open_truth() as tab:
        begun = time.monotonic()
        page = tab.open("/overview?range=24h")
        # A busy machine is given what it takes for a page in any case.
        within_ms = TOLD_MS + 2_000 * (time.monotonic() - begun)
        for number, slug in enumerate(PAGES, start=1):
            page.keyboard.press(str(number))
            expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[slug].title)
            expect(page.locator(".data-status")).to_have_text(re.compile(state.said), timeout=within_ms)
            mark = f" ({state.marked})" if state.marked else ""
            expect(page).to_have_title(f"{PAGES[slug].title}{mark} \u00b7 tokpulse")
            # Nothing is wrong with ClickHouse, and no panel stays blank.
            expect(page.locator(".banner:not([hidden]), .error")).to_have_count(0)
            expect(page.locator(".grid:not([hidden]) .panel[aria-busy=true]")).to_have_count(0)
        assert tab.errors == []


def test_a_clickhouse_that_has_stopped_is_told_on_every_page(truth: Truth, open_truth: OpenTab) -> None:
    behind(1, 0)(truth)
    with open_truth() as tab:
        begun = time.monotonic()
        page = tab.open("/overview?range=24h")
        within_ms = TOLD_MS + 2_000 * (time.monotonic() - begun)
        with truth.stopped():
            for number, slug in enumerate(PAGES, start=1):
                page.keyboard.press(str(number))
                expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[slug].title)
                expect(page.locator(".banner")).to_be_visible(timeout=within_ms)
                expect(page.locator(".banner")).to_contain_text(re.compile("takes long to answer|does not answer"))


def test_a_paused_page_says_that_it_is_paused(truth: Truth, open_truth: OpenTab) -> None:
    behind(1, 0)(truth)
    with open_truth() as tab:
        page = tab.open("/overview")
        said = page.locator(".data-status")
        expect(said).to_have_text(re.compile(r"data good: judged until .* UTC$"))
        expect(page).to_have_title("Overview \u00b7 tokpulse")
        page.keyboard.press("p")
        expect(said).to_have_text(re.compile(r"Paused at \d\d:\d\d:\d\d UTC: nothing here changes until you go on$"))
        expect(page.locator(".mode")).to_have_text("paused")
        expect(page).to_have_title("Overview (paused) \u00b7 tokpulse")
        page.keyboard.press("p")
        expect(said).to_have_text(re.compile(r"data good: judged until .* UTC$"))
        expect(page).to_have_title("Overview \u00b7 tokpulse")
