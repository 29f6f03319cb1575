"""Runs the tests of datasets against ClickHouse, and against Kafka where a topic is reconciled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import ClickHouseUnavailableError, unavailable
from connectors.clickhouse.queries import query_text
from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY
from quality.catalog import Catalog, Dataset
from quality.checks import Check, Moment, checks_of, moment
from quality.results import Result, Status, judged

QUERIES = REPOSITORY / "sql" / "clickhouse" / "quality"


class Tables:
    """ClickHouse as the tests ask it. `url` is only named in errors."""

    def __init__(self, client: Client, url: str, folder: Path = QUERIES) -> None:
        self._client, self._url, self._folder = client, url, folder

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query as column -> value. Raises ClickHouseUnavailableError."""
        try:
            return list(self._client.query(query_text(query, self._folder), parameters=parameters).named_results())
        except ClickHouseError as error:
            raise unavailable(self._url, error) from error


def run_checks(tables: Tables, datasets: Sequence[Dataset], catalog: Catalog, at: Moment, only: Sequence[str]) -> Iterator[Result]:
    """A result per test that is a query, of all or only of the named tests, in the order of the datasets.

    A test that ClickHouse refuses to answer, for instance of a table that is not there, fails and says so.
    Raises ClickHouseUnavailableError when ClickHouse does not answer at all.
    """
    for dataset in datasets:
        for check in checks_of(dataset, catalog, at):
            if not only or check.test in only:
                yield run_check(tables, check, at)


def run_check(tables: Tables, check: Check, at: Moment) -> Result:
    """The result of one test. Raises ClickHouseUnavailableError when ClickHouse does not answer."""
    try:
        (row,) = tables.rows(check.test, **check.parameters)
        if check.test == "freshness":
            return _freshness(check, row, at)
        return _counted(tables, check, row)
    except ClickHouseUnavailableError as error:
        if not refused(error):
            raise
        return _result(check, Status.FAIL, 0, untested(error))


def refused(error: ClickHouseUnavailableError) -> bool:
    """Whether ClickHouse has answered, only not as hoped: it may answer the next query."""
    return getattr(error.__cause__, "code", None) is not None


def untested(error: TokpulseError) -> str:
    """What a result says of a test that could not be made: of ClickHouse's answer, which may quote a value, its code only."""
    cause = error.__cause__
    if not isinstance(cause, ClickHouseError):
        return f"cannot be tested: {error.message}"
    code, name = getattr(cause, "code", None), getattr(cause, "name", None)
    return f"cannot be tested: ClickHouse refuses with code {code}" + (f" ({name})" if name else "")


def _counted(tables: Tables, check: Check, row: dict[str, Any]) -> Result:
    failing, warning = int(row["failing"]), int(row.get("warning", 0))
    if not failing and not warning:
        return _result(check, Status.PASS, 0, f"{row['checked']:,} checked")
    example = row["example"] if "example" in row else tables.rows(f"{check.test}_example", **check.parameters)[0]["example"]
    status = judged(check.severity if failing else "warn", failing=True)
    rows = failing + warning
    return _result(check, status, rows, f"{rows:,} of {row['checked']:,} {check.broken}, e.g. {example}")


def _freshness(check: Check, row: dict[str, Any], at: Moment) -> Result:
    limits = check.dataset.about.freshness
    assert limits is not None
    hours = [limit / 3_600_000 for limit in (limits.warn, limits.error)]
    if not row["any_row"]:
        return _result(check, Status.FAIL if limits.required else Status.WARN, 0, "holds no row")
    if not row["newest_ms"]:
        return _result(
            check, Status.FAIL, 1, f"no row since {moment(at.as_of_ms - limits.error):%Y-%m-%d %H:%M} UTC, {hours[1]:g} h ago"
        )
    age_ms = at.as_of_ms - int(row["newest_ms"])
    text = f"newest row {moment(row['newest_ms']):%Y-%m-%d %H:%M} UTC, {max(0, age_ms) / 3_600_000:.1f} h ago"
    if age_ms > limits.warn:
        return _result(check, Status.WARN, 1, f"{text}; it is to be at most {hours[0]:g} h")
    return _result(check, Status.PASS, 0, text)


def _result(check: Check, status: Status, failing: int, detail: str) -> Result:
    return Result(check.dataset.name, check.test, check.column, check.severity, status, failing, " ".join(detail.split()))
