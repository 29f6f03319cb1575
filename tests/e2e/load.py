"""Ways in which the same records may reach a running pipeline: how fast, in which order, with which faults."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.producer import AvroProducer
from simulator.delivery import Delivery, simulate
from simulator.settings import COMMENTS, POSTS, USERS, SimulationSettings
from simulator.universe import build_universe

from .records import comment_observation, observation, user_snapshot

PARTITIONS = {POSTS: 24, USERS: 12, COMMENTS: 24}
HOURS = 27
# Steps in which records arrive that do not lie there from the beginning; far more often than the idle timeout.
STEPS = 40
STEP_S = 0.4
# A partition with this many times the records of the others.
SKEW = 20


@dataclass(frozen=True)
class Combination:
    """One way. `order` is `backlog` (all is there before the job starts), `together` (by time, while it runs) or `five paces`.

    `duty` is the share of the time in which the TaskManager runs, `pause_s` a silence of all producers, `kill` whether the
    TaskManager is killed on the way, `late` whether a tenth of the records comes 2 min to 23 h late and a tenth twice.
    """

    seed: int
    order: str
    parallelism: int
    duty: float
    skew: bool
    pause_s: float
    kill: bool
    late: bool

    @classmethod
    def of(cls, seed: int, longest_pause_s: float) -> Combination:
        """The combination of a seed: the same whenever it is asked for."""
        dice = random.Random(seed)
        order = ("backlog", "together", "five paces")[seed % 3]
        return cls(
            seed=seed,
            order=order,
            parallelism=dice.choice((1, 2, 4)),
            duty=dice.choice((1.0, 1.0, 0.5, 0.2, 0.1)),
            skew=dice.random() < 0.4,
            pause_s=0.0 if order == "backlog" else dice.choice((0.0, 0.0, min(10.0, longest_pause_s), longest_pause_s)),
            kill=dice.random() < 0.3,
            late=dice.random() < 0.3,
        )


class Arrivals:
    """The records of a combination and the partitions they go to."""

    def __init__(self, combination: Combination, start_ms: int) -> None:
        self._way = combination
        self.settings = SimulationSettings(
            seed=combination.seed,
            start_ms=start_ms,
            posts=60,
            creators=20,
            audience=200,
            hours=HOURS,
            gaps=0.2,
            play_corrections=0.2,
            vanishing=0.2,
            unknown_authors=0.2,
            duplicates=0.1 if combination.late else 0.0,
            late=0.1 if combination.late else 0.0,
            min_lateness_ms=2 * MINUTE_MS,
            max_lateness_ms=23 * HOUR_MS,
        )
        self._deliveries = list(simulate(self.settings, build_universe(self.settings)))

    @property
    def last_hour_ms(self) -> int:
        """Start of the last hour that closes."""
        return self.settings.start_ms + (HOURS - 1) * HOUR_MS

    def steps(self) -> Iterator[Sequence[Delivery]]:
        """What arrives step by step; a pause lies in the middle."""
        if self._way.order == "backlog":
            yield self._deliveries
            return
        paced: dict[int, list[Delivery]] = defaultdict(list)
        for delivery in self._deliveries:
            share = (delivery.due_ms - self.settings.start_ms) / (HOURS * HOUR_MS)
            # The slowest of five needs all steps, the fastest a fifth of them.
            pace = 1.0 if self._way.order == "together" else (1 + self.partition(delivery.topic, delivery.key) % 5) / 5
            paced[min(STEPS - 1, int(share * pace * STEPS))].append(delivery)
        for step in range(STEPS):
            yield paced[step]

    def partition(self, topic: str, key: str) -> int:
        """Always the same for a key."""
        dice = random.Random(f"{self._way.seed} {key}")
        count = PARTITIONS[topic]
        if self._way.skew and dice.random() < SKEW / (SKEW + count - 1):
            return 0
        return dice.randrange(count)

    def send(self, producer: AvroProducer, deliveries: Sequence[Delivery]) -> None:
        """Writes them in order."""
        for delivery in deliveries:
            value = producer.encode(delivery.topic, delivery.record)
            producer.produce_encoded(delivery.topic, delivery.key, value, partition=self.partition(delivery.topic, delivery.key))
        producer.flush()

    def send_all(self, producer: AvroProducer) -> None:
        """Everything, at its pace, then what closes the last hour in every partition."""
        waiting = threading.Event()
        steps = list(self.steps())
        for number, deliveries in enumerate(steps):
            if len(steps) > 1:
                waiting.wait(self._way.pause_s if number == STEPS // 2 else STEP_S)
            self.send(producer, deliveries)
        self.close(producer)

    def close(self, producer: AvroProducer) -> None:
        """An observation hours later in each partition, of somebody who is seen once."""
        at_ms = self.last_hour_ms + 4 * HOUR_MS
        for topic, count in PARTITIONS.items():
            for partition in range(count):
                name = f"closing-{partition}"
                value = producer.encode(topic, closing(topic, name, at_ms))
                producer.produce_encoded(topic, name, value, partition=partition)
        producer.flush()


def closing(topic: str, name: str, at_ms: int) -> dict[str, Any]:
    """A record of a topic whose only use is its time."""
    if topic == POSTS:
        return observation(name, at_ms, 1)
    return user_snapshot(name, at_ms, 1) if topic == USERS else comment_observation(name, name, at_ms)
