"""ClickHouse as a Table sink of PyFlink: name a view and a table, `add_sink` it to a StatementSet.

Rows never pass through Python: this only declares a table of the Java connector (connectors/flink/java, package clickhouse).
"""

from __future__ import annotations

from pyflink.table import Schema, StatementSet, TableDescriptor, TableEnvironment

from connectors.clickhouse.outputs import ClickHouseSink

CONNECTOR = "clickhouse"


def add_sink(sink: ClickHouseSink, statement_set: StatementSet, t_env: TableEnvironment) -> None:
    """Adds the insert of `sink` to `statement_set`. The view must exist in `t_env`; no connection is opened here."""
    rows = t_env.from_path(sink.view)
    schema = Schema.new_builder().from_resolved_schema(rows.get_resolved_schema()).build()
    table = TableDescriptor.for_connector(CONNECTOR).schema(schema).option("table", sink.table).build()
    t_env.create_temporary_table(sink.flink_table, table)
    statement_set.add_insert(sink.flink_table, rows)
