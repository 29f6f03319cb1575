"""Nobody reads or writes outside the database, and readers write nothing: against the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import READER, WRITER, FrontProcess
from .statements import ORDINARY, READS_OUTSIDE, WRITES_OUTSIDE

pytestmark = pytest.mark.clickhouse

IN_DATA = ("INSERT INTO tokpulse.sink VALUES (", "INSERT INTO tokpulse.sink FORMAT Values (")
TOKEN = "tokpulse-canary-4711"


@pytest.fixture(scope="module")
def secret(front: FrontProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.txt"
    path.write_text(TOKEN)
    made = front.post("CREATE TABLE IF NOT EXISTS tokpulse.sink (a String) ENGINE = Memory")
    assert made.status_code == 200, made.text
    return path


@pytest.mark.parametrize("user", [WRITER, READER], ids=["writer", "reader"])
@pytest.mark.parametrize("sql", READS_OUTSIDE + WRITES_OUTSIDE)
def test_nothing_reaches_outside(front: FrontProcess, secret: Path, user: tuple[str, str], sql: str) -> None:
    answer = front.post(sql.replace("SECRET", str(secret)), user=user)
    assert TOKEN not in answer.text
    assert list(secret.parent.iterdir()) == [secret]
    if sql.startswith(IN_DATA) and user is WRITER:
        # Expressions in data are not evaluated; what is no literal is an error, or text.
        assert TOKEN not in front.post("SELECT * FROM tokpulse.sink").text
    else:
        assert answer.status_code >= 400, answer.text


def test_identifier_parameters_name_no_function(front: FrontProcess, secret: Path) -> None:
    sql = f"SELECT arrayMap({{f:Identifier}}, ['{secret}'])"
    for name in ("file", "`file`", "FILE"):
        answer = front.post(sql, param_f=name, session_id="bypass")
        assert answer.status_code >= 400
        assert TOKEN not in answer.text
    assert front.post("SELECT 1", param_f="file", session_id="bypass").text == "1\n"
    assert front.post(sql, session_id="bypass").headers["X-ClickHouse-Exception-Code"] == "456"


@pytest.mark.parametrize("user", [WRITER, READER], ids=["writer", "reader"])
@pytest.mark.parametrize("sql", ORDINARY)
def test_ordinary_reading_works(front: FrontProcess, user: tuple[str, str], sql: str) -> None:
    if user is READER and any(part in sql for part in ("SETTINGS", "zeros(", "FROM format(")):
        pytest.skip("readonly = 1 refuses settings in the text, and these two functions, as on a server")
    if user is READER and any(part in sql for part in ("merge('system'", "TABLE system.one")):
        pytest.skip("a reader has grants on the masked views alone, as on a server")
    answer = front.post(sql, user=user, param_p="1")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO tokpulse.sink VALUES ('x')",
        "INSERT INTO tokpulse.sink SELECT 'x'",
        "WITH 1 AS x INSERT INTO tokpulse.sink SELECT 'x'",
        "/* SELECT */ INSERT INTO tokpulse.sink SELECT 'x'",
        "CREATE TABLE tokpulse.mine (a Int8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE mine (a Int8)",
        "CREATE VIEW tokpulse.mine AS SELECT 1",
        "CREATE DATABASE mine",
        "ALTER TABLE tokpulse.sink DELETE WHERE 1",
        "DELETE FROM tokpulse.sink WHERE 1",
        "DROP TABLE tokpulse.sink",
        "TRUNCATE TABLE tokpulse.sink",
        "RENAME TABLE tokpulse.sink TO tokpulse.sunk",
        "OPTIMIZE TABLE tokpulse.sink",
        "DETACH TABLE tokpulse.sink",
        "KILL QUERY WHERE 1",
        "SYSTEM STOP MERGES",
        "SET readonly = 0",
        "SET max_execution_time = 0",
        "USE tokpulse",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1 SETTINGS max_result_rows = 0",
    ],
)
def test_a_reader_changes_nothing(front: FrontProcess, secret: Path, sql: str) -> None:
    before = front.post("SELECT count() FROM tokpulse.sink").text
    answer = front.post(sql, user=READER, session_id="reader-session")
    assert answer.headers.get("X-ClickHouse-Exception-Code") in ("164", "452"), answer.text
    assert front.post("SELECT count() FROM tokpulse.sink").text == before


def test_a_readers_limits_hold(front: FrontProcess) -> None:
    for name, value in (("max_execution_time", "0"), ("max_execution_time", "3600"), ("max_result_rows", "0")):
        assert front.post("SELECT 1", user=READER, **{name: value}).headers["X-ClickHouse-Exception-Code"] == "452"
    assert front.post("SELECT 1", user=READER, max_insert_threads="1").headers["X-ClickHouse-Exception-Code"] == "164"
    assert front.post("SELECT getSetting('max_execution_time')", user=READER).text == "60\n"
    assert front.post("SELECT number FROM numbers(100)", user=READER, max_result_rows="10").headers[
        "X-ClickHouse-Exception-Code"
    ] == "396"  # fmt: skip
    slow = front.post("SELECT sleepEachRow(0.5) FROM numbers(8) SETTINGS max_block_size = 1", user=READER)
    assert slow.status_code >= 400
