"""Writes Avro records to Kafka: validated, in Confluent's wire format, idempotent, optionally in transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from confluent_kafka import KafkaError, KafkaException, Message

from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.kafka.avro import AvroCodec, Record, header, split
from connectors.kafka.topics import Topics, load_topics
from connectors.kafka.validation import RecordValidator

DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_POLL_SECONDS = 0.1
_KEPT_FAILURES = 20

# librdkafka would print broken connections to stderr; what matters of it goes into our own errors.

Register = Callable[[str, str], int]


class Registry(Protocol):
    """What the producer needs of a schema registry."""

    def register(self, subject: str, schema: str) -> int:
        """The id of `schema` under `subject`."""


class ProducerError(TokpulseError):
    """Kafka refused something."""


class BrokerUnavailableError(ProducerError):
    """No broker answers."""


class MissingTopicError(ProducerError):
    """A topic that the broker does not have."""


class FencedProducerError(ProducerError):
    """Another producer took over this transactional id."""


class OutcomeUnknownError(ProducerError):
    """A commit was sent and not answered: the transaction may or may not be committed. Only the log can tell."""


@dataclass(frozen=True)
class DeliveryFailure:
    """One record that Kafka did not take. `partition` is -1 when none had been chosen."""

    topic: str
    partition: int
    key: str
    reason: str


class DeliveryError(ProducerError):
    """Records that were given to the producer and are not in Kafka: `failures` holds the first ones, `count` is all of them."""

    def __init__(self, failures: tuple[DeliveryFailure, ...], count: int) -> None:
        first = failures[0]
        where = f"{first.topic}[{first.partition}]" if first.partition >= 0 else first.topic
        super().__init__(
            f"{count} record(s) not delivered; the first to {where}, key {first.key!r}: {first.reason}",
            "check that the broker is up (`tokpulse status`) and accepts records of this size, then run it again",
        )
        self.failures = failures
        self.count = count


@dataclass(frozen=True)
class ProducerSettings:
    """How to produce. Times in milliseconds, sizes in bytes. `transactional_id` fences every other holder of the same id."""

    bootstrap_servers: str
    transactional_id: str | None = None
    linger_ms: int = 50
    batch_bytes: int = 65_536
    compression: str = "zstd"
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    max_queued_records: int = 200_000
    max_queued_kib: int = 262_144
    delivery_timeout_ms: int = 120_000

    def to_librdkafka(self) -> dict[str, str | int | bool]:
        """The configuration of librdkafka but for what all clients share."""
        config: dict[str, str | int | bool] = {
            "enable.idempotence": True,
            "acks": "all",
            "max.in.flight.requests.per.connection": 5,
            "compression.type": self.compression,
            "linger.ms": self.linger_ms,
            "batch.size": self.batch_bytes,
            # The Java clients' partitioner, so that a record of any client lands on the same partition.
            "partitioner": "murmur2_random",
            "message.max.bytes": self.max_message_bytes,
            "queue.buffering.max.messages": self.max_queued_records,
            "queue.buffering.max.kbytes": self.max_queued_kib,
            "delivery.timeout.ms": self.delivery_timeout_ms,
            # A callback per delivered record costs more than encoding it.
            "delivery.report.only.error": True,
        }
        if self.transactional_id is not None:
            config["transactional.id"] = self.transactional_id
            # Must not be shorter than the delivery timeout; a broker's own limit is 15 min by default.
            config["transaction.timeout.ms"] = max(60_000, self.delivery_timeout_ms)
        return config


class AvroProducer:
    """A producer of the project's topics. Not thread-safe.

    `registry` gives schema ids: an object with `register(subject, schema_text) -> int`, or such a function. A schema is registered
    when its topic is first used. Delivery is asynchronous: what failed is raised as DeliveryError by the next `flush`, `close` or
    `transaction`, at the latest; leaving the context manager flushes.
    """

    def __init__(
        self,
        settings: ProducerSettings,
        registry: Registry | Register,
        topics: Topics | None = None,
        clock: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._settings = settings
        self._register: Register = registry if callable(registry) else registry.register
        self._topics = topics or load_topics()
        self._clock = clock
        self._encoders: dict[str, tuple[RecordValidator, AvroCodec, bytes]] = {}
        self._failures: list[DeliveryFailure] = []
        self._failed = 0
        self._last_error = ""
        self._initialised = False
        self._unfinished = False
        config: dict[str, Any] = settings.to_librdkafka()
        config |= {"on_delivery": self._on_delivery, "error_cb": self._on_error}
        self._producer = clients.producer(settings.bootstrap_servers, config)

    def connect(self, *required_topics: str, timeout: float = 10.0) -> None:
        """Returns when a broker answers and has `required_topics`. Raises BrokerUnavailableError or MissingTopicError."""
        try:
            metadata = self._producer.list_topics(timeout=timeout)
        except KafkaException as error:
            why = clients.why(self._producer, error)
            reason = self._last_error or why if why == _reason(error) else why
            raise BrokerUnavailableError(
                f"no Kafka broker answers at {self._settings.bootstrap_servers}: {reason}",
                "start the local stack with `tokpulse up`, or check KAFKA_BOOTSTRAP_SERVERS",
            ) from error
        missing = sorted(set(required_topics) - set(metadata.topics))
        if missing:
            raise MissingTopicError(
                f"Kafka at {self._settings.bootstrap_servers} has no topic {', '.join(missing)}",
                "`tokpulse up` creates the topics of connectors/kafka/topics.yaml",
            )

    def schema_id(self, topic: str) -> int:
        """The registry's id of the topic's schema."""
        return split(self.header(topic))[0]

    def header(self, topic: str) -> bytes:
        """The wire-format header of the topic's values, for callers that encode by themselves."""
        return self._encoder(topic)[2]

    def encode(self, topic: str, record: Record) -> bytes:
        """The Kafka value of `record`. Raises a RecordError that names the field."""
        validator, codec, prefix = self._encoder(topic)
        validator.check(record)
        return codec.encode(record, prefix)

    def produce(self, topic: str, record: Record, key: str | None = None) -> None:
        """Validates, encodes and queues `record`; `key` defaults to the topic's key field."""
        value = self.encode(topic, record)
        self.produce_encoded(topic, str(record[self._topics[topic].key]) if key is None else key, value)

    def produce_encoded(
        self,
        topic: str,
        key: str | bytes | None,
        value: bytes | None,
        partition: int | None = None,
        timestamp: int | None = None,
        headers: Mapping[str, bytes] | None = None,
    ) -> None:
        """Queues bytes as they are, good or bad. Waits while the queue is full. `timestamp` is in milliseconds."""
        while True:
            try:
                self._producer.produce(
                    topic,
                    value,
                    key,
                    partition=-1 if partition is None else partition,
                    timestamp=0 if timestamp is None else timestamp,
                    headers=dict(headers) if headers else None,
                )
                return
            except BufferError:
                # Full queue: serve delivery reports until there is room. poll() blocks, so this loop does not spin.
                self._serve(_POLL_SECONDS)
            except KafkaException as error:
                raise self._refused(error, f"cannot produce to {topic}, key {key!r}") from error

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        """Queues many `{"key": ..., "value": ...}` at once: less than half the cost per record of `produce_encoded`.

        Waits while the queue is full. The dicts are the caller's: they may be refilled and given again after the call.
        """
        pending = messages
        while pending:
            queued = self._producer.produce_batch(topic, pending)
            if queued == len(pending):
                return
            refused = [message for message in pending if "_error" in message]
            for message in refused:
                error = message.pop("_error")
                if error.code() != KafkaError._QUEUE_FULL:
                    raise self._refused(KafkaException(error), f"cannot produce to {topic}, key {message.get('key')!r}")
            pending = refused
            self._serve(_POLL_SECONDS)

    def poll(self) -> None:
        """Serves delivery reports without waiting."""
        self._serve(0)

    def flush(self, timeout: float | None = None) -> None:
        """Returns when every record is in Kafka. Raises DeliveryError for those that are not (`timeout` in seconds)."""
        deadline = time.monotonic() + (timeout if timeout is not None else self._settings.delivery_timeout_ms / 1000 + 5)
        while (left := self._flush(_POLL_SECONDS * 10)) and time.monotonic() < deadline:
            pass
        if left:
            reason = self._last_error or "timed out"
            self._failures.append(DeliveryFailure("(queue)", -1, "", reason))
            self._failed += left
        self._raise_failures()

    def take_over(self, timeout: float = 60.0) -> None:
        """Fences every other holder of the transactional id; what one of them left open is aborted when this returns.

        `transaction` does it on first use otherwise.
        """
        try:
            if not self._initialised:
                self._producer.init_transactions(timeout)
                self._initialised = True
        except KafkaException as error:
            raise self._refused(error, "cannot begin a transaction") from error

    @contextmanager
    def transaction(self, timeout: float = 60.0) -> Iterator[None]:
        """One Kafka transaction: committed on leaving, aborted when the body raises or a record is not delivered.

        Needs a transactional id. Raises FencedProducerError when another producer holds it now, OutcomeUnknownError when the broker
        went away between the commit and its answer, another ProducerError when nothing is committed.
        """
        self.take_over(timeout)
        try:
            if self._unfinished:
                # A broker that was away did not hear of it; nothing else may begin before.
                self._producer.abort_transaction(timeout)
                self._unfinished = False
            self._producer.begin_transaction()
        except KafkaException as error:
            raise self._refused(error, "cannot begin a transaction") from error
        committing = False
        try:
            yield
            left = self._flush(timeout)
            self._raise_failures()
            if left:
                raise ProducerError(
                    f"{left} record(s) are not in Kafka after {timeout:.0f} s: {self._last_error or 'timed out'}",
                    "the transaction is aborted; `tokpulse status` shows the local broker",
                )
            committing = True
            self._producer.commit_transaction(timeout)
        except KafkaException as error:
            aborted = self._abort(timeout)
            refused = self._refused(error, "transaction aborted")
            if committing and not aborted and not isinstance(refused, FencedProducerError):
                raise OutcomeUnknownError(
                    f"no answer to a commit under {self._settings.transactional_id!r}: {_reason(error)}",
                    "start again when the broker answers, and read what is committed",
                ) from error
            raise refused from error
        except BaseException:
            self._abort(timeout)
            raise

    def close(self) -> None:
        """Flushes; raises DeliveryError for records that are not in Kafka."""
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            # The caller's error is the story; do not wait for a broker that may be its cause.
            self._producer.purge()

    def _encoder(self, topic: str) -> tuple[RecordValidator, AvroCodec, bytes]:
        found = self._encoders.get(topic)
        if found is None:
            declared = self._topics[topic]
            text = declared.schema_text()
            codec = AvroCodec(text)
            prefix = header(self._register(declared.subject, text))
            found = self._encoders[topic] = (RecordValidator(codec.declared, self._clock), codec, prefix)
        return found

    def _serve(self, timeout: float) -> None:
        """Serves delivery reports for `timeout` seconds. Raises ProducerError after a fatal error such as fencing."""
        try:
            self._producer.poll(timeout)
        except (KafkaException, SystemError) as error:
            raise self._fatal(error) from error

    def _flush(self, timeout: float) -> int:
        try:
            return int(self._producer.flush(timeout))
        except (KafkaException, SystemError) as error:
            raise self._fatal(error) from error

    def _fatal(self, error: KafkaException | SystemError) -> Exception:
        # The client raises a fatal error inside a callback, where it comes out wrapped in a SystemError. Writing to a log that
        # somebody reads may lose it on the way: then the next call in the transaction tells.
        cause = error if isinstance(error, KafkaException) else error.__cause__
        if cause is None and self._settings.transactional_id is not None:
            try:
                self._producer.abort_transaction(_POLL_SECONDS)
            except KafkaException as told:
                cause = told
        return self._refused(cause, "the producer has failed") if isinstance(cause, KafkaException) else error

    def _abort(self, timeout: float) -> bool:
        try:
            self._producer.abort_transaction(timeout)
        except KafkaException as error:  # a fenced or unreachable producer cannot abort; the broker's timeout will
            self._last_error = _reason(error)
            self._unfinished = True
            return False
        finally:
            self._failures.clear()
            self._failed = 0
        return True

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            return
        self._failed += 1
        if len(self._failures) < _KEPT_FAILURES:
            key = message.key()
            text = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key or "")
            partition = message.partition()
            self._failures.append(
                DeliveryFailure(message.topic() or "?", -1 if partition is None else partition, text, error.str() or str(error))
            )

    def _on_error(self, error: KafkaError) -> None:
        clients.remember(error)
        self._last_error = error.str() or str(error)

    def _raise_failures(self) -> None:
        if self._failures:
            failures, count = tuple(self._failures), self._failed
            self._failures, self._failed = [], 0
            raise DeliveryError(failures, count)

    def _refused(self, error: KafkaException, what: str) -> ProducerError:
        code = error.args[0].code() if error.args and isinstance(error.args[0], KafkaError) else None
        if code in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
            return FencedProducerError(
                f"{what}: another producer uses transactional id {self._settings.transactional_id!r}",
                "stop the other one, or give this one its own id",
            )
        if code == KafkaError.MSG_SIZE_TOO_LARGE:
            return ProducerError(f"{what}: {_reason(error)}", f"the limit is {self._settings.max_message_bytes} bytes")
        return ProducerError(f"{what}: {_reason(error)}", "`tokpulse status` shows the local stack")


def _reason(error: KafkaException) -> str:
    first = error.args[0] if error.args else error
    return first.str() if isinstance(first, KafkaError) else str(first)
