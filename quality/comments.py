"""Writes the catalog's texts to ClickHouse as comments, where they differ."""

from __future__ import annotations

from collections.abc import Iterator

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse_client import connect, unavailable
from connectors.endpoints import REPOSITORY
from quality.catalog import Catalog, Dataset, load_catalog

_SQL = REPOSITORY / "sql" / "clickhouse" / "internal"


def apply_comments(url: str, catalog: Catalog | None = None) -> list[str]:
    """Makes the comments of the tables, views and columns at `url` those of the catalog; a line when there was something to do.

    A dataset or a column that the database does not have yet is left out. Raises CatalogError, ClickHouseUnavailableError.
    """
    catalog = load_catalog() if catalog is None else catalog
    client = connect(url)
    try:
        held = _held(client)
        described = [name for name, dataset in catalog.items() if name in held and _describe(client, dataset, held[name])]
    except ClickHouseError as error:
        raise unavailable(url, error) from None
    finally:
        client.close()
    return [f"comments of {len(described)} tables and views"] if described else []


def _held(client: Client) -> dict[str, dict[str, str]]:
    """Table -> column -> comment; the table's own comment is that of the column ''."""
    found: dict[str, dict[str, str]] = {}
    for table, column, comment in client.query(_text("select_comments")).result_rows:
        found.setdefault(str(table), {})[str(column)] = str(comment)
    return found


def _describe(client: Client, dataset: Dataset, held: dict[str, str]) -> bool:
    changes = list(_changes(dataset, held))
    if changes:
        client.command(_text("alter_comments").replace("${CHANGES}", ", ".join(changes)), parameters={"dataset": dataset.name})
    return bool(changes)


def _changes(dataset: Dataset, held: dict[str, str]) -> Iterator[str]:
    if held[""] != dataset.comment:
        yield f"MODIFY COMMENT {quoted(dataset.comment)}"
    for name, column in dataset.about.columns.items():
        if held.get(name, column.comment) != column.comment:
            # The catalog allows no other names than plain ones.
            yield f"COMMENT COLUMN {name} {quoted(column.comment)}"


def quoted(text: str) -> str:
    """`text` as a literal of ClickHouse: an ALTER takes no parameter where a comment stands."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
