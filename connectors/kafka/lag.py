"""Consumer lag as an age: how long the oldest event that a group has not read has been waiting."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition

from connectors.errors import TokpulseError
from connectors.kafka import clients

# Of a request; who waits for its answer waits longer, so that it is Kafka that says what is wrong.
_TIMEOUT_S = 10.0


class LagError(TokpulseError):
    """Kafka does not tell how far a group has read."""


@dataclass(frozen=True)
class GroupLag:
    """Of one group and topic. `unread` bounds the records from above: transaction markers and compaction leave holes."""

    group: str
    topic: str
    oldest_ms: int | None  # when the oldest unread event arrived; None when all are read
    unread: int

    def age_s(self, now_ms: int) -> float:
        """Seconds that it has been waiting; 0 when all is read."""
        return 0.0 if self.oldest_ms is None else max(0, now_ms - self.oldest_ms) / 1000


def oldest_unread(positions: Iterable[tuple[int, int, int | None]]) -> tuple[int | None, int]:
    """(time of the oldest unread event, unread records) of partitions given as (committed, end, time of the first unread one)."""
    times, unread = [], 0
    for committed, end, first_ms in positions:
        if committed < end and first_ms is not None:
            times.append(first_ms)
            unread += end - committed
    return (min(times) if times else None), unread


class LagReader:
    """Reads lags without joining any group. `servers` as in KAFKA_BOOTSTRAP_SERVERS. Not thread-safe."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._admin = clients.admin(servers)
        self._consumer = clients.reader(servers, "tokpulse-lag")  # commits nothing

    def groups(self) -> list[str]:
        """Every group of the broker."""
        try:
            listing = self._admin.list_consumer_groups(request_timeout=_TIMEOUT_S).result(2 * _TIMEOUT_S)
        except KafkaException as error:
            raise self._error("groups", error) from None
        # A broker that does not answer has no groups and is among the errors.
        for failure in listing.errors:
            raise self._error("groups", failure if isinstance(failure, KafkaException) else KafkaException(failure))
        return sorted(group.group_id for group in listing.valid)

    def read(self, group: str) -> list[GroupLag]:
        """The lag of each topic of which `group` has committed an offset. Raises LagError."""
        try:
            asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=_TIMEOUT_S)
            committed = asked[group].result(2 * _TIMEOUT_S).topic_partitions
            read = {(place.topic, place.partition): place for place in committed if place.error is None and place.offset >= 0}
            topics: dict[str, list[tuple[int, int, int | None]]] = {}
            for topic in {name for name, _ in read}:
                # A partition of which nothing is committed has not been read at all.
                for partition in self._consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions:
                    place = read.get((topic, partition)) or TopicPartition(topic, partition, 0)
                    topics.setdefault(topic, []).append(self._position(place))
        except KafkaException as error:
            raise self._error(f"offsets of group {group}", error) from None
        return [GroupLag(group, topic, *oldest_unread(positions)) for topic, positions in sorted(topics.items())]

    def close(self) -> None:
        """Frees the connections."""
        self._consumer.close()

    def _position(self, place: TopicPartition) -> tuple[int, int, int | None]:
        start, end = self._consumer.get_watermark_offsets(TopicPartition(place.topic, place.partition), timeout=_TIMEOUT_S)
        # What retention took away before it was read cannot be told any more.
        committed = max(place.offset, start)
        return committed, end, self._first_ms(place, committed) if committed < end else None

    def _first_ms(self, place: TopicPartition, offset: int) -> int | None:
        """When the first event at or after `offset` arrived; None when only markers and holes follow."""
        self._consumer.assign([TopicPartition(place.topic, place.partition, offset)])
        deadline = time.monotonic() + _TIMEOUT_S
        try:
            while time.monotonic() < deadline:
                message = self._consumer.poll(1.0)
                if message is None:
                    continue
                error = message.error()
                if error is None:
                    return int(message.timestamp()[1])
                if error.code() == KafkaError._PARTITION_EOF:
                    return None
                raise KafkaException(error)
        finally:
            self._consumer.unassign()
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    def _error(self, what: str, error: KafkaException) -> LagError:
        return LagError(f"{what} at {self._servers}: {clients.why(self._admin, error)}", "`tokpulse status` shows the local broker")
