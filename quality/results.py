"""What a run of the tests has found: results, the worst of them, their table in ClickHouse, and metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from connectors.clickhouse.client import unavailable
from connectors.errors import TokpulseError
from quality.catalog import Severity

TABLE = "quality_results_log"
_COLUMNS = ("run_id", "checked_at", "dataset", "test", "column", "severity", "status", "failing_rows", "detail")


class MetricsFileError(TokpulseError):
    """The file for Prometheus cannot be written."""


class Status(StrEnum):
    """From good to bad."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Result:
    """What one test found. `column` is empty for a test of a whole dataset; `severity` is what a test means that does not pass."""

    dataset: str
    test: str
    column: str
    severity: Severity
    status: Status
    failing_rows: int
    detail: str


def judged(severity: Severity, failing: bool) -> Status:
    """The status of a test of this severity."""
    if not failing:
        return Status.PASS
    return Status.FAIL if severity == "error" else Status.WARN


def worst(results: Iterable[Result]) -> Status:
    """The worst status; without results, pass."""
    statuses = {result.status for result in results}
    return next((status for status in (Status.FAIL, Status.WARN) if status in statuses), Status.PASS)


def write(client: Client, url: str, run_id: str, at_ms: int, results: Sequence[Result]) -> None:
    """Adds the results of a run to `quality_results`. Raises ClickHouseUnavailableError."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    rows = [
        [
            run_id,
            at,
            result.dataset,
            result.test,
            result.column,
            result.severity,
            result.status.value,
            result.failing_rows,
            result.detail,
        ]
        for result in results
    ]
    try:
        client.insert(TABLE, rows, column_names=list(_COLUMNS))
    except ClickHouseError as error:
        raise unavailable(url, error) from None


def write_metrics(path: Path, at_ms: int, results: Iterable[Result]) -> None:
    """Writes gauges for the text file collector of Prometheus' node exporter, at once. Raises MetricsFileError."""
    registry, labels = CollectorRegistry(), ("dataset", "test", "column")
    status = Gauge("tokpulse_quality_status", "0 pass, 1 warn, 2 fail", labels, registry=registry)
    failing = Gauge("tokpulse_quality_failing_rows", "Rows that do not hold what the test asks for", labels, registry=registry)
    checked = Gauge("tokpulse_quality_checked_timestamp_seconds", "When the tests ran last, Unix time", registry=registry)
    levels = list(Status)
    for result in results:
        place = (result.dataset, result.test, result.column)
        status.labels(*place).set(levels.index(result.status))
        failing.labels(*place).set(result.failing_rows)
    checked.set(at_ms / 1000)
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        raise MetricsFileError(f"cannot write {path}: {error.strerror}", "give a file in a folder that exists") from None
