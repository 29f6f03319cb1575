from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bench.checkpoints import StateSize, state_size
from bench.clickhouse_queries import statement
from bench.state import HOURS, SETTINGS, State
from bench.state_stream import SNAPSHOT_MINUTES, StateStream
from connectors.avro_codec import AvroCodec
from connectors.producer import AvroProducer, ProducerSettings
from connectors.topics import load_topics
from simulator.bulk import BulkSettings, batches
from simulator.settings import HOUR_MS, MINUTE_MS, POSTS, USERS

SMALL = BulkSettings(posts=40, creators=10, hours=3, poll_minutes=6)
Record = dict[str, Any]


class Kept(AvroProducer):
    """Keeps values instead of sending them."""

    def __init__(self) -> None:
        super().__init__(ProducerSettings("127.0.0.1:1"), lambda subject, schema: 7)
        self.values: dict[str, list[bytes]] = {POSTS: [], USERS: []}

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        self.values[topic] += [message["value"] for message in messages]

    def produce_encoded(self, topic: str, key: Any, value: bytes | None, *_: Any, **__: Any) -> None:
        assert value is not None
        self.values[topic].append(value)

    def records(self, topic: str) -> list[Record]:
        codec = AvroCodec(load_topics()[topic].schema_text())
        return [codec.decode(value[5:]) for value in self.values[topic]]


def sizes(total: int, **vertices: int) -> StateSize:
    return StateSize(1, total, vertices)


def written(*hours: int) -> Kept:
    producer = Kept()
    stream = StateStream(producer, SMALL)
    for end in hours:
        stream.write(end, lambda records, fraction: None)
    assert (stream.observations, stream.snapshots) == tuple(len(producer.values[topic]) for topic in (POSTS, USERS))
    return producer
