"""Fills `${NAME}` parameters of SQL files: typed literals only, unknown, unused and left-over names refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.paths import SQL_DIR

Literal = str | bool | int | float | timedelta | Mapping[str, str]
_PARAMETER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_COMMENT = re.compile(r"--[^\n]*")
_STRING = re.compile(r"'(?:[^']|'')*'")
_OBJECT = re.compile(
    r"^\s*(?:CREATE\s+TEMPORARY\s+(?P<kind>TABLE|VIEW|FUNCTION)|(?P<insert>INSERT)\s+INTO)\s+`?(?P<name>\w+)`?", re.IGNORECASE
)


class SqlFileError(TokpulseError):
    """A SQL file is missing, malformed or wants a parameter that nobody gives; the message names file and parameter."""


@dataclass(frozen=True)
class SqlFile:
    """One statement: `path` relative to `sql/`, comments stripped, parameters still open."""

    path: Path
    kind: str
    name: str
    text: str
    parameters: frozenset[str]


def load(path: str) -> SqlFile:
    """Reads `sql/<path>`. Raises SqlFileError when it is absent, or does not hold one statement named as the file is."""
    file = SQL_DIR / path
    try:
        raw = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SqlFileError(f"{file}: cannot be read ({error.strerror})", "every statement of a job is a file below sql/") from None
    statement = read(Path(path), raw)
    if statement.name != file.stem:
        raise SqlFileError(f"{file}: creates or fills {statement.name}", f"name the file {statement.name}.sql")
    return statement


def code(text: str) -> str:
    """`text` without comments."""
    return _COMMENT.sub("", text).strip()


def read(path: Path, raw: str) -> SqlFile:
    """The statement `raw` of `sql/<path>`. Raises SqlFileError when it is not one that a job may have."""
    text = code(raw)
    match = _OBJECT.match(text)
    if match is None or ";" in _STRING.sub("", text):
        raise SqlFileError(
            f"{SQL_DIR / path}: must hold one CREATE TEMPORARY TABLE, VIEW or FUNCTION, or one INSERT INTO, without `;`",
            "split it into one file per statement",
        )
    kind = "INSERT" if match["insert"] else match["kind"].upper()
    return SqlFile(path, kind, match["name"], text, frozenset(_PARAMETER.findall(text)))


def quote(value: Literal) -> str:
    """`value` as a Flink SQL literal: strings quoted, booleans as TRUE/FALSE, durations (below 100 days) as an INTERVAL.

    A mapping becomes further options of a WITH clause, each with a comma before it.
    """
    if isinstance(value, Mapping):
        return "".join(f",\n  {quote(name)} = {quote(text)}" for name, text in value.items())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, timedelta):
        hours, seconds = divmod(value.seconds, 3600)
        clock = f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}.{value.microseconds // 1000:03}"
        return f"INTERVAL '{value.days} {clock}' DAY TO SECOND(3)"
    return "'" + value.replace("'", "''") + "'"


def render(file: SqlFile, parameters: Mapping[str, Literal]) -> str:
    """The statement with its parameters filled in. Raises SqlFileError for a parameter without a value."""
    missing = sorted(file.parameters - parameters.keys())
    if missing:
        raise SqlFileError(f"sql/{file.path}: no value for ${{{missing[0]}}}", f"known are {', '.join(sorted(parameters))}")
    text = _PARAMETER.sub(lambda match: quote(parameters[match[1]]), file.text)
    # Values may hold anything; what is checked is the file itself, where `$` has no other meaning.
    if "$" in _PARAMETER.sub("", file.text):
        raise SqlFileError(
            f"sql/{file.path}: a `$` that is not a ${{NAME}} parameter", "names are upper-case letters, digits and _"
        )
    return text
