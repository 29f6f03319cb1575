"""The fixed universe of `tests/golden/dashboards`, and what a query answers over it, in the form of the files there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from clickhouse_connect.driver.client import Client

from dashboards.model import load_query, parameters
from dashboards.run import Filters, bound, plain

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "dashboards"
BEGIN = datetime(2026, 3, 10, 8, tzinfo=UTC)
END = datetime(2026, 3, 10, 12, tzinfo=UTC)
HALF_HOURS = "velocity_30m_slices"
# Queries of sums over whatever is in the range, which may be nothing, give a row on empty tables too; others a row per dataset.
_OF_ONE_ROW = {
    *("comment_totals", "data_age", "dead_letter_total", "engagement_totals", "fresh_snapshots", "growth_totals", "late_share"),
    "live_totals",
    "names",
}
ROWS_OF_NOTHING = {**dict.fromkeys(_OF_ONE_ROW, 1), "freshness": 7}


def write_universe(client: Client) -> None:
    """Every row of universe.yaml, table by table, into the empty tables of `client`."""
    tables = yaml.safe_load((FOLDER / "universe.yaml").read_text(encoding="utf-8"))
    # Half hours come from observations by themselves: those of the universe take their place.
    tables = {name: tables[name] for name in sorted(tables, key=HALF_HOURS.__eq__)}
    for table, content in tables.items():
        if table == HALF_HOURS:
            client.command(f"TRUNCATE TABLE {table}")
        types = {row[0]: row[1] for row in client.query(f"DESCRIBE TABLE {table}").result_rows}
        timed = [types[name].find("DateTime64") >= 0 for name in content["columns"]]
        rows = [
            [
                datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) and time else value
                for value, time in zip(row, timed, strict=True)
            ]
            for row in content["rows"]
        ]
        # Row by row: of equal keys the later one has to win.
        for row in rows:
            client.insert(table, [row], column_names=content["columns"])


def answer(
    client: Client,
    query: str,
    begin: datetime = BEGIN,
    end: datetime = END,
    settings: dict[str, Any] | None = None,
    **chosen: Any,
) -> list[dict[str, Any]]:
    """The rows of `query` from `begin` to `end`, by column. Times are texts, other values as `dashboards.run.plain` has them."""
    filters = Filters(round(begin.timestamp() * 1000), round(end.timestamp() * 1000), **chosen)
    text, values = load_query(query), bound(filters)
    found = client.query(text, parameters={name: values[name] for name in parameters(text)}, settings=settings)
    return [{name: _shown(value) for name, value in zip(found.column_names, row, strict=True)} for row in found.result_rows]


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") + (f".{value.microsecond // 1000:03d}" if value.microsecond else "")
    return plain(value)
