"""Reads the committed records of a topic, from the beginning or from a time, to the end that it has now."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from connectors.errors import TokpulseError

_CONNECT_S = 10.0
_SILENCE_S = 30.0
# Longer than an open transaction lives without its producer.
_OPEN_S = 150.0
_BATCH = 2_000
# The client waits for the whole batch or the whole time, whichever comes first, and the last batch is never whole.
_WAIT_S = 0.2
_SPECS: Any = OffsetSpec  # has no type hints

# Broken connections show in our own errors, not on stderr.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())


class LogReadError(TokpulseError):
    """A topic cannot be read to its end."""


def committed(servers: str, topic: str, since_ms: int | None = None, *, whole: bool = False) -> Iterator[Message]:
    """Every record of a committed transaction, in the order of its partition; partitions take turns.

    Begins with the first record that arrived at `since_ms` (unix milliseconds, the broker's clock), or with the first that there
    is. Ends before the first transaction of a partition that is open when the reading begins: what others committed behind it is
    not shown. With `whole` it waits for such transactions, up to the time after which brokers abort them, and ends where the topic
    ended when the reading began: for those who must know all of what they committed themselves. Raises LogReadError.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "tokpulse-committed",  # demanded by the client; nothing is committed
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            # A broker holds back the answer that there is no more for so long, by default half a second: that of every partition
            # whose last record is a mark of a transaction.
            "fetch.wait.max.ms": 20,
            "auto.offset.reset": "earliest",
            "error_cb": lambda _: None,
            "log_level": 0,
        },
        logger=_LOG,
    )
    try:
        ends = _ends(consumer, servers, topic, IsolationLevel.READ_UNCOMMITTED if whole else IsolationLevel.READ_COMMITTED)
        starts = _starts(consumer, topic, ends, since_ms)
        consumer.assign(starts)
        open_ends = {start.partition: ends[start.partition] for start in starts}
        yield from _records(consumer, servers, topic, open_ends, _OPEN_S if whole else _SILENCE_S)
    except KafkaException as error:
        raise _unreadable(servers, topic, error.args[0].str()) from error
    finally:
        consumer.close()


def _ends(consumer: Consumer, servers: str, topic: str, level: IsolationLevel) -> dict[int, int]:
    """Partition -> the offset after its last record, or its last stable one, of partitions that have any."""
    # Without this, a broker that is away looks like a topic that does not end.
    found = consumer.list_topics(topic, timeout=_CONNECT_S).topics[topic]
    if found.error is not None:
        raise _unreadable(servers, topic, found.error.str())
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0}, logger=_LOG)
    asked = admin.list_offsets(
        {TopicPartition(topic, partition): _SPECS.latest() for partition in found.partitions},
        isolation_level=level,
        request_timeout=_CONNECT_S,
    )
    ends = {key.partition: int(future.result(_CONNECT_S).offset) for key, future in asked.items()}
    return {partition: end for partition, end in ends.items() if end > 0}


def _starts(consumer: Consumer, topic: str, ends: dict[int, int], since_ms: int | None) -> list[TopicPartition]:
    if since_ms is None or not ends:
        return [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in ends]
    asked = [TopicPartition(topic, partition, max(0, since_ms)) for partition in ends]
    # A partition without a record that new answers with its end, as a negative number.
    return [found for found in consumer.offsets_for_times(asked, timeout=_CONNECT_S) if found.offset >= 0]


def _records(consumer: Consumer, servers: str, topic: str, open_ends: dict[int, int], silence_s: float) -> Iterator[Message]:
    deadline = time.monotonic() + silence_s
    while open_ends:
        batch: list[Message] = consumer.consume(_BATCH, timeout=_WAIT_S)
        if batch:
            deadline = time.monotonic() + silence_s
        elif time.monotonic() > deadline:
            raise _unreadable(
                servers, topic, f"nothing came for {silence_s:.0f} s, and partitions {sorted(open_ends)} have not ended"
            )
        for message in batch:
            partition, offset, error = message.partition() or 0, message.offset() or 0, message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise _unreadable(servers, topic, error.str())
                # Control records at the end are never given out: the end is where nothing more comes. A place before it is where an
                # open transaction begins.
                if offset >= open_ends.get(partition, 0):
                    open_ends.pop(partition, None)
                continue
            end = open_ends.get(partition)
            if end is None:
                continue
            if offset < end:
                yield message
            if offset >= end - 1:
                del open_ends[partition]


def _unreadable(servers: str, topic: str, reason: str) -> LogReadError:
    return LogReadError(f"cannot read {topic} at {servers}: {reason}", "`tokpulse status` shows the local broker")
