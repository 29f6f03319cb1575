"""Observations of the same posts for days on end, with snapshots of their authors, in parts that follow each other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from connectors.producer import AvroProducer
from simulator.bulk import BulkSettings, BulkTemplates, batches, encode_batch
from simulator.settings import MINUTE_MS, POSTS, USERS

# Each author's profile is looked at twice an hour.
SNAPSHOT_MINUTES = 30


class StateStream:
    """Goes on where the last call of `write` ended; `observations` counts posts, `snapshots` users."""

    def __init__(self, producer: AvroProducer, settings: BulkSettings) -> None:
        self._producer = producer
        self._settings = settings
        self._templates = BulkTemplates.build(settings, producer.header(POSTS))
        self._authors = sorted(set(self._templates.author_ids))
        self._batches = batches(settings, self._templates)
        self._minute = 0
        self.observations = 0
        self.snapshots = 0

    def write(self, hours: int, progress: Callable[[int, float], None]) -> None:
        """Writes all up to `hours` after the start, and waits until it is in Kafka."""
        for batch in islice(self._batches, hours * 60 - self._minute):
            self._producer.produce_batch(POSTS, encode_batch(batch, self._templates))
            self.observations += len(batch.posts)
            for author in self._authors[self._minute % SNAPSHOT_MINUTES :: SNAPSHOT_MINUTES]:
                at_ms = self._settings.start_ms + self._minute * MINUTE_MS
                self._producer.produce(USERS, snapshot(author, at_ms, 5_000 + self._minute))
                self.snapshots += 1
            self._producer.poll()
            self._minute += 1
            progress(self.observations, self._minute / (hours * 60))
        self._producer.flush()


def snapshot(userid: str, at_ms: int, followers: int) -> dict[str, object]:
    """A valid record of user `userid`."""
    return {
        "userid": userid,
        "user": {
            "id": userid,
            "uniqueId": f"user{userid}",
            "nickname": "a name of usual length",
            "secUid": f"MS4wLjABAAAA{userid}",
            "verified": False,
            "privateAccount": False,
            "region": "US",
        },
        "stats": {
            "followerCount": followers,
            "followingCount": 100,
            "heartCount": followers * 10,
            "videoCount": 50,
            "diggCount": 1_000,
        },
        "ingested_at": at_ms,
    }
