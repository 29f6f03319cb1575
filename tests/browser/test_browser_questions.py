"""Ten questions of an analyst: a scripted person answers each from the overview, and ClickHouse is asked the same."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from connectors.paths import REPOSITORY
from docs.questions import DESKTOP, MOST_CLICKS, PHONE, QUESTIONS, Person, TooManyClicksError
from tests.waiting import until

from .conftest import TOKEN, Dashboard, OpenTab
from .rows import CREATORS, HANDLE, last_hour

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

SCREENS: dict[str, Any] = {
    "desktop": {"viewport": dict(zip(("width", "height"), DESKTOP, strict=True))},
    "phone": {"viewport": dict(zip(("width", "height"), PHONE, strict=True)), "has_touch": True, "is_mobile": True},
}
# On a machine that does nothing else; a busy one is given what it takes for the overview besides, for each page of the way.
WITHIN_S = 10.0
_LINE = re.compile(r"^\| (.+?\?) \| .+ \| (\d) \|", re.MULTILINE)


def promised() -> dict[str, int]:
    """The questions of the documentation, and the clicks that it says each takes."""
    text = (REPOSITORY / "docs" / "analyst_questions.md").read_text(encoding="utf-8")
    return {question: int(clicks) for question, clicks in _LINE.findall(text)}


def hour() -> datetime:
    """Of those in which posts trended, one that is neither the newest nor the oldest."""
    return last_hour(datetime.now(UTC)) - timedelta(hours=3)


def found(dashboard: Dashboard, query: str, **values: Any) -> list[Any]:
    """The first row of what ClickHouse answers."""
    rows = dashboard.client.query(query, parameters=values).result_rows
    return list(rows[0]) if rows else []


def exact(place: Locator) -> int:
    """The exact number behind a shortened one."""
    title = place.get_attribute("title")
    return int((title or place.inner_text()).replace(",", "").replace("\u2212", "-").replace("+", ""))


def trends(dashboard: Dashboard, answer: Locator) -> None:
    newest = "SELECT max(window_start) FROM trending_hourly"
    (count,) = found(dashboard, f"SELECT countIf(is_trending = 1) FROM trending_hourly WHERE window_start = ({newest})")
    assert count > 0
    expect(answer.locator("tbody tr .chip.ok")).to_have_count(count)


def why(dashboard: Dashboard, answer: Locator) -> None:
    # The first one grows by 7/6 of what a small creator's has to exceed.
    first = answer.locator("tbody tr").first
    expect(first).to_contain_text("trending")
    expect(first).to_contain_text("small")
    expect(first.locator('[data-title="Threshold"] [title]')).to_have_attribute("title", "6,000/h")
    expect(first.locator('[data-title="x threshold"]')).to_have_text("1.17")


def since(dashboard: Dashboard, answer: Locator) -> None:
    query = """
        SELECT min(window_start)
        FROM trending_hourly
        WHERE is_trending = 1 AND window_start >= now() - INTERVAL 24 HOUR
    """

    def told() -> bool:
        (begin,) = found(dashboard, query)
        return bool(answer.locator("time").get_attribute("datetime") == f"{begin:%Y-%m-%dT%H:%M:%SZ}")

    # An hour may pass between the two answers.
    until(told, 20, "the page says since when the post trends")


def who(dashboard: Dashboard, answer: Locator) -> None:
    expect(answer.locator("tbody tr")).to_have_count(1)
    expect(answer).to_contain_text(f"@{HANDLE}")
    expect(answer.locator('td[data-title="Followers"]')).to_have_text("4K")


def fresh(dashboard: Dashboard, answer: Locator) -> None:
    def told() -> bool:
        (state,) = found(dashboard, "SELECT state FROM freshness WHERE dataset = 'post_observations'")
        return f"data {state}" in answer.inner_text()

    until(told, 20, "the page says how fresh ClickHouse finds its tables")


def yesterday(dashboard: Dashboard, answer: Locator) -> None:
    begin = "toDateTime64(yesterday(), 3, 'UTC')"
    query = f"SELECT sum(delta_plays) FROM trending_hourly WHERE toDate(window_start) = toDate({begin})"
    until(lambda: exact(answer.locator(".stat-value")) == found(dashboard, query)[0], 20, "the page says what yesterday was")


def wins(dashboard: Dashboard, answer: Locator) -> None:
    expect(answer.locator("tbody tr")).to_have_count(len(CREATORS))
    # What the third one posts has to exceed most, and grows most.
    expect(answer.locator("tr.leads")).to_have_count(1)
    expect(answer.locator("tr.leads")).to_contain_text(CREATORS[2])
    expect(answer.locator("tr.leads")).to_contain_text("most")
    shown = [exact(answer.locator(f"tr:nth-child({place}) td [title]").first) for place in (1, 2, 3)]
    assert shown == sorted(shown)


def say(dashboard: Dashboard, answer: Locator) -> None:
    # Of the comments with evidence as many are at 0.6 as at -0.4.
    expect(answer.locator(".stat-value")).to_have_text("0.10")
    expect(answer).to_contain_text("good")


def threshold(dashboard: Dashboard, answer: Locator) -> None:
    # The post of a small creator gains 7,000 to 7,023 an hour: in 11 of its 24 hours no more than 7,010.
    expect(answer.locator("tr", has_text="trending: small").locator("td").last).to_have_text("\u221211")


def happened(dashboard: Dashboard, answer: Locator) -> None:
    trended = answer.locator("tbody tr", has_text="trended")
    expect(trended).to_have_count(1)
    expect(trended.locator("time")).to_have_attribute("datetime", f"{hour():%Y-%m-%dT%H:%M:%SZ}")
    expect(trended.locator('[data-title="How many"]')).to_have_text("2")


CHECKS: dict[str, Callable[[Dashboard, Locator], None]] = dict(
    zip(QUESTIONS, (trends, why, since, who, fresh, yesterday, wins, say, threshold, happened), strict=True)
)


@pytest.mark.parametrize("screen", SCREENS)
def test_every_question_is_answered_from_the_overview(dashboard: Dashboard, open_tab: OpenTab, screen: str) -> None:
    clicks = promised()
    with open_tab(**SCREENS[screen]) as tab:
        width = SCREENS[screen]["viewport"]["width"]
        # What was edited is dropped.
        tab.page.on("dialog", lambda dialog: dialog.accept())
        # The address that the command printed has been opened once: the tab keeps its token.
        tab.page.goto(f"{tab.base}/thresholds#token={TOKEN}")
        tab.page.wait_for_selector(".page[data-ready]")
        person: Person | None = None
        for question, way in QUESTIONS.items():
            # Who has clicked nothing is there still.
            if person is None or person.clicks:
                begun = time.monotonic()
                page = tab.open("/overview")
                usual_s = time.monotonic() - begun
            person = Person(page, hour(), CREATORS)
            begun = time.monotonic()
            answer = way(person)
            expect(answer).to_be_visible()
            CHECKS[question](dashboard, answer)
            taken_s = time.monotonic() - begun
            assert person.clicks == clicks[question], question
            assert taken_s < WITHIN_S + (1 + person.clicks) * usual_s, question
            # The answer is there, and not beside the screen.
            answer.scroll_into_view_if_needed()
            box = answer.bounding_box()
            assert box is not None, question
            assert (box["x"] >= 0, box["x"] + box["width"] <= width) == (True, True), question
            assert page.evaluate("document.documentElement.scrollWidth") == width, question
        assert (tab.errors, tab.strayed) == ([], [])


def test_every_question_is_documented() -> None:
    assert list(promised()) == list(QUESTIONS)
    assert max(promised().values()) == MOST_CLICKS


def test_a_person_who_needs_more_clicks_is_noticed(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        person = Person(tab.open("/overview"), hour(), CREATORS)
        for _ in range(MOST_CLICKS):
            person.click(person.page.locator("h1"))
        with pytest.raises(TooManyClicksError):
            person.click(person.page.locator("h1"))
