"""The threshold editor's routes over versions in memory: who may use them, what they refuse, what they publish."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.endpoints import Endpoints
from dashboards.web import editor as editor_module
from dashboards.web.editor import Editor
from dashboards.web.writing import WRITER_HEADER
from thresholds import change
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.merging import mark
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.publish import refuse_stale
from thresholds.text import to_yaml
from thresholds.versions import follow

from .asking import HOST, FakeBoards, app_of, ask, source_of

T0 = 1_767_571_200_000
TOKEN = "of-this-start"
SHIPPED = load_thresholds(SHIPPED_FILE)
TEXT = SHIPPED_FILE.read_text(encoding="utf-8")
EDITED = TEXT.replace("plays_per_hour: 6000}", "plays_per_hour: 6500}")


class Page:
    """The editor's page: a file, published versions in memory, and calls as the page makes them."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "thresholds.yaml"
        self.file.write_text(TEXT, encoding="utf-8")
        self.known = [follow([], SHIPPED, 0, T0, "tokpulse", "first")]
        endpoints = Endpoints({"CLICKHOUSE_URL": "http://127.0.0.1:1"}, folder / "env")
        self.app = app_of(source_of(FakeBoards()), Editor(lambda: endpoints, self.file, TOKEN).routes())

    @property
    def base(self) -> str:
        return self.known[-1].version

    def publish(
        self, _: Endpoints, wanted: Thresholds, from_ms: int, author: str, comment: str, base: str = ""
    ) -> ThresholdVersion:
        refuse_stale(self.known, base)
        self.known.append(follow(self.known, wanted, from_ms, T0, author, comment))
        return self.known[-1]

    def call(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {WRITER_HEADER: TOKEN, "Origin": f"http://{HOST}", **headers}
        return ask(self.app, f"/api/thresholds{path}", "GET" if body is None else "POST", sent, body)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    made = Page(tmp_path)
    monkeypatch.setattr(editor_module, "stored", lambda _: list(made.known))
    monkeypatch.setattr(editor_module, "sync", lambda _: [])
    monkeypatch.setattr(change, "publish", made.publish)
    monkeypatch.setattr(change, "judged_since", lambda *_: 7)
    return made


def error(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])


def test_without_the_editor_there_is_no_such_route() -> None:
    assert ask(app_of(source_of(FakeBoards())), "/api/thresholds", headers={WRITER_HEADER: TOKEN}).status_code == 404


@pytest.mark.parametrize("token", ["", "of-another-start", "of-this-start-not"])
@pytest.mark.parametrize(("path", "body"), [("", None), ("/check", {"text": "", "base": ""}), ("/apply", {})])
def test_only_the_token_of_this_start_opens_it(page: Page, token: str, path: str, body: Any) -> None:
    assert "printed" in error(page.call(path, body, **{WRITER_HEADER: token}), 403)["hint"]


@pytest.mark.parametrize("path", ["/check", "/backtest", "/preview", "/apply", "/rollback"])
def test_no_other_site_writes(page: Page, path: str) -> None:
    error(page.call(path, {"text": EDITED, "base": page.base}, Origin="http://evil.example"), 403)
    assert len(page.known) == 1


def test_it_opens_with_the_file_and_what_is_in_force(page: Page) -> None:
    page.publish(Endpoints({}, page.file), replace(SHIPPED, unknown_authors=7.0), 4 * T0, "ada", "later")
    opened = page.call("").json()
    assert (opened["file"]["text"], opened["file"]["problem"]) == (TEXT, "")
    assert (opened["in_force"], opened["newest"]) == (page.known[0].version, page.known[1].version)
    assert opened["thresholds"]["tiers"][0]["name"] == "small"
    newest, first = opened["versions"]
    assert (newest["planned"], first["planned"]) == (True, False)
    label = "Creators whose followers are not known: trends above (plays per hour)"
    assert newest["changes"] == [{"key": "trending.unknown_authors.plays_per_hour", "old": "100,000", "new": "7", "label": label}]
    assert opened["file"]["differs"] == 0
    assert first["text"] == to_yaml(SHIPPED)
    page.file.write_text(EDITED, encoding="utf-8")
    assert page.call("").json()["file"]["differs"] == 1
    page.file.unlink()
    file = page.call("").json()["file"]
    assert "cannot be read" in file["problem"]
    assert file["differs"] is None


