"""An INSERT that the engine cannot store is refused: its own `finish` would say that all is well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from .conftest import FrontProcess

pytestmark = pytest.mark.clickhouse


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    made = clickhouse_connect.get_client(dsn=front.url(), autogenerate_session_id=False)
    yield made
    made.command("DROP TABLE IF EXISTS refusing")
    made.close()


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("CONSTRAINT small CHECK a < 10", "Constraint `small`"),
        ("b UInt8 MATERIALIZED throwIf(a >= 10, 'too large')", "too large"),
    ],
)
def test_rows_that_cannot_be_stored_are_not_acknowledged(client: Any, column: str, said: str) -> None:
    client.command(f"CREATE TABLE refusing (a UInt8, {column}) ENGINE = MergeTree ORDER BY a")
    client.insert("refusing", [[1], [2]])
    with pytest.raises(DatabaseError, match=said):
        client.insert("refusing", [[3], [10]])
    # One failure is not held against those that come after it.
    client.insert("refusing", [[4]])
    assert client.query("SELECT groupArray(a) FROM (SELECT a FROM refusing ORDER BY a)").result_rows == [([1, 2, 4],)]
