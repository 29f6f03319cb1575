"""What the harness gives a stack, remembered apart from it: what simulated producers sent, and what the fake upstream served."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.producer import AvroProducer
from simulator.delivery import Delivery, simulate
from simulator.malformed import KINDS, MalformedEncoder
from simulator.settings import COMMENTS, POSTS, USERS, SimulationSettings
from simulator.universe import build_universe
from tests.e2e.load import PARTITIONS, closing
from tests.e2e.records import comment_observation, observation

# Event time that each trial has: an hour with records, then what closes it in every partition, before the next trial begins.
SLOT_MS = 2 * HOUR_MS
CLOSING_MS = HOUR_MS + 50 * MINUTE_MS
# What is remembered of authors and posts ends after a month: a stack serves no more trials than this.
MOST_TRIALS = 300
POISON = "poison-"
TOPICS = (POSTS, USERS, COMMENTS)
_STEP_S = 0.25
# Every so many steps the time comes to all partitions of snapshots.
_PACE = 3
_OVERSIZE_BYTES = 20_000

Sent = tuple[str, str, str]
"""Topic, key and digest of the value."""


def digest(value: bytes) -> str:
    """Short enough to be kept for each record."""
    return hashlib.blake2b(value, digest_size=12).hexdigest()


@dataclass
class Given:
    """Every record that producers sent and Kafka acknowledged, how often; the values of poison records by key."""

    sent: Counter[Sent] = field(default_factory=Counter)
    poison: dict[str, bytes] = field(default_factory=dict)

    def keys(self, topic: str) -> set[str]:
        """Those of good records of a topic."""
        return {key for name, key, _ in self.sent if name == topic}


class Universe:
    """A universe that is observed in one hour of each slot; its records come in the order of their time. Seeded."""

    def __init__(self, seed: int, start_ms: int, trials: int) -> None:
        self.start_ms = start_ms
        settings = SimulationSettings(
            seed=seed,
            start_ms=start_ms,
            hours=trials * SLOT_MS // HOUR_MS,
            posts=120,
            creators=30,
            audience=200,
            gaps=0.1,
            play_corrections=0.2,
            vanishing=0.2,
            unknown_authors=0.2,
            duplicates=0.03,
        )
        self._coming: Iterator[Delivery] = iter(simulate(settings, build_universe(settings)))
        self._next: Delivery | None = None

    def hour(self, slot: int) -> list[Delivery]:
        """What arrives in the first hour of a slot. Slots are asked for in order, each once."""
        begin_ms = self.start_ms + slot * SLOT_MS
        found = [self._next] if self._next is not None else []
        self._next = None
        for delivery in self._coming:
            if delivery.due_ms >= begin_ms + SLOT_MS:
                self._next = delivery
                break
            found.append(delivery)
        return [one for one in found if begin_ms <= one.due_ms < begin_ms + HOUR_MS and one.record["ingested_at"] >= begin_ms]


class Sending(threading.Thread):
    """Sends an hour's records evenly over `seconds`, but keeps the last fifth back until `fault_over` is set.

    So the load runs through the fault, and there is always something that arrives only after it.
    """

    def __init__(self, producer: AvroProducer, given: Given, deliveries: Sequence[Delivery], seconds: float) -> None:
        super().__init__(name="simulated producer", daemon=True)
        self._producer, self._given = producer, given
        steps = max(5, round(seconds / _STEP_S))
        self._steps = [deliveries[len(deliveries) * n // steps : len(deliveries) * (n + 1) // steps] for n in range(steps)]
        self._kept_back = steps * 4 // 5
        self.fault_over = threading.Event()
        self.newest_post_ms = 0
        self.done = 0
        self.failure: Exception | None = None

    @property
    def share(self) -> float:
        """How much of the hour is sent."""
        return self.done / len(self._steps)

    def run(self) -> None:
        pause = threading.Event()
        try:
            for number, step in enumerate(self._steps):
                if number == self._kept_back:
                    self.fault_over.wait()
                pause.wait(_STEP_S)
                for delivery in step:
                    send(self._producer, self._given, delivery)
                if number % _PACE == 0 and step:
                    # Else some partition is silent until the end, and no delta is under way when the fault comes.
                    tell_time(self._producer, self._given, step[-1].record["ingested_at"], USERS)
                self._producer.flush()
                times = [one.record["ingested_at"] for one in step if one.topic == POSTS]
                self.newest_post_ms = max([self.newest_post_ms, *times])
                self.done = number + 1
        except Exception as error:
            self.failure = error

    def finish(self, timeout: float) -> None:
        """Returns when all is sent. Raises what made it stop."""
        self.fault_over.set()
        self.join(timeout)
        if self.failure is not None:
            raise self.failure
        assert not self.is_alive(), f"the simulated producer still sends after {timeout:.0f} s"


def send(producer: AvroProducer, given: Given, delivery: Delivery) -> None:
    """Queues a good record."""
    value = producer.encode(delivery.topic, delivery.record)
    producer.produce_encoded(delivery.topic, delivery.key, value)
    given.sent[delivery.topic, delivery.key, digest(value)] += 1


def close_hours(producer: AvroProducer, given: Given, at_ms: int) -> None:
    """A record of `at_ms` in each partition, whose only use is its time."""
    tell_time(producer, given, at_ms, *PARTITIONS)
    producer.flush()


def tell_time(producer: AvroProducer, given: Given, at_ms: int, *topics: str) -> None:
    """Queues a record of `at_ms` for each partition of `topics`."""
    for topic in topics:
        for partition in range(PARTITIONS[topic]):
            key = f"closing-{partition}"
            value = producer.encode(topic, closing(topic, key, at_ms))
            producer.produce_encoded(topic, key, value, partition=partition)
            given.sent[topic, key, digest(value)] += 1


def replay(producer: AvroProducer, given: Given, deliveries: Sequence[Delivery], dice: random.Random) -> int:
    """Sends a tenth of `deliveries` again; how many."""
    again = dice.sample(list(deliveries), max(1, len(deliveries) // 10))
    for delivery in again:
        send(producer, given, delivery)
    producer.flush()
    return len(again)


def add_comments(producer: AvroProducer, given: Given, name: str, at_ms: int, partition: int, count: int = 20) -> None:
    """Sends comments to one partition."""
    for number in range(count):
        key = f"{name}-{number}"
        value = producer.encode(COMMENTS, comment_observation(key, key, at_ms + number))
        producer.produce_encoded(COMMENTS, key, value, partition=partition)
        given.sent[COMMENTS, key, digest(value)] += 1
    producer.flush()


def poison(producer: AvroProducer, given: Given, name: str, at_ms: int, rounds: int = 2) -> int:
    """Sends bad records of each kind; how many. Their keys begin with POISON."""
    encoder = MalformedEncoder(producer.schema_id(POSTS), producer.schema_id(USERS), _OVERSIZE_BYTES)
    for number, kind in enumerate(KINDS * rounds):
        key = f"{POISON}{name}-{number}"
        value = encoder.encode(kind, observation(key, at_ms, 1_000 + number))
        producer.produce_encoded(POSTS, key, value)
        given.poison[key] = value
    producer.flush()
    return rounds * len(KINDS)
