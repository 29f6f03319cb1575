"""The end of a yardstick where the real job writes: nothing."""

from __future__ import annotations

from pyflink.table import Schema, StatementSet, TableDescriptor, TableEnvironment


def add_blackhole(view: str, statement_set: StatementSet, t_env: TableEnvironment) -> None:
    """Adds the insert of `view` into a `blackhole` table of its columns to `statement_set`."""
    table = t_env.from_path(view)
    schema = Schema.new_builder().from_resolved_schema(table.get_resolved_schema()).build()
    sink = f"blackhole_{view}"
    t_env.create_temporary_table(sink, TableDescriptor.for_connector("blackhole").schema(schema).build())
    statement_set.add_insert(sink, table)
