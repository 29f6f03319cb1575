"""Fronts of this folder's own, one to write to and one that stays empty: its tests count what is in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from connectors.clickhouse.client import connect
from stack.migrations import apply_migrations
from tests.clickhouse_front.conftest import ADMIN, READER, FrontProcess


@contextmanager
def migrated(home: Path) -> Iterator[FrontProcess]:
    """A front with every table and no row."""
    running = FrontProcess(home)
    running.start()
    try:
        apply_migrations(running.url(ADMIN))
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def golden_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    """For the universe of test_golden, and what its tests add."""
    with migrated(tmp_path_factory.mktemp("golden")) as running:
        yield running


@pytest.fixture(scope="session")
def empty_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of the reader, on tables without rows: nothing else is given the writer's address."""
    with migrated(tmp_path_factory.mktemp("empty")) as running:
        reading = connect(running.url(READER, "tokpulse_shared"))
        yield reading
        reading.close()
