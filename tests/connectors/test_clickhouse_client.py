"""Which errors are worth a retry, and what is shown of the others: the address, never the password."""

from __future__ import annotations

import http.client

import pytest
import urllib3.exceptions
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from connectors.clickhouse_client import is_transient, unavailable

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
