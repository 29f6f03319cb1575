"""Runs the named queries of `sql/clickhouse/queries/`: one file, one SELECT, parameters by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import unavailable
from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY

QUERIES_DIR = REPOSITORY / "sql" / "clickhouse" / "queries"


class UnknownQueryError(TokpulseError):
    """No file of that name."""


def query_text(name: str, folder: Path = QUERIES_DIR) -> str:
    """The text of `<name>.sql`. Raises UnknownQueryError."""
    try:
        return (folder / f"{name}.sql").read_text(encoding="utf-8")
    except OSError:
        raise UnknownQueryError(f"no query file {name}.sql in {folder}") from None


def rows(client: Client, url: str, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of query `name` as column -> value. `url` is only named in errors; raises ClickHouseUnavailableError."""
    try:
        return list(client.query(query_text(name), parameters=parameters).named_results())
    except ClickHouseError as error:
        raise unavailable(url, error) from None
