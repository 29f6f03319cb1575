"""Where a job's rows go, as plain data: readable without loading PyFlink."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Backfill:
    """What a backfill writes: the rows whose time is from `begin_ms` on and before `end_ms`, whole UTC hours in Unix milliseconds.

    With `restate` also those that are in ClickHouse with another value.
    """

    begin_ms: int
    end_ms: int
    restate: bool = False


@dataclass(frozen=True)
class ClickHouseSink:
    """Every row of Flink view `view` is written into ClickHouse table `table`, columns by name.

    `connectors.clickhouse.sink.add_sink` adds it to a job; `connectors.clickhouse.schema.check_sinks` compares the types before.
    Of a backfill: `time` is the column that chooses its rows, "" where it writes all that merge anyhow. `through` is a table that
    takes its place where rows do not merge, and lets those through that are not there, or "". `is_alert`: no row leaves.
    """

    view: str
    table: str
    time: str = ""
    through: str = ""
    is_alert: bool = False
    backfill: Backfill | None = None

    @property
    def flink_table(self) -> str:
        """The temporary table that the job inserts into; its name is what the job graph shows."""
        return f"clickhouse_{self.view}"

    def of(self, backfill: Backfill) -> ClickHouseSink:
        """The same in a backfill."""
        return replace(self, table=self.through or self.table, backfill=backfill)
