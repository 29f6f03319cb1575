"""ClickHouse as a Table sink of PyFlink: name a view and a table, `add_sink` it to a StatementSet.

Rows never pass through Python: this only declares a table of the Java connector (connectors/flink/java, package clickhouse).
"""

from __future__ import annotations

from datetime import UTC, datetime

from pyflink.table import DataTypes, Schema, StatementSet, Table, TableDescriptor, TableEnvironment
from pyflink.table.expressions import col, lit

from connectors.clickhouse.outputs import ClickHouseSink

CONNECTOR = "clickhouse"


def selected(sink: ClickHouseSink, t_env: TableEnvironment) -> Table:
    """The rows that leave: all of the view, in a backfill those of its range; to a table in between with `restate` beside them."""
    rows = t_env.from_path(sink.view)
    asked = sink.backfill
    if asked is None:
        return rows
    if sink.time:
        begin, end = (
            lit(f"{datetime.fromtimestamp(moment // 1000, UTC):%F %T}").cast(DataTypes.TIMESTAMP(3))
            for moment in (asked.begin_ms, asked.end_ms)
        )
        # In UTC, which is the zone of every job.
        moment = col(sink.time).cast(DataTypes.TIMESTAMP(3))
        rows = rows.filter((moment >= begin) & (moment < end))
    return rows.add_columns(lit(int(asked.restate)).cast(DataTypes.TINYINT()).alias("restate")) if sink.through else rows


def add_sink(sink: ClickHouseSink, statement_set: StatementSet, t_env: TableEnvironment) -> None:
    """Adds the insert of `sink` to `statement_set`. The view must exist in `t_env`; no connection is opened here."""
    rows = selected(sink, t_env)
    schema = Schema.new_builder().from_resolved_schema(rows.get_resolved_schema()).build()
    table = TableDescriptor.for_connector(CONNECTOR).schema(schema).option("table", sink.table).build()
    t_env.create_temporary_table(sink.flink_table, table)
    statement_set.add_insert(sink.flink_table, rows)
