"""Now beside earlier, one beside another, what happened meanwhile, and in whose time: in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.clickhouse_front.conftest import ADMIN
from thresholds.file import SHIPPED_FILE, load_thresholds

from .chromium import serious_findings
from .conftest import Dashboard, OpenTab
from .rows import CREATORS, GROWTH, HANDLE, HOSTILE_TITLE, MAXIMA, POSTS, SHOWN_TITLE, growth, last_hour

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

PLAYS = '[data-panel="plays_over_time"]'
LINES = ".legend button:not(.happened)"


def cells(page: Page, panel: str) -> list[list[str]]:
    """The exact values of a panel's table, row by row."""
    found: list[list[str]] = page.locator(f'[data-panel="{panel}"] tbody tr').evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.querySelector('[title]')?.title ?? cell.textContent))"
    )
    return found


@pytest.fixture
def the_day_before(dashboard: Dashboard) -> datetime:
    """An hour that the universe has, and a row of the same hour one day earlier: post 3 gained 777 then."""
    hour = last_hour(datetime.now(UTC)) - timedelta(hours=3)
    then = hour - timedelta(days=1)
    dashboard.client.insert("trending_hourly_log", [growth(3, then, 777)], column_names=GROWTH)
    observed = [POSTS[3], CREATORS[0], then, 1_000_003, 50_000, 4_000, 1_000, 55_000, 1]
    dashboard.client.insert("engagement_hourly_maxima", [observed], column_names=MAXIMA)
    return hour


def test_yesterday_is_a_second_line_in_charts_and_a_difference_in_tables(
    dashboard: Dashboard, open_tab: OpenTab, the_day_before: datetime
) -> None:
    with open_tab() as tab:
        page = tab.open(f"/trending?range=6h&creator={CREATORS[0]}&live=0&view.plays_over_time=all")
        expect(page.locator(f"{PLAYS} th")).to_have_count(3)
        page.get_by_label("Compare with an earlier time").select_option("yesterday")
        expect(page).to_have_url(re.compile("compare=yesterday"))
        expect(page.locator(f"{PLAYS} th")).to_have_count(5)
        expect(page.locator(f"{PLAYS} th").nth(2)).to_have_text(re.compile(r"All posts, a day earlier"))
        shown = {row[0]: row[1:3] for row in cells(page, "plays_over_time")}
        now, then = shown[the_day_before.strftime("%Y-%m-%dT%H:%M:%SZ")]
        assert then == "777"
        assert int(now.replace(",", "")) > 0
        page.get_by_role("button", name="Show as chart: Plays gained per hour").click()
        legend = page.locator(f"{PLAYS} {LINES}")
        expect(legend).to_have_text(
            ["All posts", "Trending posts", *(re.compile(f"{name}, a day earlier") for name in ("All posts", "Trending posts"))]
        )
        said = re.compile(r"All posts, a day earlier: newest [^,]+, lowest 777,")
        expect(page.locator(f"{PLAYS} .plot")).to_have_attribute("aria-label", said)
        expect(page.locator('[data-panel="judged_posts"] .stat-notes')).to_have_text(re.compile("^[0-9]+ a day earlier$"))
        expect(page.locator('[data-panel="trending_posts"] th', has_text="Gained vs a day earlier")).to_have_count(1)
        assert serious_findings(page) == []
        # The way back leads to what was shown before.
        page.get_by_label("Compare with an earlier time").select_option("")
        expect(legend).to_have_text(["All posts", "Trending posts"])
        assert tab.errors == []


