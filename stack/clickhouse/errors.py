"""ClickHouse's numbered errors, and the HTTP status each one travels with."""

from __future__ import annotations

import re
from typing import Final

BAD_ARGUMENTS: Final = 36
CANNOT_DECOMPRESS: Final = 271
CHECKSUM_MISMATCH: Final = 40
NOT_IMPLEMENTED: Final = 48
SYNTAX_ERROR: Final = 62
UNKNOWN_SETTING: Final = 115
INCORRECT_DATA: Final = 117
READONLY: Final = 164
QUERY_IS_TOO_LARGE: Final = 191
REQUIRED_PASSWORD: Final = 194
NETWORK_ERROR: Final = 210
NO_FREE_CONNECTION: Final = 203
QUERY_WAS_CANCELLED: Final = 394
SESSION_NOT_FOUND: Final = 372
SESSION_IS_LOCKED: Final = 373
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
SETTING_CONSTRAINT_VIOLATION: Final = 452
UNKNOWN_QUERY_PARAMETER: Final = 456
ACCESS_DENIED: Final = 497
AUTHENTICATION_FAILED: Final = 516
STD_EXCEPTION: Final = 1001

_NAMES: Final = {
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    CANNOT_DECOMPRESS: "CANNOT_DECOMPRESS",
    CHECKSUM_MISMATCH: "CHECKSUM_DOESNT_MATCH",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    UNKNOWN_SETTING: "UNKNOWN_SETTING",
    INCORRECT_DATA: "INCORRECT_DATA",
    READONLY: "READONLY",
    QUERY_IS_TOO_LARGE: "QUERY_IS_TOO_LARGE",
    REQUIRED_PASSWORD: "REQUIRED_PASSWORD",
    NETWORK_ERROR: "NETWORK_ERROR",
    NO_FREE_CONNECTION: "NO_FREE_CONNECTION",
    QUERY_WAS_CANCELLED: "QUERY_WAS_CANCELLED",
    SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
    SESSION_IS_LOCKED: "SESSION_IS_LOCKED",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    SETTING_CONSTRAINT_VIOLATION: "SETTING_CONSTRAINT_VIOLATION",
    UNKNOWN_QUERY_PARAMETER: "UNKNOWN_QUERY_PARAMETER",
    ACCESS_DENIED: "ACCESS_DENIED",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    STD_EXCEPTION: "STD_EXCEPTION",
}

# Error codes that a real server does not answer with 500.
_STATUS: Final[dict[int, int]] = {
    **dict.fromkeys((REQUIRED_PASSWORD, AUTHENTICATION_FAILED, 192, 193), 401),
    **dict.fromkeys((ACCESS_DENIED, 512), 403),
    **dict.fromkeys(
        (6, 15, 16, 25, 26, 27, 36, 38, 41, 44, 53, 62, 69, 72, 117, 167, 168, 223, 276, 321, 427, 441, 442, 675, 676),
        400,
    ),
    **dict.fromkeys((30, 46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511, 9), 404),
    **dict.fromkeys((QUERY_IS_TOO_LARGE,), 413),
    **dict.fromkeys((NOT_IMPLEMENTED,), 501),
    **dict.fromkeys((76, 209, 439, TOO_MANY_SIMULTANEOUS_QUERIES, NO_FREE_CONNECTION), 503),
    **dict.fromkeys((159,), 408),
    **dict.fromkeys((381,), 411),
    **dict.fromkeys((415,), 415),
}

_ENGINE_PREFIX: Final = re.compile(r"Code: (\d+)\. DB::Exception: ")
_VERSION_TAIL: Final = re.compile(r" \(version [0-9.]+[^()]*\)")


class FrontError(Exception):
    """A ClickHouse error. `code` is ClickHouse's number, `str()` the line clients parse."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """HTTP status a ClickHouse server uses for this code."""
        return _STATUS.get(self.code, 500)

    def __str__(self) -> str:
        name = _NAMES.get(self.code)
        tail = f" ({name})" if name and not self.message.rstrip().endswith(")") else ""
        return f"Code: {self.code}. DB::Exception: {self.message}{tail}"


def from_engine(exc: BaseException) -> FrontError:
    """Turn whatever chdb raised into a FrontError.

    chdb wraps an error's text once or twice ("Code: 27. DB::Exception: Code: 27. ..."),
    and prefixes streaming errors with words of its own; only ClickHouse's part is kept.
    """
    if isinstance(exc, FrontError):
        return exc
    text = str(exc)
    match = _ENGINE_PREFIX.search(text)
    if match is None:
        return FrontError(STD_EXCEPTION, text or type(exc).__name__)
    code, rest = int(match.group(1)), text[match.end() :]
    nested = _ENGINE_PREFIX.match(rest)
    while nested is not None:
        code, rest = int(nested.group(1)), rest[nested.end() :]
        nested = _ENGINE_PREFIX.match(rest)
    return FrontError(code, _VERSION_TAIL.sub("", rest).rstrip())
