"""Parameters of SQL files: typed literals, nothing unknown, unused or left over, and no way out of a literal."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.render import SqlFile, SqlFileError, load, quote, render


def sql(text: str, name: str = "v") -> SqlFile:
    return SqlFile(Path(f"20_staging/{name}.sql"), "VIEW", name, text, frozenset(re.findall(r"\$\{([A-Z][A-Z0-9_]*)\}", text)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("jobs.render.SQL_DIR", tmp_path)
    return tmp_path


def test_load_strips_comments_and_finds_parameters(folder: Path) -> None:
    (folder / "v.sql").write_text(
        "-- Question: ${NOT_ONE}?\nCREATE TEMPORARY VIEW v AS\nSELECT ${A} AS a, ${B_2} AS b FROM t -- ${C}\n"
    )
    found = load("v.sql")
    assert (found.kind, found.name, found.parameters) == ("VIEW", "v", frozenset({"A", "B_2"}))
    assert "Question" not in found.text


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("v", "DROP VIEW v", "must hold one CREATE TEMPORARY"),
        ("v", "CREATE TEMPORARY VIEW v AS SELECT 1 AS a; SELECT 2", "must hold one CREATE TEMPORARY"),
        ("v", "CREATE TABLE v (a INT)", "must hold one CREATE TEMPORARY"),
        ("v", "", "must hold one CREATE TEMPORARY"),
        ("v", "CREATE TEMPORARY VIEW w AS SELECT 1 AS a", "creates or fills w"),
        ("v", "INSERT INTO w (a) SELECT a FROM b", "creates or fills w"),
    ],
)
def test_a_malformed_file_is_named(folder: Path, name: str, text: str, says: str) -> None:
    (folder / f"{name}.sql").write_text(text)
    with pytest.raises(SqlFileError) as raised:
        load(f"{name}.sql")
    assert says in raised.value.message
    assert str(folder / f"{name}.sql") in raised.value.message


def test_an_absent_file_is_named(folder: Path) -> None:
    with pytest.raises(SqlFileError, match=r"absent\.sql: cannot be read \(No such file"):
        load("absent.sql")


def test_a_parameter_without_a_value() -> None:
    with pytest.raises(SqlFileError) as raised:
        render(sql("SELECT ${A}, ${B}"), {"A": 1})
    assert raised.value.message == "sql/20_staging/v.sql: no value for ${B}"
    assert raised.value.hint == "known are A"


@pytest.mark.parametrize("text", ["SELECT ${a}", "SELECT ${A-B}", "SELECT $A", "SELECT ${}", "SELECT ${A", "SELECT '${1A}'"])
def test_a_name_that_is_none_is_left_over(text: str) -> None:
    with pytest.raises(SqlFileError, match="that is not a"):
        render(sql(text), {"A": 1})


def test_a_value_may_look_like_a_parameter() -> None:
    """Values are filled in once: what is in them is text."""
    assert render(sql("${A} ${B}"), {"A": "${B}", "B": "$x"}) == "'${B}' '$x'"


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (-3, "-3"),
        (0.5, "0.5"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("'; DROP TABLE t; --", "'''; DROP TABLE t; --'"),
        ("a\\'b", "'a\\''b'"),
        (timedelta(0), "INTERVAL '0 00:00:00.000' DAY TO SECOND(3)"),
        (timedelta(minutes=2), "INTERVAL '0 00:02:00.000' DAY TO SECOND(3)"),
        (timedelta(milliseconds=1500), "INTERVAL '0 00:00:01.500' DAY TO SECOND(3)"),
        (timedelta(days=99, hours=23, minutes=59, seconds=59), "INTERVAL '99 23:59:59.000' DAY TO SECOND(3)"),
    ],
)
def test_literals(value: str | bool | float | timedelta, literal: str) -> None:
    assert quote(value) == literal


@given(st.text())
def test_no_text_leaves_its_literal(value: str) -> None:
    literal = quote(value)
    assert literal[0] == literal[-1] == "'"
    assert "'" not in literal[1:-1].replace("''", "")
    assert literal[1:-1].replace("''", "'") == value


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=99)))
def test_an_interval_says_its_duration(value: timedelta) -> None:
    match = re.fullmatch(r"INTERVAL '(\d{1,2}) (\d\d):(\d\d):(\d\d)\.(\d{3})' DAY TO SECOND\(3\)", quote(value))
    assert match
    days, hours, minutes, seconds, milliseconds = map(int, match.groups())
    said = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    assert timedelta(0) <= value - said < timedelta(milliseconds=1)
