"""The alert topics as a `Source`: a Kafka consumer of the group `tokpulse-notify`."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition

from alerts.alert import Place
from alerts.kinds import TOPICS
from alerts.notifier import Record, SourceError
from alerts.offsets import Partition
from connectors.kafka import clients

GROUP = "tokpulse-notify"
_TIMEOUT_S = 10.0
_FINAL = (
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
)

_LOG = logging.getLogger(__name__)


class KafkaSource:
    """Reads committed records of all alert topics. The topics must exist.

    With `watch_only` it reads from the group's offsets without joining the group: a running notifier keeps its partitions,
    and `commit` does nothing.
    """

    def __init__(self, servers: str, *, from_beginning: bool = False, watch_only: bool = False) -> None:
        self._from_beginning = from_beginning
        self._watch_only = watch_only
        self._assigned: set[Partition] | None = None
        self._ended: set[Partition] = set()
        self._begun: set[Partition] = set()
        self._lost: list[Partition] = []
        self._paused = False
        self._last_error = ""
        # Alerts are small, and are read as fast as they are settled. A notifier that was killed is missed after 10 s instead of 45:
        # so long does its successor get nothing.
        self._consumer = clients.reader(
            servers, GROUP, client_id=GROUP, queued_max_messages_kbytes=8_192, fetch_wait_max_ms=500, session_timeout_ms=10_000
        )
        try:
            if watch_only:
                self._assign(self._consumer, self._committed())
            else:
                self._consumer.subscribe(list(TOPICS), on_assign=self._assign, on_revoke=self._revoked)
        except KafkaException as error:
            raise _failed("cannot read the alert topics", error) from error

    def poll(self, timeout: float) -> Record | None:
        """The next record, or None after at most `timeout` seconds. Raises SourceError for what does not pass."""
        try:
            message = self._consumer.poll(timeout)
        except KafkaException as failure:
            raise _failed("cannot read the alert topics", failure) from failure
        if message is None:
            return None
        error = message.error()
        topic, partition = str(message.topic()), int(message.partition() or 0)
        if error is None:
            value: Any = message.value()
            return Record(Place(topic, partition, int(message.offset() or 0)), value)
        if error.code() == KafkaError._PARTITION_EOF:
            self._ended.add((topic, partition))
        elif error.fatal() or error.code() in _FINAL:
            raise _failed("cannot read the alert topics", KafkaException(error))
        elif error.str() != self._last_error:
            self._last_error = error.str()
            _LOG.warning("Kafka: %s; trying again", self._last_error)
        return None

    def pause(self, paused: bool) -> None:
        """Stops or resumes reading; membership of the group is kept by `poll`."""
        if paused == self._paused or self._assigned is None:
            return
        partitions = [TopicPartition(*partition) for partition in self._assigned]
        try:
            (self._consumer.pause if paused else self._consumer.resume)(partitions)
        except KafkaException as error:
            raise _failed("cannot pause reading", error) from error
        self._paused = paused

    def lost(self) -> Collection[Partition]:
        """Partitions that were taken away since the last call."""
        lost, self._lost = self._lost, []
        return lost

    def at_end(self) -> bool:
        """Whether every assigned partition has been read to an end."""
        return self._assigned is not None and self._assigned <= self._ended

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits and waits for the answer. Raises SourceError."""
        if self._watch_only:
            return
        places = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            raise _failed("commit", error) from error

    def close(self) -> None:
        """Leaves the group."""
        self._consumer.close()

    def _committed(self) -> list[TopicPartition]:
        known = self._consumer.list_topics(timeout=_TIMEOUT_S).topics
        partitions = [TopicPartition(topic, number) for topic in TOPICS for number in known[topic].partitions]
        return list(self._consumer.committed(partitions, timeout=_TIMEOUT_S))

    def _assign(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        names = {(place.topic, place.partition) for place in partitions}
        for place in partitions:
            # Only the first time: after a rebalance the committed offset is the newer one.
            if self._from_beginning and (place.topic, place.partition) not in self._begun:
                place.offset = OFFSET_BEGINNING
        self._begun |= names
        self._assigned, self._paused = names, False
        self._ended -= names
        consumer.assign(partitions)

    def _revoked(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        # All of them: the assignors that this consumer uses take everything away before they give anew.
        self._assigned = None
        self._lost += [(place.topic, place.partition) for place in partitions]


def _failed(what: str, error: KafkaException) -> SourceError:
    first = error.args[0] if error.args else error
    reason = first.str() if isinstance(first, KafkaError) else str(first)
    return SourceError(f"{what}: {reason}", "`tokpulse status` shows the local broker; `tokpulse up` creates the topics")
