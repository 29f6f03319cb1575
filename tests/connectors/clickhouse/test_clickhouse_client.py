"""Which errors are worth a retry, and what is shown of the others: the address, never the password."""

from __future__ import annotations

import http.client
import logging
import socket
from typing import NoReturn

import clickhouse_connect
import pytest
import urllib3.exceptions
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from connectors.clickhouse.client import ClickHouseUnavailableError, connect, is_transient, unavailable

URL = "http://tokpulse:s3cret@127.0.0.1:8123/tokpulse"


def coded(kind: type[ClickHouseError], message: str, code: int | None) -> ClickHouseError:
    error = kind(message)
    error.code = code  # type: ignore[attr-defined]  # set by the client where the server gave one
    return error


@pytest.mark.parametrize(
    "error",
    [
        coded(DatabaseError, "TOO_MANY_PARTS", 252),
        coded(DatabaseError, "MEMORY_LIMIT_EXCEEDED", 241),
        coded(DatabaseError, "TOO_MANY_SIMULTANEOUS_QUERIES", 202),
        coded(OperationalError, "connection refused", None),
        coded(DatabaseError, "HTTP driver received HTTP status 503", None),
        ConnectionResetError("peer"),
        ConnectionRefusedError("nobody"),
        BrokenPipeError("gone"),
        TimeoutError("late"),
        urllib3.exceptions.ProtocolError("half a reply"),
        http.client.IncompleteRead(b""),
    ],
    ids=repr,
)
def test_worth_a_retry(error: BaseException) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        coded(DatabaseError, "UNKNOWN_TABLE", 60),
        coded(DatabaseError, "AUTHENTICATION_FAILED", 516),
        coded(OperationalError, "TYPE_MISMATCH", 53),
        coded(DatabaseError, "HTTP driver received HTTP status 404", None),
        ValueError("a bug"),
        KeyError("a bug"),
    ],
    ids=repr,
)
def test_not_worth_a_retry(error: BaseException) -> None:
    assert not is_transient(error)


@pytest.mark.parametrize("code", [192, 193, 194, 516])
def test_a_refused_password_names_the_user(code: int) -> None:
    error = unavailable(URL, coded(DatabaseError, "no", code))
    assert "refuses the password of user tokpulse" in error.message
    assert "s3cret" not in str(error)


def test_any_other_error_is_one_line_without_the_password() -> None:
    error = unavailable(URL, OperationalError(f"cannot reach {URL}\nand a trace"))
    assert error.message.startswith("ClickHouse at http://tokpulse:***@127.0.0.1:8123/tokpulse cannot be used: cannot reach")
    assert "\n" not in error.message
    assert "s3cret" not in str(error)
    assert "OperationalError" in unavailable(URL, OperationalError("")).message


def chained(last: ClickHouseError, *first: BaseException) -> ClickHouseError:
    """`last`, raised from the others, as the client does it."""
    above: BaseException = last
    for error in first:
        above.__cause__ = error
        above = error
    return last


NO_ANSWER = [
    (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
    (socket.gaierror(-2, "Name or service not known"), "unknown host"),
    (TimeoutError("late"), "timed out"),
    (urllib3.exceptions.ConnectTimeoutError("late"), "timed out"),
]


def failing(monkeypatch: pytest.MonkeyPatch, last: Exception) -> None:
    def get_client(**_: object) -> NoReturn:
        raise last

    monkeypatch.setattr(clickhouse_connect, "get_client", get_client)


@pytest.mark.parametrize(("innermost", "says"), NO_ANSWER, ids=repr)
def test_no_answer_is_said_in_few_words_and_tried_again(monkeypatch: pytest.MonkeyPatch, innermost: Exception, says: str) -> None:
    failing(
        monkeypatch,
        chained(OperationalError(f"Error HTTPConnectionPool {URL}"), urllib3.exceptions.ConnectTimeoutError(), innermost),
    )
    with pytest.raises(ClickHouseUnavailableError) as raised:
        connect(URL)
    assert raised.value.message == f"ClickHouse at http://tokpulse:***@127.0.0.1:8123/tokpulse does not answer ({says})"
    assert raised.value.__cause__ is not None
    assert is_transient(raised.value.__cause__)


def test_a_wrong_password_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, coded(DatabaseError, "AUTHENTICATION_FAILED", 516))
    with pytest.raises(ClickHouseUnavailableError, match="refuses the password") as raised:
        connect(URL)
    assert raised.value.__cause__ is not None
    assert not is_transient(raised.value.__cause__)


def test_what_the_server_said_comes_before_what_the_connection_did() -> None:
    error = chained(coded(DatabaseError, "UNKNOWN_TABLE", 60), TimeoutError("an earlier attempt"))
    assert "cannot be used: UNKNOWN_TABLE" in unavailable(URL, error).message


def test_the_clients_warnings_do_not_reach_stderr(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one of them comes with an exception. pytest's own handlers would hide the matter, hence without the root logger's."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logging.getLogger("clickhouse_connect.driver._backend.http_sync").warning("Unexpected Http Driver Exception")
    assert capsys.readouterr().err == ""
