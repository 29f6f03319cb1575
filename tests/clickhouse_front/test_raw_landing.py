"""Raw responses in a real table: bytes as received, and what happens when it is away."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime

import clickhouse_connect
import pytest

from polling.landing.responses import RetryableInsertError, Row
from polling.landing.table import insert_into
from stack.migrations import apply_migrations

from .conftest import ADMIN, FrontProcess

pytestmark = pytest.mark.clickhouse

AT = datetime(2026, 11, 5, 12, 0, 0, 123_000, tzinfo=UTC)


def row(payload: bytes, status: int = 200) -> Row:
    return Row(AT, "tikliveapi", "/user-posts/", "count=35&userid=1", status, payload, uuid.uuid4(), 250)


def test_responses_are_kept_byte_for_byte(front: FrontProcess) -> None:
    url = front.url(database="raw_landing")
    apply_migrations(front.url(ADMIN, "raw_landing"))
    payloads = [b'{"videos":[]}', b"", "é 你好".encode(), os.urandom(10_000), b"<html>\x00\r\n</html>"]
    insert_into(url)([row(payload, status) for status, payload in enumerate(payloads)])
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    kept = client.query(
        "SELECT hex(payload), ingested_at, elapsed_ms FROM raw_api_responses WHERE endpoint = '/user-posts/' ORDER BY http_status"
    ).result_rows
    client.close()
    assert [bytes.fromhex(found[0]) for found in kept] == payloads
    assert {found[1].replace(tzinfo=UTC) for found in kept} == {AT}


@pytest.mark.parametrize("away", ["refused", "gone"])
def test_a_clickhouse_that_is_away_is_worth_another_try(own_front: FrontProcess, away: str) -> None:
    url = own_front.url(database="raw_landing")
    apply_migrations(own_front.url(ADMIN, "raw_landing"))
    insert = insert_into(url)
    if away == "gone":
        insert([row(b"1")])
    own_front.stop()
    with pytest.raises(RetryableInsertError):
        insert([row(b"2")])
