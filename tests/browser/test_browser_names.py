"""Names in a real browser: who was opted in is found, followed and opened on TikTok; of nobody else a name gets out anywhere."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from alerts.mutes import Subject, in_force, remove
from connectors.clock import wall_clock_ms
from dashboards.model import FILTERS, load_pages

from .chromium import serious_findings, tab
from .conftest import TOKEN, Dashboard, OpenTab
from .rows import CREATORS, HANDLE, NICKNAME, OBSERVATIONS, POSTS, SENTINELS, SHOWN_TITLE

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

PAGES = load_pages()
TRENDING_NOW = '[data-panel="trending_now"]'
SITE = "https://www.tiktok.com"
# From an empty search box to a muted post.
MOST_CLICKS = 6


class Clicks:
    """Counts what a person does with the mouse."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, target: Locator) -> None:
        """One more."""
        self.count += 1
        target.click()


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Find a creator or post")


def found(page: Page) -> Locator:
    return page.get_by_role("region", name="What was found").get_by_role("link")


def test_from_a_handle_to_a_muted_post_in_few_clicks(running_browser: Browser, served: str, dashboard: Dashboard) -> None:
    with tab(running_browser, served) as opened_tab:
        opened_tab.open(f"/#mute={TOKEN}")
        page = opened_tab.open("/overview?range=2d")
        page.context.route(f"{SITE}/**", lambda route: route.fulfill(body="a post", content_type="text/html"))
        clicks = Clicks()
        clicks.on(search_box(page))
        page.keyboard.type("@ada")
        clicks.on(found(page).filter(has_text=f"@{HANDLE}").first)
        expect(page).to_have_url(re.compile(f"/creator\\?.*creator={CREATORS[0]}"))
        expect(page.locator(".who")).to_have_text(f"@{HANDLE}")
        posts = page.locator('[data-panel="posts"]')
        row = posts.locator("tbody tr", has_text=SHOWN_TITLE)
        link = row.get_by_role("link", name=re.compile("on TikTok"))
        assert link.get_attribute("rel") == "noopener noreferrer"
        with page.expect_popup() as opened:
            clicks.on(link)
        assert opened.value.url == f"{SITE}/@{HANDLE}/video/{POSTS[0]}"
        assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]
        clicks.on(row.get_by_role("link", name=SHOWN_TITLE, exact=True))
        expect(page).to_have_url(re.compile(f"/post\\?.*post={POSTS[0]}"))
        verdict = page.locator('[data-panel="verdicts"] tbody tr').first
        expect(verdict).to_contain_text("trending")
        expect(verdict).to_contain_text("6K/h")
        expect(verdict).to_contain_text("small")
        profile = page.locator('[data-panel="profile"]')
        expect(profile.get_by_role("link", name=f"@{HANDLE}", exact=True)).to_be_visible()
        clicks.on(page.get_by_role("button", name="Mute alerts"))
        clicks.on(page.get_by_role("button", name="1 hour", exact=True))
        expect(page.locator("#mute-button")).to_contain_text("Muted until")
        assert [(mute.subject.what, mute.subject.value) for mute in in_force(dashboard.client, "", wall_clock_ms())] == [
            ("post", POSTS[0])
        ]
        assert clicks.count <= MOST_CLICKS
        remove(dashboard.client, "", Subject("post", POSTS[0]), "test", wall_clock_ms())
        assert (opened_tab.errors, opened_tab.strayed) == ([], [])


@pytest.mark.parametrize(
    ("text", "name", "leads_to"),
    [
        (HANDLE, f"@{HANDLE}", f"creator={CREATORS[0]}"),
        (f"{SITE}/@{HANDLE}?lang=de", f"@{HANDLE}", f"creator={CREATORS[0]}"),
        (f"{SITE}/@{HANDLE}/video/{POSTS[0]}?is_from_webapp=1", SHOWN_TITLE, f"post={POSTS[0]}"),
        ("second try", SHOWN_TITLE, f"post={POSTS[0]}"),
        (POSTS[0], SHOWN_TITLE, f"post={POSTS[0]}"),
        (CREATORS[1], CREATORS[1], f"creator={CREATORS[1]}"),
    ],
)
def test_the_search_finds_by_handle_link_words_and_id(open_tab: OpenTab, text: str, name: str, leads_to: str) -> None:
    with open_tab() as tab:
        page = tab.open("/health?range=2d&live=0")
        page.keyboard.press("s")
        page.keyboard.type(text)
        expect(found(page).filter(has_text=name).first).to_be_visible()
        assert serious_findings(page) == []
        page.keyboard.press("ArrowDown")
        expect(found(page).first).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(search_box(page)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(leads_to))
        expect(found(page)).to_have_count(0)
        assert tab.errors == []


