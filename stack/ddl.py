"""The files that make ClickHouse's schema: `tables/NNNN_<name>.sql`, applied once, and `views/<name>.sql`, applied on a change.

Each holds one statement. `${DATABASE}` stands for the database of the DSN, so that others can be named after it.

Views that inserts fill stand among the tables: to replace one loses what is written meanwhile, so it is changed as a table is, by
a later file with an ALTER (`MODIFY QUERY` loses nothing). Nor is a table ever swapped for another: jobs may run meanwhile.

Files of `views/shared` make the masked views of ..._shared. Those have the names and columns of the read views; numeric ids stay in
them, so that numbers can be joined and links built, names become pseudonyms, texts of people are left out. They run with the rights
of whoever applied them (`SQL SECURITY DEFINER`): their readers need none on the tables.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.paths import SQL_DIR
from jobs.graph import Graph, masked
from jobs.render import SqlFile, code

CLICKHOUSE_DIR = SQL_DIR / "clickhouse"
TABLES_DIR = CLICKHOUSE_DIR / "tables"
VIEWS_DIR = CLICKHOUSE_DIR / "views"
_NUMBERED = re.compile(r"^(\d{4})_([a-z0-9_]+)$")
_CREATED = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?P<kind>TABLE|VIEW|MATERIALIZED\s+VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?:\$\{DATABASE\}_(?P<database>\w+)\.)?(?P<name>\w+)"
)


class DdlError(TokpulseError):
    """A file of the schema is malformed; the message names it."""


@dataclass(frozen=True)
class Numbered:
    """A file of `tables/`, which is applied once; its statement must be safe to repeat (IF NOT EXISTS and the like)."""

    number: int
    name: str
    path: Path
    statement: str

    @property
    def hash(self) -> str:
        """SHA-256 of the statement, hex: a comment may be edited."""
        return digest(self.statement)


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
        tables[number] = Numbered(number, match[2], path, _statement(path))
    return [tables[number] for number in sorted(tables)]


def load_views(folder: Path = VIEWS_DIR) -> list[SqlFile]:
    """The views of `folder`, each behind those that it reads; a masked view is called `shared/<name>`.

    Raises DdlError for a file that is not named as the view is, SqlFileError for views that read one another in a circle or what
    no file creates.
    """
    views = {view.name: view for view in _views(folder)}
    return [file for file in graph(views=folder).closure(sorted(views)) if file.name in views]


def graph(tables: Path = TABLES_DIR, views: Path = VIEWS_DIR) -> Graph:
    """What creates which table or view, and reads what. Raises DdlError."""
    # A file without a CREATE changes what an earlier one creates.
    created = [_created(table.path, table.name) for table in load_tables(tables) if _CREATED.match(table.statement)]
    return Graph({file.name: file for file in (*created, *_views(views))}, {}, {})


def _views(folder: Path) -> list[SqlFile]:
    return [_created(path, path.relative_to(folder).with_suffix("").as_posix()) for path in sorted(folder.rglob("*.sql"))]


def _created(path: Path, name: str) -> SqlFile:
    text = _statement(path)
    match = _CREATED.match(text)
    # Private tables have names of their own: they need no folder.
    if match is None or name != ("shared/" if match["database"] == "shared" else "") + match["name"]:
        raise DdlError(f"{path}: does not create {name}", "one table or view per file, which is named as that is")
    shown = path.relative_to(SQL_DIR) if path.is_relative_to(SQL_DIR) else path
    return SqlFile(shown, " ".join(match["kind"].split()), name, text, frozenset())


def _statement(path: Path) -> str:
    text = code(path.read_text(encoding="utf-8"))
    if not text or ";" in masked(text):
        raise DdlError(f"{path}: must hold one statement, without `;`", "split it into one file per statement")
    return text
