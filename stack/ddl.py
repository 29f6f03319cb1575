"""The files that make ClickHouse's schema: `tables/NNNN_<name>.sql`, applied once, and `views/<name>.sql`, applied on a change.

Each holds one statement, but for changes of tables: what belongs to one change may be several ALTERs. `${DATABASE}` stands for the
database of the DSN, so that others can be named after it; in views also `${PSEUDONYM}` and `${FORGOTTEN}` for the patterns of
connectors/no_names.py.

Views that inserts fill stand among the tables: to replace one loses what is written meanwhile, so it is changed as a table is, by
a later file with an ALTER (`MODIFY QUERY` loses nothing). Nor is a table ever swapped for another: jobs may run meanwhile.

What a view shows of a merged table as it is stands there as `*` (or `* EXCEPT (...)`), among the columns that it declares and
among those that it selects; they are those of the table, of plain types. A view that is nothing but `SELECT *` declares none.

The masked views of ..._shared have the names and columns of the read views; numeric ids stay in them, so that numbers can be joined
and links built, names become pseudonyms, texts of people are left out. They run with the rights of whoever applied them (`SQL
SECURITY DEFINER`): their readers need none on the tables. A file of `views/shared` makes one where the catalog calls something
personal, or a hash of it. Else the template `masked_view.sql` makes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.no_names import with_patterns
from connectors.paths import SQL_DIR
from jobs.graph import Graph, masked
from jobs.render import SqlFile, code
from quality.catalog import load_catalog
from stack.columns import Column, ddl_columns, plain, split_list, table_columns, target

CLICKHOUSE_DIR = SQL_DIR / "clickhouse"
TABLES_DIR = CLICKHOUSE_DIR / "tables"
VIEWS_DIR = CLICKHOUSE_DIR / "views"
_MASKED_VIEW = CLICKHOUSE_DIR / "masked_view.sql"
_NUMBERED = re.compile(r"^(\d{4})_([a-z0-9_]+)$")
_CREATED = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?P<kind>TABLE|VIEW|MATERIALIZED\s+VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?:\$\{DATABASE\}_(?P<database>\w+)\.)?(?P<name>\w+)"
)
_CHANGED = re.compile(r"ALTER TABLE \w")
_OF_TABLE = re.compile(
    r"(?P<create>CREATE OR REPLACE VIEW \w+)(?:\s+\((?P<declared>.*?)\n\))?\s+"
    r"AS SELECT\s+(?P<selected>.*)\s+FROM (?P<table>\w+) FINAL$",
    re.DOTALL,
)
_STAR = re.compile(r"\*(?: EXCEPT \((?P<without>[\w, ]+)\))?")


class DdlError(TokpulseError):
    """A file of the schema is malformed; the message names it."""


@dataclass(frozen=True)
class Numbered:
    """A file of `tables/`, which is applied once; its statements must be safe to repeat (IF NOT EXISTS and the like)."""

    number: int
    name: str
    path: Path
    statements: tuple[str, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of the statements, hex: a comment may be edited."""
        return digest(";\n".join(self.statements))


def digest(statement: str) -> str:
    """SHA-256 of a statement, hex."""
    return hashlib.sha256(statement.encode()).hexdigest()


def load_tables(folder: Path = TABLES_DIR) -> list[Numbered]:
    """The files of `folder` by number. Raises DdlError for a bad name, a number given twice or what is not one statement."""
    tables: dict[int, Numbered] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _NUMBERED.match(path.stem)
        if not match:
            raise DdlError(f"{path}: not named NNNN_name.sql", "e.g. 0030_region_of_posts.sql")
        number = int(match[1])
        if number in tables:
            raise DdlError(f"{path}: number {number:04} is also that of {tables[number].path.name}")
        statements = _statements(path)
        if statements == ("",) or (statements[1:] and not all(map(_CHANGED.match, statements))):
            raise _not_one(path)
        tables[number] = Numbered(number, match[2], path, statements)
    return [tables[number] for number in sorted(tables)]


def load_views(folder: Path = VIEWS_DIR) -> list[SqlFile]:
    """The views of `folder`, each behind those that it reads; a masked view is called `shared/<name>`.

    Raises DdlError for a file that is not named as the view is, SqlFileError for views that read one another in a circle or what
    no file creates, CatalogError.
    """
    views = {view.name: view for view in _views(folder, _table_columns(TABLES_DIR))}
    _refuse_undescribed(views)
    return [file for file in graph(views=folder).closure(sorted(views)) if file.name in views]


def graph(tables: Path = TABLES_DIR, views: Path = VIEWS_DIR) -> Graph:
    """What creates which table or view, and reads what. Raises DdlError, CatalogError."""
    # A file without a CREATE changes what an earlier one creates.
    created = [_created(table.path, table.name) for table in load_tables(tables) if _CREATED.match(table.statements[0])]
    return Graph({file.name: file for file in (*created, *_views(views, _table_columns(tables)))}, {}, {})


