"""A job that works, and a producer that feeds each partition of the posts topic once a second until it is told otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.endpoints import Endpoints
from connectors.kafka.partitions import partition_of
from connectors.kafka.producer import AvroProducer
from connectors.kafka.topics import load_topics
from simulator.settings import POSTS

from .records import now_ms, observation, producing

PARTITIONS = load_topics()[POSTS].partitions
_EVERY_S = 1.0


def keys(topic_partitions: int = PARTITIONS) -> list[str]:
    """A key for each partition, as the partitioner of all our producers shares them out."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < topic_partitions:
        key = str(7_000_000_000_000_000_000 + number)
        found.setdefault(partition_of(key, topic_partitions), key)
        number += 1
    return [found[partition] for partition in range(topic_partitions)]


class Feeder(threading.Thread):
    """Observes one post of each partition every second, but for those of `paused`."""

    def __init__(self, producer: AvroProducer) -> None:
        super().__init__(name="feeder", daemon=True)
        self._producer = producer
        self._ended = threading.Event()
        self.paused: set[int] = set()
        self.failure: Exception | None = None

    def run(self) -> None:
        plays = 1
        try:
            while not self._ended.wait(_EVERY_S):
                for partition, key in enumerate(keys()):
                    if partition not in self.paused:
                        self._producer.produce(POSTS, observation(key, now_ms(), plays))
                self._producer.poll()
                plays += 1
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        """Ends the thread. Raises what had ended it before."""
        self._ended.set()
        self.join(30)
        if self.failure is not None:
            raise self.failure


@contextmanager
def feeding(endpoints: Endpoints) -> Iterator[Feeder]:
    """A Feeder that runs, stopped on leaving."""
    with producing(endpoints) as producer:
        feeder = Feeder(producer)
        feeder.start()
        try:
            yield feeder
        finally:
            feeder.stop()
