"""Which tests the catalog declares for a dataset, each as a query of `sql/clickhouse/quality/` with its parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.clock import DAY_MS
from quality.catalog import Catalog, Column, Dataset, Severity

DEFAULT_SPAN_MS = 7 * DAY_MS
DRIFT_SPAN_MS = 2 * DAY_MS
# An endpoint with fewer answers on a day is not compared.
DRIFT_LEAST_ANSWERS = 20
# Test -> what it means when it does not pass. A counter that fell is upstream's correction, not an error of the pipeline.
SEVERITIES: Mapping[str, Severity] = {
    "not_null": "error",
    "accepted_range": "error",
    "accepted_values": "error",
    "references": "error",
    "unique_grain": "error",
    "freshness": "error",
    "never_falls": "warn",
    "history": "error",
    "ledger_balance": "error",
    "late_share": "error",
    # How many can be known depends on the credits.
    "fresh_snapshots": "warn",
    "dead_letter_volume": "warn",
    "schema_drift": "warn",
    "reconcile": "error",
}


@dataclass(frozen=True)
class Moment:
    """As of when the tests judge, and since when rows are looked at (None: by the test). Unix milliseconds."""

    as_of_ms: int
    since_ms: int | None = None

    def since(self, span_ms: int = DEFAULT_SPAN_MS) -> datetime:
        """The time that was asked for, else `span_ms` ago."""
        return moment(self.as_of_ms - span_ms if self.since_ms is None else self.since_ms)


@dataclass(frozen=True)
class Check:
    """One test of one dataset; `test` is the query's name. `broken` completes "12 of 340 rows ..."."""

    dataset: Dataset
    test: str
    column: str = ""
    broken: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """What it means when the test does not pass."""
        return SEVERITIES[self.test]


def moment(ms: int) -> datetime:
    """`ms` (Unix milliseconds) as a time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def checks_of(dataset: Dataset, catalog: Catalog, at: Moment) -> Iterator[Check]:
    """The tests of `dataset` that are queries: all but reconcile, for which Kafka is read."""
    about, whole = dataset.about, dataset.about.tests
    bounds = {"dataset": dataset.name, "time": about.time_column, "since": at.since(), **_slots(about.key)}
    if about.freshness is not None:
        limit = {"dataset": dataset.name, "time": about.time_column, "since": moment(at.as_of_ms - about.freshness.error)}
        yield Check(dataset, "freshness", parameters=limit)
    if whole.unique_grain:
        yield Check(dataset, "unique_grain", broken="repeat a key", parameters=bounds)
    if whole.never_falls is not None:
        falls = whole.never_falls
        broken = f"fell by more than {falls.tolerance:.0%}"
        yield Check(
            dataset,
            "never_falls",
            falls.column,
            broken,
            bounds | {"column": falls.column, "of": falls.of, "tolerance": falls.tolerance},
        )
    if whole.history is not None:
        broken = "overlap, leave a gap or are wrongly current"
        yield Check(dataset, "history", broken=broken, parameters=bounds | {"of": whole.history.of})
    if whole.ledger_balance:
        yield Check(dataset, "ledger_balance", broken="do not add up", parameters=bounds)
    if whole.late_share is not None:
        limits = {"few": whole.late_share.warn, "at_most": whole.late_share.error, "since": at.since(DAY_MS)}
        yield Check(dataset, "late_share", broken="have too many late records", parameters=bounds | limits)
    if whole.fresh_snapshots is not None:
        fresh = whole.fresh_snapshots
        limits = {"column": fresh.column, "at_least": fresh.at_least, "since": at.since(DAY_MS)}
        broken = f"have no fresh snapshot, where {fresh.at_least:.0%} should have one"
        yield Check(dataset, "fresh_snapshots", fresh.column, broken, bounds | limits)
    if whole.dead_letter_volume is not None:
        most = whole.dead_letter_volume.at_most
        yield Check(dataset, "dead_letter_volume", broken=f"are more than {most:,}", parameters=bounds | {"at_most": most})
    if whole.schema_drift:
        days = {"newest_since": moment(at.as_of_ms - DAY_MS), "since": moment(at.as_of_ms - DRIFT_SPAN_MS)}
        yield Check(
            dataset,
            "schema_drift",
            broken="came or went within a day",
            parameters={"dataset": dataset.name, "few": DRIFT_LEAST_ANSWERS, **days},
        )
    for name, column in about.columns.items():
        yield from _of_column(dataset, name, column, catalog, bounds, at)


def _of_column(
    dataset: Dataset, name: str, column: Column, catalog: Catalog, bounds: Mapping[str, Any], at: Moment
) -> Iterator[Check]:
    tests, bounds = column.tests, {**bounds, "column": name}
    if tests.not_null:
        yield Check(dataset, "not_null", name, "have no value", bounds)
    if tests.range is not None:
        least = -math.inf if tests.range.min is None else tests.range.min
        greatest = math.inf if tests.range.max is None else tests.range.max
        limits = {"least": least, "greatest": greatest}
        yield Check(dataset, "accepted_range", name, f"are outside {least:,g} to {greatest:,g}", bounds | limits)
    if tests.values is not None:
        broken = f"are none of {', '.join(tests.values)}"
        yield Check(dataset, "accepted_values", name, broken, bounds | {"accepted": tests.values})
    if tests.references is not None:
        to = tests.references
        target = {
            "target": to.dataset,
            "target_column": to.column,
            "target_time": catalog[to.dataset].about.time_column,
            "target_since": at.since() if to.bounded else moment(0),
        }
        yield Check(dataset, "references", name, f"are not in {to.dataset}.{to.column}", bounds | target)


def _slots(key: list[str]) -> dict[str, str]:
    """Identifiers come one by one: a key of fewer columns repeats its last one."""
    return {f"k{number}": key[min(number, len(key)) - 1] for number in range(1, 5)}
