"""How old a snapshot may be and still be fresh: one constant, which SQL spells out in its own words."""

from __future__ import annotations

import re

from connectors.clock import SNAPSHOT_FRESH_MS
from connectors.paths import SQL_DIR
from jobs.render import code
from simulator.reference import comments_enriched, trending_hourly

_DAYS = re.compile(r"snapshot_at > window_end - INTERVAL '(\d+)' DAY - INTERVAL '0.001' SECOND THEN 'fresh'")
_MILLISECONDS = re.compile(r"dateDiff\('millisecond', [^()]+\)(?: - 1)? < (\d+), 'fresh', 'stale'\)")


def test_sql_and_pollers_agree_on_when_a_snapshot_is_stale() -> None:
    said = {}
    for path in SQL_DIR.rglob("*.sql"):
        text = code(path.read_text(encoding="utf-8"))
        if "'fresh', 'stale'" in text or "ELSE 'stale'" in text:
            days, milliseconds = _DAYS.findall(text), _MILLISECONDS.findall(text)
            said[path.relative_to(SQL_DIR).as_posix()] = [int(one) * 86_400_000 for one in days] + [
                int(one) for one in milliseconds
            ]
    # Whatever decides it is found, and says the same.
    assert said == {
        path: [SNAPSHOT_FRESH_MS]
        for path in (
            "30_marts/trending_hourly_verdicts.sql",
            "clickhouse/views/comments_enriched.sql",
            "clickhouse/views/trending_hourly_corrected.sql",
        )
    }


def test_the_reference_agrees() -> None:
    assert trending_hourly.FRESH_MS == comments_enriched.FRESH_MS == SNAPSHOT_FRESH_MS
