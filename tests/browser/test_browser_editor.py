"""The threshold editor in a real browser, from a mistake to a published version; a memory stands for Kafka."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from connectors.clickhouse.client import connect
from connectors.clock import wall_clock_ms
from dashboards.web import editor as editor_module
from thresholds import change
from thresholds.merging import marked
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.publish import refuse_stale, stored
from thresholds.table import read_table, write_table
from thresholds.text import to_yaml
from thresholds.versions import follow

from .chromium import serious_findings
from .conftest import TOKEN, Dashboard, OpenTab

pytestmark = [pytest.mark.http, pytest.mark.clickhouse, pytest.mark.timeout(300)]

ADDRESS = f"/thresholds#token={TOKEN}"


@pytest.fixture(autouse=True)
def _table_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def publish(endpoints: Any, wanted: Thresholds, from_ms: int, author: str, comment: str, base: str = "") -> ThresholdVersion:
        known = stored(endpoints)
        refuse_stale(known, base)
        version = follow(known, wanted, from_ms, from_ms, author, comment)
        url = endpoints.clickhouse_url
        client = connect(url)
        write_table(client, url, [version])
        client.close()
        return version

    monkeypatch.setattr(change, "publish", publish)
    monkeypatch.setattr(editor_module, "sync", lambda _: [])


def write_version(dashboard: Dashboard, thresholds: Thresholds) -> None:
    known, now_ms = versions(dashboard), wall_clock_ms()
    write_table(dashboard.client, dashboard.front.url(), [follow(known, thresholds, now_ms, now_ms, "ada", "")])


def versions(dashboard: Dashboard) -> list[ThresholdVersion]:
    return read_table(dashboard.client, dashboard.front.url())


def save_newest(dashboard: Dashboard) -> tuple[ThresholdVersion, str]:
    """Makes the file that of the newest version: what another test has saved there would take back what it rolled back."""
    newest = versions(dashboard)[-1]
    text = marked(to_yaml(newest.thresholds), newest)
    dashboard.file.write_text(text, encoding="utf-8")
    return newest, text


def edit(page: Page, old: str, new: str) -> None:
    box = page.get_by_role("textbox", name="thresholds.yaml")
    box.fill(box.input_value().replace(old, new))


def set_value(page: Page, key: str, value: str) -> None:
    box = page.get_by_role("textbox", name="thresholds.yaml")
    box.fill(re.sub(rf"(?m)^(?!\s*#)(.*\b{key}:) \d+", rf"\1 {value}", box.input_value()))


def test_from_a_mistake_to_a_published_version_and_back(dashboard: Dashboard, open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        assert "token" not in page.url
        expect(page.locator("#verdict")).to_contain_text("nothing differs")
        publish = page.get_by_role("button", name=re.compile("Review and publish"))
        expect(publish).to_be_disabled()

        edit(page, "plays_per_hour: 6000}", "plays_per_hour: -1}")
        expect(page.locator(".problems li")).to_contain_text("Tier small: trends above (plays per hour): ")
        expect(publish).to_be_disabled()
        page.get_by_role("button", name="line 9").click()
        selected = page.evaluate("window.getSelection().toString()")
        assert selected.strip().startswith("- {name: small")

        page.get_by_role("button", name="Fields").click()
        field = page.get_by_role("textbox", name="Tier small: trends above (plays per hour)")
        field.fill("7010")
        expect(page.locator("#verdict")).to_contain_text("Valid: 1 change")
        assert serious_findings(page) == []
        page.get_by_role("button", name="Text", exact=True).click()
        text = page.get_by_role("textbox", name="thresholds.yaml").input_value()
        assert text == dashboard.file.read_text(encoding="utf-8").replace("plays_per_hour: 6000}", "plays_per_hour: 7010}")

        page.get_by_role("button", name="Run the backtest").click()
        small = page.get_by_role("region", name="Totals").locator("tr", has_text="trending: small")
        # Post 0 gains 7,000 to 7,023 an hour: above 7,010 in 13 of its 24 hours.
        expect(small.locator("td").last).to_have_text("\u221211")

        publish.click()
        dialog = page.get_by_role("dialog", name="Publish these thresholds?")
        expect(dialog).to_contain_text("Tier small: trends above (plays per hour)")
        expect(dialog).to_contain_text("7,010")
        dialog.get_by_role("button", name="Cancel").click()
        assert len(versions(dashboard)) == 1
        publish.click()
        dialog.get_by_role("textbox", name="Comment").fill("quieter")
        # Without a word, the file on disk becomes what is in force.
        expect(dialog.get_by_role("checkbox")).to_be_checked()
        dialog.get_by_role("button", name="Publish", exact=True).click()
        expect(page.locator(".done")).to_contain_text("published v2-")
        expect(page.locator(".done")).to_contain_text("saved ")
        newest = versions(dashboard)[-1]
        assert (newest.comment, newest.thresholds.tiers[0].plays_per_hour) == ("quieter", 7010)
        assert dashboard.file.read_text(encoding="utf-8") == marked(text, newest)
        expect(page.locator("#verdict")).to_contain_text("nothing differs")

        page.get_by_role("button", name=re.compile("Roll back to v1")).click()
        back = page.get_by_role("dialog", name=re.compile("Roll back to v1"))
        expect(back).to_contain_text("7,010")
        back.get_by_role("button", name="Roll back").click()
        expect(page.locator(".done")).to_contain_text("published v3-")
        assert versions(dashboard)[-1].thresholds == versions(dashboard)[0].thresholds
        assert (tab.errors, tab.strayed) == ([], [])


def test_disk_text_and_force_are_three_things_with_names(dashboard: Dashboard, open_tab: OpenTab) -> None:
    newest, text = save_newest(dashboard)
    states = ["On disk", "Edited", "In force"]
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        rows = page.locator(".states div")
        expect(rows.locator("dt")).to_have_text(states)
        expect(rows.nth(0)).to_contain_text("thresholds.yaml \u00b7 says what is in force")
        expect(rows.nth(1)).to_contain_text("the same text as on disk")
        expect(rows.nth(2)).to_contain_text(f"{newest.version} \u00b7 the newest version")
        set_value(page, "negative_delta_plays", "1234")
        expect(rows.nth(1)).to_contain_text(f"not saved \u00b7 differs from {newest.version} in 1 value")
        expect(rows.nth(0)).to_contain_text("says what is in force")
        assert serious_findings(page) == []
        page.get_by_role("button", name=re.compile("Review and publish")).click()
        dialog = page.get_by_role("dialog", name="Publish these thresholds?")
        dialog.get_by_role("checkbox").uncheck()
        dialog.get_by_role("button", name="Publish", exact=True).click()
        expect(rows.nth(0)).to_contain_text("differs from what is in force in 1 value")
        expect(rows.nth(1)).to_contain_text("not saved")
        assert dashboard.file.read_text(encoding="utf-8") == text


def test_all_mistakes_are_told_at_once_in_the_words_of_the_form(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        page.get_by_role("button", name="Fields").click()
        page.get_by_role("textbox", name="Tier mid: trends above (plays per hour)").fill("0")
        page.get_by_role("textbox", name="Tier mid: from (followers)").fill("20000")
        page.get_by_role("textbox", name="Follower alert 1: within (hours)").fill("0")
        expect(page.locator(".problems li strong")).to_have_text(
            ["Tier mid: trends above (plays per hour)", "Tier mid: from (followers)", "Follower alert 1: within (hours)"]
        )
        expect(page.locator("[aria-invalid=true]")).to_have_count(3)
        assert not re.search(r"\w\.\w+\[|_followers", page.locator(".problems").inner_text())


def test_a_backtest_of_another_text_is_not_shown(dashboard: Dashboard, open_tab: OpenTab) -> None:
    save_newest(dashboard)
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        panel = page.get_by_role("region", name="Backtest")
        set_value(page, "negative_delta_plays", "1300")
        totals = page.get_by_role("region", name="Totals")
        panel.get_by_role("button", name="Run the backtest").click()
        expect(totals).to_be_visible()
        set_value(page, "negative_delta_plays", "1301")
        expect(totals).to_have_count(0)
        expect(panel).to_contain_text("The text has changed since the backtest ran")
        panel.get_by_role("button", name="Run the backtest").click()
        expect(totals).to_be_visible()
        page.get_by_role("button", name=re.compile("Review and publish")).click()
        page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
        expect(page.locator(".done")).to_contain_text("published")
        expect(panel).to_contain_text("Published since the backtest ran")
        expect(totals).to_have_count(0)


def test_the_second_of_two_editors_learns_of_the_first(dashboard: Dashboard, open_tab: OpenTab) -> None:
    before = versions(dashboard)
    save_newest(dashboard)
    with open_tab() as first, open_tab() as second:
        pages = [first.open(ADDRESS), second.open(ADDRESS)]
        for page, number in zip(pages, (111, 222), strict=True):
            set_value(page, "negative_delta_plays", str(number))
            expect(page.locator("#verdict")).to_contain_text("Valid")
        for page in pages:
            page.get_by_role("button", name=re.compile("Review and publish")).click()
            if page is pages[1]:
                break
            page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
            expect(page.locator(".done")).to_contain_text("published")
        expect(pages[1].get_by_role("alert")).to_contain_text(f"published v{len(before) + 1}-")
        assert len(versions(dashboard)) == len(before) + 1
        pages[1].get_by_role("button", name="Compare with the newest version").click()
        expect(pages[1].locator("ins", has_text="222")).to_be_visible()
        expect(pages[1].locator("del", has_text="111")).to_be_visible()


def test_what_a_text_would_take_back_is_shown_and_may_be_taken_back(dashboard: Dashboard, open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        base = versions(dashboard)[-1].thresholds
        write_version(dashboard, replace(base, unknown_authors=base.unknown_authors + 1))
        set_value(page, "negative_delta_plays", "333")
        expect(page.locator("#verdict")).to_contain_text("Valid")
        page.get_by_role("button", name=re.compile("Review and publish")).click()
        lost = page.get_by_role("region", name="Three-way difference").locator("tr", has_text="followers are not known")
        expect(lost).to_contain_text("taken back")
        assert serious_findings(page) == []
        newest = versions(dashboard)[-1]
        page.get_by_role("button", name=f"Publish over {newest.version}").click()
        page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
        expect(page.locator(".done")).to_contain_text(f"published v{newest.sequence + 1}-")
        assert versions(dashboard)[-1].thresholds.negative_delta_warning == 333


def test_without_the_token_the_page_says_where_it_is(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/thresholds")
        expect(page.get_by_role("alert")).to_contain_text("open the address that")
        expect(page.get_by_role("textbox", name="thresholds.yaml")).to_be_disabled()
        expect(page.get_by_role("button", name="Run the backtest")).to_be_disabled()


def test_edited_text_is_not_dropped_without_a_question(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        box = page.get_by_role("textbox", name="thresholds.yaml")
        leaving = "!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
        assert page.evaluate(leaving) is False
        set_value(page, "negative_delta_plays", "1011")
        assert page.evaluate(leaving) is True
        questions: list[str] = []
        answers = [False, False, True]

        def answer(dialog: Dialog) -> None:
            questions.append(dialog.message)
            if answers.pop(0):
                dialog.accept()
            else:
                dialog.dismiss()

        page.on("dialog", answer)
        overview = page.get_by_role("link", name="Overview", exact=True)
        overview.click()
        expect(box).to_have_value(re.compile("1011"))
        assert urlsplit(page.url).path == "/thresholds"
        page.evaluate("history.pushState(null, '', '/overview'); history.pushState(null, '', '/thresholds'); history.back()")
        expect(page).to_have_url(re.compile("/thresholds$"))
        expect(box).to_have_value(re.compile("1011"))
        overview.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        assert page.evaluate(leaving) is False
        assert (len(questions), tab.errors) == (3, [])


def test_a_page_that_is_asked_for_meanwhile_is_not_overwritten(open_tab: OpenTab) -> None:
    with open_tab() as tab:
        page = tab.open("/overview?live=0")
        held: list[Route] = []
        page.route("**/js/editor.js", lambda route: held.append(route))
        with page.expect_request("**/js/editor.js"):
            page.get_by_role("link", name="Thresholds", exact=True).click()
        page.get_by_role("link", name="Trending", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Trending")
        held[0].continue_()
        # The same module: what waited for it goes on before this does.
        page.evaluate("import('/static/js/editor.js')")
        expect(page.get_by_role("heading", level=1)).to_have_text("Trending")
        expect(page).to_have_title(re.compile("Trending"))
        assert tab.errors == []


def test_the_dialog_tells_what_the_chosen_time_comes_too_late_for(dashboard: Dashboard, open_tab: OpenTab) -> None:
    save_newest(dashboard)
    with open_tab() as tab:
        page = tab.open(ADDRESS)
        set_value(page, "negative_delta_plays", "1012")
        page.get_by_role("button", name=re.compile("Review and publish")).click()
        dialog = page.get_by_role("dialog", name="Publish these thresholds?")
        publish = dialog.get_by_role("button", name="Publish", exact=True)
        note = dialog.get_by_role("status")
        expect(note).to_contain_text("Published as")
        expect(note).not_to_contain_text("already have a verdict")
        when = dialog.get_by_label(re.compile("In force from"))
        when.fill("1999-01-01T00:00:00")
        expect(note).to_contain_text("effective_from")
        expect(publish).to_be_disabled()
        when.fill("")
        expect(publish).to_be_enabled()
        dialog.get_by_role("button", name="Cancel").click()
