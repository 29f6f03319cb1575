"""A front of this folder's own: its tests count what is in the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from connectors.clickhouse_client import connect
from stack.migrations import apply_migrations
from tests.clickhouse_front.conftest import ADMIN, READER, FrontProcess


@pytest.fixture(scope="session")
def boards_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    """A migrated front, empty: each test that writes makes a database of its own."""
    running = FrontProcess(tmp_path_factory.mktemp("boards"))
    running.start()
    try:
        apply_migrations(running.url(ADMIN))
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def empty_client(boards_front: FrontProcess) -> Iterator[Client]:
    """Of the reader, on tables without rows."""
    reading = connect(boards_front.url(READER, "tokpulse_shared"))
    yield reading
    reading.close()