def test_a_text_is_checked_by_the_loader_of_the_file(page: Page) -> None:
    text = EDITED.replace("within_hours: 2", "within_hours: 0")
    answer = page.call("/check", {"text": text, "base": page.base}).json()
    assert not answer["valid"]
    (problem,) = answer["problems"]
    assert (problem["key"], text.splitlines()[problem["line"] - 1].strip()) == (
        "followers.gains[0].within_hours",
        "- {gained: 50000, within_hours: 0}",
    )
    assert problem["label"] == "Follower alert 1: within (hours)"
    assert problem["reason"]
    assert problem["allowed"]


def test_problems_and_values_are_in_the_words_of_the_form(page: Page) -> None:
    text = EDITED.replace("from_followers: 10000,", "from_followers: 20000,").replace(
        "plays_per_hour: 30000}", "plays_per_hour: 0}"
    )
    answer = page.call("/check", {"text": text, "base": page.base}).json()
    assert [problem["label"] for problem in answer["problems"]] == [
        "Tier mid: trends above (plays per hour)",
        "Tier mid: from (followers)",
    ]
    assert "\u201cto below (followers)\u201d" in answer["problems"][1]["allowed"]
    assert {"Tier mid: name", "Tier mid: from (followers)"} <= {field["label"] for field in answer["fields"]}


def test_a_valid_text_shows_what_it_changes_and_where_its_values_stand(page: Page) -> None:
    answer = page.call("/check", {"text": f"# \N{PARTY POPPER}\n{EDITED}", "base": page.base}).json()
    label = "Tier small: trends above (plays per hour)"
    assert answer["changes"] == [{"key": "trending.tiers.small.plays_per_hour", "old": "6,000", "new": "6,500", "label": label}]
    field = next(one for one in answer["fields"] if one["key"] == "trending.tiers[0].plays_per_hour")
    units = f"# \N{PARTY POPPER}\n{EDITED}".encode("utf-16-le")
    assert units[2 * field["start"] : 2 * field["end"]].decode("utf-16-le") == field["value"] == "6500"


def test_applying_publishes_what_was_previewed(page: Page) -> None:
    body = {"text": EDITED, "base": page.base}
    preview = page.call("/preview", body).json()
    assert (preview["already"], [one["new"] for one in preview["changes"]]) == ("", ["6,500"])
    assert preview["note"].startswith("7 post-hours")
    assert len(page.known) == 1
    (said,) = page.call("/apply", body | {"comment": "quieter"}).json()["said"]
    assert said.startswith(f"published {page.base}")
    assert (page.known[-1].thresholds.tiers[0].plays_per_hour, page.known[-1].comment) == (6500, "quieter")
    assert page.file.read_text(encoding="utf-8") == TEXT, "the file is saved only when that is asked for"
    assert "nothing to publish" in page.call("/apply", body | {"base": page.base}).json()["said"][0]
    assert len(page.known) == 2


def test_the_file_is_saved_with_its_mode_when_asked_for(page: Page) -> None:
    page.file.chmod(0o640)
    body = {"text": EDITED, "base": page.base, "file_hash": page.call("").json()["file"]["hash"]}
    assert page.call("/apply", body).json()["said"][1] == f"saved {page.file}"
    assert page.file.read_text(encoding="utf-8") == f"{mark(page.known[1])}\n{EDITED}"
    assert stat.S_IMODE(page.file.stat().st_mode) == 0o640
    assert list(page.file.parent.iterdir()) == [page.file]


