"""What a person sees while data is stale, hours are not judged, or ClickHouse is stopped or slow: how it is, and no blank page."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboards.model import ORDER, load_pages

from .chromium import serious_findings
from .conftest import OpenTab
from .rows import COMMENTS, GROWTH, OBSERVATIONS, POSTS, comment, growth, last_hour
from .truth import TOLD_MS, HeldBoards, Truth

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]


def tile(page: Page) -> Any:
    return page.locator('[data-panel="data_age"]')


def test_hours_that_are_not_judged_make_the_figures_stale_on_every_page(truth: Truth, open_truth: OpenTab) -> None:
    truth.observe()
    truth.judge(hours_ago=4)
    told = re.compile(r"no hour was judged since .* UTC, though posts are observed")
    with open_truth() as tab:
        page = tab.open("/overview")
        expect(tile(page).locator(".chip.bad")).to_have_text(re.compile("stale"))
        expect(tile(page)).to_contain_text(told)
        expect(tile(page).locator(".stat-value")).to_have_text(re.compile(r"^[45] h"))
        expect(page.locator(".data-status")).to_have_text(told)
        expect(page).to_have_title("Overview (stale data) \u00b7 tokpulse")
        assert serious_findings(page) == []
        page = tab.open("/trending")
        expect(page.locator(".data-status")).to_have_text(told)
        expect(page).to_have_title("Trending (stale data) \u00b7 tokpulse")
        page = tab.open("/health")
        row = page.locator('[data-panel="freshness"] tbody tr')
        expect(row.filter(has_text="trending_hourly").locator(".chip.bad")).to_have_text(re.compile("stale"))
        expect(row.filter(has_text="post_observations").locator(".chip.ok")).to_have_text(re.compile("good"))
        truth.judge()
        expect(tile(page).locator(".chip.ok")).to_have_text(re.compile("good"), timeout=TOLD_MS)
        expect(page).to_have_title("Pipeline health \u00b7 tokpulse")
        assert tab.errors == []


def test_a_past_range_is_called_one(truth: Truth, open_truth: OpenTab) -> None:
    truth.observe()
    truth.judge()
    with open_truth() as tab:
        page = tab.open("/overview?from=2026-01-05T00:00Z&to=2026-01-06T00:00Z&live=0")
        expect(tile(page).locator(".stat-value")).to_have_text("a past range")
        expect(tile(page).locator(".chip")).to_have_count(0)
        expect(tile(page)).to_contain_text("up to 06 Jan 00:00 UTC")
        expect(page.locator(".data-status")).to_contain_text("a past range")


def test_what_trends_stands_alone_and_near_misses_come_under_a_line(truth: Truth, open_truth: OpenTab) -> None:
    truth.judge(hours_ago=3)
    with open_truth() as tab:
        page = tab.open("/overview?live=0")
        panel = page.locator('[data-panel="trending_now"]')
        rows = panel.locator("tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.locator(".chip.ok")).to_have_text([re.compile("trending")] * 2)
        panel.get_by_role("button", name="Show 1 near miss, at half of its threshold or more").click()
        expect(page).to_have_url(re.compile("view.trending_now=all"))
        expect(rows).to_have_count(4)
        expect(rows.nth(2)).to_have_text("near misses, at half of their threshold or more")
        expect(rows.nth(3)).to_contain_text("0.67")
        assert serious_findings(page) == []
        page.reload()
        expect(rows).to_have_count(4)
        panel.get_by_role("button", name="Show fewer rows").click()
        expect(rows).to_have_count(2)
        # What is far below its threshold is not there: nothing is told to be at 0 times its threshold, in a past range either.
        end = last_hour(datetime.now(UTC)) - timedelta(hours=4)
        past = f"from={end - timedelta(hours=3):%Y-%m-%dT%H:%MZ}&to={end:%Y-%m-%dT%H:%MZ}"
        page = tab.open(f"/overview?{past}&live=0&view.trending_now=all")
        expect(rows).to_have_count(4)
        expect(rows.filter(has_text=POSTS[4])).to_have_count(0)
        assert tab.errors == []


def test_where_nothing_trends_that_is_said_and_how_many_came_near(truth: Truth, open_truth: OpenTab) -> None:
    hour = last_hour(datetime.now(UTC))
    truth.client.insert("trending_hourly_log", [growth(3, hour, 5_000)], column_names=GROWTH)
    with open_truth() as tab:
        panel = tab.open("/overview?live=0").locator('[data-panel="trending_now"]')
        expect(panel).to_contain_text("No post trends in the newest judged hour.")
        panel.get_by_role("button", name="Show 1 near miss, at half of its threshold or more").click()
        expect(panel.locator("tbody tr").last).to_contain_text(POSTS[3])


def test_the_fastest_half_hour_is_one_that_is_complete_or_the_reason_is_told(truth: Truth, open_truth: OpenTab) -> None:
    """The poller stopped 50 minutes ago: the half hours since then are not empty, but hold a part only."""
    with open_truth() as tab:
        page = tab.open("/trending?live=0")
        for panel in ("velocity_leaders", "momentum_falling"):
            expect(page.locator(f'[data-panel="{panel}"] .empty')).to_contain_text("No post was observed yet.")
        end = datetime.now(UTC) - timedelta(minutes=50)
        rows = [
            [POSTS[0], "68", "faster", end, 1_000 + number**2, end - timedelta(minutes=5 * (24 - number))] for number in range(25)
        ]
        rows += [[POSTS[1], "68", "slower", end, 1_000 + round(500 * number**0.5), row[-1]] for number, row in enumerate(rows)]
        truth.client.insert("post_observations_log", rows, column_names=OBSERVATIONS)
        # Another range: what is being asked for this one may have been asked before the rows came.
        tab.open("/trending?range=2d&live=0")
        expect(page.locator('[data-panel="velocity_leaders"] tbody tr')).to_have_count(2)
        expect(page.locator('[data-panel="momentum_falling"] tbody tr')).to_have_count(1)
        expect(page.locator('[data-panel="momentum_falling"]')).to_contain_text("slower")


def test_hashtags_that_fall_are_apart_and_what_is_new_is_called_new(truth: Truth, open_truth: OpenTab) -> None:
    first = last_hour(datetime.now(UTC)) - timedelta(hours=4)
    gains = {"falls": (900_000, 800_000), "grows": (20_000, 60_000), "fresh": (0, 5_000), "few": (12, 9_000_000)}
    for number, (tag, pair) in enumerate(gains.items()):
        hours = [growth(number, first + timedelta(hours=2 * half), gain) for half, gain in enumerate(pair)]
        truth.client.insert("trending_hourly_log", hours, column_names=GROWTH)
        seen = [[POSTS[number], "68", f"a #{tag}", first, 1, first + timedelta(hours=3)]]
        truth.client.insert("post_observations_log", seen, column_names=OBSERVATIONS)
    truth.client.insert("trending_hourly_log", [growth(5, first - timedelta(hours=2), 5)], column_names=GROWTH)
    end = first + timedelta(hours=4)
    with open_truth() as tab:
        chosen = f"from={first:%Y-%m-%dT%H:%MZ}&to={end:%Y-%m-%dT%H:%MZ}&live=0"
        page = tab.open(f"/trending?{chosen}")
        panel = page.locator('[data-panel="hashtags_rising"]')
        rows = panel.locator("tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.locator("td:first-child")).to_have_text(["#few", "#grows", "#fresh"])
        # 12 plays before make no percentage, none before make something new.
        expect(rows.locator("td:nth-child(3)")).to_have_text(["\u2013", re.compile(r"\+200\.0"), "new"])
        panel.get_by_role("button", name="Show 1 hashtag that falls").click()
        expect(rows).to_have_count(5)
        expect(rows.last).to_contain_text("#falls")
        # The stats, too: nearly nothing before is no "2M times".
        page = tab.open(f"/overview?{chosen}")
        expect(page.locator('[data-panel="plays_gained"]')).to_contain_text(re.compile("5 in the 4.h before"))


def test_one_poll_of_comments_is_no_spike(truth: Truth, open_truth: OpenTab) -> None:
    now = datetime.now(UTC)
    rows = [comment(number, now - timedelta(minutes=5 * number)) for number in range(60)]
    at = COMMENTS.index("ingested_at")
    truth.client.insert("comments_log", [[*row[:at], now, *row[at + 1 :]] for row in rows], column_names=COMMENTS)
    with open_truth() as tab:
        page = tab.open("/overview?range=12h&live=0&view.comment_mood=all")
        shown = page.locator('[data-panel="comment_mood"] tbody tr')
        expect(shown.first).to_be_visible()
        assert shown.count() >= 50


def test_clickhouse_that_has_stopped_is_told_within_ten_seconds_and_keeps_nobody_waiting(truth: Truth, open_truth: OpenTab) -> None:
    truth.observe()
    truth.judge()
    with open_truth() as tab:
        # What a busy machine takes for a page in any case.
        begun = time.monotonic()
        page = tab.open("/trending")
        usual_s = time.monotonic() - begun
        figure = page.locator('[data-panel="judged_posts"] .stat-value')
        expect(figure).to_have_text("4")
        with truth.stopped():
            begun = time.monotonic()
            expect(page.locator(".banner")).to_be_visible(timeout=TOLD_MS)
            expect(page.locator(".mode")).to_have_text(re.compile("waiting|trying again"), timeout=TOLD_MS)
            expect(page.locator('[data-panel="judged_posts"] .old')).to_contain_text(
                re.compile(r"as of \d\d:\d\d:\d\d UTC"), timeout=TOLD_MS
            )
            assert time.monotonic() - begun < TOLD_MS / 1000
            expect(figure).to_have_text("4")
            expect(page).to_have_title(re.compile("Trending \\((waiting for an answer|no answer)\\)"))
            expect(page.locator(".banner")).to_contain_text("does not answer", timeout=20_000)
            assert serious_findings(page) == []
            # A second tab of the same browser is there at once, and says the same.
            begun = time.monotonic()
            other = page.context.new_page()
            other.goto(f"{tab.base}/overview")
            expect(other.get_by_role("heading", level=1)).to_have_text("Overview")
            expect(other.locator(".panel")).to_have_count(len(load_pages()["overview"].panels))
            assert time.monotonic() - begun < 4 + usual_s
            expect(other.locator(".banner")).to_contain_text("does not answer", timeout=TOLD_MS)
            expect(other.locator(".panel .empty").first).to_contain_text("No answer for", timeout=TOLD_MS)
            # Whoever goes on does not wait for what is asked.
            for slug in ("creator", "health", "trending"):
                begun = time.monotonic()
                page.keyboard.press(str(ORDER.index(slug) + 1))
                expect(page.get_by_role("heading", level=1)).to_have_text(load_pages()[slug].title)
                assert time.monotonic() - begun < 2 + usual_s
        for one in (page, other):
            expect(one.locator(".banner")).to_be_hidden(timeout=20_000)
            expect(one.locator(".stale, .old")).to_have_count(0, timeout=20_000)
        expect(figure).to_have_text("4", timeout=20_000)


def test_a_slow_panel_says_that_it_waits_and_holds_up_no_other(truth: Truth, open_truth: OpenTab) -> None:
    truth.observe()
    truth.judge()
    with open_truth() as tab, truth.holding("trending_now") as go:
        tab.page.goto(f"{tab.base}/overview")
        page = tab.page
        slow = page.locator('[data-panel="trending_now"]')
        gained = page.locator('[data-panel="plays_gained"] .stat-value')
        expect(gained).to_be_visible()
        expect(slow).to_contain_text("Waiting for an answer for", timeout=TOLD_MS)
        known = gained.get_attribute("title")
        truth.client.insert("trending_hourly_log", [growth(5, last_hour(datetime.now(UTC)), 77_777)], column_names=GROWTH)
        expect(gained).not_to_have_attribute("title", known or "", timeout=TOLD_MS)
        expect(slow).to_contain_text("No answer for", timeout=15_000)
        expect(page.locator(".banner")).to_be_hidden()
        go.set()
        expect(slow.locator("tbody tr")).to_have_count(2, timeout=TOLD_MS)
        expect(slow.locator(".old, .empty")).to_have_count(0)


def test_answers_that_are_late_are_drawn_when_clickhouse_answers_again(truth: Truth, open_truth: OpenTab) -> None:
    """All is slow, the status too: its answer must not have the others asked anew, which would be as slow again."""
    truth.judge()
    panels = [panel.id for panel in load_pages()["trending"].panels]
    with open_truth() as tab, truth.holding("data_age", *panels) as go:
        page = tab.page
        # Another range than that of the test before, whose answers would be known still.
        page.goto(f"{tab.base}/trending?live=0&range=12h")
        expect(page.locator(".banner")).to_contain_text("takes long", timeout=20_000)
        HeldBoards.held -= {"data_age"}
        expect(page.locator(".banner")).to_be_hidden()
        go.set()
        expect(page.locator('[data-panel="trending_posts"] tbody tr').first).to_be_visible()
        expect(page.locator('.panel[aria-busy="true"]')).to_have_count(0)
        assert HeldBoards.asked.count("trending_posts") == 1
        assert tab.errors == []


def test_figures_keep_their_name_until_those_of_another_filter_are_there(truth: Truth, open_truth: OpenTab) -> None:
    truth.judge()
    with open_truth() as tab:
        page = tab.open("/trending?live=0")
        panel = page.locator('[data-panel="trending_posts"]')
        file = panel.locator("a[download]")
        expect(panel.locator("tbody tr").first).to_be_visible()
        with truth.holding("trending_posts") as go:
            page.get_by_label("Filter by tier").fill("none of these")
            page.keyboard.press("Enter")
            expect(panel).to_have_attribute("aria-busy", "true")
            panel.locator("thead button").first.click()
            expect(page).to_have_url(re.compile("tier=none.*sort\\.trending_posts"))
            expect(panel.locator("tbody tr").first).to_be_visible()
            expect(panel).to_have_attribute("aria-busy", "true")
            expect(file).not_to_have_attribute("href", re.compile("tier="))
            go.set()
            expect(panel.locator(".empty")).to_be_visible()
            expect(file).to_have_attribute("href", re.compile("tier=none"))
            expect(panel).to_have_attribute("aria-busy", "false")
        assert tab.errors == []
