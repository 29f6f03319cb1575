"""Writes Avro records to Kafka: validated, in Confluent's wire format, idempotent, optionally in transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException

from connectors.clock import wall_clock_ms
from connectors.kafka import clients
from connectors.kafka.avro import Record
from connectors.kafka.delivery import Channel, DeliveryReports
from connectors.kafka.encoding import Encoder, Register, Registry
from connectors.kafka.producer_errors import BrokerUnavailableError, MissingTopicError
from connectors.kafka.topics import Topics
from connectors.kafka.transactions import Transactions

DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ProducerSettings:
    """How to produce. Times in milliseconds, sizes in bytes. `transactional_id` fences every other holder of the same id.

    A broker's own limit of `transaction_timeout_ms` is 15 min by default; it must not be shorter than the delivery timeout.
    """

    bootstrap_servers: str
    transactional_id: str | None = None
    linger_ms: int = 50
    batch_bytes: int = 65_536
    compression: str = "zstd"
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    max_queued_records: int = 200_000
    max_queued_kib: int = 262_144
    delivery_timeout_ms: int = 120_000
    transaction_timeout_ms: int = 120_000

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
            config["transaction.timeout.ms"] = self.transaction_timeout_ms
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
        self._encoder = Encoder(registry, topics, clock)
        self._reports = DeliveryReports()
        self._begin()

    def _begin(self) -> None:
        config: dict[str, Any] = self._settings.to_librdkafka()
        config |= {"on_delivery": self._reports.on_delivery, "error_cb": self._reports.on_error}
        client = clients.producer(self._settings.bootstrap_servers, config)
        self._channel = Channel(client, self._reports, self._settings.transactional_id, self._settings.max_message_bytes)
        self._transactions = Transactions(self._channel, self._settings.transaction_timeout_ms)

    def connect(self, *required_topics: str, timeout: float = 10.0) -> None:
        """Returns when a broker answers and has `required_topics`. Raises BrokerUnavailableError or MissingTopicError."""
        try:
            metadata = self._channel.client.list_topics(timeout=timeout)
        except KafkaException as error:
            why = clients.why(self._channel.client, error)
            reason = self._reports.last_error or why if why == clients.reason_of(error) else why
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
        return self._encoder.schema_id(topic)

    def header(self, topic: str) -> bytes:
        """The wire-format header of the topic's values, for callers that encode by themselves."""
        return self._encoder.header(topic)

    def encode(self, topic: str, record: Record) -> bytes:
        """The Kafka value of `record`. Raises a RecordError that names the field."""
        return self._encoder.encode(topic, record)

    def produce(self, topic: str, record: Record, key: str | None = None) -> None:
        """Validates, encodes and queues `record`; `key` defaults to the topic's key field."""
        value = self._encoder.encode(topic, record)
        self.produce_encoded(topic, self._encoder.key(topic, record) if key is None else key, value)

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
                self._channel.client.produce(
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
                self._channel.serve(_POLL_SECONDS)
            except KafkaException as error:
                raise self._channel.refused(error, f"cannot produce to {topic}, key {key!r}") from error

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        """Queues many `{"key": ..., "value": ...}` at once: less than half the cost per record of `produce_encoded`.

        Waits while the queue is full. The dicts are the caller's: they may be refilled and given again after the call.
        """
        pending = messages
        while pending:
            queued = self._channel.client.produce_batch(topic, pending)
            if queued == len(pending):
                return
            refused = [message for message in pending if "_error" in message]
            for message in refused:
                error = message.pop("_error")
                if error.code() != KafkaError._QUEUE_FULL:
                    raise self._channel.refused(KafkaException(error), f"cannot produce to {topic}, key {message.get('key')!r}")
            pending = refused
            self._channel.serve(_POLL_SECONDS)

    def poll(self) -> None:
        """Serves delivery reports without waiting."""
        self._channel.serve(0)

    def flush(self, timeout: float | None = None) -> None:
        """Returns when every record is in Kafka. Raises DeliveryError for those that are not (`timeout` in seconds)."""
        deadline = time.monotonic() + (timeout if timeout is not None else self._settings.delivery_timeout_ms / 1000 + 5)
        while (left := self._channel.flush(_POLL_SECONDS * 10)) and time.monotonic() < deadline:
            pass
        if left:
            self._reports.add_unsent(left)
        self._reports.raise_failures()

    def take_over(self, timeout: float = 60.0) -> None:
        """Fences every other holder of the transactional id; see Transactions."""
        self._transactions.take_over(timeout)

    def renew(self) -> None:
        """A client that was fenced is of no use any more: makes another, which has taken nothing over. What was queued is gone."""
        self._channel.client.purge()
        self._reports.clear()
        self._begin()

    def transaction(self, timeout: float = 60.0) -> AbstractContextManager[None]:
        """One Kafka transaction: committed on leaving, aborted when the body raises; see `Transactions.begin`."""
        return self._transactions.begin(timeout)

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
            self._channel.client.purge()
