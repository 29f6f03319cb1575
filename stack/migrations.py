"""Applies the numbered ClickHouse migrations in order, once each, and makes the key of the pseudonyms."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.endpoints import mask_password
from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY

MIGRATIONS_DIR = REPOSITORY / "sql" / "clickhouse" / "migrations"
_INTERNAL = REPOSITORY / "sql" / "clickhouse" / "internal"
_FILE_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
# What may hide a semicolon: comments, strings, quoted identifiers.
_OPAQUE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"", re.DOTALL)
# Stands in a migration for the database of the DSN, to name others after it.
_DATABASE = "${DATABASE}"
_DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SWAP = re.compile(r"\s*(?:CREATE\s+OR\s+REPLACE\s+TABLE|EXCHANGE\s+TABLES)\s+(\w+)", re.IGNORECASE)
_STATEMENT_END = re.compile(r";[ \t]*(?=\n|$)")


class MigrationError(TokpulseError):
    """A migration cannot be read or applied, or was edited after it was applied; the message names the file."""


@dataclass(frozen=True)
class Migration:
    """One numbered file; `statements` are applied in order and must each be safe to repeat (IF NOT EXISTS and the like)."""

    version: int
    name: str
    path: Path
    hash: str
    statements: tuple[str, ...]

    @property
    def swapped(self) -> tuple[str, ...]:
        """Tables that it puts another in the place of: rows written to them meanwhile are lost."""
        found = (_SWAP.match(_OPAQUE.sub("", statement)) for statement in self.statements)
        return tuple(match[1] for match in found if match)


def split_statements(text: str) -> list[str]:
    """The statements of `text`, which end at a `;` at the end of a line; not at one in a comment or a quoted string."""
    # Same length, so that positions in the masked text are positions in the text.
    masked = _OPAQUE.sub(lambda match: " " * len(match.group()), text)
    ends = [match.start() for match in _STATEMENT_END.finditer(masked)]
    starts = [0, *(end + 1 for end in ends)]
    pieces = zip(starts, [*ends, len(text)], strict=True)
    return [text[start:end].strip() for start, end in pieces if masked[start:end].strip()]


def load_migrations(folder: Path = MIGRATIONS_DIR) -> list[Migration]:
    """The migrations of `folder` by number. Raises MigrationError for a bad name, a number given twice or an empty file."""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.match(path.name)
        if not match:
            raise MigrationError(f"{path}: not named NNNN_name.sql", "e.g. 0007_add_region.sql")
        text = path.read_text(encoding="utf-8")
        version, statements = int(match[1]), split_statements(text)
        if version in found:
            raise MigrationError(f"{path}: number {version:04} is also that of {found[version].path.name}")
        if not statements:
            raise MigrationError(f"{path}: no statement in it")
        digest = hashlib.sha256("\n;\n".join(statements).encode()).hexdigest()
        found[version] = Migration(version, match[2], path, digest, tuple(statements))
    return [found[version] for version in sorted(found)]


def pending(migrations: Sequence[Migration], applied: dict[int, str]) -> list[Migration]:
    """The migrations not in `applied` (version -> hash). Raises MigrationError when an applied one has changed since."""
    for migration in migrations:
        if applied.get(migration.version, migration.hash) != migration.hash:
            raise MigrationError(
                f"{migration.path} was edited after it was applied to this database",
                "restore the file and put the change into a new migration with the next number",
            )
    return [migration for migration in migrations if migration.version not in applied]


def apply_migrations(url: str, migrations: Sequence[Migration] | None = None, writers: Callable[[], list[str]] = list) -> list[str]:
    """Brings the database of the DSN `url` up to date; one line per change, [] when it was. Raises MigrationError.

    `writers` tells which jobs may be writing. It is asked only when tables that may hold rows are to be swapped, and while there
    are any nothing is applied.

    The user must be allowed to make the databases ..._private and ..._shared beside it: an admin, see docs/privacy.md. A migration
    that fails half-way is not recorded: the next call repeats it from its first statement.
    """
    migrations = load_migrations() if migrations is None else migrations
    try:
        _create_database(url)
        client = _connect(url)
        try:
            return _apply(client, migrations, _database(url), writers) + _make_pseudonym_key(client, _database(url))
        finally:
            client.close()
    except ClickHouseError as error:
        raise MigrationError(
            f"ClickHouse {mask_password(url)}: {_first_line(error)}",
            "check CLICKHOUSE_ADMIN_URL, or CLICKHOUSE_URL where that is not set",
        ) from error


def _apply(client: Client, migrations: Sequence[Migration], database: str, writers: Callable[[], list[str]]) -> list[str]:
    client.command(_internal("create_schema_migrations"))
    rows = client.query(_internal("select_schema_migrations")).result_rows
    todo = pending(migrations, {int(row[0]): str(row[2]) for row in rows})
    # A database without any migration has no rows to lose.
    if rows:
        _refuse_while_written(todo, writers)
    changes = []
    for migration in todo:
        for number, statement in enumerate(migration.statements, start=1):
            try:
                client.command(statement.replace(_DATABASE, database))
            except ClickHouseError as error:
                raise MigrationError(f"{migration.path}: statement {number}: {_first_line(error)}") from error
        record = [[migration.version, migration.name, migration.hash]]
        client.insert("schema_migrations", record, column_names=["version", "name", "hash"])
        changes.append(f"applied {migration.path.name}")
    return changes


def _refuse_while_written(todo: Sequence[Migration], writers: Callable[[], list[str]]) -> None:
    swaps = [migration for migration in todo if migration.swapped]
    jobs = writers() if swaps else []
    if jobs:
        raise MigrationError(
            f"{swaps[0].path.name} swaps {', '.join(swaps[0].swapped)}: what running jobs write would be lost: {', '.join(jobs)}",
            "end each with `$FLINK_HOME/bin/flink stop JOB_ID`, which prints a savepoint to continue from, then run this again",
        )


def _create_database(url: str) -> None:
    database = _database(url)
    # Not through the database of the DSN: a server refuses a session in a database that is not there yet.
    client = _connect(url, database="default")
    try:
        client.command(_internal("create_database"), parameters={"database": database})
    finally:
        client.close()


def _database(url: str) -> str:
    """The database of a DSN. Raises MigrationError for a name that cannot be part of another one."""
    name = urlsplit(url).path.strip("/") or "default"
    if not _DATABASE_NAME.fullmatch(name):
        raise MigrationError(f"{name!r} cannot be the name of the database", "letters, digits and _ only; correct the DSN's path")
    return name


def _make_pseudonym_key(client: Client, database: str) -> list[str]:
    """Gives the masked views their key, once; without the migration that makes the table for it there is nothing to do."""
    private = f"{database}_private"
    if not client.query(_internal("table_exists"), parameters={"database": private, "table": "pseudonym_key"}).result_rows[0][0]:
        return []
    if client.query(_internal("has_pseudonym_key"), parameters={"database": private}).result_rows[0][0]:
        return []
    client.insert("pseudonym_key", [[secrets.token_bytes(32)]], column_names=["key"], database=private)
    return ["made the key of the pseudonyms"]


def _connect(url: str, database: str | None = None) -> Client:
    if database is None:
        return clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    return clickhouse_connect.get_client(dsn=url, database=database, autogenerate_session_id=False)


def _internal(name: str) -> str:
    return (_INTERNAL / f"{name}.sql").read_text(encoding="utf-8")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