@cache
def clickhouse_columns() -> dict[str, list[Column]]:
    """Columns of each table and view but the masked ones, by its name. A materialized view has those of its table.

    Raises DdlError, CatalogError.
    """
    found = _table_columns(TABLES_DIR)
    views = [file for file in graph().creators.values() if file.kind != "TABLE" and "/" not in file.name]
    found |= {view.name: ddl_columns(view.text) for view in views if view.kind == "VIEW"}
    return found | {view.name: found[target(view.text)] for view in views if view.kind == "MATERIALIZED VIEW"}


def _table_columns(folder: Path) -> dict[str, list[Column]]:
    numbered = load_tables(folder)
    try:
        return table_columns(statement for table in numbered for statement in table.statements)
    except ValueError as error:
        raise DdlError(f"{folder}: a file {error}") from None


def _views(folder: Path, tables: Mapping[str, list[Column]]) -> list[SqlFile]:
    files = [_created(path, path.relative_to(folder).with_suffix("").as_posix()) for path in sorted(folder.rglob("*.sql"))]
    files = [_with_columns(file, tables) for file in files]
    return [*files, *_shown_as_they_are({file.name for file in files})]


def _shown_as_they_are(views: set[str]) -> Iterator[SqlFile]:
    """The masked views of those `views` that are read, hold nothing personal and have no file of their own."""
    for name, dataset in load_catalog().items():
        open_to_all = dataset.is_read_view and dataset.sensitivity(dataset.about.columns) != "personal"
        if open_to_all and name in views and f"shared/{name}" not in views:
            yield _created(_MASKED_VIEW, f"shared/{name}", {"<view>": name})


def _refuse_undescribed(views: Mapping[str, SqlFile]) -> None:
    """A masked view shows what its read view shows: nobody has said of a column without a description that it may be seen."""
    for name, dataset in load_catalog().items():
        if f"shared/{name}" in views and name in views:
            for column in ddl_columns(views[name].text):
                if column.name not in dataset.about.columns:
                    hint = f"describe it in sql/clickhouse/catalog/{name}.yaml, with its sensitivity: it decides what readers see"
                    raise DdlError(f"sql/{views[name].path}: column {column.name} is not described", hint)


def _with_columns(view: SqlFile, tables: Mapping[str, list[Column]]) -> SqlFile:
    """`view`, with the columns named that it takes from a table as they are."""
    match = _OF_TABLE.match(view.text)
    if match is None or match["table"] not in tables:
        return view
    selected = split_list(match["selected"])
    if not any(map(_STAR.fullmatch, selected)):
        return view
    declared = selected if match["declared"] is None else split_list(match["declared"])
    columns = [plain(column) for column in tables[match["table"]]]
    shown = ",\n    ".join(_starred(declared, columns, lambda column: f"{column.name} {column.type}"))
    names = ", ".join(_starred(selected, columns, lambda column: column.name))
    return replace(view, text=f"{match['create']}\n(\n    {shown}\n)\nAS SELECT {names}\nFROM {match['table']} FINAL")


def _starred(items: list[str], columns: list[Column], written: Callable[[Column], str]) -> Iterator[str]:
    """`items`, with the columns in the place of a star."""
    for item in items:
        if star := _STAR.fullmatch(item):
            without = (star["without"] or "").split(", ")
            yield from (written(column) for column in columns if column.name not in without)
        else:
            yield item


def _created(path: Path, name: str, words: Mapping[str, str] | None = None) -> SqlFile:
    text = with_patterns(_statement(path))
    for word, value in (words or {}).items():
        text = text.replace(word, value)
    match = _CREATED.match(text)
    # Private tables have names of their own: they need no folder.
    if match is None or name != ("shared/" if match["database"] == "shared" else "") + match["name"]:
        raise DdlError(f"{path}: does not create {name}", "one table or view per file, which is named as that is")
    shown = path.relative_to(SQL_DIR) if path.is_relative_to(SQL_DIR) else path
    return SqlFile(shown, " ".join(match["kind"].split()), name, text, frozenset())


def _statement(path: Path) -> str:
    statements = _statements(path)
    if len(statements) != 1 or not statements[0]:
        raise _not_one(path)
    return statements[0]


def _statements(path: Path) -> tuple[str, ...]:
    text = code(path.read_text(encoding="utf-8"))
    ends = [place for place, character in enumerate(masked(text)) if character == ";"]
    return tuple(text[begin : end - 1].strip() for begin, end in pairwise([0, *(end + 1 for end in ends), len(text) + 1]))


def _not_one(path: Path) -> DdlError:
    return DdlError(
        f"{path}: must hold one statement, without `;`", "split it into one file per statement; only ALTER TABLE may be several"
    )
