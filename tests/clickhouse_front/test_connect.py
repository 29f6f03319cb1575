"""The unmodified clickhouse-connect client, with its default settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import clickhouse_connect
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from .conftest import ADMIN, READER, WRITER, FrontProcess

pytestmark = pytest.mark.clickhouse

Client = Any  # clickhouse-connect is only partly typed
ROWS = 100_000


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Client]:
    made = clickhouse_connect.get_client(dsn=front.url())
    made.command("DROP TABLE IF EXISTS events SYNC")
    made.command(
        "CREATE TABLE events (id UInt64, name String, at DateTime64(3, 'UTC'), rate Nullable(Float64)) "
        "ENGINE = MergeTree ORDER BY id"
    )
    for statement in (
        "CREATE DATABASE IF NOT EXISTS tokpulse_shared",
        "CREATE OR REPLACE VIEW tokpulse_shared.events DEFINER = CURRENT_USER SQL SECURITY DEFINER "
        "AS SELECT * FROM tokpulse.events",
    ):
        assert front.post(statement, user=ADMIN).status_code == 200
    yield made
    made.close()


def test_rows_come_back(client: Client) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    summary = client.insert("events", [[1, "it's", at, None], [2, "é\\\n", at, 0.5]])
    assert summary.written_rows == 2
    rows = client.query("SELECT id, name, rate FROM events ORDER BY id").result_rows
    assert rows == [(1, "it's", None), (2, "é\\\n", 0.5)]
    assert client.query("SELECT * FROM events WHERE 0").result_rows == []


def test_parameters_and_settings(client: Client) -> None:
    wanted = {"n": 4, "s": "it's \\ \t\n é", "a": ["x", "y'"], "t": "events"}
    got = client.query("SELECT {n:UInt8} + 1, {s:String}, {a:Array(String)}", parameters=wanted).result_rows
    assert got == [(5, wanted["s"], wanted["a"])]
    assert client.query("SELECT count() FROM {t:Identifier}", parameters=wanted).result_rows == [(0,)]
    threads = "SELECT getSetting('max_threads')"
    before = client.query(threads).result_rows
    assert client.query(threads, settings={"max_threads": 1}).result_rows == [(1,)]
    assert client.query(threads).result_rows == before


def test_many_parameters_go_as_a_form(client: Client) -> None:
    ids = list(range(5000))
    got = client.query("SELECT count() FROM numbers(10000) WHERE number IN {ids:Array(UInt64)}", parameters={"ids": ids})
    assert got.result_rows == [(5000,)]


def test_data_frames_and_arrow(client: Client) -> None:
    at = pd.Timestamp("2026-01-01", tz="UTC")
    frame = pd.DataFrame({"id": np.arange(ROWS, dtype="u8"), "name": [f"p{n}" for n in range(ROWS)], "at": at, "rate": 1.5})
    assert client.insert_df("events", frame).written_rows == ROWS
    table = pa.table(
        {
            "id": pa.array(np.arange(ROWS, dtype="u8")),
            "name": [f"p{n}" for n in range(ROWS)],
            "at": pa.array([at] * ROWS, pa.timestamp("ms", "UTC")),
            "rate": np.ones(ROWS),
        }
    )
    assert client.insert_arrow("events", table).written_rows == ROWS
    assert client.query("SELECT count(), sum(id), uniqExact(name) FROM events").result_rows == [(2 * ROWS, ROWS * (ROWS - 1), ROWS)]
    assert len(client.query_df("SELECT * FROM events")) == 2 * ROWS
    assert client.query_arrow("SELECT * FROM events").num_rows == 2 * ROWS


def test_commands_and_sessions(client: Client) -> None:
    assert client.ping()
    assert client.command("SELECT 1") == 1
    assert "events" in client.command("SHOW TABLES").split("\n")
    client.command("CREATE TEMPORARY TABLE mine (a Int32)")
    client.insert("mine", [[7]], column_names=["a"])
    assert client.query("SELECT a FROM mine").result_rows == [(7,)]


def test_streams(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(3000000)") as stream:
        assert sum(len(block) for block in stream) == 3_000_000
    sql = "SELECT throwIf(number = 2900000) FROM numbers(3000000) SETTINGS max_threads = 1"
    with pytest.raises(StreamFailureError, match="Code: 395"), client.query_row_block_stream(sql) as stream:
        for _ in stream:
            pass


@pytest.mark.parametrize(
    ("sql", "code"),
    [("SELECT * FROM nope", 60), ("SELEC 1", 62), ("SELECT 1 SETTINGS nope = 1", 115), ("SELECT x", 47)],
)
def test_errors_carry_their_code(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query(sql)
    assert caught.value.code == code


def test_a_bad_batch_is_an_error_and_stores_nothing(client: Client) -> None:
    with pytest.raises(DatabaseError):
        client.raw_insert("events", ["id", "name"], b"1\tx\nnot-a-number\ty\n", fmt="TabSeparated")
    assert client.query("SELECT count() FROM events").result_rows == [(0,)]


def test_external_data(client: Client) -> None:
    from clickhouse_connect.driver.external import ExternalData

    data = ExternalData(file_name="sent.csv", fmt="CSV", structure="id UInt64, name String", data=b"1,a\n2,b\n")
    assert client.query("SELECT sum(id) FROM sent", external_data=data).result_rows == [(3,)]


def test_the_reader(front: FrontProcess, client: Client) -> None:
    reader = clickhouse_connect.get_client(dsn=front.url(READER, "tokpulse_shared"))
    assert reader.query("SELECT count() FROM events").result_rows == [(0,)]
    with pytest.raises(DatabaseError) as caught:
        reader.insert("events", [[1, "x", datetime.now(UTC), None]])
    assert caught.value.code == 164
    with pytest.raises(DatabaseError) as caught:
        reader.command("DROP TABLE events")
    assert caught.value.code == 164
    reader.close()


def test_a_wrong_password(front: FrontProcess) -> None:
    with pytest.raises(DatabaseError) as caught:
        clickhouse_connect.get_client(dsn=front.url((WRITER[0], "wrong")))
    assert caught.value.code == 516


@pytest.mark.anyio
async def test_the_async_client(front: FrontProcess) -> None:
    pytest.importorskip("aiohttp")
    made = await clickhouse_connect.get_async_client(dsn=front.url())
    assert (await made.query("SELECT 1")).result_rows == [(1,)]
    await made.close()


def test_readers_while_a_writer_inserts(front: FrontProcess, client: Client) -> None:
    """Totals a reader sees never shrink, every batch is seen whole, and the end is exact."""
    batches, size = 60, 500
    stop = threading.Event()
    faults: list[str] = []

    def read() -> None:
        own = clickhouse_connect.get_client(dsn=front.url(READER, "tokpulse_shared"))
        last = 0
        while not stop.is_set():
            count = own.query("SELECT count() FROM events").result_rows[0][0]
            if count < last or count % size:
                faults.append(f"{last} then {count}")
            last = count
        own.close()

    def sleep() -> None:
        own = clickhouse_connect.get_client(dsn=front.url(READER, "tokpulse_shared"))
        own.query("SELECT sleep(2)")
        own.close()

    threads = [threading.Thread(target=target) for target in (read, read, read, sleep)]
    for thread in threads:
        thread.start()
    at = datetime.now(UTC)
    for batch in range(batches):
        client.insert("events", [[batch * size + n, "x", at, None] for n in range(size)])
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert client.query("SELECT count(), uniqExact(id) FROM events").result_rows == [(batches * size, batches * size)]
