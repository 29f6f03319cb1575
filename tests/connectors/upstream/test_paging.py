"""The end of a list and the next page, in every spelling; waits; files of codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.upstream.codes import CodesFileError, load_codes
from connectors.upstream.fields import UnreadableError, ValueKind, converted, whole
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


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        (ValueKind.TEXT, 5, "5"),
        (ValueKind.TEXT, "", ""),
        (ValueKind.NULLABLE, "", None),
        (ValueKind.PARENT, "0", None),
        (ValueKind.PARENT, 0, None),
        (ValueKind.PARENT, "7", "7"),
        (ValueKind.ID, 7109178205151464746, "7109178205151464746"),
        (ValueKind.COUNTER, "11907467940", 11907467940),
        (ValueKind.NUMBER, -5, -5),
        (ValueKind.FLAG, 1, True),
    ],
)
def test_values(kind: ValueKind, value: object, good: object) -> None:
    assert converted(kind, value) == good


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (ValueKind.TEXT, "\ud800", "expected Unicode, found half of a surrogate pair"),
        (ValueKind.TEXT, "x" * 40_000, "expected at most 32768 characters, found 40000"),
        (ValueKind.TEXT, [], "expected a string, found a list"),
        (ValueKind.ID, "", "expected an id, found an empty string"),
        (ValueKind.ID, 7.1e18, r"expected a string, found 7\.1e\+18"),
        (ValueKind.ID, "a b", "expected an id of at most 128 letters and digits, found 'a b'"),
        (ValueKind.ID, "9" * 129, "expected an id of at most 128 letters and digits"),
        (ValueKind.ID, 10**400, "expected a string, found an integer of more than 40 digits"),
        (ValueKind.COUNTER, -977433948, "expected an integer from 0 to 9223372036854775807, found -977433948"),
        (ValueKind.COUNTER, 2**63, "expected an integer from 0 to"),
        (ValueKind.COUNTER, "1.2M", "expected an integer, found '1.2M'"),
        (ValueKind.COUNTER, True, "expected an integer, found true"),
        (ValueKind.NUMBER, 1.5, "expected an integer"),
        (ValueKind.FLAG, 5, "expected true or false, found 5"),
    ],
)
def test_values_that_are_none(kind: ValueKind, value: object, problem: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{problem}"):
        converted(kind, value)
