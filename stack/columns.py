"""Just enough reading of DDL, of Flink's and of ClickHouse's, to tell columns and their types. Quoted strings never mislead it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from jobs import graph
from jobs.render import code

# Of an arrow or a comparison, which stands between blanks; each of one character's length.
_UNEQUAL = re.compile(r"(?<=\s)[<>](?=[\s=])|(?<=[<-])>|(?<=\s)<(?=>)")
_TABLE = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:\$\{DATABASE\}_\w+\.)?(\w+)")
_MERGED = re.compile(r"^(?:SimpleAggregateFunction\(\w+, |LowCardinality\()(.*)\)$")
_ALTERED = re.compile(r"ALTER\s+TABLE\s+(\w+)\s+(.*)$", re.IGNORECASE | re.DOTALL)
_ADDED = re.compile(r"ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?(.*?)(?:\s+AFTER\s+(\w+))?$", re.IGNORECASE | re.DOTALL)
_DROPPED = re.compile(r"DROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?(\w+)$", re.IGNORECASE)
_NO_COLUMN = re.compile(r"(?:MODIFY\s+(?:QUERY|TTL|SETTING)|(?:ADD|DROP|MATERIALIZE)\s+INDEX|MATERIALIZE\s+COLUMN|UPDATE)\b", re.I)
_TARGET = re.compile(r"CREATE\s.*?\bTO\s+(\w+)", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """A column of a DDL: `type` is "" for a computed one; `rest` is what follows the type (METADATA ..., NOT NULL, COMMENT ...)."""

    name: str
    type: str
    rest: str = ""


def masked(text: str) -> str:
    """`text` without comments, every quoted string of the same length but empty of meaning."""
    return graph.masked(code(text))


def split_list(text: str) -> list[str]:
    """The items of a comma-separated list; commas in brackets and strings do not count. `ROW<` opens one, `a < b` does not."""
    shape, depth, items, begin = _UNEQUAL.sub(" ", masked(text)), 0, [], 0
    text = code(text)
    for position, char in enumerate(shape):
        depth += (char in "([<") - (char in ")]>")
        if char == "," and depth == 0:
            items.append(text[begin:position].strip())
            begin = position + 1
    return [*items, text[begin:].strip()]


def bracket(text: str, begin: int = 0) -> str:
    """What is inside the first round bracket of `text` at or after `begin`."""
    shape, text = masked(text), code(text)
    start = shape.index("(", begin)
    depth = 0
    for position in range(start, len(shape)):
        depth += (shape[position] == "(") - (shape[position] == ")")
        if depth == 0:
            return text[start + 1 : position]
    raise ValueError("a bracket is not closed")


def ddl_columns(statement: str) -> list[Column]:
    """The columns that a CREATE declares, in order; WATERMARK, PRIMARY KEY and the like are left out."""
    columns = []
    for item in split_list(bracket(statement)):
        match = re.match(r"`?(\w+)`?\s+(.*)$", item, re.DOTALL)
        assert match, item
        name, rest = match[1], match[2].strip()
        if name.upper() in ("WATERMARK", "PRIMARY", "CONSTRAINT", "INDEX", "PROJECTION"):
            continue
        if re.match(r"AS\b", rest, re.IGNORECASE):
            columns.append(Column(name, "", rest))
            continue
        kind = re.match(r"[\w.]+(?:\s*<.*>)?", rest, re.DOTALL)
        assert kind, item
        end = kind.end() + (len(bracket(rest, kind.end())) + 2 if rest[kind.end() :].startswith("(") else 0)
        columns.append(Column(name, _in_one_line(rest[:end]), rest[end:].strip()))
    return columns


def _in_one_line(kind: str) -> str:
    return re.sub(r"(?<=\() | (?=\))", "", " ".join(kind.split()))


def table_columns(statements: Iterable[str]) -> dict[str, list[Column]]:
    """The columns of each table by its name, after the CREATE and ALTER `statements` in their order.

    Raises ValueError for a change of a table that is not there, or that this does not know how to read.
    """
    columns: dict[str, list[Column]] = {}
    for statement in statements:
        if created := _TABLE.match(statement):
            columns[created[1]] = ddl_columns(statement)
        elif (altered := _ALTERED.match(statement)) and not _NO_COLUMN.match(altered[2]):
            if altered[1] not in columns:
                raise ValueError(f"alters {altered[1]}, which no file before it creates")
            for change in split_list(altered[2]):
                _change(columns[altered[1]], change)
    return columns


def plain(column: Column) -> Column:
    """`column` of a table as a reader has it when its rows are merged: without SimpleAggregateFunction and LowCardinality."""
    return Column(column.name, _MERGED.sub(r"\1", column.type))


def target(materialized_view: str) -> str:
    """The table that a materialized view fills."""
    match = _TARGET.match(materialized_view)
    assert match, materialized_view
    return match[1]


def _change(columns: list[Column], change: str) -> None:
    if dropped := _DROPPED.match(change):
        columns[:] = [column for column in columns if column.name != dropped[1]]
        return
    match = _ADDED.match(change)
    if match is None:
        raise ValueError(f"is a change that stack/columns.py cannot read: {change}")
    (column,) = ddl_columns(f"({match[1]})")
    names = [known.name for known in columns]
    columns.insert(names.index(match[2]) + 1 if match[2] else len(columns), column)
