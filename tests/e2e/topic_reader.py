"""A reader that follows a topic while others write to it, and through whatever happens to them and to the broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Literal

import fastavro
from confluent_kafka import Consumer, TopicPartition

from connectors.endpoints import Endpoints

from .records import registered_schema

Isolation = Literal["read_committed", "read_uncommitted"]
_HEADER_BYTES = 5
_POLL_S = 0.2


class TopicReader(threading.Thread):
    """Keeps every record it is given, from the beginning of `topic` on, until it is stopped; it never goes back."""

    def __init__(self, endpoints: Endpoints, topic: str, isolation: Isolation) -> None:
        super().__init__(name=f"{isolation} reader of {topic}", daemon=True)
        self._schema = registered_schema(endpoints, topic)[1]
        self._ended = threading.Event()
        self._records: list[tuple[bytes, bytes]] = []
        self.failure: Exception | None = None
        self._consumer = Consumer(
            {
                "bootstrap.servers": endpoints.kafka_bootstrap_servers,
                "group.id": f"e2e-{isolation}",
                "enable.auto.commit": False,
                "isolation.level": isolation,
                # What a reader has seen must not vanish: a log that became shorter is an error.
                "auto.offset.reset": "error",
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        partitions = self._consumer.list_topics(topic, timeout=30).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                for message in self._consumer.consume(1000, timeout=_POLL_S):
                    error = message.error()
                    if error is None:
                        key, value = message.key(), message.value()
                        assert isinstance(key, bytes)
                        assert isinstance(value, bytes)
                        self._records.append((key, value))
                    # A broker that is away shows as errors that pass.
                    elif error.name() in ("_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE") or error.fatal():
                        raise AssertionError(f"{self.name}: {error}")
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        """Ends the thread; what it has read stays."""
        self._ended.set()
        self.join(30)
        self._consumer.close()

    @property
    def count(self) -> int:
        """How many records it has been given. Raises what made it stop."""
        if self.failure is not None:
            raise self.failure
        return len(self._records)

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(key, record) of each, in the order they came."""
        for key, value in self._records:
            record = fastavro.schemaless_reader(BytesIO(value[_HEADER_BYTES:]), self._schema, None)
            assert isinstance(record, dict)
            yield key.decode(), record


@contextmanager
def following(endpoints: Endpoints, topic: str, isolation: Isolation) -> Iterator[TopicReader]:
    """A running TopicReader, stopped on leaving."""
    reader = TopicReader(endpoints, topic, isolation)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()
