"""Decide what a statement is and whether the front lets it through.

The engine refuses most outward-reaching things itself, because its one user lacks the
grants (users.xml). This module covers what the embedded engine does not check (files named
in a statement, executable dictionaries, Python objects), refuses what a server would also
refuse over HTTP (several statements), and keeps read-only users to reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from stack.clickhouse import errors
from stack.clickhouse.errors import FrontError
from stack.clickhouse.lexer import Kind, Token, tokens
from stack.clickhouse.policy import (
    ATTACHABLE,
    CREATABLE,
    DROPPABLE,
    FORBIDDEN_FUNCTIONS,
    FORBIDDEN_NAMES,
    READING,
    REFUSED,
    STREAMABLE_READS,
    STRUCTURED_FUNCTIONS,
    SYSTEM_COMMANDS,
    TABLE_ENGINES,
    TABLE_FUNCTIONS,
    WRITING,
    is_forbidden_setting,
)
from stack.clickhouse.roles import borrows_rights, hidden_from_readers

_COLUMN_EXPRESSION: Final = re.compile(rb"default|materialized|alias|ephemeral|\\|schema", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement the guard has read.

    `verb` is its first word, lower case. `format` is the FORMAT named in it, or None.
    For an INSERT with data `is_insert_data` is True, `text` ends before VALUES/FORMAT and
    the data starts at byte `data_start` of the text given to `read`. `identifiers` are the
    query parameters used as {name:Identifier}, to be given to `check_identifiers`. `borrows_rights`
    and `hidden` are what roles.py has to say of it.
    """

    verb: str
    text: str
    reads_only: bool
    streams: bool
    format: str | None = None
    is_insert_data: bool = False
    data_start: int = 0
    identifiers: frozenset[str] = frozenset()
    borrows_rights: bool = False
    hidden: str | None = None


