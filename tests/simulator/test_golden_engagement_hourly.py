"""The plain Python reference against rows that were worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.reference.engagement_hourly import COLUMNS, engagement_hourly

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "engagement_hourly"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]


def milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def test_the_reference_gives_the_golden_rows() -> None:
    given = [row | {"ingested_at": milliseconds(row["observed"])} for row in lines("given.jsonl")]
    expected = [row | {name: milliseconds(row[name]) for name in ("window_start", "window_end")} for row in lines("expect.jsonl")]
    assert all(tuple(row) == COLUMNS for row in expected)
    assert engagement_hourly(given) == expected
    assert engagement_hourly(reversed(given)) == expected
