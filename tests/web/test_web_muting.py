"""The routes of the mute button: who may use them, what they refuse, what they keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.mutes import Mute, MuteError, Subject
from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.endpoints import Endpoints
from dashboards.web import muting as muting_module
from dashboards.web.app import create_app
from dashboards.web.muting import Muting
from dashboards.web.writing import WRITER_HEADER

from .asking import HOST, PAGE, FakeBoards, ask, source_of

TOKEN = "of-this-start"
POST = {"what": "post", "value": "7591601747171865119"}


class Page:
    """The page's calls, over mutes in memory."""

    def __init__(self, folder: Path) -> None:
        self.mutes: list[Mute] = []
        endpoints = Endpoints({"CLICKHOUSE_URL": "http://127.0.0.1:1"}, folder / "env")
        routes = Muting(lambda: endpoints, TOKEN).routes()
        self.app = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), folder, muting=routes)

    def call(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {WRITER_HEADER: TOKEN, "Origin": f"http://{HOST}", **headers}
        return ask(self.app, f"/api/mutes{path}", "GET" if body is None else "POST", sent, body)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    made = Page(tmp_path)

    class Client:
        def close(self) -> None:
            pass

    def add(client: Any, url: str, subject: Subject, for_ms: int, author: str, comment: str, now_ms: int) -> Mute:
        made.mutes.append(Mute(subject, 1_000 + for_ms, 1_000, author, comment))
        return made.mutes[-1]

    def remove(client: Any, url: str, subject: Subject, author: str, now_ms: int) -> None:
        if all(mute.subject != subject for mute in made.mutes):
            raise MuteError(f"{subject} is not muted", "")
        made.mutes = [mute for mute in made.mutes if mute.subject != subject]

    monkeypatch.setattr(muting_module, "connect", lambda *_: Client())
    monkeypatch.setattr(muting_module, "in_force", lambda *_: list(made.mutes))
    monkeypatch.setattr(muting_module, "add", add)
    monkeypatch.setattr(muting_module, "remove", remove)
    return made


def test_a_mute_is_added_listed_and_removed(page: Page) -> None:
    added = page.call("/add", {**POST, "minutes": 60})
    assert added.json() == {**POST, "until_ms": 3_601_000}
    assert page.call("/add", {"what": "hashtag", "value": "Pasta", "minutes": 1}).json()["value"] == "pasta"
    assert [mute["value"] for mute in page.call("").json()["mutes"]] == [POST["value"], "pasta"]
    # Who made it is not told.
    assert all("author" not in mute for mute in page.call("").json()["mutes"])
    assert page.call("/remove", POST).json() == {**POST, "until_ms": None}
    assert page.call("/remove", POST).status_code == 409


def test_without_the_option_there_is_no_such_route(page: Page, tmp_path: Path) -> None:
    plain = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), tmp_path)
    assert ask(plain, "/api/mutes", headers={WRITER_HEADER: TOKEN}).status_code == 404
    assert ask(plain, "/api/pages").json()["muting"] is False
    assert ask(page.app, "/api/pages").json()["muting"] is True


@pytest.mark.parametrize("token", ["", "of-another-start"])
@pytest.mark.parametrize(("path", "body"), [("", None), ("/add", {**POST, "minutes": 60}), ("/remove", POST)])
def test_only_the_token_of_this_start_opens_it(page: Page, token: str, path: str, body: Any) -> None:
    answer = page.call(path, body, **{WRITER_HEADER: token})
    assert answer.status_code == 403
    assert "may not mute alerts" in answer.json()["error"]["message"]
    assert page.mutes == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example:8050"}],
)
def test_another_site_cannot_mute(page: Page, headers: dict[str, str]) -> None:
    assert page.call("/add", {**POST, "minutes": 60}, **headers).status_code in (403, 421)
    assert page.mutes == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        POST,
        {**POST, "minutes": 0},
        {**POST, "minutes": 366 * 24 * 60 + 1},
        {**POST, "minutes": 60, "author": "somebody else"},
        {"what": "post", "value": "7' OR 1", "minutes": 60},
        {"what": "creator", "value": "@anna", "minutes": 60},
        {"what": "hashtag", "value": "a b", "minutes": 60},
        {"what": "page", "value": "7", "minutes": 60},
        {**POST, "minutes": 60, "comment": "x" * 501},
    ],
)
def test_what_the_page_does_not_send_is_refused(page: Page, body: Any) -> None:
    assert page.call("/add", body).status_code == 400
    assert page.mutes == []


def test_a_clickhouse_that_is_away_is_said(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ClickHouseUnavailableError("ClickHouse at x does not answer")

    monkeypatch.setattr(muting_module, "connect", away)
    assert page.call("/add", {**POST, "minutes": 60}).status_code == 503