class Guard:
    """Reads statements; one instance serves all threads.

    `table_functions` are the names the running engine knows; those not on the allow-list
    are refused together with the fixed list, so that a new engine version adds no hole.
    """

    def __init__(self, table_functions: frozenset[str] = frozenset()) -> None:
        self._forbidden_functions = FORBIDDEN_FUNCTIONS | (table_functions - TABLE_FUNCTIONS)

    def read(self, text: bytes) -> Statement:
        """Classify one statement.

        Raises FrontError 62 (no single well-formed statement) or 497 (refused for everyone).
        """
        head = _insert_head(text)
        if head is not None:
            end, fmt, data_start = head
            words = list(tokens(text[:end]))
            self._inspect(words)
            return Statement("insert", _sql(text[:end]), False, False, fmt, True, data_start, _identifiers(words))
        words = list(tokens(text))
        while words and words[-1].text == ";":
            words.pop()
        if not words:
            raise FrontError(errors.SYNTAX_ERROR, "Syntax error: Empty query")
        self._inspect(words)
        verb = next((t.text for t in words if t.text != "("), "")
        reads = self._verb_is_allowed(verb, words)
        streams = verb in STREAMABLE_READS and reads
        body = _sql(text[: words[-1].end])
        return Statement(
            *(verb, body, reads, streams, _format_of(text, words)),
            identifiers=_identifiers(words),
            borrows_rights=borrows_rights(verb, words),
            hidden=hidden_from_readers(verb, words),
        )

    def check_setting(self, name: str) -> None:
        """Raise FrontError 452 when nobody may set `name` over HTTP."""
        if is_forbidden_setting(name):
            raise FrontError(errors.SETTING_CONSTRAINT_VIOLATION, f"Setting {name} should not be changed")

    def check_identifiers(self, statement: Statement, settings: Mapping[str, str]) -> None:
        """Raise FrontError if an identifier parameter is missing (456) or names a refused function (497)."""
        for name in statement.identifiers:
            given = [value for key, value in settings.items() if key.lower() == f"param_{name.lower()}"]
            if not given:
                raise FrontError(errors.UNKNOWN_QUERY_PARAMETER, f"Substitution `{name}` is not set")
            if any(re.sub(r"\W", "", value).lower() in FORBIDDEN_NAMES or "\\" in value for value in given):
                raise _denied(f"parameter {name} names a function that reaches outside the database")

    def _inspect(self, words: list[Token]) -> None:
        depth, in_settings = 0, words[0].word("set")
        for index, token in enumerate(words):
            before = words[index - 1].text if index else ""
            after = words[index + 1].text if index + 1 < len(words) else ""
            if token.kind is Kind.SIGN:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                _inspect_sign(token.text, after)
            if token.word("outfile", "infile"):
                raise _denied(f"{token.text.upper()} would use files of the server")
            if token.word("parallel") and after == "with":
                raise FrontError(errors.SYNTAX_ERROR, "Syntax error: Multi-statements are not allowed")
            if not token.is_name:
                continue
            name = token.text.lower()
            in_settings = in_settings or (token.word("settings") and before != "." and _opens_settings(words, index))
            if name in FORBIDDEN_NAMES and before != ".":
                raise _denied(f"function {name} reaches outside the database (write a column as t.{name})")
            if after == "(":
                self._inspect_call(name, words, index)
            elif in_settings and after in ("=", "==", ",", ")", ""):
                self.check_setting(name)
            if depth == 0 and token.word("engine"):
                _inspect_engine(words, index)

    def _inspect_call(self, name: str, words: list[Token], index: int) -> None:
        if name in self._forbidden_functions:
            raise _denied(f"function or table function {name} reaches outside the database")
        if name == "source":
            _inspect_dictionary_source(words, index)
        if name in STRUCTURED_FUNCTIONS:
            _inspect_structure(name, words, index)

    def _verb_is_allowed(self, verb: str, words: list[Token]) -> bool:
        """True if the statement only reads. Raises FrontError when it is allowed to nobody."""
        if verb in READING:
            return not (verb == "explain" and _has_writing_word(words)) and not _inserts(words)
        if verb in REFUSED:
            raise _denied(f"{verb.upper()} is not served")
        if verb not in WRITING:
            raise FrontError(errors.SYNTAX_ERROR, f"Syntax error: failed at position 1 ({verb[:40]}): not a statement")
        named = [t.text for t in words[1:8]]
        if verb == "set" and named[:1] in (["role"], ["default"]):
            raise _denied("a user has one role, and no statement can change it")
        if verb in ("create", "replace") and not _first(named, ("or", "replace", "temporary", "materialized"), CREATABLE):
            raise _denied("only databases, tables, views, dictionaries and indexes can be created")
        if verb == "drop" and not _first(named, ("temporary",), DROPPABLE):
            raise _denied("only databases, tables, views, dictionaries and indexes can be dropped")
        if verb == "alter" and not named[:1] == ["table"]:
            raise _denied("only ALTER TABLE is served")
        bare = _first(named, (), ATTACHABLE) and not any(t.word("from", "uuid") for t in words)
        if verb == "attach" and not bare:
            raise _denied("ATTACH takes a name only, no path and no UUID")
        if verb == "system" and not any(" ".join(named).startswith(c) for c in SYSTEM_COMMANDS):
            raise _denied("this SYSTEM command is not served")
        return False


def _insert_head(text: bytes) -> tuple[int, str | None, int] | None:
    """(end of the head, format, start of the data) of an INSERT that carries data, else None."""
    depth, previous = 0, Token(Kind.SIGN, "", 0, 0)
    stream = tokens(text)
    first = next(stream, None)
    if first is None or not first.word("insert"):
        return None
    end = first.end
    for token in stream:
        if token.word("select", "with", "watch", "explain") and (depth == 0 or previous.text == "("):
            return None
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
        elif depth == 0 and token.word("infile", "outfile", "from"):
            return None
        elif depth == 0 and token.word("values") and not previous.word("function", "into", "table") and previous.text != ".":
            return token.start, "Values", token.end
        elif depth == 0 and token.word("format") and not previous.word("into", "table") and previous.text != ".":
            name = next(stream, None)
            if name is None or not name.is_name:
                raise FrontError(errors.SYNTAX_ERROR, "Syntax error: FORMAT wants a name")
            return (
                token.start,
                _name(text, name),
                _data_start(text, name.end),
            )
        elif token.text == ";":
            break
        end, previous = token.end, token
    return end, None, len(text)


def _data_start(text: bytes, position: int) -> int:
    """Data begins after the format's name, blanks, and at most one line end."""
    while position < len(text) and text[position : position + 1] in (b" ", b"\t", b"\f"):
        position += 1
    if text[position : position + 2] == b"\r\n":
        return position + 2
    return position + 1 if text[position : position + 1] == b"\n" else position


