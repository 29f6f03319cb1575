"""Messages of the notifier as pictures: they show what a person needs, and nothing that a stranger wrote is markup.

With TOKPULSE_TEST_PICTURES the pictures are kept in that folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.alert import Alert
from alerts.facts import Known
from alerts.message import Form
from alerts.targets import SLACK, TEAMS
from tests.alerts.pictures import slack_page, teams_page
from tests.alerts.receiver import POST, alert, followers, momentum, trending

pytestmark = [pytest.mark.http, pytest.mark.timeout(120)]

URL = "http://127.0.0.1:8050"
HOSTILE = "<img src=x onerror=alert(1)> *bold* [link](http://evil) <!channel> \N{PARTY POPPER}"
ANNA = Known("Pasta in 3 minutes \N{COOKING} #pasta", "cook.anna_1", ("pasta",), 1_204_000, 0.42, 38, 1_767_610_800_000)
MASKED = Known(HOSTILE, "0123456789abcdef" * 4, plays=61_000, mood=-0.31, comments=1)


def messages() -> dict[str, tuple[list[Alert], dict[str, Known]]]:
    """One of each kind, and a digest of many."""
    one = alert(momentum(rate=84_000.0, author_follower_count=12_345, threshold=20_000.0))
    gain = alert(followers("6800000000075180760"))
    many = [
        alert(trending(f"75916017471718651{number:02}", 9_000.0 - number, tier="small", author_follower_count=900 + number))
        for number in range(14)
    ]
    return {
        "momentum": ([one], {one.key: ANNA}),
        "followers": ([gain], {gain.key: Known(handle="cook.anna_1")}),
        "digest": (many, {many[0].key: ANNA, many[1].key: MASKED}),
    }


def drawn(browser: Browser, html: str, name: str) -> Page:
    page = browser.new_page(viewport={"width": 800, "height": 400})
    page.set_content(html)
    if folder := os.environ.get("TOKPULSE_TEST_PICTURES", ""):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    return page


def payload(service: str, name: str) -> Any:
    of, known = messages()[name]
    return json.loads(Form(service, URL).message(of, known).body)


@pytest.mark.parametrize("service", [SLACK, TEAMS])
@pytest.mark.parametrize("name", ["momentum", "followers", "digest"])
def test_a_message_shows_which_post_whose_how_fast_and_opens_it(running_browser: Browser, service: str, name: str) -> None:
    made = payload(service, name)
    page = drawn(running_browser, slack_page(made) if service == SLACK else teams_page(made, shows=1.4), f"{service}-{name}")
    body = page.locator("body")
    if name != "followers":
        expect(body).to_contain_text("Pasta in 3 minutes")
        expect(page.locator(f"a[href^='https://www.tiktok.com/@cook.anna_1/video/{POST[:17]}']").first).to_be_visible()
    expect(body).to_contain_text("@cook.anna_1")
    expect(body).to_contain_text("times the threshold")
    expect(page.locator("a[href='https://www.tiktok.com/@cook.anna_1']").first).to_be_visible()
    subject = "creator" if name == "followers" else "post"
    expect(page.locator(f"a[href^='{URL}/{subject}?{subject}=']").first).to_be_visible()
    if name == "digest":
        # What a stranger wrote stands there as it was written.
        expect(body).to_contain_text(HOSTILE)
        expect(body).to_contain_text("name masked: 0123456789")
        items = page.locator(".item, .container").count()
        assert items >= 7
        expect(body).to_contain_text(f"and {14 - items} more")
        assert page.locator("img, a[href*=evil]").count() == 0
    # Nothing is wider than the message.
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    page.close()


def test_a_tenant_that_knows_no_such_card_shows_the_text_instead(running_browser: Browser) -> None:
    page = drawn(running_browser, teams_page(payload(TEAMS, "digest"), shows=1.3), "teams-fallback")
    expect(page.locator(".fallback")).to_contain_text("14 trending posts, hour to 2026-01-05 14:00 UTC")
    expect(page.locator(".fallback")).to_contain_text(HOSTILE)
    assert page.locator("a").count() >= 7
    assert page.locator("img, a[href*=evil]").count() == 0
    page.close()
