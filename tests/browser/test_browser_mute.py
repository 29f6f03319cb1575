"""The mute button in a real browser: two clicks, and the notifier's table has it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from alerts.mutes import in_force
from connectors.clock import HOUR_MS, wall_clock_ms

from .chromium import serious_findings, tab
from .conftest import TOKEN, Dashboard
from .rows import CREATORS, HANDLE, POSTS

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]


def test_a_post_is_muted_with_two_clicks_and_heard_again(running_browser: Browser, served: str, dashboard: Dashboard) -> None:
    with tab(running_browser, served) as opened:
        page = opened.open(f"/#mute={TOKEN}")
        assert "mute" not in page.url
        # The overview is about nothing in particular.
        expect(page.locator("#mute-button")).to_be_hidden()
        page = opened.open(f"/post?post={POSTS[0]}")
        page.get_by_role("button", name="Mute alerts").click()
        assert serious_findings(page) == []
        page.get_by_role("button", name="1 hour", exact=True).click()
        expect(page.locator("#mute-button")).to_contain_text("Muted until")
        (mute,) = in_force(dashboard.client, "", wall_clock_ms())
        assert (mute.subject.what, mute.subject.value) == ("post", POSTS[0])
        assert abs(mute.until_ms - wall_clock_ms() - HOUR_MS) < 60_000
        # Another tab of the same browser knows it, too.
        page.goto(f"{served}/post?post={POSTS[0]}")
        expect(page.locator("#mute-button")).to_contain_text("Muted until")
        page.locator("#mute-button").click()
        page.get_by_role("button", name="Send them again").click()
        expect(page.locator("#mute-button")).to_have_text("Mute alerts")
        assert in_force(dashboard.client, "", wall_clock_ms()) == []
        assert (opened.errors, opened.strayed) == ([], [])


def test_a_creator_is_muted_by_the_handle_of_the_filter(running_browser: Browser, served: str, dashboard: Dashboard) -> None:
    with tab(running_browser, served) as opened:
        opened.open(f"/#mute={TOKEN}")
        page = opened.open(f"/trending?range=2d&live=0&creator=%40{HANDLE}")
        page.get_by_role("button", name="Mute alerts").click()
        page.get_by_role("button", name="1 hour", exact=True).click()
        expect(page.locator("#mute-button")).to_contain_text("Muted until")
        (mute,) = in_force(dashboard.client, "", wall_clock_ms())
        assert (mute.subject.what, mute.subject.value) == ("creator", CREATORS[0])
        page.locator("#mute-button").click()
        page.get_by_role("button", name="Send them again").click()
        expect(page.locator("#mute-button")).to_have_text("Mute alerts")


def test_without_the_token_it_says_what_to_do(running_browser: Browser, served: str, dashboard: Dashboard) -> None:
    with tab(running_browser, served) as opened:
        page = opened.open(f"/post?post={POSTS[0]}")
        page.get_by_role("button", name="Mute alerts").click()
        page.get_by_role("button", name="1 hour", exact=True).click()
        expect(page.locator("#mute-menu")).to_contain_text("open the address that `tokpulse dashboard` printed")
        assert in_force(dashboard.client, "", wall_clock_ms()) == []


def test_without_the_option_there_is_no_button(running_browser: Browser, dashboard: Dashboard) -> None:
    with tab(running_browser, dashboard.url) as opened:
        page = opened.open(f"/post?post={POSTS[0]}")
        expect(page.locator("#mute-button")).to_have_count(0)
