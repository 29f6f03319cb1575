"""The plain Python reference against rows that were worked out by hand."""

from __future__ import annotations

from simulator.reference.engagement_hourly import engagement_hourly
from tests.golden.reading import lines, milliseconds


def test_the_reference_gives_the_golden_rows() -> None:
    given = [row | {"ingested_at": milliseconds(row["observed"])} for row in lines("engagement_hourly/given.jsonl")]
    expected = [
        row | {name: milliseconds(row[name]) for name in ("window_start", "window_end")}
        for row in lines("engagement_hourly/expect.jsonl")
    ]
    found = engagement_hourly(given)
    assert found == expected
    assert all(list(row) == list(wanted) for row, wanted in zip(found, expected, strict=True))
    assert engagement_hourly(reversed(given)) == expected
