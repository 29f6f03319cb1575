"""Waits until a live job has read all there is in its topics, and has said so in a checkpoint."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, TopicPartition

from bench.flink_runs import BenchError
from connectors.kafka import clients

_POLL_S = 0.5


def await_consumed(bootstrap_servers: str, group: str, topics: tuple[str, ...], timeout: float) -> None:
    """Returns when `group` has committed the end of every partition of `topics`. Raises BenchError after `timeout` seconds.

    Flink commits what a completed checkpoint holds: what was read before has passed all operators by then.
    """
    deadline = time.monotonic() + timeout
    consumer = clients.reader(bootstrap_servers, group)
    try:
        while left := remaining(consumer, topics):
            if time.monotonic() > deadline:
                raise BenchError(f"{left:,} records are still to be read after {timeout:.0f} s", "the JobManager's log may say why")
            time.sleep(_POLL_S)
    finally:
        consumer.close()


def remaining(consumer: Consumer, topics: tuple[str, ...]) -> int:
    """Records of `topics` behind what the consumer's group has committed."""
    known = consumer.list_topics(timeout=30).topics
    partitions = [TopicPartition(topic, partition) for topic in topics for partition in known[topic].partitions]
    return sum(
        # No offset at all is a negative number.
        consumer.get_watermark_offsets(TopicPartition(place.topic, place.partition), timeout=30)[1] - max(place.offset, 0)
        for place in consumer.committed(partitions, timeout=30)
    )
