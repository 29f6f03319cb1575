"""Ten questions of an analyst, and how each is answered on the dashboard: by so many clicks, from the overview.

docs/analyst_questions.md lists them; tests/browser answers them over known rows, `make screenshots` takes a picture of each answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page

MOST_CLICKS = 3
# A desktop, and a phone held upright.
DESKTOP, PHONE = (1360, 880), (390, 844)


class TooManyClicksError(AssertionError):
    """A question took more clicks than a reader should need."""


@dataclass
class Person:
    """Somebody at the dashboard who counts clicks; typing and scrolling are none. `hour` is one of which the tables hold something,
    `creators` are three who are observed."""

    page: Page
    hour: datetime
    creators: tuple[str, str, str]
    clicks: int = 0

    def _count(self, clicks: int = 1) -> None:
        self.clicks += clicks
        if self.clicks > MOST_CLICKS:
            raise TooManyClicksError(f"{self.clicks} clicks")

    def click(self, target: Locator) -> None:
        """One click."""
        self._count()
        target.click()

    def write(self, box: Locator, text: str, key: str = "") -> None:
        """One click into the box, then typing, and a key at the end."""
        self._count()
        box.click()
        box.fill(text)
        if key:
            box.press(key)

    def panel(self, name: str) -> Locator:
        """A panel of the page."""
        return self.page.locator(f'[data-panel="{name}"]')

    def first_trending(self) -> Locator:
        """The row of the post that trends most."""
        return self.panel("trending_now").locator("tbody tr").first


def _trends(person: Person) -> Locator:
    return person.panel("trending_now")


def _why(person: Person) -> Locator:
    person.click(person.first_trending().locator("a").first)
    return person.panel("verdicts")


def _since(person: Person) -> Locator:
    return person.first_trending().locator('[data-title="Trends since"]')


def _who(person: Person) -> Locator:
    person.click(person.first_trending().locator('[data-title="Creator"] a').first)
    return person.panel("profile")


def _fresh(person: Person) -> Locator:
    return person.page.locator(".data-status")


def _yesterday(person: Person) -> Locator:
    person.click(person.page.locator("#range-button"))
    person.click(person.page.get_by_role("button", name="yesterday", exact=True))
    return person.panel("plays_gained")


def _wins(person: Person) -> Locator:
    person.write(person.page.get_by_role("combobox", name="Filter by creator"), ",".join(person.creators), "Enter")
    return person.panel("plays_gained")


def _say(person: Person) -> Locator:
    person.click(person.page.get_by_role("navigation").get_by_role("link", name="Comments and sentiment"))
    return person.panel("mood")


def _threshold(person: Person) -> Locator:
    person.click(person.page.get_by_role("navigation").get_by_role("link", name="Thresholds"))
    person.click(person.page.get_by_role("button", name="Fields"))
    person.write(person.page.get_by_role("textbox", name="Tier small: trends above (plays per hour)"), "7010", "Enter")
    return person.page.get_by_role("region", name="Totals")


def _happened(person: Person) -> Locator:
    begin, end = (moment.strftime("%Y-%m-%dT%H:%M") for moment in (person.hour, person.hour + timedelta(hours=1)))
    person.click(person.page.locator("#range-button"))
    person.write(person.page.get_by_label(re.compile(r"^From \(")), begin)
    person.write(person.page.get_by_label(re.compile(r"^To \(")), end, "Enter")
    return person.panel("happened")


# Each does what its question needs, from an overview that has loaded, and gives the place of the answer.
QUESTIONS: Mapping[str, Callable[[Person], Locator]] = {
    "Who trends now?": _trends,
    "Why?": _why,
    "Since when?": _since,
    "Who made it?": _who,
    "Is it fresh?": _fresh,
    "How was yesterday?": _yesterday,
    "Which of my three creators wins?": _wins,
    "What do people say?": _say,
    "What would a threshold of X change?": _threshold,
    "What happened at 14:00?": _happened,
}


def picture(number: int, kind: str) -> str:
    """The name of the picture of the answer to a question, counted from 1; `kind` is desktop or phone."""
    return f"question-{number:02}-{kind}"
