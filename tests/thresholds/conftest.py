"""A real ClickHouse front with the project's tables, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.clickhouse.client import connect
from stack.migrations import apply_migrations
from tests.clickhouse_front.conftest import ADMIN, FrontProcess

TABLES = ("trending_hourly_log", "momentum_alerts_log", "post_observations_log", "follower_snapshots_log", "threshold_versions_log")


@dataclass(frozen=True)
class Database:
    """A migrated, empty database: its writer's DSN, and a client of it."""

    url: str
    client: Any


@pytest.fixture(scope="session")
def thresholds_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    running = FrontProcess(tmp_path_factory.mktemp("front"))
    running.start()
    try:
        apply_migrations(running.url(ADMIN))
        yield running
    finally:
        running.stop()


@pytest.fixture
def database(thresholds_front: FrontProcess) -> Iterator[Database]:
    url = thresholds_front.url()
    client = connect(url)
    try:
        for table in TABLES:
            client.command(f"TRUNCATE TABLE {table}")
        yield Database(url, client)
    finally:
        client.close()
