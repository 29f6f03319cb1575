"""Checks on topics: do they exist, do their partitions fill, and what do the newest records of each partition look like?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from cli import doctor_records
from cli.doctor_exam import REQUEST_S, Examination
from cli.doctor_findings import Cause, Finding, Level, duration, listed, ok
from cli.doctor_records import Newest, Tail
from connectors.clock import SECOND_MS, wall_clock_ms
from connectors.kafka.avro import AvroCodec, AvroSchemaError, WireFormatError, split
from connectors.kafka.log import Span, held, partition_offsets, read, stable_ends
from connectors.kafka.registry import RegistryError, SchemaNotFoundError, SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.preflight import missing_topics

POSTS = "tiktok.posts.events"
# Of each partition so many of its newest records are looked at; marks of transactions are among them.
_SAMPLE = 12

MISSING = Cause(
    *("topic_missing", Level.FAIL, "topics", "a topic does not exist"),
    says="{topic} does not exist",
    fix="`tokpulse up` or `tokpulse init` creates it",
)
EMPTY = Cause(
    *("topic_empty", Level.FAIL, "records", "nobody has written posts"),
    says="{topic} holds no records",
    fix="`tokpulse poll`, `tokpulse import` or `tokpulse simulate`, or start your producer",
)
EMPTY_PARTITIONS = Cause(
    *("partition_empty", Level.WARN, "records", "a partition is empty beside full ones"),
    says="{topic} holds {records:,} records, and {partitions} of {of} none",
    fix="hours close later, by the idle timeout (30 s); check that the producer uses keys and the partitioner murmur2_random",
)
OPEN = Cause(
    *("transaction_open", Level.WARN, "records", "records wait behind an open transaction"),
    says="{topic}: up to {count:,} records of {partitions} wait behind a transaction that has been open for {age}",
    fix="its producer died or hangs: start the same poller again, which ends it, or wait for its timeout (a minute, 15 at most)",
)
_OPEN_S = 60.0


@dataclass(frozen=True)
class Patient:
    """Kafka, and the registry where it answers."""

    examination: Examination
    registry: SchemaRegistry | None

    @property
    def servers(self) -> str:
        """Addresses of brokers."""
        return self.examination.endpoints.kafka_bootstrap_servers

    @cached_property
    def missing(self) -> list[str]:
        """Names of topics that do not exist."""
        return missing_topics(self.servers, [topic.name for topic in load_topics()])

    @cached_property
    def inputs(self) -> dict[str, dict[int, Span]]:
        """Topic -> partition -> offsets, of the topics that jobs read and that exist."""
        read_by_jobs = [topic.name for topic in load_topics() if topic.records is not None]
        return {name: partition_offsets(self.servers, name) for name in read_by_jobs if name not in self.missing}

    @cached_property
    def tails(self) -> dict[str, list[Tail]]:
        """The newest records of each partition of each topic that jobs read."""
        decoder = _Decoder(self.registry)
        return {name: _tails(self.servers, name, spans, decoder) for name, spans in self.inputs.items()}


@contextmanager
def opened(examination: Examination) -> Iterator[Patient]:
    """The patient of the checks below."""
    if "registry" not in examination.answering:
        yield Patient(examination, None)
        return
    with SchemaRegistry(examination.endpoints.schema_registry_url, timeout=REQUEST_S) as registry:
        yield Patient(examination, registry)


class _Decoder:
    """Knows each schema once. Where the registry does not answer, no time is known."""

    def __init__(self, registry: SchemaRegistry | None) -> None:
        self._registry = registry
        self._codecs: dict[int, AvroCodec | None] = {}

    def newest(self, offset: int, arrived_ms: int, key: bytes | None, value: bytes | None) -> Newest:
        """What one record says. What does not decode is the matter of dead letters, but for an id that the registry lacks."""
        if self._registry is None:
            return Newest(offset, arrived_ms, key)
        try:
            schema_id, body = split(value or b"")
            codec = self._codec(schema_id)
            event = codec.decode(body).get("ingested_at") if codec else None
        except WireFormatError:
            return Newest(offset, arrived_ms, key)
        return Newest(offset, arrived_ms, key, event if isinstance(event, int) else None, None if codec else schema_id)

    def _codec(self, schema_id: int) -> AvroCodec | None:
        if schema_id not in self._codecs:
            assert self._registry is not None
            try:
                self._codecs[schema_id] = AvroCodec(self._registry.by_id(schema_id))
            except (SchemaNotFoundError, AvroSchemaError):
                self._codecs[schema_id] = None
            except RegistryError:
                raise WireFormatError("the registry does not say") from None
        return self._codecs[schema_id]


def _tails(servers: str, topic: str, spans: dict[int, Span], decoder: _Decoder) -> list[Tail]:
    newest: dict[int, list[Newest]] = {partition: [] for partition in spans}
    last = {partition: (max(start, end - _SAMPLE), end) for partition, (start, end) in spans.items() if start < end}
    # Of open transactions, too: a producer that died in one is among what is looked for.
    for message in read(servers, topic, last, aborted=True, silence_s=REQUEST_S):
        key, value = message.key(), message.value()
        newest[message.partition() or 0].append(
            decoder.newest(
                message.offset() or 0,
                message.timestamp()[1],
                key if isinstance(key, bytes) else None,
                value if isinstance(value, bytes) else None,
            )
        )
    return [Tail(partition, *spans[partition], tuple(records)) for partition, records in newest.items()]


def topics(patient: Patient) -> Iterator[Finding]:
    """Whether every topic exists."""
    for name in patient.missing:
        yield MISSING.found(name)
    if not patient.missing:
        yield ok("topics", f"all {len(list(load_topics()))} exist")


def records(patient: Patient) -> Iterator[Finding]:
    """Whether topics hold anything, in each partition."""
    for topic, offsets in patient.inputs.items():
        yield judged_offsets(topic, offsets)


def judged_offsets(topic: str, offsets: dict[int, Span]) -> Finding:
    """From the offsets of a topic. That nobody has written users or comments is no fault: not every deployment has them."""
    count = held(offsets)
    empty = [partition for partition, (start, end) in offsets.items() if start == end]
    if not count:
        return EMPTY.found(topic) if topic == POSTS else ok("records", f"{topic} holds no records")
    if empty:
        return EMPTY_PARTITIONS.found(topic, records=count, partitions=listed(empty), of=len(offsets))
    return ok("records", f"{topic} holds {count:,} in {len(offsets)} partitions")


def transactions(patient: Patient) -> Iterator[Finding]:
    """Transactions that nobody ends: what lies behind them is read by no job."""
    for topic, offsets in patient.inputs.items():
        ends = stable_ends(patient.servers, topic)
        held_back = {partition: (ends[partition], end) for partition, (_, end) in offsets.items() if ends[partition] < end}
        first = {partition: (begin, begin + 1) for partition, (begin, _) in held_back.items()}
        began = {
            message.partition() or 0: message.timestamp()[1]
            for message in read(patient.servers, topic, first, aborted=True, silence_s=REQUEST_S)
        }
        waiting = {partition: (end - begin, began.get(partition)) for partition, (begin, end) in held_back.items()}
        yield from judged_transactions(topic, waiting, wall_clock_ms())


def judged_transactions(topic: str, waiting: dict[int, tuple[int, int | None]], now_ms: int) -> Iterator[Finding]:
    """From (offsets behind it, when its first record arrived) of each partition with an open one; those that work are short."""
    old = {
        partition: (count, (now_ms - at_ms) / SECOND_MS)
        for partition, (count, at_ms) in waiting.items()
        if at_ms is not None and now_ms - at_ms > _OPEN_S * SECOND_MS
    }
    if old:
        count, age_s = sum(count for count, _ in old.values()), max(age for _, age in old.values())
        yield OPEN.found(topic, count=count, partitions=listed(old), age=duration(age_s))


def newest_records(patient: Patient) -> Iterator[Finding]:
    """Times, keys and schemas of the newest records, and partitions without any of late."""
    # Asked for after the reading, which takes a moment: arrivals after now would be those of a clock that is ahead.
    tails_of, now_ms, limits = patient.tails, wall_clock_ms(), patient.examination.limits
    for topic, tails in tails_of.items():
        found = [finding for judge in doctor_records.JUDGES for finding in judge(topic, tails, now_ms, limits)]
        yield from found
        times = [record.event_ms for tail in tails for record in tail.records if record.event_ms is not None]
        if times and not found:
            yield ok("newest", f"{topic}: observed {doctor_records.ago(max(times), now_ms)}")
