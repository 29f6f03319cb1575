"""The versions in ClickHouse: the table that running jobs poll."""

from __future__ import annotations

from collections.abc import Sequence

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse_client import unavailable
from connectors.clickhouse_queries import rows
from thresholds.versions import from_record, ordered, to_record
from udfs.thresholds import ThresholdVersion

TABLE = "threshold_versions_log"


def read_table(client: Client, url: str) -> list[ThresholdVersion]:
    """Every version in `threshold_versions`, oldest first. Raises ClickHouseUnavailableError or VersionRecordError."""
    return ordered(from_record(row) for row in rows(client, url, "threshold_versions"))


def write_table(client: Client, url: str, versions: Sequence[ThresholdVersion]) -> None:
    """Adds `versions`; one that is there already stays one row. Raises ClickHouseUnavailableError."""
    records = [to_record(version) for version in versions]
    if not records:
        return
    try:
        client.insert(TABLE, [list(record.values()) for record in records], column_names=list(records[0]))
    except ClickHouseError as error:
        raise unavailable(url, error) from error
