"""The routes of saved views: who may use them, what they refuse, what is in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.web.app import create_app
from dashboards.web.views import MOST_VIEWS, Views
from dashboards.web.writing import WRITER_HEADER

from .asking import HOST, PAGE, FakeBoards, ask, source_of

TOKEN = "of-this-start"
VIEW = {"name": "Ada's week", "address": "/small?range=7d&creator=68,71&compare=week"}


class Page:
    """The page's calls, over a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.app = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), Path(__file__).parent, views=Views(file, TOKEN).routes())

    def call(self, path: str = "", body: Any = None, **headers: str) -> httpx.Response:
        sent = {WRITER_HEADER: TOKEN, "Origin": f"http://{HOST}", **headers}
        return ask(self.app, f"/api/views{path}", "GET" if body is None else "POST", sent, body)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path / "new" / "views.yaml")


def test_a_view_is_saved_listed_replaced_and_removed(page: Page) -> None:
    assert page.call().json() == {"views": []}
    assert not page.file.exists(), "looking makes no file"
    assert page.call("/save", VIEW).json() == {"views": [VIEW]}
    other = {"name": "\u00dcberblick: <b>", "address": "/"}
    page.call("/save", other)
    newer = {**VIEW, "address": "/small"}
    assert page.call("/save", newer).json() == {"views": [newer, other]}
    assert Page(page.file).call().json() == {"views": [newer, other]}, "after a restart"
    assert yaml.safe_load(page.file.read_text(encoding="utf-8")) == {"Ada's week": "/small", "\u00dcberblick: <b>": "/"}
    assert page.call("/remove", {"name": VIEW["name"]}).json() == {"views": [other]}
    assert page.call("/remove", {"name": VIEW["name"]}).status_code == 409


def test_a_name_that_somebody_wrote_as_a_number_is_a_name(page: Page) -> None:
    page.file.parent.mkdir()
    page.file.write_text("2026: /small\n", encoding="utf-8")
    assert page.call().json() == {"views": [{"name": "2026", "address": "/small"}]}


def test_only_the_own_page_with_the_token_may(page: Page) -> None:
    assert page.call(**{WRITER_HEADER: "guessed"}).status_code == 403
    assert page.call("/save", VIEW, **{WRITER_HEADER: ""}).status_code == 403
    assert page.call("/save", VIEW, Origin="http://evil.example").status_code == 403
    assert not page.file.exists()
    plain = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), Path(__file__).parent)
    assert ask(plain, "/api/views", headers={WRITER_HEADER: TOKEN}).status_code == 404
    assert (ask(plain, "/api/pages").json()["views"], ask(page.app, "/api/pages").json()["views"]) == (False, True)


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"address": text}
            for text in ("", "small", "//evil.example/", "https://evil.example", "/a/b", "/a?b c", "javascript:alert(1)")
        ),
        {"address": "/a?" + "x" * 4_000},
        *({"name": text} for text in ("", "  ", "a\nb", "x" * 81)),
        {"why": "?"},
    ],
)
def test_what_the_page_would_not_send_is_refused(page: Page, change: dict[str, str]) -> None:
    answer = page.call("/save", {**VIEW, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["hint"]
    assert not page.file.exists()


@pytest.mark.parametrize("text", ["[", "- a\n", "a: //evil.example/\n", "a: 7\n", "\ufeff\x00", "? [1]\n: /a\n"])
def test_a_file_that_holds_something_else_is_named_and_left_alone(page: Page, text: str) -> None:
    page.file.parent.mkdir()
    page.file.write_text(text, encoding="utf-8")
    for answer in (page.call(), page.call("/save", VIEW)):
        assert answer.status_code == 500
        assert answer.json()["error"]["message"].startswith("views.yaml")
    assert page.file.read_text(encoding="utf-8") == text


def test_there_is_an_end_to_it(page: Page) -> None:
    page.file.parent.mkdir()
    page.file.write_text("".join(f"v{number}: /small\n" for number in range(MOST_VIEWS)), encoding="utf-8")
    assert page.call("/save", VIEW).status_code == 409
    assert page.call("/save", {**VIEW, "name": "v7"}).status_code == 200


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=80).map(str.strip).filter(lambda name: bool(name) and name.isprintable()))
def test_any_name_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    page = Page(tmp_path_factory.mktemp("views") / "views.yaml")
    assert page.call("/save", {"name": name, "address": "/small"}).json() == {"views": [{"name": name, "address": "/small"}]}
