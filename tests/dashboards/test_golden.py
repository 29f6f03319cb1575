"""Each query over a fixed universe gives the rows that were worked out by hand; see tests/golden/dashboards/universe.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from clickhouse_connect.driver.client import Client

from connectors.clickhouse_client import connect
from dashboards.model import QUERIES_DIR
from tests.clickhouse_front.conftest import FrontProcess
from tests.dashboards.golden import FOLDER, answer, write_universe

# Asked for the present: ClickHouse notes itself when an entry of the ledger came.
OF_THE_PRESENT = {"ledger_balance"}
CASES = [
    pytest.param(path.parent.name, case, id=f"{path.parent.name}-{number}")
    for path in sorted(FOLDER.glob("*/expected.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
]


@pytest.fixture(scope="module")
def golden(boards_front: FrontProcess) -> Iterator[Client]:
    """Of the writer, who sees names as they are; masked views have the same columns."""
    client = connect(boards_front.url())
    write_universe(client)
    yield client
    client.close()


def near(value: Any) -> Any:
    """`value` with its floats compared to nine digits: sums of floats depend on the order of rows."""
    if isinstance(value, list):
        return [near(item) for item in value]
    return pytest.approx(value, rel=1e-8, abs=1e-9) if isinstance(value, float) else value


@pytest.mark.clickhouse
@pytest.mark.parametrize(("query", "case"), CASES)
def test_a_query_gives_the_rows_worked_out_by_hand(golden: Client, query: str, case: dict[str, Any]) -> None:
    found = answer(golden, query, **case["filters"])
    assert found == [{name: near(value) for name, value in row.items()} for row in case["rows"]]


@pytest.mark.clickhouse
def test_the_ledger_shows_runs_that_wrote_in_the_range(golden: Client) -> None:
    columns = ["job", "run_id", "topic", "path", "kafka_partition", "bucket", "valid", "counted", "late", "quarantined"]
    entries = [
        ["pipeline", "r1", "t.posts", "window", 0, 0, 100, 95, 5, 0],
        ["pipeline", "r1", "t.posts", "window", 1, 0, 50, 49, 0, 0],
    ]
    golden.insert(
        "pipeline_ledger_entries", [*entries, ["pipeline", "r1", "t.posts", "quarantine", 0, 7, 0, 0, 0, 1]], column_names=columns
    )
    now = datetime.now(UTC)
    (row,) = answer(golden, "ledger_balance", begin=now - timedelta(hours=1), end=now + timedelta(hours=1))
    assert row.pop("updated_at") >= (now - timedelta(minutes=10)).strftime("%Y-%m-%d %H:%M:%S")
    counts = {"read": 151, "counted": 144, "late": 5, "quarantined": 1, "unaccounted": 1}
    assert row == {"job": "pipeline", "run_id": "r1", "topic": "t.posts", **counts}
    assert answer(golden, "ledger_balance", begin=now + timedelta(hours=1), end=now + timedelta(hours=2)) == []


def test_every_query_has_golden_results() -> None:
    assert {path.stem for path in QUERIES_DIR.glob("*.sql")} == {
        path.parent.name for path in FOLDER.glob("*/expected.yaml")
    } | OF_THE_PRESENT
