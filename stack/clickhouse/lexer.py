"""Split a ClickHouse statement into tokens, the way the engine's own lexer does.

Where the engine is lenient and two lexers could disagree (nested comments, typographic
quotes, `//`, `$odd tags$`), this one refuses: a statement the front misreads must not reach
the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from stack.clickhouse.errors import SYNTAX_ERROR, FrontError


class Kind(Enum):
    """What a token is; comments and white space produce none."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is lower case for words and signs, the unquoted name for quoted
    identifiers, the quoted source for strings, empty for numbers. `start`/`end` are byte offsets."""

    kind: Kind
    text: str
    start: int
    end: int

    def word(self, *names: str) -> bool:
        """True for an unquoted word among `names` (given in lower case)."""
        return self.kind is Kind.WORD and self.text in names

    @property
    def is_name(self) -> bool:
        """True for what can name something: a word, or a quoted identifier."""
        return self.kind in (Kind.WORD, Kind.QUOTED)


_SCAN: Final = re.compile(
    rb"""
      (?P<space>[ \t\n\r\f\v]+)
    | (?P<comment>--[^\n]*|\#[ !][^\n]*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)
    | (?P<string>[xXbB]?'(?:[^'\\]|\\.|'')*')
    | (?P<back>`(?:[^`\\]|\\.|``)*`)
    | (?P<double>"(?:[^"\\]|\\.|"")*")
    | (?P<heredoc>\$(?P<tag>[A-Za-z0-9_]*)\$.*?\$(?P=tag)\$)
    | (?P<number>[0-9][A-Za-z0-9_]*(?:\.[0-9][A-Za-z0-9_]*)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<sign>->|::|\|\||==|!=|<=>|<=|>=|<>|@@|[()\[\]{},;.+*/%=<>?:|@^&~!-])
    """,
    re.VERBOSE | re.DOTALL,
)
_REFUSED: Final = {b"//": "'//' comments", b"/*": "an unclosed or nested comment"}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)


def tokens(text: bytes, start: int = 0) -> Iterator[Token]:
    """Yield the tokens of `text` from byte `start` on, lazily.

    Lazy, because what follows the head of an INSERT is data, not SQL.
    Raises FrontError 62 at the first byte that is no token.
    """
    position, size = start, len(text)
    while position < size:
        if text[position : position + 2] == b"//":
            raise _refusal(text, position)
        match = _SCAN.match(text, position)
        if match is None:
            raise _refusal(text, position)
        begin, position = match.span()
        group = match.lastgroup if match.lastgroup != "tag" else "heredoc"
        if group in ("space", "comment"):
            continue
        raw = match.group().decode("utf-8", "replace")
        if group == "word":
            yield Token(Kind.WORD, raw.lower(), begin, position)
        elif group in ("back", "double"):
            yield Token(Kind.QUOTED, _unquote(raw), begin, position)
        elif group in ("string", "heredoc"):
            yield Token(Kind.STRING, raw, begin, position)
        elif group == "number":
            yield Token(Kind.NUMBER, "", begin, position)
        else:
            yield Token(Kind.SIGN, raw, begin, position)


def _unquote(raw: str) -> str:
    quote, inner = raw[0], raw[1:-1]
    return _ESCAPE.sub(_unescape, inner.replace(quote * 2, quote))


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if len(code) == 3:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, code)


def _refusal(text: bytes, position: int) -> FrontError:
    seen = text[position : position + 20].decode("utf-8", "replace")
    what = _REFUSED.get(text[position : position + 2], "no token")
    return FrontError(SYNTAX_ERROR, f"Syntax error: failed at position {position + 1} ({seen}): {what} (SYNTAX_ERROR)")