def test_a_table_shows_by_how_much_a_row_differs(dashboard: Dashboard, open_tab: OpenTab, the_day_before: datetime) -> None:
    with open_tab() as tab:
        page = tab.open(f"/creator?creator={CREATORS[0]}&range=6h&live=0&compare=yesterday")
        headers = page.locator('[data-panel="posts"] th').all_inner_texts()
        gained = next(at for at, text in enumerate(headers) if text.startswith("Gained"))
        assert headers[gained + 1].startswith("Gained vs a day earlier")
        row = page.locator('[data-panel="posts"] tbody tr', has_text=POSTS[3])
        titles = [row.locator(f"td:nth-child({at + 1}) [title]").first.get_attribute("title") for at in (gained, gained + 1)]
        now, change = (int(str(text).replace(",", "").replace("+", "").replace("\u2212", "-")) for text in titles)
        assert change == now - 777
        # Of a post that was not judged then nothing is known.
        other = page.locator('[data-panel="posts"] tbody tr', has_text=POSTS[6]).locator(f"td:nth-child({gained + 2})")
        expect(other).to_have_text("\u2013")


def test_what_trends_is_compared_with_what_was_far_from_trending(
    dashboard: Dashboard, open_tab: OpenTab, the_day_before: datetime
) -> None:
    """777 plays are 0.13 of the threshold: no near miss of that hour, and yet known."""
    with open_tab() as tab:
        page = tab.open("/overview?range=24h&live=0&compare=yesterday&view.trending_now=all")
        row = page.locator('[data-panel="trending_now"] tbody tr', has_text=POSTS[3])
        now = exact(row.locator('[data-title="Plays per hour"] [title]'))
        assert exact(row.locator('[data-title="Plays per hour vs a day earlier"] [title]')) == now - 777
        other = page.locator('[data-panel="trending_now"] tbody tr', has_text=POSTS[6])
        expect(other.locator('[data-title="Plays per hour vs a day earlier"]')).to_have_text("\u2013")


def exact(place: Locator) -> int:
    """The exact number behind a shortened one."""
    title = place.first.get_attribute("title") or ""
    return int(title.removesuffix("/h").replace(",", "").replace("+", "").replace("\u2212", "-"))


def test_a_day_earlier_is_the_same_time_of_the_clock_over_a_change_of_clocks(dashboard: Dashboard, open_tab: OpenTab) -> None:
    """In Berlin 14:00 was 12:00 UTC on the 25th of October 2025, and 13:00 UTC on the day after."""
    moments = (datetime(2025, 10, 25, 12, tzinfo=UTC), datetime(2025, 10, 26, 13, tzinfo=UTC))
    rows = [growth(3, hour, gain) for hour, gain in zip(moments, (777, 999), strict=True)]
    dashboard.client.insert("trending_hourly_log", rows, column_names=GROWTH)
    with open_tab(timezone_id="Europe/Berlin") as tab:
        day = "from=2025-10-26T00:00Z&to=2025-10-26T23:00Z&live=0&compare=yesterday&view.plays_over_time=all"
        page = tab.open(f"/trending?{day}&tz=local")
        expect(page.locator(f"{PLAYS} tbody tr")).to_have_count(1)
        assert cells(page, "plays_over_time")[0][:3] == ["2025-10-26T13:00:00Z", "999", "777"]
        # By UTC these are two times of the day.
        page.get_by_label("Time zone").select_option("utc")
        expect(page.locator(f"{PLAYS} tbody tr")).to_have_count(2)
        shown = [row[:3] for row in cells(page, "plays_over_time")]
        assert shown == [["2025-10-26T12:00:00Z", "not known", "777"], ["2025-10-26T13:00:00Z", "999", "not known"]]
        # An axis over the change says both zones.
        page = tab.open("/trending?from=2025-10-25T12:00Z&to=2025-10-26T23:00Z&live=0&tz=local")
        expect(page.locator(f"{PLAYS} .axis-zone")).to_have_text("UTC+2, then UTC+1")
        assert tab.errors == []


@pytest.fixture
def a_creator_rises(dashboard: Dashboard) -> Iterator[None]:
    """The first creator gains a follower more within an hour than a rule allows, and has lost them when the test is over."""
    rule = load_thresholds(SHIPPED_FILE).follower_gains[0]
    at = last_hour(datetime.now(UTC)) - timedelta(hours=1)
    row = [CREATORS[0], at - timedelta(hours=1), at, rule.gained + 1, 4_000, 4_001 + rule.gained]
    columns = ["userid", "t_prev", "t_now", "delta", "prev_count", "curr_count"]
    dashboard.client.insert("follower_deltas_log", [row], column_names=columns)
    yield
    gone = f"ALTER TABLE tokpulse.follower_deltas_log DELETE WHERE userid = '{CREATORS[0]}' SETTINGS mutations_sync = 2"
    dashboard.front.post(gone, ADMIN)


