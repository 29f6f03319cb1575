"""One HTTP request, read into what ClickHouse means by it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from stack.clickhouse import errors, forms
from stack.clickhouse.auth import User
from stack.clickhouse.errors import FrontError
from stack.clickhouse.guard import Guard
from stack.clickhouse.policy import READER_SETTINGS
from stack.clickhouse.sessions import DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S

# URL parameters that belong to the protocol; every other one is a setting.
PROTOCOL: Final = frozenset(
    {"query", "database", "user", "password", "default_format", "session_id", "session_timeout", "session_check"}
    | {"close_session", "query_id", "compress", "decompress", "buffer_size", "wait_end_of_query", "quota_key"}
    | {"stacktrace", "client_protocol_version", "http_write_exception_in_output_format"}
)
# Settings of the HTTP layer: the front acts on them or has no use for them.
HTTP_SETTINGS: Final = frozenset(
    {"enable_http_compression", "http_zlib_compression_level", "send_progress_in_http_headers"}
    | {"http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close", "http_wait_end_of_query"}
)

_TABLE_PARAMS: Final = ("_structure", "_types", "_format")


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose user is known. `headers` has lower-case names; `params` is the URL's.

    `tag` is unique; it goes along as log_comment, so that the statement can be found and stopped.
    """

    method: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    user: User
    query_id: str
    tag: str
    settings: dict[str, str] = field(repr=False)

    @property
    def query(self) -> str:
        """The statement, or its beginning, from the URL."""
        return self.params.get("query", "")

    @property
    def database(self) -> str:
        """The database to make current, or ""."""
        return self.params.get("database") or self.headers.get("x-clickhouse-database", "")

    @property
    def default_format(self) -> str | None:
        """The format for a statement that names none."""
        return self.params.get("default_format") or self.headers.get("x-clickhouse-format")

    @property
    def session_id(self) -> str:
        """The session to run in, or ""."""
        return self.params.get("session_id", "")

    @property
    def session_timeout_s(self) -> int:
        """How long the session stays after this request, in seconds."""
        return min(_whole(self.params, "session_timeout", DEFAULT_TIMEOUT_S), MAX_TIMEOUT_S)

    def flag(self, name: str) -> bool:
        """True if the parameter is set to something other than 0 or false."""
        return self.params.get(name, "0").lower() not in ("", "0", "false")

    def add_parameters(self, fields: Mapping[str, bytes]) -> None:
        """Take query parameters (`param_*`) from a form's fields."""
        for name, value in fields.items():
            if name.startswith("param_"):
                self.settings[name] = value.decode("utf-8", "replace")

    @property
    def accept_encoding(self) -> str:
        """The Accept-Encoding header, which ClickHouse heeds only with enable_http_compression."""
        return self.headers.get("accept-encoding", "") if self.flag("enable_http_compression") else ""


def parse_params(query_string: bytes) -> dict[str, str]:
    """The URL's parameters; the last of a repeated name wins. Raises FrontError 36 when malformed."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=1000, errors="strict")
    except (UnicodeDecodeError, ValueError) as exc:
        raise FrontError(errors.BAD_ARGUMENTS, "Cannot parse the URL's parameters") from exc
    return dict(pairs)


def build(method: str, headers: Mapping[str, str], params: Mapping[str, str], user: User, guard: Guard) -> Request:
    """Check the request's settings and return it.

    Raises FrontError: 452 for a setting nobody may change, 164 for one a read-only user may not, 497 for a role.
    """
    settings: dict[str, str] = {}
    is_form = forms.is_form(headers.get("content-type", ""))
    for name, value in params.items():
        if name == "role":
            raise FrontError(errors.ACCESS_DENIED, "A user has one role here, and no request can change it.")
        if name in PROTOCOL or name in HTTP_SETTINGS or (is_form and name.endswith(_TABLE_PARAMS)):
            continue
        if not name.startswith("param_"):
            if name == "readonly" and value in ("1", "2"):
                continue  # asks for less than it has; GET and read-only users are enforced anyway
            guard.check_setting(name)
            if user.reads_only:
                _check_reader_setting(name, value)
        settings[name] = value
    query_id = params.get("query_id") or headers.get("x-clickhouse-query-id") or str(uuid.uuid4())
    tag = settings.setdefault("log_comment", f"{_header_safe(query_id)}:{uuid.uuid4().hex[:12]}")
    return Request(method, headers, params, user, _header_safe(query_id), tag, settings)


def _check_reader_setting(name: str, value: str) -> None:
    if name not in READER_SETTINGS:
        raise FrontError(errors.READONLY, f"Cannot modify '{name}' setting in readonly mode.")
    limit = READER_SETTINGS[name]
    if limit is not None and not (value.isascii() and value.isdigit() and 0 < int(value[:18]) <= limit):
        raise FrontError(errors.SETTING_CONSTRAINT_VIOLATION, f"Setting {name} shouldn't be greater than {limit} for this user")


def _whole(params: Mapping[str, str], name: str, default: int) -> int:
    value = params.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        raise FrontError(errors.BAD_ARGUMENTS, f"Invalid {name}: {value[:20]!r}, want whole seconds")
    return int(value[:9])


def _header_safe(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable())[:200]
