"""The pages in a real browser: what they show is what ClickHouse holds, also a moment later, and everybody can use them."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboards.model import load_pages
from tests.clickhouse_front.conftest import ADMIN

from .chromium import serious_findings
from .conftest import FLINK, Dashboard, OpenTab
from .rows import CREATORS, GROWTH, HANDLE, HOSTILE_TITLE, POSTS, SHOWN_TITLE, growth, last_hour

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

PAGES = load_pages()
SUBJECTS = {"creator": CREATORS[0], "post": POSTS[0], "hashtag": "fyp"}
TRENDING_NOW = '[data-panel="trending_now"]'
COLUMNS = next(panel for panel in PAGES["overview"].panels if panel.id == "trending_now").columns
# A name is in the cell of what it is the name of.
DRAWN = [column.name for column in COLUMNS if column.name not in {other.label for other in COLUMNS}]
# With near misses, which are shown on demand only.
ALL = "view.trending_now=all"
ROWS = f"{TRENDING_NOW} tbody tr:not(.parted)"
NEAR_OR_ABOVE = "window_start = (SELECT max(window_start) FROM tokpulse.trending_hourly) AND delta_plays_per_hour >= threshold / 2"


def address(slug: str) -> str:
    """The page with what it needs to show anything."""
    needed = [f"{item.name}={SUBJECTS[item.name]}" for item in PAGES[slug].filters if item.required]
    return f"/{slug}?{'&'.join(needed)}"


def held(dashboard: Dashboard, expression: str, where: str = "1") -> str:
    """What the table itself holds of two days, asked as the admin and without any of the dashboard's queries."""
    query = f"SELECT {expression} FROM tokpulse.trending_hourly WHERE window_start > now() - INTERVAL 2 DAY AND {where}"
    return dashboard.front.post(query, ADMIN).text.strip()


