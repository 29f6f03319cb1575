"""Rewrites rows of every table: the copy without the person is inserted, then the row is deleted, part by part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.errors import TokpulseError
from connectors.upstream.trees import dumped
from privacy.person import Person
from privacy.rewriting import Rewriter
from privacy.statements import listed, partition_ids, quoted, statement
from quality.catalog import load_catalog

# Rows under a token must merge with nothing else and twice with themselves: engines that add up would count a resumed run twice.
_ENGINES = frozenset({"MergeTree", "ReplacingMergeTree", "AggregatingMergeTree"})
# What rows only pass through.
_EMPTY = frozenset({"Null"})
_HANDLE_COLUMNS = frozenset({"unique_id", "username"})
_LOT = 20_000
# A person's rows lie in any number of days; the server's limit is meant for mistakes.
_INSERT = {"max_partitions_per_insert_block": 0}


class TablesError(TokpulseError):
    """A table could not be rewritten; rows are in it under their old names, their new ones, or both."""


@contextmanager
def explained() -> Iterator[None]:
    """What ClickHouse refuses as a TablesError. Its words are left out: they quote rows."""
    try:
        yield
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        what = f"it refuses with code {code}" if code else "it does not answer"
        raise TablesError(
            f"ClickHouse: {what}; rows may be there under their old names, their new ones, or both",
            "run the same command again: it continues where it stopped",
        ) from error


@dataclass(frozen=True)
class Table:
    """A table that holds rows; `columns` are those that are stored, with their types.

    `catalog_ids` are those that the catalog calls ids; of a table that it does not describe every text is looked through.
    """

    name: str
    columns: Mapping[str, str]
    catalog_ids: frozenset[str] = frozenset()

    @property
    def texts(self) -> list[str]:
        """Columns that can hold words or ids, but for plain ids."""
        return [name for name, kind in self.columns.items() if "String" in kind and name not in self.catalog_ids]

    @property
    def ids(self) -> list[str]:
        """Columns of plain ids."""
        return [name for name in self.columns if name in self.catalog_ids]

    @property
    def handles(self) -> list[str]:
        """Columns of handles."""
        return [name for name in self.texts if name in _HANDLE_COLUMNS]


@dataclass(frozen=True)
class _Change:
    """`row` is the hash of the row as it is, `kept` the row as it may stay."""

    row: int
    partition: str
    kept: dict[str, Any]


def known(client: Client) -> list[Table]:
    """Every table of the client's database that holds text. Raises TablesError for one whose rows cannot be renamed."""
    ids = ids_of_people()
    found = []
    for name, engine in client.query(statement("tables")).result_rows:
        stored = client.query(statement("columns"), parameters={"table": name}).result_rows
        columns = {str(row[0]): str(row[1]) for row in stored}
        # Of storage the catalog also describes what only its read view has.
        table = Table(name, columns, ids.get(name, frozenset()) & columns.keys())
        if (not table.texts and not table.ids) or engine in _EMPTY:
            continue
        if engine.removeprefix("Replicated").removeprefix("Shared") not in _ENGINES:
            raise TablesError(f"table {name} is a {engine}: its rows cannot be renamed", "rewrite it by hand, then drop it")
        found.append(table)
    return found


def ids_of_people() -> dict[str, frozenset[str]]:
    """Table -> its columns of numeric ids of people, posts and comments, as the catalog says. Raises CatalogError."""
    return {
        name: frozenset(
            column for column, about in dataset.about.columns.items() if (about.sensitivity, about.unit) == ("pseudonymous", "id")
        )
        for name, dataset in load_catalog().items()
    }


class Tables:
    """All tables of the client's database; `private` is the database of what this needs while it runs."""

    def __init__(self, client: Client, private: str, rewriter: Rewriter) -> None:
        self._client = client
        self._private = quoted(private)
        self._rewriter = rewriter

    def known(self) -> list[Table]:
        """Every table that holds text. Raises TablesError for one whose rows cannot be renamed without counting them twice."""
        return known(self._client)

    def look_for(self, person: Person) -> None:
        """Tells the server, in a table that only an admin reads, what is looked for."""
        self.forget_search()
        kinds = {"id": person.ids, "name": person.needles, "handle": {handle.lower() for handle in person.handles}}
        rows = [[kind, value] for kind, values in kinds.items() for value in sorted(values)]
        self._client.insert(f"{self._private}.forget_identifiers", rows, column_names=["kind", "value"])

    def forget_search(self) -> None:
        """Takes that back. Raises TablesError while a deletion goes on, which reads the rows that it deletes from there."""
        busy = self._client.query(statement("deletions_under_way")).result_rows
        if busy:
            raise TablesError(
                f"ClickHouse still deletes rows of {', '.join(sorted(str(row[0]) for row in busy))}",
                "run the same command again when system.mutations shows is_done = 1 for it",
            )
        for name in ("clear_identifiers", "clear_rows"):
            self._client.command(statement(name, PRIVATE=self._private))

    def withdraw(self) -> None:
        """Opts nobody in who was renamed: a token is no name to be shown."""
        self._client.command(statement("withdraw_tokens"))

    def affected(self, table: Table) -> int:
        """How many rows would change."""
        return sum(len(lot) for lot in self._changes(table))

    def rewrite(self, table: Table) -> int:
        """Renames what there is; how many rows that were."""
        renamed = 0
        partitions: set[str] = set()
        self._client.command(statement("clear_rows", PRIVATE=self._private))
        for lot in self._changes(table):
            renamed += len(lot)
            partitions.update(change.partition for change in lot)
            body = b"\n".join(_line(change.kept) for change in lot)
            self._client.raw_insert(quoted(table.name), list(table.columns), body, settings=_INSERT, fmt="JSONEachRow")
            self._client.insert(f"{self._private}.forget_rows", [[change.row] for change in lot], column_names=["row"])
        if renamed:
            parts = {"TABLE": quoted(table.name), "COLUMNS": listed(table.columns), "PRIVATE": self._private}
            self._client.command(statement("delete_rows", PARTITIONS=partition_ids(partitions), **parts))
        return renamed

    def _changes(self, table: Table) -> Iterator[list[_Change]]:
        """What changes, in lots; all is found before the first is given out."""
        lot: list[_Change] = []
        lots = [lot]
        for line in self._mentioning(table).splitlines():
            row = json.loads(line.decode("utf-8", "surrogateescape"))
            place, partition = int(row.pop("forget_row")), str(row.pop("forget_partition"))
            kept = self._rewriter.record(row)
            if kept != row:
                if len(lot) >= _LOT:
                    lot = []
                    lots.append(lot)
                lot.append(_Change(place, partition, kept))
        yield from (lot for lot in lots if lot)

    def _mentioning(self, table: Table) -> bytes:
        found = [statement("id_found", COLUMN=quoted(name), PRIVATE=self._private) for name in table.ids]
        found += [statement("handle_found", COLUMN=quoted(name), PRIVATE=self._private) for name in table.handles]
        texts = ", ".join(f"ifNull(toString({quoted(name)}), '')" for name in table.texts)
        query = statement(
            "mentioning_rows",
            PRIVATE=self._private,
            TABLE=quoted(table.name),
            COLUMNS=listed(table.columns),
            TEXTS=texts or "''",
            ID_FOUND=" OR ".join(found) or "0",
        )
        return bytes(self._client.raw_query(query))


def _line(row: Mapping[str, Any]) -> bytes:
    return dumped(row).encode("utf-8", "surrogateescape")
