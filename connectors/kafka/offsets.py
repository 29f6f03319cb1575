"""How many records the partitions of a topic hold."""

from __future__ import annotations

from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from connectors.errors import TokpulseError

_TIMEOUT_S = 10.0
_SPECS: Any = OffsetSpec  # has no type hints


class OffsetsError(TokpulseError):
    """Kafka does not tell the offsets of a topic."""


def partition_offsets(servers: str, topic: str) -> dict[int, tuple[int, int]]:
    """Partition -> (earliest offset, offset of the next record). Raises OffsetsError.

    The difference bounds the number of records from above: compaction and transaction markers leave holes.
    """
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0, "socket.connection.setup.timeout.ms": 5000})
    try:
        found = admin.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
        if found.error is not None:
            raise OffsetsError(f"topic {topic}: {found.error.str()}", "`tokpulse up` creates the project's topics")
        ends: list[dict[int, int]] = []
        for spec in (_SPECS.earliest(), _SPECS.latest()):
            asked = admin.list_offsets(
                {TopicPartition(topic, partition): spec for partition in found.partitions}, request_timeout=_TIMEOUT_S
            )
            ends.append({key.partition: int(future.result(_TIMEOUT_S).offset) for key, future in asked.items()})
    except KafkaException as error:
        raise OffsetsError(
            f"offsets of {topic} at {servers}: {error.args[0].str()}", "`tokpulse status` shows the local broker"
        ) from None
    return {partition: (ends[0][partition], ends[1][partition]) for partition in sorted(ends[0])}


def held(offsets: dict[int, tuple[int, int]]) -> int:
    """Records between the earliest and the next offset of all partitions."""
    return sum(end - start for start, end in offsets.values())
