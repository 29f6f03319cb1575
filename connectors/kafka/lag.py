"""Consumer lag as an age: how long the oldest event that a group has not read has been waiting."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from connectors.errors import TokpulseError
from connectors.kafka import clients

# Of a request; who waits for its answer waits longer, so that it is Kafka that says what is wrong.
_TIMEOUT_S = 10.0
_WAIT_S = 0.1
_BATCH = 1_000
# Of each partition the first event is enough; a batch that is larger comes whole all the same.
_FETCH_BYTES = 1_024
_SPECS: Any = OffsetSpec  # has no type hints
# The broker that coordinates a group is being found, or has just taken it over.
_COORDINATOR_COMES = (
    *(KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS),
    KafkaError._WAIT_COORD,
)
_PATIENTLY = Retrying(
    retry=retry_if_exception(lambda error: isinstance(error, KafkaException) and error.args[0].code() in _COORDINATOR_COMES),
    stop=stop_after_delay(_TIMEOUT_S),
    wait=wait_fixed(_WAIT_S),
    reraise=True,
)


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


@dataclass(frozen=True)
class PartitionLag:
    """Of one group and partition; the fields as in `GroupLag`."""

    topic: str
    partition: int
    oldest_ms: int | None
    unread: int


def oldest_unread(partitions: Iterable[PartitionLag]) -> tuple[int | None, int]:
    """(time of the oldest unread event, unread records) of all of them."""
    waiting = [(each.oldest_ms, each.unread) for each in partitions if each.oldest_ms is not None]
    return min((oldest_ms for oldest_ms, _ in waiting), default=None), sum(unread for _, unread in waiting)


class LagReader:
    """Reads lags without joining any group. `servers` as in KAFKA_BOOTSTRAP_SERVERS. Not thread-safe."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._admin = clients.admin(servers)
        self._consumer = clients.reader(servers, "tokpulse-lag", max_partition_fetch_bytes=_FETCH_BYTES)  # commits nothing

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
        topics: dict[str, list[PartitionLag]] = {}
        for each in self.read_partitions(group):
            topics.setdefault(each.topic, []).append(each)
        return [GroupLag(group, topic, *oldest_unread(partitions)) for topic, partitions in sorted(topics.items())]

    def read_partitions(self, group: str) -> list[PartitionLag]:
        """The same of each partition, one of which nothing is committed included. Raises LagError."""
        try:
            committed = self._committed(group)
            read = {topic for (topic, _), offset in committed.items() if offset >= 0}
            # A partition of which nothing is committed has not been read at all.
            return self._lags([TopicPartition(*key, max(0, offset)) for key, offset in committed.items() if key[0] in read])
        except KafkaException as error:
            raise self._error(f"offsets of group {group}", error) from None

    def _committed(self, group: str) -> dict[tuple[str, int], int]:
        """(topic, partition) -> what `group` has committed, negative for nothing, of every partition that there is."""
        # A consumer, which joins nothing: the admin client's own question crashes the process (librdkafka 5040) while the broker
        # finds out who coordinates the group.
        consumer = clients.reader(self._servers, group)
        try:
            topics = consumer.list_topics(timeout=_TIMEOUT_S).topics
            places = [TopicPartition(name, partition) for name in sorted(topics) for partition in sorted(topics[name].partitions)]
            committed = _PATIENTLY(consumer.committed, places, timeout=_TIMEOUT_S)
            return {(each.topic, each.partition): each.offset for each in committed}
        finally:
            consumer.close()

    def close(self) -> None:
        """Frees the connections."""
        self._consumer.close()

    def _lags(self, places: list[TopicPartition]) -> list[PartitionLag]:
        if not places:
            return []
        starts, ends = (
            {
                (place.topic, place.partition): int(future.result(2 * _TIMEOUT_S).offset)
                for place, future in self._admin.list_offsets(
                    {TopicPartition(place.topic, place.partition): spec for place in places},
                    isolation_level=IsolationLevel.READ_COMMITTED,
                    request_timeout=_TIMEOUT_S,
                ).items()
            }
            for spec in (_SPECS.earliest(), _SPECS.latest())
        )
        # What retention took away before it was read cannot be told any more.
        at = {key: max(place.offset, starts[key]) for place in places if (key := (place.topic, place.partition)) in starts}
        times = self._first_times([TopicPartition(*key, offset) for key, offset in at.items() if offset < ends[key]])
        # Where only marks of transactions and holes follow, nothing waits.
        return [
            PartitionLag(*key, times.get(key), ends[key] - offset if times.get(key) is not None else 0)
            for key, offset in at.items()
        ]

    def _first_times(self, places: list[TopicPartition]) -> dict[tuple[str, int], int]:
        """When the first event at or after each of `places` arrived; without those that only markers and holes follow."""
        waiting = {(place.topic, place.partition) for place in places}
        times: dict[tuple[str, int], int] = {}
        if not places:
            return times
        deadline = time.monotonic() + _TIMEOUT_S
        self._consumer.assign(places)
        try:
            while waiting:
                if time.monotonic() > deadline:
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
                # One answer of the broker has a batch of each partition.
                for message in self._consumer.consume(_BATCH, timeout=_WAIT_S):
                    key, error = (message.topic() or "", message.partition() or 0), message.error()
                    if error is not None and error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    if key in waiting:
                        waiting.discard(key)
                        if error is None:
                            times[key] = int(message.timestamp()[1])
        finally:
            self._consumer.unassign()
        return times

    def _error(self, what: str, error: KafkaException) -> LagError:
        return LagError(f"{what} at {self._servers}: {clients.why(self._admin, error)}", "`tokpulse status` shows the local broker")