def shown(page: Page, panel: str) -> int:
    """The exact number behind a stat."""
    title = page.locator(f'[data-panel="{panel}"] .stat-value').get_attribute("title")
    assert title is not None
    return int(title.replace(",", "").replace("\u2212", "-"))


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_loads_and_everybody_can_use_it(open_tab: OpenTab, slug: str) -> None:
    with open_tab() as tab:
        page = tab.open(address(slug))
        expect(page.get_by_role("heading", level=1)).to_have_text(PAGES[slug].title)
        expect(page).to_have_title(re.compile(rf"^{PAGES[slug].title}( \([\w ,]+\))? \u00b7 tokpulse$"))
        expect(page.locator(".panel")).to_have_count(len(PAGES[slug].panels))
        expect(page.locator(".error, .banner:not([hidden])")).to_have_count(0)
        expect(page.locator("nav [aria-current=page]")).to_have_text(PAGES[slug].title)
        assert (tab.errors, tab.strayed) == ([], [])
        assert serious_findings(page) == []
        page.keyboard.press("d")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert serious_findings(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == 390, "a phone scrolls in one direction only"


@pytest.mark.parametrize("slug", [slug for slug, page in PAGES.items() if any(item.required for item in page.filters)])
def test_a_page_about_one_of_many_offers_some(open_tab: OpenTab, slug: str) -> None:
    with open_tab() as tab:
        page = tab.open(f"/{slug}")
        expect(page.locator(".chooser h2")).to_contain_text("Choose a")
        choice = page.locator(".choices a").first
        expect(choice).to_have_text({"creator": f"@{HANDLE}", "post": SHOWN_TITLE}[slug])
        choice.click()
        expect(page).to_have_url(re.compile(SUBJECTS[slug]))
        expect(page.locator(".panel").first).to_be_visible()
        assert tab.errors == []


def test_the_numbers_are_those_in_clickhouse(dashboard: Dashboard, open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(f"/overview?range=2d&{ALL}")
        assert shown(page, "plays_gained") == int(held(dashboard, "sum(delta_plays)"))
        assert shown(page, "trending_posts") == int(held(dashboard, "uniqExact(aweme_id)", "is_trending")) > 0
        expect(page.locator(f"{TRENDING_NOW} tbody a").first).to_have_text(SHOWN_TITLE)
        expect(page.locator(f"{TRENDING_NOW} .subject-id").first).to_have_text(POSTS[0])
        rows = page.locator(ROWS)
        expect(rows).to_have_count(int(held(dashboard, "count()", NEAR_OR_ABOVE)))
        at = DRAWN.index("delta_plays") + 1
        gained = rows.locator(f"td:nth-child({at}) [title]").evaluate_all("cells => cells.map((cell) => cell.title)")
        stored = held(dashboard, "groupArray(delta_plays)", NEAR_OR_ABOVE)
        assert sorted(int(text.replace(",", "").replace("\u2212", "-")) for text in gained) == sorted(
            map(int, re.findall(r"-?\d+", stored))
        )


@pytest.mark.parametrize(("seconds", "text"), [(-1500, "\u221225 min"), (1500, "25 min"), (-0.4, "0 s")])
def test_a_duration_keeps_its_sign(open_tab: OpenTab, seconds: float, text: str) -> None:
    with open_tab() as tab:
        tab.page.goto(f"{tab.base}/api/health")
        assert (
            tab.page.evaluate(f"import('/static/js/format.js').then((module) => module.format({seconds}, 'seconds').text)") == text
        )


@pytest.mark.parametrize("written", [CREATORS[0], f"@{HANDLE.upper()}", f"https://www.tiktok.com/@{HANDLE}?lang=en"])
def test_a_filter_leaves_one_creator(open_tab: OpenTab, written: str) -> None:
    with open_tab() as tab:
        page = tab.open("/trending?range=2d")
        box = page.get_by_role("combobox", name="Filter by creator")
        box.fill(written)
        box.press("Enter")
        expect(page).to_have_url(re.compile("creator="))
        expect(page.locator('[data-panel="judged_posts"] .stat-value')).to_have_text("4")
        expect(page.locator("tbody a", has_text=f"@{HANDLE}").first).to_be_visible()
        for other in CREATORS[1:]:
            expect(page.locator("tbody a", has_text=other)).to_have_count(0)
        page.get_by_role("button", name="Clear the creator").click()
        expect(page.locator('[data-panel="judged_posts"] .stat-value')).to_have_text("12")
        page.go_back()
        expect(page.locator('[data-panel="judged_posts"] .stat-value')).to_have_text("4")
        assert tab.errors == []


def test_what_strangers_write_is_shown_as_they_wrote_it(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        cell = page.locator(f"{TRENDING_NOW} tbody .subject-title", has_text="onerror")
        expect(cell).to_have_text(HOSTILE_TITLE)
        page.goto(f"{tab.base}/post?post={POSTS[1]}&range=2d")
        expect(page.get_by_text(HOSTILE_TITLE).first).to_be_visible()
        expect(page.locator("main img, main b")).to_have_count(0)
        assert (tab.errors, tab.strayed) == ([], [])


def test_a_hashtag_leaves_the_posts_that_have_it_and_a_link_opens_one(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/trending?range=2d")
        box = page.get_by_role("combobox", name="Filter by hashtag")
        box.fill("#Dance")
        box.press("Enter")
        judged = page.locator('[data-panel="judged_posts"] .stat-value')
        expect(judged).to_have_text("1")
        link = page.locator("tbody a", has_text=SHOWN_TITLE).first
        expect(link).to_be_visible()
        expect(page.locator("tbody a").filter(has_text=re.compile("^76")).filter(has_not_text=POSTS[0])).to_have_count(0)
        link.click()
        expect(page).to_have_url(re.compile(f"/post\\?.*post={POSTS[0]}"))
        expect(page.get_by_role("combobox", name="Filter by post")).to_have_value(POSTS[0])
        # Names of people are no matter of the dashboard's.
        expect(page.get_by_text("#dance with [name]").first).to_be_visible()
        assert tab.errors == []


def test_enter_applies_a_range(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        page.keyboard.press("t")
        begin, end = (page.get_by_label(f"{name} (UTC)", exact=True) for name in ("From", "To"))
        begin.fill("2026-01-06T00:00")
        end.fill("2026-01-05T12:30")
        end.press("Enter")
        expect(page.locator("#range-menu .problem")).to_have_text("Give a beginning and a later end.")
        begin.fill("2026-01-05T00:00")
        begin.press("Enter")
        expect(page).to_have_url(re.compile(r"from=2026-01-05T00:00Z&to=2026-01-05T12:30Z"))
        expect(page.locator("#range-menu")).to_be_hidden()


def test_what_clickhouse_refuses_is_told_by_the_panel_and_is_no_outage(open_tab: OpenTab) -> None:
    refusal = {"error": {"message": "needs more time", "hint": "choose a shorter time range"}}
    with open_tab() as tab:
        # Before the page is there: a request may overtake a route that is set while it runs.
        tab.page.route("**/panels/trending_now?*", lambda route: route.fulfill(status=422, json=refusal))
        page = tab.open("/overview?range=2d&live=0")
        expect(page.locator(f"{TRENDING_NOW} .error")).to_contain_text("needs more time choose a shorter time range")
        expect(page.locator(".banner")).to_be_hidden()
        expect(page.locator(".mode")).to_have_text("paused")
        page.unroute("**/panels/trending_now?*")
        page.keyboard.press("r")
        expect(page.locator(f"{TRENDING_NOW} tbody tr").first).to_be_visible()


def test_a_row_that_arrives_later_shows_within_ten_seconds(dashboard: Dashboard, open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        before = shown(page, "plays_gained")
        # Late data: before all other hours, in the range nevertheless. It lets no other post trend, and replaces no row.
        now = datetime.now(UTC)
        late = growth(5, last_hour(now) - timedelta(hours=30) + timedelta(microseconds=now.microsecond), 123_456)
        dashboard.client.insert("trending_hourly_log", [late], column_names=GROWTH)
        figure = page.locator('[data-panel="plays_gained"] .stat-value')
        expect(figure).to_have_attribute("title", f"{before + 123_456:,}", timeout=10_000)
        assert tab.errors == []


def test_a_pause_holds_the_figures(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        page.keyboard.press("p")
        expect(page).to_have_url(re.compile("live=0"))
        expect(page.locator(".mode")).to_have_text("paused")
        asked = len(tab.requests)
        page.get_by_role("button", name=re.compile("Refresh now")).click()
        expect(page.locator("#announcer")).to_contain_text("Refreshed at")
        assert len(tab.requests) > asked


def test_a_csv_file_equals_the_table(open_tab: OpenTab, tmp_path: Path) -> None:
    with open_tab(accept_downloads=True) as tab:
        page = tab.open(f"/overview?range=2d&live=0&{ALL}")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Trending now as CSV").click()
        path = tmp_path / "rows.csv"
        waiting.value.save_as(path)
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
        assert names == [column.name for column in COLUMNS]
        cells = page.locator(ROWS).evaluate_all(
            """rows => rows.map((row) => [...row.cells].map((cell) => cell.querySelector('.subject-id')?.textContent
            || cell.querySelector('.subject-line a')?.textContent || cell.querySelector('[title]')?.title || cell.textContent))"""
        )
        for column in ("aweme_id", "author_id", "tier", "delta_plays"):
            at = DRAWN.index(column)
            told = [row[at].replace(",", "").replace("+", "").replace("\u2212", "-") for row in cells]
            assert told == [row[names.index(column)] for row in rows], column


def test_a_csv_file_has_more_than_is_shown_and_none_is_offered_without_an_answer(open_tab: OpenTab, tmp_path: Path) -> None:
    with open_tab(accept_downloads=True) as tab:
        page = tab.open(f"/overview?range=2d&live=0&rows=3&{ALL}")
        expect(page.locator(ROWS)).to_have_count(3)
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Trending now as CSV").click()
        waiting.value.save_as(tmp_path / "rows.csv")
        assert len((tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()) == len(POSTS), "all but the one that shrinks"
        page.route("**/panels/**", lambda route: route.abort())
        tab.open("/trending?range=2d&live=0")
        expect(page.get_by_role("link", name=re.compile("as CSV"))).to_have_count(0)


def test_a_link_shows_the_same_again(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/trending?range=12h")
        page.locator(".timeseries").first.get_by_role("button", name=re.compile("Show as table")).click()
        expect(page).to_have_url(re.compile(r"view\."))
        page.locator("table").last.get_by_role("button").first.click()
        expect(page).to_have_url(re.compile(r"sort\."))
        page.get_by_role("button", name="Earlier").click()
        expect(page).to_have_url(re.compile("from=.*to="))
        url, label = page.url, page.locator("#range-button").inner_text()
        with open_tab() as other:
            copied = other.open(url.removeprefix(other.base))
            expect(copied.locator("#range-button")).to_have_text(label)
            expect(copied.locator("[aria-sort]")).to_have_count(page.locator("[aria-sort]").count())
            expect(copied.get_by_role("button", name=re.compile("Show as chart"))).to_have_count(1)


def test_a_click_on_a_creator_opens_its_page(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        link = page.locator(f"{TRENDING_NOW} tbody a", has_text=re.compile("^68")).first
        creator = link.inner_text()
        link.click()
        expect(page).to_have_url(re.compile(f"creator={creator}"))
        expect(page.locator(".page[data-ready]")).to_be_visible()
        assert tab.errors == []


def test_axe_finds_nothing_serious_in_what_opens(open_tab: OpenTab) -> None:
    with open_tab(reduced_motion="reduce") as tab:
        page = tab.open("/overview?range=2d")
        page.keyboard.press("t")
        expect(page.locator("#range-menu")).to_be_visible()
        assert serious_findings(page) == [], "range menu"
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
        assert serious_findings(page) == [], "list of keys"


def test_everything_is_within_reach_of_the_keyboard(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Skip to the figures")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("searchbox", name="Find a creator or post")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Earlier")).to_be_focused()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("t")
        expect(page.locator("#range-menu [aria-pressed=true]")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("range=7d"))
        expect(page.locator("#range-button")).to_be_focused()
        page.keyboard.press("2")
        expect(page.get_by_role("heading", level=1)).to_have_text(list(PAGES.values())[1].title)
        page.keyboard.press("/")
        expect(page.get_by_role("combobox", name="Filter by").first).to_be_focused()
        page.keyboard.type("6?")
        expect(page.get_by_role("combobox", name="Filter by").first).to_have_value("6?")
        page.locator("main").focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
        theme = page.evaluate("document.documentElement.dataset.theme")
        page.keyboard.press("d")
        assert page.evaluate("document.documentElement.dataset.theme") != theme
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") != theme


def test_the_health_page_leads_to_flinks_and_no_other_page_does(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        link = re.compile("Flink\u2019s page")
        expect(tab.open("/health?live=0").get_by_role("link", name=link)).to_have_attribute("href", FLINK)
        expect(tab.open("/overview?live=0").get_by_role("link", name=link)).to_have_count(0)


def test_clickhouse_that_went_away_is_said_so_until_it_is_back(dashboard: Dashboard, open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d")
        figure = page.locator('[data-panel="plays_gained"] .stat-value')
        known = figure.inner_text()
        dashboard.front.stop()
        try:
            expect(page.get_by_role("alert").first).to_contain_text("does not answer", timeout=20_000)
            expect(page.locator(".old").first).to_contain_text("as of")
            expect(figure).to_have_text(known)
            assert "secret" not in page.content()
        finally:
            dashboard.front.start()
        expect(page.locator(".banner")).to_be_hidden(timeout=20_000)
        expect(page.locator(".stale")).to_have_count(0)
