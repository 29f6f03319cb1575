"""Where a job's rows go, as plain data: readable without loading PyFlink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClickHouseSink:
    """Every row of Flink view `view` is written into ClickHouse table `table`, columns by name.

    `nullable_integers` are the BIGINT columns that may be NULL, and Nullable in ClickHouse: pandas would show them as
    floating-point numbers, which are not exact above 2^53, so they travel as text.

    `connectors.clickhouse_sink.add_sink` adds it to a job; `connectors.clickhouse_schema.check_sinks` compares the types before.
    """

    view: str
    table: str
    nullable_integers: tuple[str, ...] = ()

    @property
    def discard_table(self) -> str:
        """The `blackhole` table that ends the Flink plan; its name is what the job graph and the metrics show."""
        return f"clickhouse_{self.view}"
