"""The end of a list and the next page, in every spelling; waits; files of codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.upstream.codes import CodesFileError, load_codes
from connectors.upstream.fields import BadFieldError, Item, whole
from connectors.upstream.model import Answer, Failure
from connectors.upstream.paging import CURSOR, MAX_TIME, MIN_TIME, NEXT_CURSOR, OFFSET, PAGE, TIME, BadCursorError, Paging
from connectors.upstream.retry_after import retry_after_s


@pytest.mark.parametrize(
    ("paging", "body", "following"),
    [
        (CURSOR, {"cursor": "1696827055000", "hasMore": True}, "1696827055000"),
        (CURSOR, {"cursor": 20, "has_more": 1}, "20"),
        (CURSOR, {"cursor": 20, "has_more": 0}, None),
        (CURSOR, {"cursor": "1", "hasMore": False}, None),
        (CURSOR, {"cursor": 0, "hasMore": "false"}, None),
        (CURSOR, {"cursor": 20}, "20"),
        (CURSOR, {}, None),
        (CURSOR, {"cursor": 7109178205151464746, "hasMore": True}, "7109178205151464746"),
        (TIME, {"time": 1763000000, "hasMore": True}, "1763000000"),
        (NEXT_CURSOR, {"nextCursor": "MTIt==", "has_more": 1}, "MTIt=="),
        (NEXT_CURSOR, {"nextCursor": 1615902725060022, "hasMore": True}, "1615902725060022"),
        (NEXT_CURSOR, {"nextCursor": "1", "hasMore": False}, None),
        (NEXT_CURSOR, {"nextCursor": ""}, None),
        (OFFSET, {"offset": 30, "has_more": 1}, "30"),
        (MIN_TIME, {"min_time": 1656095348, "has_more": 1}, "1656095348"),
        (MAX_TIME, {"max_time": "1656095348", "has_more": True}, "1656095348"),
        (PAGE, {"page": 2, "hasMore": True}, "2"),
    ],
)
def test_the_next_page(paging: Paging, body: dict[str, Any], following: str | None) -> None:
    assert paging.following(body) == following


@pytest.mark.parametrize(
    ("paging", "body", "problem"),
    [
        (CURSOR, {"hasMore": True}, "cursor: expected a number, found nothing"),
        (CURSOR, {"hasMore": True, "cursor": 1.5e12}, r"cursor: expected a number, found 1500000000000\.0"),
        (CURSOR, {"hasMore": True, "cursor": -1}, "cursor: expected a number, found -1"),
        (CURSOR, {"hasMore": True, "cursor": "abc"}, "cursor: expected a number, found 'abc'"),
        (CURSOR, {"hasMore": True, "cursor": True}, "cursor: expected a number, found true"),
        (NEXT_CURSOR, {"hasMore": 1, "nextCursor": []}, "nextCursor: expected a string, found a list"),
        (NEXT_CURSOR, {"hasMore": 1, "nextCursor": "\n"}, "nextCursor: expected a string"),
    ],
)
def test_cursors_that_lead_nowhere(paging: Paging, body: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadCursorError, match=problem):
        paging.following(body)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"RETRY-AFTER": " 7 "}, 7.0),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "9" * 11}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT"}, 20.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT", "Date": "Thu, 01 Jan 1970 00:00:25 GMT"}, 5.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT", "Date": "x"}, 20.0),
        ({"Retry-After": "Thu, 01 Jan 99999 00:00:30 GMT"}, None),
    ],
)
def test_waits(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(Answer(503, headers, b"", 10_000)) == seconds


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("retry: {500: a_b}\nskip: {500: c_d}", "500 is both retry and skip"),
        ("retry: {500: Not good}", "retry.500"),
        ("retyr: {}", "retyr"),
        ("retry: [", "codes.yaml: "),
        ("- 1", "codes.yaml: "),
    ],
)
def test_files_of_codes_are_checked(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "x_codes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CodesFileError, match=problem):
        load_codes(path)


def test_a_good_file_of_codes(tmp_path: Path) -> None:
    path = tmp_path / "x_codes.yaml"
    path.write_text("fatal: {401: key_refused}\nretry_after_s: {401: 5}", encoding="utf-8")
    codes = load_codes(path)
    assert codes.classes == {401: (Failure.FATAL, "key_refused")}
    assert codes.retry_after_s == {401: 5.0}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        ("-5", -5),
        (5.0, 5),
        (2**63, 2**63),
        (str(10**19), 10**19),
        (2.0**53, None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ("", None),
        (" 5", None),
        ("5.0", None),
        ("٥", None),
        ("1e3", None),
        ("9" * 21, None),
        ([], None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole(value) == number


def test_texts() -> None:
    item = Item({"n": 5, "half": "\ud800", "empty": "", "null": None, "flag": 1}, "x")
    assert item.text("n") == "5"
    assert item.text("gone", default="d") == "d"
    assert item.identifier("null", default="d") == "d"
    assert item.optional("empty") is None
    assert [item.prose("null"), item.prose("empty"), item.prose("n")] == ["", "", "5"]
    assert item.flag("flag") is True
    for name, problem in (("half", r"x\.half: expected Unicode"), ("null", r"x\.null: expected a string, found null")):
        with pytest.raises(BadFieldError, match=problem):
            item.text(name)
    with pytest.raises(BadFieldError, match=r"x\.gone: expected a string, found nothing"):
        item.prose("gone")
    with pytest.raises(BadFieldError, match=r"x\.empty: expected an id, found an empty string"):
        item.identifier("empty")
    with pytest.raises(BadFieldError, match=r"x\.n: expected true or false, found 5"):
        item.flag("n")
