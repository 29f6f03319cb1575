"""Brings the schema of ClickHouse up to date: numbered files once each, views that changed, and the key of the pseudonyms."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import connect
from connectors.endpoints import mask_password
from connectors.errors import TokpulseError
from connectors.paths import SQL_DIR
from jobs.render import SqlFile
from stack.ddl import TABLES_DIR, Numbered, digest, load_tables, load_views

_INTERNAL = SQL_DIR / "clickhouse" / "internal"
# Made before it is read, whatever else there is to apply.
_RECORD = TABLES_DIR / "0001_schema_migrations.sql"
# Stands in a file for the database of the DSN.
_DATABASE = "${DATABASE}"
_DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Beside that database: masked views, all that the dashboard user can read; and what turns names into pseudonyms, for admins.
_BESIDE = ("shared", "private")


class MigrationError(TokpulseError):
    """The schema cannot be applied: a file fails or was edited after it was applied, or other files made the database."""


def pending(tables: Sequence[Numbered], applied: Mapping[int, tuple[str, str]], database: str) -> list[Numbered]:
    """The files not in `applied` (number -> name and hash). Raises MigrationError when an applied one has changed since."""
    for table in tables:
        name, recorded = applied.get(table.number, (table.name, table.hash))
        if name != table.name:
            raise MigrationError(
                f"database {database} was made before 0.1.0 (by {table.number:04}_{name}.sql): it cannot be brought up to date",
                f"start with an empty data folder (TOKPULSE_DATA), or drop {database}, {database}_shared and {database}_private; "
                "jobs that are submitted anew fill it from the topics",
            )
        if recorded != table.hash:
            raise MigrationError(
                f"{table.path} was edited after it was applied to this database",
                "restore the file and put the change into a new one with the next number",
            )
    return [table for table in tables if table.number not in applied]


def apply_migrations(url: str, tables: Sequence[Numbered] | None = None, views: Sequence[SqlFile] | None = None) -> list[str]:
    """Brings the database of the DSN `url` up to date; one line per numbered file and one for all views, [] when it was.

    The user must be allowed to make the databases ..._private and ..._shared beside it: an admin, see docs/privacy.md. A file that
    fails is not recorded: the next call repeats it. Raises MigrationError, DdlError, SqlFileError.
    """
    tables = load_tables() if tables is None else tables
    views = load_views() if views is None else views
    database = _database(url)
    try:
        _create_database(url, database)
        client = connect(url)
        try:
            changes = _apply_tables(client, tables, database)
            changes += _apply_views(client, views, database, again=bool(changes))
            return changes + _make_pseudonym_key(client, f"{database}_private")
        finally:
            client.close()
    except ClickHouseError as error:
        raise MigrationError(
            f"ClickHouse {mask_password(url)}: {_first_line(error)}",
            "check CLICKHOUSE_ADMIN_URL, or CLICKHOUSE_URL where that is not set",
        ) from error


def _apply_tables(client: Client, tables: Sequence[Numbered], database: str) -> list[str]:
    client.command(_RECORD.read_text(encoding="utf-8"))
    rows = client.query(_internal("select_schema_migrations")).result_rows
    todo = pending(tables, {int(number): (str(name), str(recorded)) for number, name, recorded in rows}, database)
    for name in _BESIDE:
        client.command(_internal("create_database"), parameters={"database": f"{database}_{name}"})
    for table in todo:
        for statement in table.statements:
            _run(client, statement, table.path, database)
        client.insert("schema_migrations", [[table.number, table.name, table.hash]], column_names=["version", "name", "hash"])
    return [f"applied {table.path.name}" for table in todo]


def _apply_views(client: Client, views: Sequence[SqlFile], database: str, again: bool) -> list[str]:
    """Each view is replaced in one step, under whoever reads it.

    All of them, when one has changed or is gone, or with `again`: a view keeps the types that its sources had when it was made.
    """
    applied = {str(name): str(recorded) for name, recorded in client.query(_internal("select_schema_views")).result_rows}
    there = {str(row[0]) for row in client.query(_internal("select_views"), parameters={"database": database}).result_rows}
    current = {view.name for view in views if applied.get(view.name) == digest(view.text)} & there
    if not again and len(current) == len(views):
        return []
    for view in views:
        _run(client, view.text, view.path, database)
    client.insert("schema_views", [[view.name, digest(view.text)] for view in views], column_names=["name", "hash"])
    return [f"applied {len(views)} views"]


def _run(client: Client, statement: str, path: Path, database: str) -> None:
    try:
        client.command(statement.replace(_DATABASE, database))
    except ClickHouseError as error:
        raise MigrationError(f"{path}: {_first_line(error)}") from error


def _create_database(url: str, database: str) -> None:
    # Not through the database of the DSN: a server refuses a session in a database that is not there yet.
    client = connect(url, database="default")
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


def _make_pseudonym_key(client: Client, private: str) -> list[str]:
    """Gives the masked views their key, once."""
    if client.query(_internal("has_pseudonym_key"), parameters={"database": private}).result_rows[0][0]:
        return []
    client.insert("pseudonym_key", [[secrets.token_bytes(32)]], column_names=["key"], database=private)
    return ["made the key of the pseudonyms"]


def _internal(name: str) -> str:
    return (_INTERNAL / f"{name}.sql").read_text(encoding="utf-8")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
