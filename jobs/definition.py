"""What a job is made of: names of SQL files, in the order data takes, and the ClickHouse tables at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from connectors.sinks import ClickHouseSink
from connectors.topics import DLQ_SUFFIX, Topic, load_topics
from jobs.render import load
from thresholds.topic import TOPIC

# Functions that ask for the published thresholds.
JUDGING = frozenset({"05_functions/post_growth.sql", "05_functions/follower_changes.sql"})


# The function that asks a sentiment model.
SCORING = "05_functions/comment_sentiment.sql"


@dataclass(frozen=True)
class JobDefinition:
    """A job as a declaration. SQL paths are relative to `sql/`; one job becomes one StatementSet, that is one Flink job.

    A source file is named after its topic (`posts_events` for tiktok.posts.events), a sink file too, with `_topic` or `_dlq` added.
    `shares_views` makes the planner compute a view once for all that read it; without it, it may compute it anew for each with just
    the columns that this one needs, which is cheaper unless a Python function is among what is computed.
    """

    name: str
    functions: tuple[str, ...]
    sources: tuple[str, ...]
    views: tuple[str, ...]
    sinks: tuple[str, ...]
    inserts: tuple[str, ...]
    clickhouse: tuple[ClickHouseSink, ...]
    shares_views: bool = False

    @property
    def statements(self) -> tuple[str, ...]:
        """All SQL files but the inserts, in the order they are executed."""
        return self.functions + self.sources + self.views + self.sinks

    @property
    def judges(self) -> bool:
        """Whether the published thresholds decide what the job writes."""
        return not JUDGING.isdisjoint(self.functions)

    @property
    def scores(self) -> bool:
        """Whether a sentiment model decides what the job writes."""
        return SCORING in self.functions

    def counts(self, records: str) -> bool:
        """Whether the job counts `records` (posts, users) in a second place, behind the exchange by key."""
        return f"30_marts/{records}_counts.sql" in self.views

    @property
    def transactional(self) -> frozenset[str]:
        """The topics that the job writes in transactions: one running job at a time, for a second one would fence the first."""
        return frozenset(topic_of(path) for path in self.sinks if "'exactly-once'" in load(path).text)

    @property
    def topics_read(self) -> tuple[str, ...]:
        """The topic of each source."""
        return tuple(topic_of(path) for path in self.sources)

    @property
    def topics_written(self) -> tuple[str, ...]:
        """The topic of each sink: result topics and dead-letter queues."""
        return tuple(topic_of(path) for path in self.sinks)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that must exist before the job starts."""
        return self.topics_read + self.topics_written + ((TOPIC,) if self.judges else ())


def identifier(topic: str) -> str:
    """`posts_events` for tiktok.posts.events: a topic's name in file names and, in capitals, in SQL parameters."""
    return topic.removeprefix("tiktok.").replace(".", "_")


def topic_of(path: str) -> str:
    """The topic that a source or sink file of `sql/` is named after. Raises LookupError."""
    stem = Path(path).stem
    by_name = _topics_by_identifier()
    dead_letters = stem.endswith("_dlq")
    name = stem.removesuffix("_dlq").removesuffix("_topic")
    if name not in by_name:
        raise LookupError(f"sql/{path} is not named after a topic of topics.yaml: there is no {name}")
    return by_name[name].name + (DLQ_SUFFIX if dead_letters else "")


@cache
def _topics_by_identifier() -> dict[str, Topic]:
    return {identifier(topic.name): topic for topic in load_topics()}


def combined(name: str, jobs: Iterable[JobDefinition]) -> JobDefinition:
    """One job that does what all of `jobs` do, with each file in it once."""
    parts = tuple(jobs)

    def union(field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item for job in parts for item in getattr(job, field)))

    return JobDefinition(
        name=name,
        functions=union("functions"),
        sources=union("sources"),
        views=union("views"),
        sinks=union("sinks"),
        inserts=union("inserts"),
        clickhouse=tuple(dict.fromkeys(sink for job in parts for sink in job.clickhouse)),
        shares_views=any(job.shares_views for job in parts),
    )
