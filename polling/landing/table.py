"""Writes raw responses to ClickHouse."""

from __future__ import annotations

from collections.abc import Sequence

from clickhouse_connect.driver.client import Client

from connectors.clickhouse.client import ClickHouseUnavailableError, connect, is_transient
from connectors.endpoints import mask_password
from polling.landing.responses import COLUMNS, TABLE, Insert, RetryableInsertError, Row


def insert_into(url: str) -> Insert:
    """Inserts into `raw_api_responses` at `url`; connects when first used, and again after a failure."""
    clients: list[Client] = []

    def insert(rows: Sequence[Row]) -> None:
        try:
            if not clients:
                clients.append(connect(url))
            clients[0].insert(TABLE, [row.values() for row in rows], column_names=list(COLUMNS))
        except ClickHouseUnavailableError as error:
            raise RetryableInsertError(str(error)) from error
        except Exception as error:
            clients.clear()
            if is_transient(error):
                raise RetryableInsertError(mask_password(str(error))[:300]) from error
            raise

    return insert
