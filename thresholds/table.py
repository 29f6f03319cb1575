"""The versions in ClickHouse: the table that running jobs poll."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import unavailable
from connectors.clickhouse.queries import rows
from thresholds.model import ThresholdVersion
from thresholds.versions import VersionRecordError, from_record, ordered, to_record

_LOG = logging.getLogger(__name__)
TABLE = "threshold_versions_log"


def read_table(client: Client, url: str) -> list[ThresholdVersion]:
    """Every readable version in `threshold_versions`, oldest first; what somebody has spoilt by hand is logged and left out.

    Raises ClickHouseUnavailableError, and VersionRecordError when none of the versions that are there can be read.
    """
    versions, spoilt = [], None
    for row in rows(client, url, "threshold_versions"):
        try:
            versions.append(from_record(row))
        except VersionRecordError as error:
            spoilt = error
            _LOG.warning("threshold_versions: %s", error.message)
    if spoilt is not None and not versions:
        raise spoilt
    return ordered(versions)


def write_table(client: Client, url: str, versions: Sequence[ThresholdVersion]) -> None:
    """Adds `versions`; one that is there already stays one row. Raises ClickHouseUnavailableError."""
    records = [to_record(version) for version in versions]
    if not records:
        return
    try:
        client.insert(TABLE, [list(record.values()) for record in records], column_names=list(records[0]))
    except ClickHouseError as error:
        raise unavailable(url, error) from error
