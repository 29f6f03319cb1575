"""Observations of the same posts for days on end, with snapshots of their authors, in parts that follow each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from connectors.clock import MINUTE_MS
from connectors.kafka.producer import AvroProducer
from simulator.bulk import BulkBatch, BulkReference, BulkSettings, BulkTemplates, batches, encode_batch
from simulator.settings import POSTS, USERS

# Each author's profile is looked at twice an hour.
SNAPSHOT_MINUTES = 30


@dataclass(frozen=True)
class Minute:
    """What is observed in one minute: `{"key", "value"}` of posts with the numbers in them, and records of authors."""

    posts: list[dict[str, str | bytes]]
    batch: BulkBatch
    snapshots: list[dict[str, object]]


def minutes(settings: BulkSettings, prefix: bytes) -> Iterator[Minute]:
    """The run minute by minute, in event-time order; `prefix` is the wire-format header of posts."""
    templates = BulkTemplates.build(settings, prefix)
    authors = sorted(set(templates.author_ids))
    for number, batch in enumerate(batches(settings, templates)):
        at_ms = settings.start_ms + number * MINUTE_MS
        seen = authors[number % SNAPSHOT_MINUTES :: SNAPSHOT_MINUTES]
        yield Minute(encode_batch(batch, templates), batch, [snapshot(author, at_ms, 5_000 + number) for author in seen])


class StateStream:
    """Goes on where the last call of `write` ended; `observations` counts posts, `snapshots` authors, `reference` adds up."""

    def __init__(self, producer: AvroProducer, settings: BulkSettings) -> None:
        self._producer = producer
        self._minutes = minutes(settings, producer.header(POSTS))
        self._hours = 0
        self.observations = 0
        self.snapshots = 0
        self.reference = BulkReference(settings.posts)

    def write(self, hours: int, progress: Callable[[int, float], None]) -> None:
        """Writes all up to `hours` after the start, and waits until it is in Kafka."""
        count = (hours - self._hours) * 60
        for number, minute in enumerate(islice(self._minutes, count), start=1):
            self._producer.produce_batch(POSTS, minute.posts)
            for record in minute.snapshots:
                self._producer.produce(USERS, record)
            self._producer.poll()
            self.reference.add(minute.batch)
            self.observations += len(minute.posts)
            self.snapshots += len(minute.snapshots)
            progress(self.observations, number / count)
        self._producer.flush()
        self._hours = hours


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
