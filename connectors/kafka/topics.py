"""Loads `topics.yaml`: the topics of the product, each with its dead-letter topic, as typed and frozen values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.clock import DAY_MS, HOUR_MS
from connectors.errors import TokpulseError
from connectors.yaml_file import load

TOPICS_FILE = Path(__file__).with_name("topics.yaml")
SCHEMAS_DIR = Path(__file__).with_name("schemas")
DLQ_SUFFIX = ".dlq"
_COMPACTED_SEGMENT_MS = 6 * HOUR_MS

CleanupPolicy = Literal["compact", "delete"]


class TopicsFileError(TokpulseError):
    """`topics.yaml` is not what it must be; the message names the file and the key."""


class UnknownTopicError(TokpulseError):
    """A topic name that `topics.yaml` does not declare."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Defaults(_Strict):
    dlq_partitions: Annotated[int, Field(ge=1, le=10_000)]
    dlq_retention_days: Annotated[int, Field(ge=1)]
    dlq_max_message_bytes: Annotated[int, Field(ge=1_024, le=2**31 - 1)]
    max_message_bytes: Annotated[int, Field(ge=1_024, le=2**31 - 1)]


class _TopicEntry(_Strict):
    key: Annotated[str, Field(min_length=1)]
    schema_: Annotated[str, Field(alias="schema", pattern=r"^[\w.-]+\.avsc$")]
    partitions: Annotated[int, Field(ge=1, le=10_000)]
    retention_days: Annotated[int, Field(ge=1)]
    cleanup_policy: Annotated[list[CleanupPolicy], Field(min_length=1, max_length=2)]
    dlq: bool
    records: Annotated[str, Field(pattern=r"^[a-z]+$")] | None = None


class _TopicsFile(_Strict):
    defaults: _Defaults
    topics: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,240}$")], _TopicEntry],
        Field(min_length=1),
    ]


@dataclass(frozen=True)
class Topic:
    """One Kafka topic. A dead-letter topic has no schema (its values are the bytes as they were received).

    `records` is what jobs call the topic's records, for which they keep accounts: `posts`; None for a topic that no job reads.
    """

    name: str
    key: str
    schema_file: Path | None
    partitions: int
    retention_ms: int
    cleanup_policy: tuple[CleanupPolicy, ...]
    max_message_bytes: int
    dlq: str | None = None
    records: str | None = None

    @property
    def subject(self) -> str:
        """The registry's name for the schema of the topic's values."""
        return f"{self.name}-value"

    def schema_text(self) -> str:
        """The Avro schema in the one-line form in which Java's Avro prints it, given that the file has the keys in that order.

        Flink registers what Java prints. With the same text its look-up finds what is there; with another, the writers of a new
        job would register a second version at the same moment, which the registry refuses to all but one.
        Raises TopicsFileError for a dead-letter topic, and for a file that is missing or not JSON.
        """
        if self.schema_file is None:
            raise TopicsFileError(f"{self.name} carries raw bytes: it has no schema")
        try:
            parsed = json.loads(self.schema_file.read_text(encoding="utf-8"))
        except OSError as error:
            raise TopicsFileError(f"schema of {self.name}: cannot read {self.schema_file}: {error.strerror}") from error
        except json.JSONDecodeError as error:
            raise TopicsFileError(f"schema of {self.name}: {self.schema_file}:{error.lineno}: not JSON: {error.msg}") from error
        return json.dumps(parsed, separators=(",", ":"), ensure_ascii=False)

    def configs(self) -> dict[str, str]:
        """The topic-level settings of Kafka that this topic must have."""
        configs = {
            "cleanup.policy": ",".join(self.cleanup_policy),
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            # Retention counts from arrival: with the producer's clock a backfill of old observations would be deleted as it
            # comes, and the broker would refuse a clock in the future before the job could quarantine the record.
            "message.timestamp.type": "LogAppendTime",
        }
        if self.cleanup_policy == ("compact",):
            # Kept for the newest record of each key only. The segment that is written to is never compacted: close it early.
            configs["min.compaction.lag.ms"] = "0"
            configs["segment.ms"] = str(_COMPACTED_SEGMENT_MS)
        elif "compact" in self.cleanup_policy:
            configs["min.compaction.lag.ms"] = str(self.retention_ms)
        return configs


@dataclass(frozen=True)
class Topics:
    """All topics in the order of the file, each followed by its dead-letter topic where it has one."""

    all: tuple[Topic, ...]

    def __iter__(self) -> Iterator[Topic]:
        return iter(self.all)

    def __getitem__(self, name: str) -> Topic:
        for topic in self.all:
            if topic.name == name:
                return topic
        raise UnknownTopicError(f"no topic {name!r}", "known: " + ", ".join(topic.name for topic in self.all))

    @property
    def with_schema(self) -> tuple[Topic, ...]:
        """The topics whose values are Avro records."""
        return tuple(topic for topic in self.all if topic.schema_file is not None)


def load_topics(path: Path = TOPICS_FILE) -> Topics:
    """The topics of `path`. Raises TopicsFileError naming the file and the offending line or key."""
    return Topics(tuple(_expand(load(path, _TopicsFile, TopicsFileError))))


def _expand(parsed: _TopicsFile) -> Iterator[Topic]:
    defaults = parsed.defaults
    for name, entry in parsed.topics.items():
        yield Topic(
            name=name,
            key=entry.key,
            schema_file=SCHEMAS_DIR / entry.schema_,
            partitions=entry.partitions,
            retention_ms=entry.retention_days * DAY_MS,
            cleanup_policy=tuple(entry.cleanup_policy),
            max_message_bytes=defaults.max_message_bytes,
            dlq=name + DLQ_SUFFIX if entry.dlq else None,
            records=entry.records,
        )
        if entry.dlq:
            yield Topic(
                name=name + DLQ_SUFFIX,
                key="as received",
                schema_file=None,
                partitions=defaults.dlq_partitions,
                retention_ms=defaults.dlq_retention_days * DAY_MS,
                cleanup_policy=("delete",),
                max_message_bytes=defaults.dlq_max_message_bytes,
            )
