"""Pages into Kafka, exactly once: observations, dead letters and the progress of their feeds in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

from confluent_kafka import Message

from connectors.clock import DAY_MS, wall_clock_ms
from connectors.errors import TokpulseError
from connectors.kafka.avro import Record
from connectors.kafka.log import committed
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.producer_errors import FencedProducerError, OutcomeUnknownError, ProducerError, TransactionExpiredError
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import Topics, load_topics
from connectors.kafka.validation import RecordError
from connectors.upstream.model import Page
from connectors.upstream.records import COMMENTS, USERS
from polling.model import FeedKey, Progress, ReadPage, Written
from polling.personal.forgotten import Forgotten
from polling.schedule.shards import owns
from polling.writing import claims, cursors
from polling.writing.coverage import Coverage, person_of
from polling.writing.letters import NOT_ENCODABLE, TOO_LARGE, UNMAPPED, Letter, letter, reason
from polling.writing.repeats import DEFAULT_CAPACITY, Pending, Repeats, Verdict

DEFAULT_PREFIX = "tokpulse-poller"
OBSERVED = ("tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events")
# Room for key, headers and the batch around a value.
_OVERHEAD_BYTES = 16_384
_LOT = 500


class PagesProducer(Protocol):
    """What the writer needs of an AvroProducer."""

    def take_over(self) -> None:
        """Fences the older holder of the transactional id."""

    def renew(self) -> None:
        """Begins anew after it was fenced, without taking over."""

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction."""

    def encode(self, topic: str, record: Record) -> bytes:
        """Validates and encodes."""

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        """Queues encoded records."""

    def produce_encoded(
        self, topic: str, key: str | bytes | None, value: bytes | None, *, headers: Mapping[str, bytes] | None = None
    ) -> None:
        """Queues bytes as they are."""

    def close(self) -> None:
        """Flushes."""


@dataclass(frozen=True)
class WriterSettings:
    """One writer among `shards`. Two with the same `prefix` and `shard` exclude each other: the younger one goes on."""

    shard: int = 0
    shards: int = 1
    prefix: str = DEFAULT_PREFIX
    window_ms: int = DAY_MS
    capacity: int = DEFAULT_CAPACITY

    @property
    def transactional_id(self) -> str:
        """`<prefix>-<topic>-<shard>`: every transaction writes the topic of cursors, so one id covers all that a shard writes."""
        return f"{self.prefix}-{cursors.TOPIC}-{self.shard}"