def test_a_file_that_somebody_changed_is_not_overwritten_and_nothing_is_published(page: Page) -> None:
    body = {"text": EDITED, "base": page.base, "file_hash": page.call("").json()["file"]["hash"]}
    page.file.write_text("# mine\n", encoding="utf-8")
    assert "somebody else" in error(page.call("/apply", body), 409)["message"]
    assert len(page.known) == 1
    assert page.file.read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize("path", ["/preview", "/apply", "/rollback"])
def test_of_two_editors_the_second_one_is_told_of_the_first(page: Page, path: str) -> None:
    base = page.base
    page.publish(Endpoints({}, page.file), replace(SHIPPED, unknown_authors=7.0), T0, "ada", "")
    body = {"version": "v1", "base": base} if path == "/rollback" else {"text": EDITED, "base": base}
    assert error(page.call(path, body), 409)["message"].startswith(f"ada published {page.base} at ")
    assert len(page.known) == 2


def test_a_text_that_takes_back_a_newer_version_is_published_over_it_only_when_that_is_said(page: Page) -> None:
    # The page was opened after the other's edit, with a file that is older.
    page.publish(Endpoints({}, page.file), replace(SHIPPED, unknown_authors=7.0), T0, "ada", "")
    body = {"text": EDITED, "base": page.base}
    for path in ("/preview", "/apply"):
        found = error(page.call(path, body), 409)
        assert found["newest"] == page.base
        assert [(key["key"], key["base"], key["newest"], key["file"], key["lost"]) for key in found["three_way"]] == [
            ("trending.tiers.small.plays_per_hour", "6,000", "6,000", "6,500", False),
            ("trending.unknown_authors.plays_per_hour", "100,000", "7", "100,000", True),
        ]
    assert "the newest version is" in error(page.call("/apply", body | {"over": "v1"}), 400)["message"]
    assert page.call("/preview", body | {"over": found["newest"]}).status_code == 200
    (said,) = page.call("/apply", body | {"over": found["newest"]}).json()["said"]
    assert said.startswith("published v3-")


def test_a_saved_file_names_the_version_that_it_became(page: Page) -> None:
    text = f"{mark(page.known[0])}\n{EDITED}"
    body = {"text": text, "base": page.base, "file_hash": page.call("").json()["file"]["hash"]}
    assert page.call("/apply", body).status_code == 200
    assert page.file.read_text(encoding="utf-8") == f"{mark(page.known[1])}\n{EDITED}"


def test_rolling_back_publishes_the_earlier_content_again(page: Page) -> None:
    page.call("/apply", {"text": EDITED, "base": page.base})
    first = page.known[0].version
    (said,) = page.call("/rollback", {"version": first, "base": page.base}).json()["said"]
    assert said.startswith("published v3-")
    assert (page.known[-1].thresholds, page.known[-1].comment) == (SHIPPED, f"back to {first}")
    assert "no version" in error(page.call("/rollback", {"version": "v9", "base": page.base}), 400)["message"]


def test_what_is_not_valid_is_not_published(page: Page) -> None:
    found = error(page.call("/apply", {"text": "trending: 1\n", "base": page.base}), 422)
    assert found["problems"][0]["line"] == 1
    assert len(page.known) == 1


BAD: Sequence[Any] = [[], {"text": 1, "base": ""}, {"text": ""}, {"text": "", "base": "", "sql": ""}, "x"]


@pytest.mark.parametrize("body", BAD)
def test_a_body_of_another_shape_is_refused(page: Page, body: Any) -> None:
    error(page.call("/check", body), 400)


def test_a_body_that_is_no_json_or_too_large_is_refused(page: Page) -> None:
    headers = {"Content-Type": "text/plain"}
    assert "not JSON" in error(page.call("/check", {"text": "", "base": ""}, **headers), 400)["message"]
    assert "larger" in error(page.call("/check", {"text": "x" * 3_000_000, "base": ""}), 400)["message"]
