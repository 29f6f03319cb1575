"""What Flink plans of a backfill: rows leave by their time, and a job that is none has no trace of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.clickhouse.outputs import Backfill
from connectors.clickhouse.schema import table_columns
from connectors.clickhouse.sink import selected
from connectors.clock import DAY_MS, HOUR_MS
from connectors.endpoints import Endpoints
from jobs.build import build, table_environment
from jobs.catalog import JOBS
from jobs.settings import JobSettings
from stack.ddl import clickhouse_columns
from tests.sql.local_flink import LocalFlink

pytestmark = [pytest.mark.sql, pytest.mark.timeout(300)]

BEGIN = 1_793_491_200_000  # 2026-11-01
ADDRESSES = {
    "KAFKA_BOOTSTRAP_SERVERS": "none:1",
    "SCHEMA_REGISTRY_URL": "http://none",
    "CLICKHOUSE_URL": "http://u:p@none:1/tokpulse",
}
SETTINGS = JobSettings(Endpoints(ADDRESSES, Path()), "run", bounded=True)


def plan(settings: JobSettings) -> dict[str, str]:
    """The optimized plan of job trending by the table that a part of it writes."""
    job = JOBS["trending"].backfilling(settings.backfill) if settings.backfill else JOBS["trending"]
    t_env = table_environment(job, settings)
    text = build(t_env, job, settings).explain()
    if settings.backfill:
        for sink in job.clickhouse:
            assert set(table_columns(selected(sink, t_env))) == {column.name for column in clickhouse_columns()[sink.table]} - {
                "written_at"
            }
    parts = text[text.index("== Optimized Execution Plan ==") :].split("Sink(table=")[1:]
    return {match[1]: part for part in parts if (match := re.match(r"\[(?:\w+\.)*(\w+)\]", part))} | {"": text}


def test_rows_leave_by_their_time(local_flink: LocalFlink) -> None:
    whole = plan(SETTINGS)
    found = plan(replace(SETTINGS, backfill=Backfill(BEGIN + HOUR_MS, BEGIN + DAY_MS, restate=True)))
    written = {table for table in found if table}
    assert written == {
        *("clickhouse_trending_hourly", "clickhouse_follower_snapshots", "clickhouse_posts_ledger", "clickhouse_posts_counts"),
        "clickhouse_users_ledger",
    }
    for table in ("clickhouse_trending_hourly", "clickhouse_follower_snapshots"):
        assert "2026-11-01 01:00:00" in found[table], found[table]
        assert "2026-11-02 00:00:00" in found[table], found[table]
    assert str(BEGIN + DAY_MS) in found[""]
    # The planner has dropped a condition that is always true, and with it the end that there is none of.
    optimized = whole[""][whole[""].index("== Optimized Execution Plan ==") :]
    assert not re.search(r"ingested_at[^)]{0,20} < 0", optimized), optimized
    assert "ingested_at" in optimized
