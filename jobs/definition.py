"""What a job is: the outputs that it names. All else follows from what SQL files read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from connectors.clickhouse.outputs import Backfill, ClickHouseSink
from connectors.kafka.topics import DLQ_SUFFIX, Topic, load_topics
from jobs.graph import graph, identifier
from jobs.render import SqlFile
from thresholds.topic import TOPIC

# Functions that ask for the published thresholds, and the one that asks a sentiment model.
THRESHOLD_FUNCTIONS = frozenset({"post_growth", "post_momentum", "follower_changes", "live_room_alerts"})
SENTIMENT_FUNCTION = "comment_sentiment"
BACKFILL_SUFFIX = "-backfill"
_SOURCES, _SINKS = "10_sources", ("40_sinks", "60_accounts")


@dataclass(frozen=True)
class JobDefinition:
    """A job as a declaration; one job becomes one StatementSet, that is one Flink job.

    An output is a view with the ClickHouse table for its rows, or the name of a sink of `sql/40_sinks` or of a dead-letter queue
    (`posts_events_dlq`). Of each topic that a job reads it keeps the accounts, too, and with
    `dead_letters` tells of bad ones.
    """

    name: str
    outputs: tuple[ClickHouseSink | str, ...]
    dead_letters: bool = True

    @cached_property
    def _marts(self) -> tuple[SqlFile, ...]:
        return graph().closure(output if isinstance(output, str) else output.view for output in self.outputs)

    @cached_property
    def clickhouse(self) -> tuple[ClickHouseSink, ...]:
        """The views whose rows go to ClickHouse, those of the accounts included."""
        sinks = [output for output in self.outputs if isinstance(output, ClickHouseSink)]
        for file in self._marts:
            records = graph().records.get(file.name)
            if records is not None:
                sinks.append(ClickHouseSink(view=f"{records}_ledger", table="pipeline_ledger_entries"))
                if self.counts(records):
                    sinks.append(ClickHouseSink(view=f"{records}_counts", table="pipeline_ledger_entries"))
                if self.dead_letters:
                    sinks.append(ClickHouseSink(view=f"{records}_dead_letters", table="dead_letters_log"))
        return tuple(sinks)

    @cached_property
    def statements(self) -> tuple[SqlFile, ...]:
        """All SQL files but the inserts, in the order they are executed: each behind what it reads."""
        topics = [output for output in self.outputs if isinstance(output, str)]
        return graph().closure([*topics, *(sink.view for sink in self.clickhouse)])

    @property
    def functions(self) -> tuple[SqlFile, ...]:
        """Functions that the job's views call."""
        return tuple(file for file in self.statements if file.kind == "FUNCTION")

    @property
    def sources(self) -> tuple[SqlFile, ...]:
        """Tables over the topics that the job reads."""
        return tuple(file for file in self.statements if file.path.parent.name == _SOURCES)

    @property
    def views(self) -> tuple[SqlFile, ...]:
        """Staging, marts and accounts."""
        return tuple(file for file in self.statements if file.kind == "VIEW")

    @property
    def sinks(self) -> tuple[SqlFile, ...]:
        """Tables over the topics that the job writes."""
        return tuple(file for file in self.statements if file.kind == "TABLE" and file.path.parent.name in _SINKS)

    @property
    def inserts(self) -> tuple[SqlFile, ...]:
        """What fills the sinks."""
        return tuple(graph().inserts[sink.name] for sink in self.sinks)

    @property
    def uses_thresholds(self) -> bool:
        """Whether the published thresholds decide what the job writes."""
        return any(file.name in THRESHOLD_FUNCTIONS for file in self.functions)

    @property
    def scores(self) -> bool:
        """Whether a sentiment model decides what the job writes.

        The planner then computes a view once for all that read it: each comment is scored once. Otherwise it may compute it anew
        for each with just the columns that this one needs, which is cheaper.
        """
        return any(file.name == SENTIMENT_FUNCTION for file in self.functions)

    def backfilling(self, backfill: Backfill) -> JobDefinition:
        """What writes `backfill` beside this job, into the same tables, under another name, so that nobody takes it for this job.

        It writes no topic, no alert and no dead letter: this job has done so when the records came.
        """
        sinks = [sink.of(backfill) for sink in self.outputs if isinstance(sink, ClickHouseSink) and not sink.is_alert]
        return JobDefinition(f"{self.name}{BACKFILL_SUFFIX}", tuple(sinks), dead_letters=False)

    def counts(self, records: str) -> bool:
        """Whether the job counts `records` (posts) in a second place, behind the exchange by key: if it has what is counted."""
        accounts = graph().creators.get(f"{records}_accounts")
        return accounts is not None and {file.name for file in self._marts}.issuperset(graph().reads(accounts))

    @property
    def transactional(self) -> frozenset[str]:
        """The topics that the job writes in transactions: one running job at a time, for a second one would fence the first."""
        return frozenset(topic_of(file.name) for file in self.sinks if "'exactly-once'" in file.text)

    @property
    def topics_read(self) -> tuple[str, ...]:
        """The topic of each source."""
        return tuple(topic_of(file.name) for file in self.sources)

    @property
    def topics_written(self) -> tuple[str, ...]:
        """The topic of each sink: result topics and dead-letter queues."""
        return tuple(topic_of(file.name) for file in self.sinks)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that must exist before the job starts."""
        return self.topics_read + self.topics_written + ((TOPIC,) if self.uses_thresholds else ())


def topic_of(table: str) -> str:
    """The topic that a source or sink is named after: `posts_events`, `posts_events_dlq`, `..._topic`. Raises LookupError."""
    dead_letters = table.endswith("_dlq")
    name = table.removesuffix("_dlq").removesuffix("_topic")
    by_name = _topics_by_identifier()
    if name not in by_name:
        raise LookupError(f"table {table} is not named after a topic of topics.yaml: there is no {name}")
    return by_name[name].name + (DLQ_SUFFIX if dead_letters else "")


@cache
def _topics_by_identifier() -> dict[str, Topic]:
    return {identifier(topic.name): topic for topic in load_topics()}


def combined(name: str, jobs: Iterable[JobDefinition]) -> JobDefinition:
    """One job that does what all of `jobs` do, with each output once."""
    return JobDefinition(name, tuple(dict.fromkeys(output for job in jobs for output in job.outputs)))
