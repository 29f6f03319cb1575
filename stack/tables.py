"""Brings ClickHouse up to date: its tables and the comments beside them, but not while jobs write into tables that are swapped."""

from __future__ import annotations

from connectors.flink.rest import FlinkRest, FlinkRestError
from jobs.catalog import JOBS
from quality.comments import apply_comments
from stack.migrations import apply_migrations

# Longer only delays what then goes on all the same.
_FLINK_TIMEOUT_S = 5.0


def apply_tables(clickhouse_url: str, flink_url: str) -> list[str]:
    """One line per change; `flink_url` may be empty. Raises MigrationError, also for jobs whose rows a swap would lose."""
    return apply_migrations(clickhouse_url, writers=lambda: writing_jobs(flink_url)) + apply_comments(clickhouse_url)


def writing_jobs(flink_url: str) -> list[str]:
    """Name and id of each job of this project that may still write; none where no JobManager answers, for none runs without one."""
    if not flink_url:
        return []
    try:
        with FlinkRest(flink_url, _FLINK_TIMEOUT_S) as flink:
            return [f"{job.name} {job.id}" for job in flink.jobs() if job.active and job.name in JOBS]
    except FlinkRestError:
        return []
