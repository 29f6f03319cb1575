"""What a job is made of: names of SQL files, in the order data takes, and the ClickHouse tables at the end."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sinks import ClickHouseSink


@dataclass(frozen=True)
class JobDefinition:
    """A job as a declaration. SQL paths are relative to `sql/`; one job becomes one StatementSet, that is one Flink job."""

    name: str
    topic: str
    functions: tuple[str, ...]
    sources: tuple[str, ...]
    views: tuple[str, ...]
    sinks: tuple[str, ...]
    inserts: tuple[str, ...]
    clickhouse: tuple[ClickHouseSink, ...]
    result_topics: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """All SQL files but the inserts, in the order they are executed."""
        return self.functions + self.sources + self.views + self.sinks

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that must exist before the job starts."""
        return (self.topic, f"{self.topic}.dlq", *self.result_topics)
