"""Where a job's rows go, as plain data: readable without loading PyFlink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClickHouseSink:
    """Every row of Flink view `view` is written into ClickHouse table `table`, columns by name.

    `connectors.clickhouse.sink.add_sink` adds it to a job; `connectors.clickhouse.schema.check_sinks` compares the types before.
    """

    view: str
    table: str

    @property
    def flink_table(self) -> str:
        """The temporary table that the job inserts into; its name is what the job graph shows."""
        return f"clickhouse_{self.view}"
