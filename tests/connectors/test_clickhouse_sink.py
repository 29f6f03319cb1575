"""The batch as Arrow, and the pauses between attempts. What ClickHouse makes of it is tested on a stack."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pytest
from tenacity import RetryCallState

from connectors.clickhouse_sink import LONGEST_PAUSE, ClickHouseWriteError, ClickHouseWriter, arrow_table, pause
from connectors.sinks import ClickHouseSink


def test_columns_keep_their_names_types_and_order() -> None:
    batch = arrow_table(("b", "a"), (pd.Series(["x", None]), pd.Series([1, 2], dtype="int64")))
    assert batch.column_names == ["b", "a"]
    assert batch.schema.field("a").type == pa.int64()
    assert batch.to_pydict() == {"b": ["x", None], "a": [1, 2]}


@pytest.mark.parametrize(("value", "kind"), [("engagement", pa.string()), (1, pa.int64()), (True, pa.bool_()), (0.5, pa.float64())])
def test_a_constant_is_repeated(value: object, kind: pa.DataType) -> None:
    """The planner hands a literal over as a plain value, not as a Series."""
    batch = arrow_table(("c", "a"), (value, pd.Series([1, 2, 3])))
    assert batch.to_pydict()["c"] == [value] * 3
    assert batch.schema.field("c").type == kind


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_times_are_milliseconds_utc(unit: str) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 123_000)
    batch = arrow_table(("t",), (pd.Series(pd.to_datetime([moment])).astype(f"datetime64[{unit}]"),))
    assert batch.schema.field("t").type == pa.timestamp("ms", "UTC")
    assert batch.to_pydict()["t"] == [moment.replace(tzinfo=UTC)]


def test_an_absent_time_stays_absent() -> None:
    batch = arrow_table(("t",), (pd.Series(pd.to_datetime([None, datetime(2026, 1, 1)])),))
    assert batch.to_pydict()["t"] == [None, datetime(2026, 1, 1, tzinfo=UTC)]


def test_an_empty_batch() -> None:
    assert arrow_table(("a", "c"), (pd.Series([], dtype="int64"), "x")).num_rows == 0


def test_pauses_grow_to_a_bound_and_are_never_negative() -> None:
    for attempt in range(1, 12):
        state = cast("RetryCallState", SimpleNamespace(attempt_number=attempt))
        drawn = [pause(state) for _ in range(200)]
        assert min(drawn) >= 0
        assert max(drawn) <= min(LONGEST_PAUSE, 0.2 * 2**attempt)


class Metrics:
    """Counters by name."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def add_group(self, *_: str) -> Metrics:
        return self

    def counter(self, name: str) -> Any:
        return SimpleNamespace(inc=lambda by=1: self.values.update({name: self.values.get(name, 0) + by}))

    def distribution(self, name: str) -> Any:
        return SimpleNamespace(update=lambda value: self.values.update({name: value}))


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> tuple[ClickHouseWriter, Metrics]:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://tokpulse:s3cret@127.0.0.1:1/tokpulse")
    monkeypatch.setattr("connectors.clickhouse_sink.pause", lambda _: 0.0)
    made, metrics = ClickHouseWriter(ClickHouseSink("v", "t"), ("a",)), Metrics()
    made.open(cast("Any", SimpleNamespace(get_metric_group=lambda: metrics)))
    return made, metrics


class Server:
    """A client whose inserts fail as told, then work."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.rows, self.connections = list(errors), 0, 0

    def connect(self, _: str) -> Server:
        self.connections += 1
        return self

    def insert_arrow(self, table: str, batch: pa.Table, settings: dict[str, int]) -> None:
        assert table == "t"
        if self.errors:
            raise self.errors.pop(0)
        self.rows += batch.num_rows

    def close(self) -> None:
        pass


def test_a_lost_reply_is_answered_by_another_connection(
    writer: tuple[ClickHouseWriter, Metrics], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(ConnectionResetError("peer"), TimeoutError("late"))
    monkeypatch.setattr("connectors.clickhouse_sink.connect", server.connect)
    assert list(writer[0].eval(pd.Series([1, 2]))) == [1, 1]
    assert (server.rows, server.connections) == (2, 3)
    assert writer[1].values["retries"] == 2
    assert (writer[1].values["rows"], writer[1].values["batches"]) == (2, 1)


def test_a_permanent_error_fails_at_once_and_keeps_the_secret(
    writer: tuple[ClickHouseWriter, Metrics], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(ValueError("http://tokpulse:s3cret@127.0.0.1:1 says no"))
    monkeypatch.setattr("connectors.clickhouse_sink.connect", server.connect)
    with pytest.raises(ClickHouseWriteError, match="1 rows for t were not written") as raised:
        writer[0].eval(pd.Series([1]))
    assert "s3cret" not in str(raised.value)
    assert "retries" not in writer[1].values


def test_without_an_address_the_task_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLICKHOUSE_URL", raising=False)
    with pytest.raises(ClickHouseWriteError, match="CLICKHOUSE_URL is not set"):
        ClickHouseWriter(ClickHouseSink("v", "t"), ("a",)).open(cast("Any", None))


def test_the_sink_is_a_name_and_a_function_that_is_not_pure() -> None:
    assert ClickHouseSink("v", "t").discard_table == "clickhouse_v"
    assert not ClickHouseWriter(ClickHouseSink("v", "t"), ("a",)).is_deterministic()


def test_whole_numbers_that_may_be_missing_keep_every_digit() -> None:
    table = arrow_table(("n", "m"), (pd.Series(["9007199254740993", None]), pd.Series([1, 2])), integers_as_text=("n",))
    assert table.column("n").to_pylist() == [2**53 + 1, None]
    assert arrow_table(("n", "m"), (None, pd.Series([1])), integers_as_text=("n",)).column("n").to_pylist() == [None]
