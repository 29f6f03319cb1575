"""A ClickHouse Table sink for PyFlink: name a view and a table, `add_sink` it to a StatementSet.

Rows leave Flink as Arrow batches of a vectorized UDF, whose result goes to a `blackhole` table. The operator finishes its bundle
before it passes a checkpoint barrier on, so what a checkpoint covers has been acknowledged by ClickHouse: at least once. A replay
cuts other batches; that an effect happens once is the table's part (maxima, or replacement by key).
"""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pandas as pd
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from pyflink.table import DataTypes, FunctionContext, ScalarFunction, StatementSet, TableDescriptor, TableEnvironment
from pyflink.table import Schema as FlinkSchema
from pyflink.table.expressions import call, col
from pyflink.table.udf import udf
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay

from connectors.clickhouse_client import connect, is_transient, unavailable
from connectors.errors import TokpulseError
from connectors.sinks import ClickHouseSink

URL_VARIABLE = "CLICKHOUSE_URL"
# A blocked UDF blocks the checkpoint barrier: this plus the 60 s that the last try may take is below its timeout of 2 min;
# then Flink restarts the job.
RETRY_SECONDS = 45.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
# A batch may hold records of many months, and records with clocks of any month: too many partitions for ClickHouse's default, which
# would refuse the batch for ever.
SETTINGS = {"max_partitions_per_insert_block": 0}


class ClickHouseWriteError(TokpulseError):
    """Rows could not be written: a permanent error, or a transient one for longer than RETRY_SECONDS."""


def add_sink(sink: ClickHouseSink, statement_set: StatementSet, t_env: TableEnvironment) -> None:
    """Adds the insert of `sink` to `statement_set`. The view must exist in `t_env`; no connection is opened here."""
    source = t_env.from_path(sink.view)
    columns = source.get_schema().get_field_names()
    function = f"write_{sink.view}"
    writer = udf(ClickHouseWriter(sink, tuple(columns)), result_type=DataTypes.BIGINT(), func_type="pandas")
    t_env.create_temporary_function(function, writer)
    schema = FlinkSchema.new_builder().column("written", DataTypes.BIGINT()).build()
    t_env.create_temporary_table(sink.discard_table, TableDescriptor.for_connector("blackhole").schema(schema).build())
    values = (col(name).cast(DataTypes.STRING()) if name in sink.nullable_integers else col(name) for name in columns)
    statement_set.add_insert(sink.discard_table, source.select(call(function, *values).alias("written")))


def pause(state: RetryCallState) -> float:
    """Full-jitter exponential back-off in seconds, so that subtasks do not come back together."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**state.attempt_number))


def arrow_table(columns: tuple[str, ...], series: tuple[Any, ...], integers_as_text: tuple[str, ...] = ()) -> pa.Table:
    """The batch as Arrow: times as milliseconds UTC, `integers_as_text` as whole numbers, everything else as pandas gives it.

    `series` holds a pandas Series per column, or a plain value where the planner found the column constant; at least one Series.
    """
    rows = next(len(values) for values in series if isinstance(values, pd.Series))
    arrays = []
    for name, values in zip(columns, series, strict=True):
        kind = pa.string() if name in integers_as_text else None
        if isinstance(values, pd.Series):
            array = pa.Array.from_pandas(values, type=kind)
        else:
            array = pa.repeat(pa.scalar(values, type=kind), rows)
        if name in integers_as_text:
            array = array.cast(pa.int64())
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.timestamp("ms")).cast(pa.timestamp("ms", "UTC"))
        arrays.append(array)
    return pa.Table.from_arrays(arrays, names=list(columns))


class ClickHouseWriter(ScalarFunction):  # type: ignore[misc]  # PyFlink has no type hints
    """Vectorized UDF that writes its batch and returns 1 per row.

    The address and credentials come from CLICKHOUSE_URL in the TaskManager's environment when the task starts: neither the job
    graph nor any DDL carries them.
    """

    def __init__(self, sink: ClickHouseSink, columns: tuple[str, ...]) -> None:
        self.sink = sink
        self.table = sink.table
        self.columns = columns
        self._client: Client | None = None

    def is_deterministic(self) -> bool:
        """False: a planner that thinks otherwise may call it twice, or not at all."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Resolves the address and registers metrics; raises TokpulseError when the variable is missing."""
        url = os.environ.get(URL_VARIABLE, "")
        if not url:
            raise ClickHouseWriteError(f"{URL_VARIABLE} is not set for the TaskManager", "set it where the TaskManager is started")
        self._url = url
        metrics = function_context.get_metric_group().add_group("clickhouse").add_group("table", self.table)
        self._rows, self._batches = metrics.counter("rows"), metrics.counter("batches")
        self._bytes, self._retries = metrics.counter("bytes"), metrics.counter("retries")
        self._latency = metrics.distribution("insert_latency_ms")

    def close(self) -> None:
        """Closes the connection pool."""
        if self._client is not None:
            self._client.close()

    def eval(self, *series: Any) -> pd.Series[Any]:
        """Writes one batch; returns when ClickHouse has acknowledged it. Raises ClickHouseWriteError."""
        batch = arrow_table(self.columns, series, self.sink.nullable_integers)
        if batch.num_rows:
            started = time.monotonic()
            self._write(batch)
            self._latency.update(int((time.monotonic() - started) * 1000))
            self._rows.inc(batch.num_rows)
            self._batches.inc()
            self._bytes.inc(batch.nbytes)
        return pd.Series([1] * batch.num_rows, dtype="int64")

    def _write(self, batch: pa.Table) -> None:
        retrying = Retrying(
            retry=retry_if_exception(_worth_another_try),
            stop=stop_after_delay(RETRY_SECONDS),
            wait=pause,
            before_sleep=self._again,
            reraise=True,
        )
        try:
            retrying(self._insert, batch)
        except TokpulseError:
            raise
        except Exception as error:
            raise ClickHouseWriteError(
                f"{batch.num_rows} rows for {self.table} were not written: {unavailable(self._url, error).message}",
                "the job restarts from its last checkpoint; nothing is lost while Kafka keeps the records",
            ) from error

    def _insert(self, batch: pa.Table) -> None:
        if self._client is None:
            self._client = connect(self._url)
        self._client.insert_arrow(self.table, batch, settings=SETTINGS)

    def _again(self, _: RetryCallState) -> None:
        self._retries.inc()
        # A connection that broke in mid-insert may hold half a request: start over with a new one.
        if self._client is not None:
            self._client.close()
            self._client = None


def _worth_another_try(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error, TokpulseError) and error.__cause__ else error
    return is_transient(cause)
