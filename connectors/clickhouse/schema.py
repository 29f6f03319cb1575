"""Compares the columns of Flink views with those of ClickHouse tables, before a job is submitted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clickhouse_connect.driver.exceptions import ClickHouseError
from pyflink.table import Table, TableEnvironment

from connectors.clickhouse.client import connect, unavailable
from connectors.clickhouse.outputs import ClickHouseSink
from connectors.clickhouse.sink import selected
from connectors.errors import TokpulseError
from connectors.paths import SQL_DIR

_TABLE_COLUMNS = SQL_DIR / "clickhouse" / "internal" / "table_columns.sql"
# SQL type of Flink (nullability and time zone kind taken off) -> ClickHouse types that hold it without loss: the pairs of the
# connector's FieldEncoders.java.
# Counters are never negative (the format sees to that), so a signed type may go into the unsigned one of its width or wider.
_WIDTHS = (8, 16, 32, 64)


def _integers(least: int) -> tuple[str, ...]:
    return tuple(f"{sign}{width}" for width in _WIDTHS if width >= least for sign in ("Int", "UInt"))


ACCEPTED: dict[str, tuple[str, ...]] = {
    "STRING": ("String",),
    "CHAR": ("String",),
    "VARCHAR": ("String",),
    "BYTES": ("String",),
    "VARBINARY": ("String",),
    "BOOLEAN": ("Bool", "UInt8"),
    "TINYINT": _integers(8),
    "SMALLINT": _integers(16),
    "INT": _integers(32),
    "BIGINT": _integers(64),
    "FLOAT": ("Float32", "Float64"),
    "DOUBLE": ("Float64",),
    "TIMESTAMP": ("DateTime64(3, 'UTC')",),
    "TIMESTAMP_LTZ": ("DateTime64(3, 'UTC')",),
}
# The tables keep milliseconds.
_FINER = re.compile(r"^TIMESTAMP(?:_LTZ)?\([4-9]\)")
_ARRAY = re.compile(r"^(?:ARRAY<|Array\()(.*)[>)]")
_WRAPPER = re.compile(r"^(?:LowCardinality|Nullable)\((.*)\)$")
_AGGREGATE = re.compile(r"^SimpleAggregateFunction\(\w+, (.*)\)$")


class SinkSchemaError(TokpulseError):
    """A view and the table it is written to do not fit; the message names the column and both types."""


def plain_type(clickhouse_type: str) -> str:
    """The value type inside SimpleAggregateFunction, LowCardinality and Nullable."""
    current = clickhouse_type
    while match := _AGGREGATE.match(current) or _WRAPPER.match(current):
        current = match[1]
    return current


def value_type(clickhouse_type: str) -> str:
    """`plain_type`, also of an array's elements."""
    plain = plain_type(clickhouse_type)
    array = _ARRAY.match(plain)
    return f"Array({value_type(array[1])})" if array else plain


def accepted_types(flink_type: str) -> tuple[str, ...]:
    """The ClickHouse types that hold values of `flink_type`; none for a type that the sink does not know."""
    if array := _ARRAY.match(flink_type):
        return tuple(f"Array({accepted})" for accepted in accepted_types(array[1]))
    return () if _FINER.match(flink_type) else ACCEPTED.get(flink_family(flink_type), ())


def flink_family(flink_type: str) -> str:
    """`TIMESTAMP_LTZ(3) NOT NULL` -> `TIMESTAMP_LTZ`; `TIMESTAMP(3) *ROWTIME*` -> `TIMESTAMP`."""
    return re.split(r"[( ]", flink_type, maxsplit=1)[0]


def compare(sink: ClickHouseSink, view: dict[str, str], table: dict[str, str]) -> None:
    """Raises SinkSchemaError for the first column of `view` (name -> Flink type) that `table` (name -> type) cannot take."""
    where = f"view {sink.view} -> ClickHouse table {sink.table}"
    if not table:
        raise SinkSchemaError(f"{where}: no such table", "`tokpulse up` applies the migrations")
    for name, flink_type in view.items():
        target = table.get(name)
        if target is None:
            raise SinkSchemaError(
                f"{where}: column {name} ({flink_type}) is not in the table", "add a migration, or rename the alias"
            )
        accepted = accepted_types(flink_type)
        if value_type(target) not in accepted:
            raise SinkSchemaError(
                f"{where}: column {name} is {flink_type} in Flink and {target} in ClickHouse",
                f"ClickHouse type {' or '.join(accepted)} fits"
                if accepted
                else "cast it in the view to a type that the sink knows",
            )
    missing = [name for name in table if name not in view]
    if missing:
        raise SinkSchemaError(
            f"{where}: column {missing[0]} ({table[missing[0]]}) is not in the view", "add it to the view's SELECT"
        )


def check_sinks(sinks: Iterable[ClickHouseSink], t_env: TableEnvironment, url: str) -> None:
    """Compares every sink's view in `t_env` with its table at `url`. Raises SinkSchemaError, ClickHouseUnavailableError."""
    sql = _TABLE_COLUMNS.read_text(encoding="utf-8")
    client = connect(url)
    try:
        for sink in sinks:
            rows = client.query(sql, parameters={"table": sink.table}).result_rows
            compare(sink, table_columns(selected(sink, t_env)), {str(name): str(kind) for name, kind in rows})
    except ClickHouseError as error:
        raise unavailable(url, error) from None
    finally:
        client.close()


def view_columns(t_env: TableEnvironment, view: str) -> dict[str, str]:
    """Column name -> SQL type of a registered view, in order."""
    return table_columns(t_env.from_path(view))


def table_columns(table: Table) -> dict[str, str]:
    """The same of any table of Flink."""
    resolved = table._j_table.getResolvedSchema()
    return {str(c.getName()): str(c.getDataType().getLogicalType().asSummaryString()) for c in resolved.getColumns()}
