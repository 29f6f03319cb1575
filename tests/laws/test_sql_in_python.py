"""SQL lives in .sql files: a statement in a Python string is neither reviewed nor rendered nor tested as SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .repository import modules, parsed, shown

_STATEMENT = re.compile(
    r"""^\s*(?:
        SELECT\s+\S
      | INSERT\s+INTO\s+\S
      | (?:CREATE|ALTER|DROP|TRUNCATE|RENAME)\s+(?:OR\s+REPLACE\s+|TEMPORARY\s+|TEMP\s+|MATERIALIZED\s+|SYSTEM\s+)*
        (?:TABLE|VIEW|DATABASE|FUNCTION|CATALOG|DICTIONARY|INDEX|USER|ROLE|QUOTA|SETTINGS|ROW)\b\s*\S
      | (?:UPDATE\s+\S+\s+SET|DELETE\s+FROM)\s+\S
      | WITH\s+\w+\s+AS\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every string but docstrings; an f-string counts by what it begins with, `{...}` for its values."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    # The parts of an f-string are strings too: they are read with the whole.
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
        id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
    }
    # A pattern that looks for SQL is none.
    patterns = {
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).startswith("re.")
    }
    for node in ast.walk(tree):
        if id(node) in patterns:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in documentation | inside:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("utf-8", "replace")


def statements(tree: ast.Module) -> list[tuple[int, str]]:
    return [(line, text) for line, text in texts(tree) if _STATEMENT.match(text)]


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_no_sql_in_python(path: Path) -> None:
    found = [f"{shown(path)}:{line}: {text[:60]!r}" for line, text in statements(parsed(path))]
    assert found == [], "move it to a .sql file below sql/ or beside the module"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('x = "SELECT 1"', 1),
        ('x = "select"', 0),
        ('x = f"INSERT INTO {table} VALUES"', 1),
        ('x = f"{verb} TABLE t"', 0),
        ('x = b"drop table t"', 1),
        ('x = """\n  WITH a AS (SELECT 1) SELECT 2"""', 1),
        ('def f():\n    """Create a table."""', 0),
        ('x = "INSERT"', 0),
        ('x = re.compile("SELECT (.*)")', 0),
    ],
)
def test_the_law_sees_what_it_forbids(source: str, count: int) -> None:
    assert len(statements(ast.parse(source))) == count
