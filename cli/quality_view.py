"""What `tokpulse quality` shows: a line per test, the bad ones first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from connectors.console import styled
from quality.results import Result, Status, worst

_STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}
_ORDER = (Status.FAIL, Status.WARN, Status.PASS)


def table_of(results: Sequence[Result]) -> Table:
    """A row per result: failed tests first, then those that warn, each in the order in which they ran."""
    table = Table("status", "dataset", "test", "column", "rows", "detail", box=None, pad_edge=False)
    for column in table.columns[:5]:
        column.no_wrap = True
    table.columns[4].justify = "right"
    table.columns[5].overflow = "fold"
    for result in sorted(results, key=lambda result: _ORDER.index(result.status)):
        status = styled(result.status.value, _STYLES[result.status])
        table.add_row(status, result.dataset, result.test, result.column, f"{result.failing_rows:,}", result.detail)
    return table


def summary(results: Sequence[Result], everything: bool = True) -> str:
    """`24 tests: 22 pass, 1 warn, 1 fail`; where not `everything` was listed, how it is."""
    counted = Counter(result.status for result in results)
    text = f"{len(results)} tests: " + ", ".join(f"{counted[status]} {status.value}" for status in Status)
    return text if everything or not counted[Status.PASS] else f"{text}; --all lists what passed"


def as_data(run_id: str, at_ms: int, results: Sequence[Result], live_terms: str = "") -> dict[str, Any]:
    """The run for JSON. `live_terms` says who accepted LIVE polling."""
    return {
        "run_id": run_id,
        "checked_at": datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "status": worst(results).value,
        "live_terms": live_terms,
        "results": [
            {
                "dataset": result.dataset,
                "test": result.test,
                "column": result.column,
                "severity": result.severity,
                "status": result.status.value,
                "failing_rows": result.failing_rows,
                "detail": result.detail,
            }
            for result in results
        ],
    }