class KafkaPageWriter:
    """Implements PageWriter. Not thread-safe. Nothing is sent before `start`, which entering the context does, too.

    `log(topic, since_ms)` gives the committed records of a topic; `schemas` the JSON text of a schema id. People in
    `forgotten` are left out.
    """

    def __init__(
        self,
        producer: PagesProducer,
        log: Callable[[str, int | None], Iterable[Message]],
        schemas: Callable[[int], str],
        settings: WriterSettings | None = None,
        topics: Topics | None = None,
        clock: Callable[[], int] = wall_clock_ms,
        forgotten: Forgotten | None = None,
    ) -> None:
        self.settings = settings or WriterSettings()
        self.repeats = Repeats(self.settings.window_ms, self.settings.capacity)
        self._producer = producer
        self._log = log
        self._schemas = schemas
        self._clock = clock
        self._forgotten = forgotten
        self._coverage = Coverage(self.repeats.snapshots)
        self._left: set[FeedKey] = set()
        self._claim = claims.new()
        declared = topics or load_topics()
        self._keys = {name: declared[name].key for name in OBSERVED}
        self._limits = {topic.name: topic.max_message_bytes - _OVERHEAD_BYTES for topic in declared}

    def start(self, progress: Callable[[str, int], None] = lambda topic, records: None) -> None:
        """Takes over the shard, then reads what was observed in the last days. `progress` hears how many records of a topic.

        In this order: what an older poller of this shard had begun is aborted by then, and can no longer be committed.
        """
        self._fenced(self._take_over)
        now_ms = self._coverage.begun_ms = self._clock()
        for topic in OBSERVED:
            messages = self._log(topic, now_ms - self.repeats.kept_ms)
            progress(topic, self.repeats.rebuild(messages, now_ms, partial(progress, topic)))

    def progress(self, also: Callable[[FeedKey], bool] = lambda key: False) -> Mapping[FeedKey, Progress]:
        """What earlier pollers of this shard committed. Call it after `start`. Raises LogReadError or CursorsError."""
        shard, shards = self.settings.shard, self.settings.shards
        return cursors.read(self._log(cursors.TOPIC, None), self._schemas, lambda key: owns(key, shard, shards) or also(key))

    def leave(self, feeds: Iterable[FeedKey]) -> None:
        """Their progress goes with the next commit: a topic that is compacted would keep it for ever."""
        self._left.update(feeds)

    def write_many(self, pages: Sequence[ReadPage]) -> list[tuple[Written, Progress]]:
        """Commits all of `pages` in one transaction, or none; see PageWriter."""
        pending: Pending = {}
        transaction = _Transaction(self._producer)
        latest: dict[FeedKey, Progress] = {}
        written: list[tuple[Written, Progress]] = []
        snapshots: list[tuple[str, int]] = []
        left = self._left - {read.key for read in pages}

        def commit() -> None:
            with self._producer.transaction():
                for key in left:
                    self._producer.produce_encoded(cursors.TOPIC, cursors.to_text(key), None)
                for read in pages:
                    before = latest.get(read.key, read.before)
                    counts, moved = self._observations(read.page, pending, transaction, snapshots)
                    fields = Counter(name for seen in read.page.observations for what, name in seen.notes if what == "new")
                    latest[read.key] = cursors.advance(before, read.page.cursor, read.received_ms, moved, fields)
                    written.append((counts, latest[read.key]))
                for key, progress in latest.items():
                    record = cursors.to_record(key, progress)
                    transaction.add(cursors.TOPIC, record["feed_key"], self._producer.encode(cursors.TOPIC, record))
                transaction.send()

        try:
            self._fenced(commit)
        except (TransactionExpiredError, OutcomeUnknownError) as error:
            self._resolve(latest, error)
        # Only now: an observation of an aborted transaction is none that anybody can read.
        self.repeats.mark(pending, self._clock())
        for userid, at_ms in snapshots:
            self.repeats.snapshots.note(userid, at_ms)
        self._left.clear()
        return written

    def close(self) -> None:
        """Every commit is over when `write_many` returns: nothing is lost by not calling it."""
        self._producer.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()

    def _observations(
        self, page: Page, pending: Pending, transaction: _Transaction, snapshots: list[tuple[str, int]]
    ) -> tuple[Written, int]:
        encode, repeated = self._producer.encode, self.repeats
        fresh = repeats = refused = moved = subjects = known = 0
        for observation in self._forgotten.kept(page.observations) if self._forgotten else page.observations:
            topic, record = observation.topic, observation.record
            why = f"{UNMAPPED}: {observation.problem}" if observation.problem is not None else ""
            if not why:
                try:
                    value = encode(topic, record)
                except RecordError as error:
                    why = reason(error)
                except (ValueError, TypeError, OverflowError) as error:
                    # Text with half of a surrogate pair has no UTF-8.
                    why = f"{NOT_ENCODABLE}: {error}"
                else:
                    if len(value) > self._limits[topic]:
                        why = f"{TOO_LARGE}: {len(value)} bytes are more than {self._limits[topic]}"
            if why:
                refused += 1
                limit = self._limits[f"{topic}.dlq"]
                transaction.add_letter(letter(topic, self._keys[topic], record, why, self._clock(), limit, page.origin))
                continue
            key, at_ms, person = record[self._keys[topic]], record["ingested_at"], person_of(topic, record)
            last_ms = repeated.last_ms(topic, key, pending)
            verdict = repeated.compare(topic, key, value, at_ms, pending, person if topic == COMMENTS else None)
            if verdict is Verdict.REPEAT:
                repeats += 1
                continue
            fresh += 1
            if verdict is Verdict.MOVED:
                moved += 1
            if topic == USERS:
                snapshots.append((key, at_ms))
            if person is not None:
                begun, found = self._coverage.of(topic, person, last_ms, at_ms)
                subjects, known = subjects + begun, known + found
            transaction.add(topic, key, value)
        return Written(fresh, repeats, refused, subjects, known), moved

    def _take_over(self) -> None:
        self._producer.take_over()
        with self._producer.transaction():
            record = claims.to_record(self.settings.transactional_id, self._clock())
            value = self._producer.encode(cursors.TOPIC, record)
            self._producer.produce_encoded(cursors.TOPIC, record["feed_key"], value, headers=claims.headers(self._claim))

    def _resolve(self, latest: Mapping[FeedKey, Progress], error: TransactionExpiredError | OutcomeUnknownError) -> None:
        """Makes this writer able to write again, and returns when the transaction of `latest` is in Kafka after all.

        Raises FencedProducerError when another poller has the shard, another ProducerError when nothing is committed, and `error`
        when Kafka does not tell.
        """
        committed = False
        try:
            if claims.newest(self._log(cursors.TOPIC, None), self.settings.transactional_id) != self._claim:
                raise self._taken_over()
            self._producer.renew()
            # Commits or aborts what the last client had begun.
            self._fenced(self._producer.take_over)
            known = cursors.read(self._log(cursors.TOPIC, None), self._schemas, lambda key: key in latest)
            committed = bool(latest) and known == latest
        except FencedProducerError as fenced:
            raise fenced from error
        except TokpulseError:
            raise error from None
        if committed:
            return
        if isinstance(error, TransactionExpiredError):
            raise error
        raise ProducerError(f"nothing is committed: {error.message}", "it is written again") from error

    def _fenced(self, work: Callable[[], None]) -> None:
        try:
            work()
        except FencedProducerError as error:
            raise self._taken_over() from error

    def _taken_over(self) -> FencedProducerError:
        shard, shards = self.settings.shard, self.settings.shards
        return FencedProducerError(
            f"another poller took over shard {shard} of {shards} ({self.settings.transactional_id});"
            " what this one had not committed is not in Kafka",
            "stop one of the two, or give each poller its own shard",
        )


