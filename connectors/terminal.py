"""The one way to a terminal and to a log: nothing that others wrote moves a cursor, changes colours or the direction of writing.

Commands print by `say`, or by a console of connectors.console; loggers get handlers of `log_handler`. tests/laws enforces it.
"""

from __future__ import annotations

import logging
import re
import sys
import unicodedata
from typing import TextIO

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_UNUSUAL = re.compile(r"[^\n\x20-\x7e]")


def printable(text: str, *, lines: bool = True) -> str:
    """`text` with everything escaped that a terminal would not show as it is: `\\x1b`, `\\u202e`. Spaces of any width stay.

    Line ends stay too, unless `lines` is False: for text that others wrote and that belongs on one line.
    """
    text = _UNUSUAL.sub(_escaped, text)
    return text if lines else text.replace("\n", "\\n")


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def say(text: str = "", *, err: bool = False, end: str = "\n", stream: TextIO | None = None) -> None:
    """Prints `text`, escaped, on stdout, stderr (`err`) or `stream`, at once."""
    stream = stream or (sys.stderr if err else sys.stdout)
    # Half of a surrogate pair has no UTF-8; other terminals know fewer characters.
    shown = printable(text).encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8")
    print(shown, file=stream, end=end, flush=True)


class LogFormatter(logging.Formatter):
    """One line per record, escaped, and escaped lines of its traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's own line."""
        return printable(super().formatMessage(record), lines=False)

    def formatException(self, ei: object) -> str:
        """The traceback, whose last line may be what others wrote."""
        return printable(super().formatException(ei))  # type: ignore[arg-type]  # typed by a private name


def log_handler(stream: TextIO, form: str = LOG_FORMAT) -> logging.Handler:
    """A handler that writes to `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormatter(form))
    return handler