def _format_of(text: bytes, words: list[Token]) -> str | None:
    depth, name = 0, None
    for index, token in enumerate(words[:-1]):
        if token.kind is Kind.SIGN and token.text in "()[]{}":
            depth += 1 if token.text in "([{" else -1
        elif depth == 0 and index and token.word("format") and words[index + 1].is_name:
            name = _name(text, words[index + 1])
    return name


def _name(text: bytes, token: Token) -> str:
    """A name as it was written, without quotes (tokens are in lower case)."""
    return text[token.start : token.end].decode("ascii", "replace").strip('`"')


def _inspect_sign(sign: str, after: str) -> None:
    if sign == ";":
        raise FrontError(errors.SYNTAX_ERROR, "Syntax error: Multi-statements are not allowed")
    if sign == "}" and after == "(":
        raise _denied("a query parameter cannot name a function")


def _inspect_engine(words: list[Token], index: int) -> None:
    """Check the name after a table's or database's ENGINE; elsewhere the word means nothing."""
    at = index + 2 if index + 1 < len(words) and words[index + 1].text == "=" else index + 1
    creates = words[0].word("create", "replace", "attach", "alter")
    if creates and at < len(words) and words[at].is_name and words[at].text.lower() not in TABLE_ENGINES:
        raise _denied(f"table engine {words[at].text} is not on the list of engines that keep data inside")


def _opens_settings(words: list[Token], index: int) -> bool:
    """True if the word SETTINGS at `index` opens a list (`a = 1, b`), rather than naming something."""
    if index + 1 >= len(words) or not words[index + 1].is_name:
        return False
    return index + 2 == len(words) or words[index + 2].text in ("=", "==", ",", ")") or words[index + 2].word("format")


def _identifiers(words: list[Token]) -> frozenset[str]:
    """Names of the {name:Identifier} parameters. Views may not have any: they are bound later.

    Tokens are in lower case, parameter names are not: `check_identifiers` compares without case.
    """
    names = frozenset(
        words[at].text
        for at in range(1, len(words) - 2)
        if words[at - 1].text == "{" and words[at + 1].text == ":" and words[at + 2].text.lower() == "identifier"
    )
    if names and words[0].word("create", "replace", "alter") and any(t.word("view") for t in words[1:6]):
        raise _denied("a view cannot have Identifier parameters")
    return names


def _inspect_dictionary_source(words: list[Token], index: int) -> None:
    kind = words[index + 2].text.lower() if index + 2 < len(words) else ""
    if kind not in ("clickhouse", "null"):
        raise _denied(f"dictionary source {kind or '?'} reaches outside the database")
    depth = 0
    for token in words[index + 1 :]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return
        if token.is_name and token.text.lower() in (
            "host",
            "query",
            "where",
            "invalidate_query",
            "port",
            "name",
            "update_field",
        ):
            raise _denied(f"{token.text.upper()} in a dictionary source is not served, only DB and TABLE")


def _inspect_structure(name: str, words: list[Token], index: int) -> None:
    """Column lists given as text may hold DEFAULT expressions, which nothing else checks."""
    depth = 0
    for token in words[index + 1 :]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return
        if depth > 1:
            raise _denied(f"{name} takes literals only")
        if token.kind is Kind.STRING and _COLUMN_EXPRESSION.search(token.text.encode()):
            raise _denied(f"{name} takes column names and types only")


def _has_writing_word(words: list[Token]) -> bool:
    return any(t.kind is Kind.WORD and t.text in ("insert", "create", "alter", "drop", "system") for t in words[1:6])


def _inserts(words: list[Token]) -> bool:
    return any(t.word("insert") and n.word("into") for t, n in pairwise(words))


def _first(named: list[str], skip: tuple[str, ...], allowed: frozenset[str]) -> bool:
    rest = [word for word in named if word not in skip]
    return bool(rest) and rest[0] in allowed


def _sql(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        raise FrontError(errors.BAD_ARGUMENTS, "The query is not valid UTF-8") from exc


def _denied(why: str) -> FrontError:
    return FrontError(errors.ACCESS_DENIED, f"Refused by the HTTP front: {why}")
