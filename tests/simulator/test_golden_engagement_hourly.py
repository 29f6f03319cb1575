"""The plain Python reference against rows that were worked out by hand."""

from __future__ import annotations

from simulator.reference.engagement_hourly import COLUMNS, engagement_hourly
from tests.golden.reading import engagement_hours, lines, milliseconds


def test_the_reference_gives_the_golden_rows() -> None:
    given = [row | {"ingested_at": milliseconds(row["observed"])} for row in lines("engagement_hourly/given.jsonl")]
    expected = engagement_hours(COLUMNS)
    assert engagement_hourly(given) == expected
    assert engagement_hourly(reversed(given)) == expected