class _Transaction:
    """Encoded records on their way to the producer, in lots per topic."""

    def __init__(self, producer: PagesProducer) -> None:
        self._producer = producer
        self._lots: dict[str, list[dict[str, Any]]] = {}

    def add(self, topic: str, key: str, value: bytes) -> None:
        lot = self._lots.setdefault(topic, [])
        lot.append({"key": key, "value": value})
        if len(lot) >= _LOT:
            self._producer.produce_batch(topic, lot)
            self._lots[topic] = []

    def add_letter(self, dead: Letter) -> None:
        self._producer.produce_encoded(dead.topic, dead.key, dead.value, headers=dead.headers)

    def send(self) -> None:
        for topic, lot in self._lots.items():
            self._producer.produce_batch(topic, lot)
        self._lots = {}


def page_writer(
    servers: str,
    registry: SchemaRegistry,
    settings: WriterSettings | None = None,
    producing: ProducerSettings | None = None,
    clock: Callable[[], int] = wall_clock_ms,
    forgotten: Forgotten | None = None,
) -> KafkaPageWriter:
    """A writer to the Kafka at `servers`; `producing` for what differs from the producer's defaults. Raises ProducerError."""
    settings = settings or WriterSettings()
    topics = load_topics()
    largest = max(topic.max_message_bytes for topic in topics)
    base = producing or ProducerSettings(servers)
    # Dead letters are as large as their topic allows.
    own = replace(base, transactional_id=settings.transactional_id, max_message_bytes=max(base.max_message_bytes, largest))
    producer = AvroProducer(own, registry, topics)
    producer.connect(*OBSERVED, *(f"{name}.dlq" for name in OBSERVED), cursors.TOPIC)

    def log(topic: str, since_ms: int | None) -> Iterator[Message]:
        return committed(servers, topic, since_ms, whole=True)

    return KafkaPageWriter(producer, log, registry.by_id, settings, topics, clock, forgotten)