@pytest.mark.usefixtures("a_creator_rises")
def test_follower_alerts_are_marked_in_charts(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=12h&live=0")
        expect(page.locator('[data-panel="follower_alerts"] tbody tr').first).to_contain_text(HANDLE)
        mark = page.locator(f"{PLAYS} .legend button", has_text="followers rose (")
        expect(mark).to_have_count(1)
        expect(page.locator(f"{PLAYS} .plot")).to_have_attribute("aria-label", re.compile("followers rose: "))
        mark.click()
        expect(mark).to_have_attribute("aria-pressed", "false")
        assert tab.errors == []


def test_figures_of_comments_are_not_compared_and_other_pages_go_on_comparing(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/comments?range=2d&live=0&compare=week")
        expect(page.locator('[data-panel="comments"]')).to_contain_text("not compared")
        page.get_by_role("link", name="Overview").click()
        expect(page).to_have_url(re.compile("/overview.*compare=week"))
        expect(page.get_by_label("Compare with an earlier time")).to_have_value("week")
        assert tab.errors == []


def test_stacked_bars_have_one_line_for_all_of_the_earlier_time(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        # The day is over: the universe's own first half beside its second.
        page = tab.open("/overview?range=12h&live=0&compare=previous")
        legend = page.locator(f'[data-panel="trending_by_tier"] {LINES}')
        expect(legend).to_have_text(["mid", "small", "all, the 12\u00a0h before"])
        assert tab.errors == []


def test_earlier_moves_by_the_whole_range(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?from=2026-01-05T00:00Z&to=2026-01-06T00:00Z&live=0")
        page.get_by_role("button", name="Earlier").click()
        expect(page).to_have_url(re.compile("from=2026-01-04T00:00Z&to=2026-01-05T00:00Z"))
        page.get_by_role("button", name="Later").click()
        expect(page).to_have_url(re.compile("from=2026-01-05T00:00Z&to=2026-01-06T00:00Z"))


@pytest.mark.parametrize(
    ("choice", "trends"), [("tier=small", "1"), ("hashtag=dance", "1"), (f"creator={CREATORS[1]}", "1"), ("region=zz", None)]
)
def test_the_overview_is_filtered_and_says_what_is_not(open_tab: OpenTab, choice: str, trends: str | None) -> None:
    with open_tab() as tab:
        page = tab.open(f"/overview?range=2d&live=0&{choice}")
        tile = page.locator('[data-panel="trending_posts"]')
        if trends is None:
            expect(tile).to_contain_text("Nothing in this range")
        else:
            expect(tile.locator(".stat-value")).to_have_text(trends)
        expect(page.locator('[data-panel="data_age"] .told')).to_have_text(f"Not filtered by {choice.partition('=')[0]}")
        expect(page.locator('[data-panel="plays_gained"] .told')).to_have_count(0)
        # A copied address shows the same; the next page goes on with the filter.
        page.get_by_role("link", name="Trending", exact=True).click()
        expect(page).to_have_url(re.compile(f"/trending.*{choice}"))
        assert tab.errors == []


def test_comments_are_filtered_by_what_their_posts_are(dashboard: Dashboard, open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/comments?range=2d&live=0")
        figure = page.locator('[data-panel="comments"] .stat-value')
        everything = int(figure.inner_text())
        box = page.get_by_role("combobox", name="Filter by creator")
        box.fill(CREATORS[0])
        box.press("Enter")
        of_one = "(SELECT DISTINCT aweme_id FROM tokpulse.posts WHERE author_id = '" + CREATORS[0] + "')"
        held = dashboard.front.post(
            f"SELECT count() FROM tokpulse.comments_enriched WHERE video_id IN {of_one}", ADMIN
        ).text.strip()
        assert 0 < int(held) < everything
        expect(figure).to_have_text(held)


def test_a_hashtag_still_leads_to_the_trending_page(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d&live=0")
        page.locator('[data-panel="hashtags_rising"] tbody a').first.click()
        expect(page).to_have_url(re.compile(r"/trending\?.*hashtag="))


def test_creators_side_by_side_are_lines_of_one_chart_and_rows_of_small_tables(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(f"/creator?creator={CREATORS[0]},{CREATORS[1]}&range=2d&live=0")
        names = [f"@{HANDLE}", CREATORS[1]]
        legend = page.locator(f"{PLAYS} {LINES}")
        expect(legend).to_have_text([f"{name}: {what}" for name in names for what in ("All posts", "Trending posts")])
        expect(page.locator('[data-panel="comment_mood"] .plot')).to_have_attribute("aria-label", re.compile(f"@{HANDLE}: newest"))
        gained = page.locator('[data-panel="plays_gained"] tbody tr')
        expect(gained).to_have_count(2)
        expect(gained).to_contain_text([f"@{HANDLE}", CREATORS[1]])
        expect(page.locator(".who")).to_have_text(f"@{HANDLE} \u00b7 {CREATORS[1]}")
        expect(page.locator('[data-panel="posts"] tbody tr')).to_have_count(8)
        assert serious_findings(page) == []
        # Each of them has its own page still.
        gained.first.locator("a").first.click()
        expect(page).to_have_url(re.compile(rf"creator={CREATORS[0]}(&|$)"))
        assert tab.errors == []


def test_another_creator_is_added_from_the_search(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(f"/creator?creator={CREATORS[1]}&range=2d&live=0")
        page.get_by_role("searchbox", name="Find a creator or post").fill(HANDLE)
        page.locator(".found-beside").first.click()
        expect(page).to_have_url(re.compile(f"creator={CREATORS[1]},{CREATORS[0]}"))
        expect(page.locator('[data-panel="plays_gained"] tbody tr')).to_have_count(2)
        assert tab.errors == []


def test_posts_and_hashtags_side_by_side(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(f"/post?post={POSTS[0]},{POSTS[3]},{POSTS[1]}&range=2d&live=0")
        expect(page.locator(f'[data-panel="counters"] {LINES}')).to_have_text([SHOWN_TITLE, POSTS[3], HOSTILE_TITLE])
        expect(page.locator('[data-panel="plays"] tbody tr')).to_have_count(3)
        page = tab.open("/trending?hashtag=dance,b&range=2d&live=0")
        expect(page.locator('[data-panel="plays_over_time"] .legend button').first).to_have_text("#dance: All posts")
        # More than can be told apart is refused in words.
        page = tab.open("/creator?creator=1,2,3,4,5&range=2d&live=0")
        expect(page.locator('[data-panel="plays_gained"] .error')).to_contain_text("5 values of creator")


@pytest.fixture
def an_eventful_day(dashboard: Dashboard) -> Iterator[None]:
    """A post of the second creator took off, and thresholds took effect after that; they are gone when the test is over."""
    newest = last_hour(datetime.now(UTC))
    columns = ["aweme_id", "author_id", "observed_at", "window_minutes", "delta_plays", "plays_per_hour", "tier", "threshold"]
    alert = [POSTS[1], CREATORS[1], newest - timedelta(minutes=25), 30, 5_000, 10_000.0, "mid", 9_000.0]
    dashboard.client.insert("momentum_alerts_log", [alert], column_names=columns)
    columns = ["version", "sequence", "effective_from", "published_at", "author", "comment", "content_hash", "content"]
    version = ["v99-00000000", 99, newest, newest, "ann", "lower <b>for small", "", "{}"]
    dashboard.client.insert("threshold_versions_log", [version], column_names=columns)
    yield
    for table, where in (("threshold_versions_log", "sequence = 99"), ("momentum_alerts_log", f"aweme_id = '{POSTS[1]}'")):
        dashboard.front.post(f"ALTER TABLE tokpulse.{table} DELETE WHERE {where} SETTINGS mutations_sync = 2", ADMIN)


@pytest.mark.usefixtures("an_eventful_day")
def test_what_happened_is_marked_in_charts_and_told(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(f"/trending?creator={CREATORS[1]}&range=6h&live=0")
        legend = page.locator(f"{PLAYS} .legend button")
        expect(legend).to_contain_text(["All posts", "Trending posts", "thresholds changed (1)", "took off (1)"])
        said = re.compile(r"Marked: thresholds changed: once, last .* \(v99-00000000 lower <b>for small\); took off: once, last ")
        expect(page.locator(f"{PLAYS} .plot")).to_have_attribute("aria-label", said)
        rows = page.locator('[data-panel="happened"] tbody tr')
        expect(rows.filter(has_text="v99-00000000 lower <b>for small")).to_have_count(1)
        expect(rows.filter(has_text="took off")).to_have_text(re.compile(re.escape(HOSTILE_TITLE)))
        # A mark is drawn where it says; without the kind the canvas has nothing there.
        drawn = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
            .data.reduce((sum, one) => sum + one, 0)"""
        canvas = page.locator(f"{PLAYS} canvas")
        with_marks = canvas.evaluate(drawn)
        legend.filter(has_text="took off").click()
        expect(legend.filter(has_text="took off")).to_have_attribute("aria-pressed", "false")
        assert canvas.evaluate(drawn) != with_marks
        assert serious_findings(page) == []
        assert tab.errors == []


def test_times_are_utc_or_the_browsers_and_every_axis_says_so(open_tab: OpenTab) -> None:
    with open_tab(timezone_id="Asia/Kolkata") as tab:
        page = tab.open("/trending?from=2026-01-05T00:00Z&to=2026-01-06T00:00Z&live=0")
        expect(page.locator("#range-button")).to_contain_text(re.compile(r"5 Jan( 2026)? 00:00 \u2013 6 Jan( 2026)? 00:00"))
        page = tab.open("/trending?range=6h&live=0")
        axes, charts = page.locator(".axis-zone"), page.locator(".plot")
        expect(axes).to_have_text(["UTC"] * charts.count())
        hour = last_hour(datetime.now(UTC))
        cell = page.locator('[data-panel="trending_posts"] td.time').last
        expect(cell).to_contain_text(f"{hour + timedelta(hours=1):%H:%M}")
        page.get_by_label("Time zone").select_option("local")
        expect(page).to_have_url(re.compile("tz=local"))
        expect(axes).to_have_text(["UTC+5:30"] * charts.count())
        expect(cell).to_contain_text(f"{hour + timedelta(hours=6, minutes=30):%H:%M}")
        expect(page.locator(".plot").first).to_have_attribute("aria-label", re.compile(r"UTC\+5:30\. "))
        expect(page.locator(".updated")).to_contain_text("UTC+5:30")
        # A range is written in that zone, too, and means the same moments.
        page.keyboard.press("t")
        begin, end = (page.get_by_label(f"{name} (UTC+5:30)", exact=True) for name in ("From", "To"))
        begin.fill("2026-01-05T05:30")
        end.fill("2026-01-06T05:30")
        end.press("Enter")
        expect(page).to_have_url(re.compile("from=2026-01-05T00:00Z&to=2026-01-06T00:00Z"))
        expect(page.locator("#range-button")).to_contain_text(re.compile(r"5 Jan( 2026)? 05:30 \u2013 6 Jan( 2026)? 05:30"))
        # Remembered, unless an address says otherwise.
        tab.open("/overview?live=0")
        expect(page.get_by_label("Time zone")).to_have_value("local")
        tab.open("/overview?live=0&tz=utc")
        expect(page.get_by_label("Time zone")).to_have_value("utc")
        assert tab.errors == []
