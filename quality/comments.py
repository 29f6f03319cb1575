"""Writes the catalog's texts to ClickHouse as comments, where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import connect, unavailable
from connectors.paths import REPOSITORY
from quality.catalog import Catalog, Dataset, load_catalog

_SQL = REPOSITORY / "sql" / "clickhouse" / "internal"


def apply_comments(url: str, catalog: Catalog | None = None) -> list[str]:
    """Makes the comments of tables, views and columns those of the catalog, in the database of `url` and that of masked views.

    Gives a line when there was something to do. A dataset or a column that a database does not have is left out.
    Raises CatalogError, ClickHouseUnavailableError.
    """
    catalog = load_catalog() if catalog is None else catalog
    database = urlsplit(url).path.strip("/") or "default"
    client = connect(url)
    described = 0
    try:
        for name, masked in ((database, False), (f"{database}_shared", True)):
            held = _held(client, name)
            pairs = [(dataset, held[dataset.name]) for dataset in catalog.values() if dataset.name in held]
            described += sum(_describe(client, name, dataset, comments, masked) for dataset, comments in pairs)
    except ClickHouseError as error:
        raise unavailable(url, error) from None
    finally:
        client.close()
    return [f"comments of {described} tables and views"] if described else []


def _held(client: Client, database: str) -> dict[str, dict[str, str]]:
    """Table -> column -> comment; the table's own comment is that of the column ''."""
    columns: dict[str, dict[str, str]] = {}
    for table, column, comment in client.query(_text("select_comments"), parameters={"database": database}).result_rows:
        columns.setdefault(str(table), {})[str(column)] = str(comment)
    return columns


def _describe(client: Client, database: str, dataset: Dataset, held: dict[str, str], masked: bool) -> bool:
    changes = list(_changes(dataset, held, masked))
    if changes:
        statement = _text("alter_comments").replace("${CHANGES}", ", ".join(changes))
        client.command(statement, parameters={"database": database, "dataset": dataset.name})
    return bool(changes)


def _changes(dataset: Dataset, held: dict[str, str], masked: bool) -> Iterator[str]:
    if held[""] != dataset.comment:
        yield f"MODIFY COMMENT {quoted(dataset.comment)}"
    for name, column in dataset.about.columns.items():
        comment = column.comment_in(masked=masked)
        if held.get(name, comment) != comment:
            # The catalog allows no other names than plain ones.
            yield f"COMMENT COLUMN {name} {quoted(comment)}"


def quoted(text: str) -> str:
    """`text` as a literal of ClickHouse: an ALTER takes no parameter where a comment stands."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
