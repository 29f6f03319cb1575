"""Reads whole partitions, records of aborted transactions included where that is asked for."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.errors import TokpulseError
from connectors.kafka.offsets import partition_offsets

# Longer than an open transaction lives without its producer.
_SILENCE_S = 150.0
_BATCH, _WAIT_S = 2_000, 0.2
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())


class PartitionReadError(TokpulseError):
    """A partition cannot be read to its end."""


def bounds(servers: str, topic: str) -> dict[int, tuple[int, int]]:
    """Partition -> (first offset, end) of the partitions that hold anything. Raises OffsetsError."""
    return {partition: ends for partition, ends in partition_offsets(servers, topic).items() if ends[0] < ends[1]}


def read(servers: str, topic: str, wanted: Mapping[int, tuple[int, int]], *, aborted: bool = False) -> Iterator[Message]:
    """Every record of the partitions `wanted` within their bounds, in the order of each; of open transactions once they are over.

    With `aborted` those of aborted and open transactions too. Raises PartitionReadError.
    """
    if not wanted:
        return
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "tokpulse-forget-reader",  # demanded by the client; nothing is committed
            "enable.auto.commit": False,
            "isolation.level": "read_uncommitted" if aborted else "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        },
        logger=_LOG,
    )
    try:
        consumer.assign([TopicPartition(topic, partition, start) for partition, (start, _) in wanted.items()])
        yield from _records(consumer, topic, {partition: end for partition, (_, end) in wanted.items()})
    except KafkaException as error:
        raise PartitionReadError(f"cannot read {topic} at {servers}: {error.args[0].str()}", "`tokpulse status`") from error
    finally:
        consumer.close()


def _records(consumer: Consumer, topic: str, ends: dict[int, int]) -> Iterator[Message]:
    deadline = time.monotonic() + _SILENCE_S
    while ends:
        batch: list[Message] = consumer.consume(_BATCH, timeout=_WAIT_S)
        if batch:
            deadline = time.monotonic() + _SILENCE_S
        elif time.monotonic() > deadline:
            raise PartitionReadError(f"{topic}: nothing came for {_SILENCE_S:.0f} s, and partitions {sorted(ends)} have not ended")
        for message in batch:
            partition, offset, error = message.partition() or 0, message.offset() or 0, message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise PartitionReadError(f"{topic}: {error.str()}")
                if offset >= ends.get(partition, 0):
                    ends.pop(partition, None)
                continue
            end = ends.get(partition)
            if end is None:
                continue
            if offset < end:
                yield message
            if offset >= end - 1:
                del ends[partition]
