"""Just enough reading of SQL for the laws: comments off, lists split, names found. Quoted strings never mislead it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs import graph

from .repository import ROOT

FOLDERS = ("05_functions", "10_sources", "20_staging", "30_marts", "40_sinks", "50_inserts", "60_accounts")
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True)
class Column:
    """A column of a DDL: `type` is "" for a computed one; `rest` is what follows the type (METADATA ..., NOT NULL, COMMENT ...)."""

    name: str
    type: str
    rest: str = ""


def code(text: str) -> str:
    """`text` without comments."""
    return _COMMENT.sub("", text).strip()


def masked(text: str) -> str:
    """`text` without comments, every quoted string of the same length but empty of meaning."""
    return graph.masked(code(text))


def split_list(text: str) -> list[str]:
    """The items of a comma-separated list; commas in brackets and strings do not count."""
    shape, depth, items, begin = masked(text), 0, [], 0
    text = code(text)
    for position, char in enumerate(shape):
        depth += (char in "([<") - (char in ")]>" and shape[position - 1 : position + 1] != "->")
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
    """The columns of a CREATE TABLE of Flink or ClickHouse, in order; WATERMARK, PRIMARY KEY and the like are left out."""
    found = []
    for item in split_list(bracket(statement)):
        match = re.match(r"`?(\w+)`?\s+(.*)$", item, re.DOTALL)
        assert match, item
        name, rest = match[1], match[2].strip()
        if name.upper() in ("WATERMARK", "PRIMARY", "CONSTRAINT", "INDEX", "PROJECTION"):
            continue
        if re.match(r"AS\b", rest, re.IGNORECASE):
            found.append(Column(name, "", rest))
            continue
        kind = re.match(r"[\w.]+(?:\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|<.*>))?", rest, re.DOTALL)
        assert kind, item
        found.append(Column(name, kind[0], rest[kind.end() :].strip()))
    return found


def select_lists(statement: str) -> list[list[str]]:
    """The column names that each branch of a (UNION ALL of) SELECT gives, in order."""
    found = []
    shape, text = masked(statement), code(statement)
    depths, depth = [], 0
    for char in shape:
        depth += (char == "(") - (char == ")")
        depths.append(depth)
    for match in re.finditer(r"\bSELECT\b(?:\s+DISTINCT\b)?", shape, re.IGNORECASE):
        if depths[match.start()]:
            continue
        ends = (end.start() for end in re.finditer(r"\bFROM\b", shape[match.end() :], re.IGNORECASE))
        end = next(match.end() + offset for offset in ends if depths[match.end() + offset] == 0)
        found.append([output_name(item) for item in split_list(text[match.end() : end])])
    return found


def output_name(item: str) -> str:
    """`b` of `a AS b`, of `t.b` and of `b`; "" for an expression without a name."""
    alias = re.search(r"\bAS\s+`?(\w+)`?\s*$", item, re.IGNORECASE)
    plain = re.match(r"^(?:\w+\.)?`?(\w+)`?$", item)
    return alias[1] if alias else plain[1] if plain else ("*" if item.endswith("*") else "")


def clickhouse_tables() -> dict[str, list[Column]]:
    """Columns of each table as the migrations leave it; a change that this reader does not know fails rather than misleads."""
    tables: dict[str, list[Column]] = {}
    for _ in migration_steps(tables):
        pass
    return tables


def migration_steps(tables: dict[str, list[Column]]) -> Iterator[tuple[Path, str]]:
    """Each statement of the migrations with its file; when it is given, `tables` has the columns that it finds."""
    for file in sorted((ROOT / "sql/clickhouse/migrations").glob("*.sql")):
        for statement in re.split(r";[ \t]*(?:\n|$)", code(file.read_text(encoding="utf-8"))):
            created = re.match(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", statement, re.IGNORECASE)
            yield file, statement
            altered = re.match(r"\s*ALTER\s+TABLE\s+(\w+)\s+(.*)$", statement, re.IGNORECASE | re.DOTALL)
            if created:
                tables[created[1]] = ddl_columns(statement)
            elif altered and not re.match(r"MODIFY\s+QUERY\b", altered[2], re.IGNORECASE):
                # A view has no columns here; what it selects may change.
                for change in split_list(altered[2]):
                    _alter(tables[altered[1]], change)


def _alter(columns: list[Column], change: str) -> None:
    if re.match(
        r"(?:MODIFY\s+(?:COMMENT|TTL|SETTING|COLUMN\s+\w+\s+COMMENT)|(?:ADD|MATERIALIZE)\s+INDEX|MATERIALIZE\s+COLUMN)\b",
        change,
        re.IGNORECASE,
    ):
        return
    match = re.match(r"ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?(.*?)(?:\s+AFTER\s+(\w+))?$", change, re.IGNORECASE | re.DOTALL)
    assert match, f"teach tests/laws/sql_text.py to read: {change}"
    (column,) = ddl_columns(f"({match[1]})")
    names = [known.name for known in columns]
    columns.insert(names.index(match[2]) + 1 if match[2] else len(columns), column)
