"""The catalog and the migrated engine say the same, and the engine shows the catalog's texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import pytest

from quality.catalog import Catalog, load_catalog
from quality.comments import apply_comments
from stack.ddl import clickhouse_columns
from stack.migrations import apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "catalog"


@pytest.fixture(scope="module")
def url(front: FrontProcess) -> str:
    url = front.url(database=DATABASE)
    apply_migrations(front.url(ADMIN, DATABASE))
    return url


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def columns(client: Any, field: str, database: str = DATABASE) -> dict[str, list[tuple[str, str]]]:
    """Table -> (column, `field` of system.columns), in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = f"SELECT table, name, {field} FROM system.columns WHERE database = '{database}' ORDER BY table, position"
    for table, name, value in client.query(query).result_rows:
        found.setdefault(table, []).append((name, value))
    return found


def test_the_engine_has_the_columns_of_the_catalog(client: Any, catalog: Catalog) -> None:
    held = columns(client, "type")
    # Of what only one of the two has: sql/clickhouse/catalog/<dataset>.yaml describes every table and view.
    assert sorted(catalog.keys() ^ held.keys()) == []
    for name, one in catalog.items():
        names = [column for column, _ in held[name]]
        own = catalog[one.read].about.storage[name].columns if one.read else one.about.columns
        # Storage has some columns of its read view, described there; its own stand beside it.
        assert (names == list(own)) if one.read is None else set(own) <= set(names) <= one.about.columns.keys(), name
        # Rows of a materialized view take the types of its table.
        if one.about.kind != "materialized view":
            assert held[name] == [(column.name, column.type) for column in clickhouse_columns()[name]], name


def test_the_engine_has_the_kinds_and_retention_of_the_catalog(client: Any, catalog: Catalog) -> None:
    query = "SELECT name, engine, create_table_query FROM system.tables WHERE database = currentDatabase()"
    kinds = {"View": "view", "MaterializedView": "materialized view"}
    tables = [row for row in client.query(query).result_rows if row[0] in catalog]
    for name, engine, statement in tables:
        assert catalog[name].about.kind == kinds.get(engine, "table"), name
        if catalog[name].about.kind == "table":
            expires = re.search(r"\bTTL\b", statement) is not None
            assert (catalog[name].about.retention == "no limit") == (not expires), name


def test_comments_are_written_where_they_differ(url: str, client: Any, catalog: Catalog) -> None:
    masked = columns(client, "comment", f"{DATABASE}_shared")
    assert apply_comments(url) == [f"comments of {len(catalog) + len(masked)} tables and views"]
    assert apply_comments(url) == []
    held = columns(client, "comment")
    for name, one in catalog.items():
        assert held[name] == [(column, one.about.columns[column].comment_in(masked=False)) for column, _ in held[name]], name
    query = "SELECT name, comment FROM system.tables WHERE database = currentDatabase()"
    shown = dict(client.query(query).result_rows)
    assert {name: shown[name] for name in catalog} == {name: one.comment for name, one in catalog.items()}
    shown = dict(columns(client, "comment", f"{DATABASE}_shared")["comments_enriched"])
    assert shown["text"] == "The comment as written; masked here [text]"
    assert shown["digg_count"] == "Likes of the comment then [count]"
    client.command("ALTER TABLE engagement_hourly COMMENT COLUMN aweme_id 'something else'")
    assert apply_comments(url) == ["comments of 1 tables and views"]


def test_a_dataset_that_the_database_does_not_have_yet_is_left_out(front: FrontProcess, catalog: Catalog) -> None:
    front.post("CREATE DATABASE IF NOT EXISTS catalog_part")
    url = front.url(database="catalog_part")
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    made.command("CREATE TABLE IF NOT EXISTS schema_migrations (version UInt32) ENGINE = MergeTree ORDER BY version")
    made.close()
    assert apply_comments(url, {name: catalog[name] for name in ("dead_letters", "schema_migrations")}) == [
        "comments of 1 tables and views"
    ]
