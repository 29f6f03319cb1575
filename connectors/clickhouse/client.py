"""clickhouse-connect clients from a DSN, and which of their errors are worth a retry."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import urllib3.exceptions
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from connectors.endpoints import mask_password
from connectors.errors import TokpulseError

# Codes that pass by themselves: timeouts, too many queries or parts, memory, network, read-only replica, shutting down.
TRANSIENT_CODES = frozenset(
    {159, 160, 164, 198, 202, 203, 209, 210, 236, 241, 242, 243, 252, 279, 285, 286, 319, 394, 425, 439, 999}
)
# The user is not known, or another password is.
NOT_LET_IN_CODES = frozenset({192, 193, 194, 516})
_STATUS_HINT = "`tokpulse status` shows whether the local one runs"
_HTTP_TRANSIENT = ("HTTP driver received HTTP status 429", "HTTP status 502", "HTTP status 503", "HTTP status 504")
_NO_ANSWER: tuple[tuple[type[Exception], str], ...] = (
    (ConnectionRefusedError, "connection refused"),
    (socket.gaierror, "unknown host"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted: name it by ?ca_cert=FILE in the address"),
    (TimeoutError, "timed out"),
    (urllib3.exceptions.TimeoutError, "timed out"),
)

# The client's warnings come before an exception that says the same. Without any handler, Python would print them on stderr.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())


class ClickHouseUnavailableError(TokpulseError):
    """ClickHouse cannot be reached, or refuses the user; the message names the address, never the password."""


def connect(url: str, answer_within_s: int = 60, database: str | None = None) -> Client:
    """A client without a session, so that threads and tasks can share it; `database` instead of the one in `url`.

    Raises ClickHouseUnavailableError.
    """
    other: dict[str, Any] = {} if database is None else {"database": database}
    try:
        return clickhouse_connect.get_client(
            dsn=url,
            # Without this the client decides by the port whether to use TLS.
            interface=urlsplit(url).scheme,
            autogenerate_session_id=False,
            client_name="tokpulse",
            send_receive_timeout=answer_within_s,
            **other,
        )
    except ClickHouseError as error:
        # The cause tells whether it is worth another try.
        raise unavailable(url, error) from error


def unavailable(url: str, error: Exception) -> ClickHouseUnavailableError:
    """The one-line error for a ClickHouse that does not answer as it should."""
    shown, user = mask_password(url), urlsplit(url).username or "default"
    if getattr(error, "code", None) in NOT_LET_IN_CODES:
        return ClickHouseUnavailableError(
            f"ClickHouse at {shown} refuses the password of user {user}", "correct CLICKHOUSE_URL, or run `tokpulse up` again"
        )
    # With a code, the server has answered.
    no_answer = "" if getattr(error, "code", None) else _no_answer(error)
    if no_answer:
        return ClickHouseUnavailableError(f"ClickHouse at {shown} does not answer ({no_answer})", _STATUS_HINT)
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ClickHouseUnavailableError(f"ClickHouse at {shown} cannot be used: {mask_password(first)[:300]}", _STATUS_HINT)


def _no_answer(error: BaseException) -> str:
    """Why no connection came about, in few words; empty when something else is wrong."""
    causes = list(_causes(error))
    # In this order: urllib3's error for a refused connection is one of its timeouts too.
    for kind, words in _NO_ANSWER:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what led to it. urllib3 sets some of its causes as context only."""
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or following.__context__


def is_transient(error: BaseException) -> bool:
    """Whether the same insert may succeed later: the server was away, busy, or the reply was lost."""
    if isinstance(error, ClickHouseError):
        code = getattr(error, "code", None)
        if code is not None:
            return code in TRANSIENT_CODES
        return isinstance(error, OperationalError) or any(text in str(error) for text in _HTTP_TRANSIENT)
    return isinstance(error, ConnectionError | TimeoutError | urllib3.exceptions.HTTPError | http.client.HTTPException)
