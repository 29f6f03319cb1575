"""A steady stream of user snapshots whose event time runs faster than the clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.endpoints import Endpoints
from connectors.kafka.producer import AvroProducer
from simulator.settings import USERS

from .records import producing, user_snapshot

# Enough that each of the topic's 12 partitions has some of them: a partition without records would hold the watermark back.
USER_COUNT = 120
START_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z: years of steps before the clock, which no record may be ahead of
# Few snapshots in the week that an alert looks back on: here only the deltas matter.
STEP_MS = 12 * HOUR_MS
_ROUND_S = 0.2


class SnapshotFeed(threading.Thread):
    """Writes rounds of snapshots until it is stopped: two of each user a minute apart, the later one first."""

    def __init__(self, producer: AvroProducer) -> None:
        super().__init__(name="snapshot feed", daemon=True)
        self._producer = producer
        self._stop_now = threading.Event()
        self.rounds = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self._stop_now.wait(_ROUND_S):
                at_ms = START_MS + self.rounds * STEP_MS
                for when in (at_ms + MINUTE_MS, at_ms):
                    for user in range(USER_COUNT):
                        self._producer.produce(USERS, snapshot(user, self.rounds, when))
                self._producer.poll()
                self.rounds += 1
        except Exception as error:
            self.failure = error

    def finish(self) -> int:
        """Ends the stream with one snapshot of each user a day later, so that all before are passed by the watermark.

        Gives the time of those last ones in Unix milliseconds; they themselves stay in the job. Raises what made the stream stop.
        """
        self.stop()
        if self.failure is not None:
            raise self.failure
        last_ms = START_MS + self.rounds * STEP_MS + 24 * HOUR_MS
        for user in range(USER_COUNT):
            self._producer.produce(USERS, snapshot(user, self.rounds, last_ms))
        self._producer.flush()
        return last_ms

    def stop(self) -> None:
        """Ends the thread."""
        self._stop_now.set()
        self.join(60)


@contextmanager
def feeding(endpoints: Endpoints) -> Iterator[SnapshotFeed]:
    """A running SnapshotFeed, stopped on leaving."""
    with producing(endpoints) as producer:
        feed = SnapshotFeed(producer)
        feed.start()
        try:
            yield feed
        finally:
            feed.stop()


def snapshot(user: int, number: int, at_ms: int) -> dict[str, Any]:
    """A whole record of a user whose count goes up and down."""
    followers = 1_000 * (user + 1) + 7 * number + (number * (user + 3) + at_ms // MINUTE_MS) % 101
    return user_snapshot(str(6_900_000_000_000_000_000 + user), at_ms, followers)
