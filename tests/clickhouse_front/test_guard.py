"""What a statement is, and what is refused, without an engine."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.clickhouse.errors import FrontError
from stack.clickhouse.guard import Guard
from stack.clickhouse.lexer import Kind, tokens
from stack.clickhouse.policy import is_forbidden_setting

from .statements import ORDINARY, READS_OUTSIDE, WRITES_OUTSIDE

GUARD = Guard(frozenset({"brandnewsource"}))
# The engine refuses these by itself: they name a table, not a function.
BY_THE_ENGINE = ("SELECT * FROM 'SECRET'", "SELECT * FROM `SECRET`", "SELECT * FROM default.`SECRET`")
# Their data is not read by the guard; run.py has the engine take literals only.
IN_DATA = ("INSERT INTO tokpulse.sink VALUES (", "INSERT INTO tokpulse.sink FORMAT Values (")


@pytest.mark.parametrize("sql", READS_OUTSIDE + WRITES_OUTSIDE)
def test_what_reaches_outside_is_refused(sql: str) -> None:
    if sql in BY_THE_ENGINE or sql.startswith(IN_DATA):
        return
    with pytest.raises(FrontError) as caught:
        GUARD.read(sql.encode())
    assert caught.value.code in (62, 452, 497)


@pytest.mark.parametrize("sql", ORDINARY)
def test_ordinary_reading_passes(sql: str) -> None:
    assert GUARD.read(sql.encode()).reads_only


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (engine String, file_name String) ENGINE = ReplacingMergeTree(v) ORDER BY engine",
        "CREATE MATERIALIZED VIEW m TO t AS SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT * FROM t FINAL",
        "CREATE TABLE IF NOT EXISTS db.t ON CLUSTER c (a Int8) ENGINE MergeTree ORDER BY a",
        "ALTER TABLE t MODIFY SETTING non_replicated_deduplication_window = 100",
        "INSERT INTO t SELECT * FROM numbers(3)",
        "WITH 1 AS x INSERT INTO t SELECT x",
        "EXPLAIN INSERT INTO t SELECT 1",
        "DROP TABLE IF EXISTS t SYNC",
        "DELETE FROM t WHERE a = 1",
        "OPTIMIZE TABLE t FINAL",
        "RENAME TABLE a TO b",
        "SET max_threads = 1",
        "SYSTEM STOP MERGES t",
        "ATTACH TABLE t",
    ],
)
def test_ordinary_writing_passes_and_counts_as_writing(sql: str) -> None:
    assert not GUARD.read(sql.encode()).reads_only


def test_a_table_function_of_a_newer_engine_is_refused() -> None:
    with pytest.raises(FrontError):
        GUARD.read(b"SELECT * FROM brandNewSource('x')")


@pytest.mark.parametrize(
    ("text", "head", "fmt", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\x01\x02", "INSERT INTO t", "Native", b"\x01\x02"),
        (b"INSERT INTO t (a, b) FORMAT CSV\r\n1,2", "INSERT INTO t (a, b)", "CSV", b"1,2"),
        (b"insert into t(a) values (1), (2)", "insert into t(a)", "Values", b" (1), (2)"),
        (b"INSERT INTO t SETTINGS x=1 FORMAT JSONEachRow {}", "INSERT INTO t SETTINGS x=1", "JSONEachRow", b"{}"),
        (b"-- c\nINSERT INTO t\nVALUES ('it''s')", "-- c\nINSERT INTO t", "Values", b" ('it''s')"),
        (b"INSERT INTO `values` (`format`) FORMAT TSV\n\n1", "INSERT INTO `values` (`format`)", "TSV", b"\n1"),
        (b"INSERT INTO format VALUES (1)", "INSERT INTO format", "Values", b" (1)"),
        (b"INSERT INTO t (a)\n", "INSERT INTO t (a)", None, b""),
    ],
)
def test_an_insert_is_split_into_head_and_data(text: bytes, head: str, fmt: str | None, data: bytes) -> None:
    statement = GUARD.read(text)
    assert statement.is_insert_data
    assert (statement.text.strip(), statement.format, text[statement.data_start :]) == (head, fmt, data)


@pytest.mark.parametrize(
    ("sql", "fmt"),
    [
        ("SELECT 1 FORMAT JSON", "json"),
        ("SELECT 1 SETTINGS max_threads = 1 FORMAT CSV;", "csv"),
        ("SELECT format('{}', 1) FROM (SELECT 1)", None),
    ],
)
def test_the_format_is_found(sql: str, fmt: str | None) -> None:
    found = GUARD.read(sql.encode()).format
    assert (found.lower() if found else found) == fmt


@pytest.mark.parametrize("text", [b"", b" ; ", b"-- nothing", b"SELEC 1", b"SELECT 'open", b"SELECT \xe2\x80\x9cx\xe2\x80\x9d"])
def test_what_is_no_statement_is_a_syntax_error(text: bytes) -> None:
    with pytest.raises(FrontError) as caught:
        GUARD.read(text)
    assert caught.value.code == 62


def test_identifier_parameters_must_come_with_the_request_and_name_no_function() -> None:
    statement = GUARD.read(b"SELECT arrayMap({F:Identifier}, ['/etc/hostname'])")
    GUARD.check_identifiers(statement, {"param_F": "length"})
    for settings, code in (({}, 456), ({"param_F": "file"}, 497), ({"param_F": "`FILE`"}, 497)):
        with pytest.raises(FrontError) as caught:
            GUARD.check_identifiers(statement, settings)
        assert caught.value.code == code
    with pytest.raises(FrontError):
        GUARD.check_identifiers(statement, {"param_f": "file", "param_F": "length"})


@pytest.mark.parametrize("name", ["dialect", "enable_trino_dialect", "format_template_row", "readonly", "profile"])
def test_dangerous_settings(name: str) -> None:
    assert is_forbidden_setting(name)
    assert is_forbidden_setting(name.upper())


@given(st.binary(max_size=200))
def test_no_input_breaks_the_guard(text: bytes) -> None:
    with contextlib.suppress(FrontError):
        GUARD.read(text)


@given(st.text(max_size=60))
def test_a_quoted_string_is_one_token(text: str) -> None:
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    found = list(tokens(f"SELECT {literal}, 1".encode()))
    assert [token.kind for token in found] == [Kind.WORD, Kind.STRING, Kind.SIGN, Kind.NUMBER]
