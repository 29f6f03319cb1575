"""Saved views in a real browser: what is shown gets a name, and is there again by that name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from .chromium import serious_findings, tab
from .conftest import TOKEN, Dashboard
from .rows import CREATORS

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]
NAME = "\u00dcbersicht <b>7 d</b>"


def test_a_view_is_saved_opened_in_another_browser_and_removed(running_browser: Browser, served: str, dashboard: Dashboard) -> None:
    chosen = f"/creator?range=7d&creator={CREATORS[0]},{CREATORS[1]}&compare=week&tz=utc"
    with tab(running_browser, served) as first:
        first.open(f"/#views={TOKEN}")
        page = first.open(chosen)
        page.locator("#views-button").click()
        expect(page.get_by_text("None yet.")).to_be_visible()
        page.get_by_label("Name of this view").fill(NAME)
        page.get_by_label("Name of this view").press("Enter")
        expect(page.locator(".views a")).to_have_text(NAME)
        assert serious_findings(page) == []
        assert chosen in dashboard.file.with_name("views.yaml").read_text(encoding="utf-8")
        assert (first.errors, first.strayed) == ([], [])
    with tab(running_browser, served) as second:
        second.open(f"/#views={TOKEN}")
        page = second.open("/overview")
        page.locator("#views-button").click()
        page.get_by_role("link", name=NAME).click()
        expect(page).to_have_url(served.rstrip("/") + chosen)
        expect(page.get_by_label("Compare with an earlier time")).to_have_value("week")
        page.locator("#views-button").click()
        page.get_by_role("button", name=f"Remove {NAME}").click()
        expect(page.get_by_text("None yet.")).to_be_visible()
        assert (second.errors, second.strayed) == ([], [])


def test_without_the_token_the_button_says_what_to_do(running_browser: Browser, served: str) -> None:
    with tab(running_browser, served) as opened:
        page = opened.open("/overview")
        page.locator("#views-button").click()
        expect(page.locator("#views-menu .problem")).to_contain_text(re.compile("may not save views.*open the address"))


def test_without_the_option_there_is_no_button(running_browser: Browser, dashboard: Dashboard) -> None:
    with tab(running_browser, dashboard.url) as opened:
        expect(opened.open("/overview").locator("#views-button")).to_have_count(0)