def test_the_search_says_what_it_does_not_find(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d&live=0")
        box = page.locator(".found")
        for text, says in ((SENTINELS[0], "Nothing was observed"), ("https://vm.tiktok.com/ZMabc/", "does not say which post")):
            search_box(page).fill(text)
            expect(box).to_contain_text(says)
        page.keyboard.press("Escape")
        expect(box).to_be_hidden()
        search_box(page).fill("<img src=x onerror=alert(1)>")
        expect(found(page).filter(has_text="onerror")).to_have_count(1)
        expect(page.locator("main img")).to_have_count(0)


def test_nobody_takes_a_mask_for_a_handle(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d&live=0&view.trending_now=all")
        panel = page.locator(TRENDING_NOW)
        expect(panel.locator(".told")).to_have_text("Names are masked in 7 of 11 rows: people who were not opted in")
        expect(panel.locator("tbody .masked")).to_have_count(7)
        expect(panel.locator("tbody .masked").first).to_have_text("masked")
        expect(panel.get_by_role("link", name=f"@{HANDLE}", exact=True)).to_have_count(4)
        # Without a handle the link still leads to the post; a creator has none.
        post = panel.locator("tbody tr", has=page.locator(".masked")).first
        assert re.fullmatch(rf"{SITE}/@/video/\d+", post.locator(".subject.post .row-action").first.get_attribute("href") or "")
        expect(post.locator(".subject.creator .row-action")).to_have_count(0)
        # A pseudonym, where a view has one, is marked as well.
        page = tab.open(f"/creator?creator={CREATORS[1]}&range=2d&live=0")
        expect(page.locator('[data-panel="profile"] .masked')).to_have_count(2)
        expect(page.locator('[data-panel="profile"] .masked').first).to_have_text(re.compile("^masked [0-9a-f]{8}$"))
        page = tab.open(f"/creator?creator={CREATORS[0]}&range=2d&live=0")
        expect(page.locator('[data-panel="profile"]')).to_contain_text(NICKNAME)
        page = tab.open("/health?range=2d&live=0")
        expect(page.locator('[data-panel="names_shown"] .stat-value')).to_have_text("1")
        expect(page.locator('[data-panel="names_masked"] .stat-value')).to_have_text("1")


def test_rows_are_found_and_ordered_by_handle_tier_region_and_hashtag(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?range=2d&live=0&view.trending_now=all")
        panel = page.locator(TRENDING_NOW)
        rows = panel.locator("tbody tr:not(.parted)")
        box = page.get_by_role("searchbox", name="Filter the rows: Trending now")
        for text, count in ((f"@{HANDLE}", 4), ("mid", 4), ("#dance", 1), (f"{HANDLE} small #dance", 1), ("nothing like it", 0)):
            box.fill(text)
            expect(rows).to_have_count(count)
        expect(panel.locator(".told").first).to_contain_text("0 of 11 rows hold")
        expect(page).to_have_url(re.compile("find.trending_now="))
        box.fill("")
        expect(rows).to_have_count(11)
        panel.get_by_role("button", name="Creator").click()
        expect(page).to_have_url(re.compile("sort.trending_now=handle"))
        expect(rows.first).to_contain_text(f"@{HANDLE}")
        panel.get_by_role("button", name="Creator").click()
        # Masks are no handles: last either way.
        expect(rows.first).to_contain_text(f"@{HANDLE}")
        page = tab.open("/trending?range=2d&live=0&tier=small&hashtag=dance")
        expect(page.locator('[data-panel="judged_posts"] .stat-value')).to_have_text("1")
        page = tab.open("/trending?range=2d&live=0&tier=mid")
        expect(page.locator('[data-panel="judged_posts"] .stat-value')).to_have_text("4")
        assert tab.errors == []


def test_a_phone_shows_the_search_and_names(open_tab: OpenTab) -> None:
    with open_tab(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as tab:
        page = tab.open("/overview?range=2d&live=0")
        search_box(page).tap()
        page.keyboard.type("ada")
        expect(found(page).first).to_be_visible()
        place = page.locator(".found").bounding_box()
        assert place is not None
        assert (place["x"] >= 0, place["x"] + place["width"] <= 390) == (True, True)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        found(page).first.tap()
        expect(page.locator('[data-panel="posts"] .subject-title').first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert tab.errors == []


@pytest.fixture
def planted(dashboard: Dashboard) -> Iterator[None]:
    """The names of somebody who was not opted in, in everything that comes in."""
    handle, nickname, secuid = SENTINELS
    client, now = dashboard.client, datetime.now(UTC) - timedelta(minutes=5)
    title = f"duet with @{handle} and @{nickname}, see {SITE}/@{handle} or mail {handle}@example.org #sentinel"
    client.insert("post_observations_log", [[POSTS[4], CREATORS[1], title, now, 1, now]], column_names=OBSERVATIONS)
    words = ("comment_id", "video_id", "user_id", "text", "create_time", "ingested_at", "sentiment_compound", "sentiment_label")
    text = f"@{handle} {nickname} said"
    rows = [["770001", POSTS[4], CREATORS[1], text, now, now, -0.9, "negative", "lexicon", "en", 200_000, now]]
    client.insert("comments_log", rows, column_names=(*words, "sentiment_model", "language", "follower_count", "snapshot_at"))
    body = f'{{"user":{{"uniqueId":"{handle}","nickname":"{nickname}","secUid":"{secuid}"}}}}'
    client.insert("dead_letters_log", [["tiktok.users.snapshots", 0, 7, f"bad_value: {handle} {nickname} {secuid}", body, now]])
    raw = [["tikliveapi", "/userinfo-by-username/", f"username={handle}&secUid={secuid}", 200, body, now]]
    asked = ("upstream", "endpoint", "request_param", "http_status", "payload", "ingested_at")
    client.insert("raw_api_responses", raw, column_names=asked)
    yield
    for table, where in (
        ("comments_log", "comment_id = '770001'"),
        ("dead_letters_log", "offset = 7"),
        ("post_observations_log", f"aweme_id = '{POSTS[4]}'"),
        ("posts_newest", f"aweme_id = '{POSTS[4]}'"),
        ("post_titles_log", f"aweme_id = '{POSTS[4]}'"),
    ):
        client.command(f"ALTER TABLE {table} DELETE WHERE {where} SETTINGS mutations_sync = 2")


def held(text: str) -> list[str]:
    """The sentinels in a text."""
    return [word for word in SENTINELS if word.lower() in text.lower()]


def test_no_name_of_who_was_not_opted_in_gets_out(
    dashboard: Dashboard, open_tab: OpenTab, planted: None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    now_ms = round(datetime.now(UTC).timestamp() * 1000)
    needs: dict[str, Any] = {"creator": CREATORS[1], "post": POSTS[4], "hashtag": "", "tier": "", "region": ""}
    assert list(needs) == list(FILTERS)
    told: dict[str, str] = {}
    with open_tab() as tab:
        for slug, page in PAGES.items():
            filters: dict[str, Any] = {
                item.name: needs[item.name] for item in page.filters if needs[item.name] and (item.required or slug == "trending")
            }
            asked: dict[str, Any] = {"range": "2d", "live": "0", "rows": "1000", **filters}
            query = urlencode(asked)
            opened = tab.open(f"/{slug}?{query}")
            told[slug] = opened.content()
            for panel in page.panels:
                for form in ("json", "csv"):
                    span: dict[str, Any] = {"from": now_ms - 172_800_000, "to": now_ms, "limit": 1000, "format": form, **filters}
                    address = f"{tab.base}/api/pages/{slug}/panels/{panel.id}?{urlencode(span)}"
                    told[f"{slug} {panel.id} {form}"] = opened.context.request.get(address).text()
        for text in (
            *SENTINELS,
            f"@{SENTINELS[0]}",
            f"{SITE}/@{SENTINELS[0]}",
            "sentinel",
            "#sentinel",
            "duet",
            CREATORS[1],
            POSTS[4],
        ):
            told[f"search {text}"] = opened.context.request.get(f"{tab.base}/api/search?{urlencode({'text': text})}").text()
        refused = opened.context.request.get(
            f"{tab.base}/api/pages/trending/panels/judged_posts?from=1&to=2&creator={SENTINELS[0]}"
        )
        told["a filter"] = refused.text()
    said = capfd.readouterr()
    told |= {"log of the dashboard": caplog.text, "output": said.out + said.err, "log of ClickHouse": dashboard.front.log}
    assert {where: held(text) for where, text in told.items() if held(text)} == {}
    # They were there to be shown: the rows are, without the names.
    assert POSTS[4] in told["search duet"]
    assert "duet with [name] and [name] see [link] or mail [name] #sentinel" in told["search duet"]
    assert CREATORS[1] in told["comments critical_voices csv"]
    assert "bad_value" in told["health dead_letters_by_reason json"]
