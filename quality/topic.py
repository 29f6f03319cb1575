"""Reads what a topic holds of a time, record by record: the key, when it was observed, and where it stands."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import fastavro

from connectors.kafka.avro import WireFormatError, split
from connectors.kafka.log import committed
from connectors.kafka.registry import SchemaNotFoundError
from connectors.kafka.topics import Topic
from connectors.kafka.validation import EARLIEST_MS

# Of every topic that is reconciled: when it was observed, in Unix milliseconds.
TIME_FIELD = "ingested_at"
# No time of ClickHouse's DateTime64, and of no clock that a job would believe.
LATEST_MS = 4_102_444_800_000  # 2100-01-01T00:00:00Z
Place = tuple[int, int]


@dataclass
class Held:
    """The records of a topic that arrived within a time. A place is (partition, offset)."""

    records: int = 0
    observed: list[tuple[str, int, Place]] = field(default_factory=list)
    # What no job can use: it is to be a dead letter. Of the others, those that break a rule are dead letters too.
    unusable: list[Place] = field(default_factory=list)
    # When each of the observed ones arrived, by the broker's clock, in Unix milliseconds.
    arrived: array[int] = field(default_factory=lambda: array("q"))


def held(servers: str, topic: Topic, key_field: str, schema_of: Callable[[int], str], since_ms: int, until_ms: int) -> Held:
    """The committed records of `topic` that arrived at `since_ms` or later and before `until_ms`; deletions are left out.

    `schema_of` gives the schema of an id as JSON text. Needs about 260 bytes for each. Raises LogReadError, RegistryError.
    """
    found, values = Held(), Values(topic, schema_of)
    for message in committed(servers, topic.name, since_ms):
        value = message.value()
        arrived_ms = message.timestamp()[1]
        if value is None or arrived_ms >= until_ms:
            continue
        found.records += 1
        place = (message.partition() or 0, message.offset() or 0)
        record = values.usable(value)
        if record is None:
            found.unusable.append(place)
        else:
            found.observed.append((str(record[key_field]), int(record[TIME_FIELD]), place))
            found.arrived.append(arrived_ms)
    return found


class Values:
    """Decodes values by the schema that their writer names."""

    def __init__(self, topic: Topic, schema_of: Callable[[int], str]) -> None:
        self._own = fastavro.parse_schema(json.loads(topic.schema_text()))
        self._schema_of = schema_of
        self._writers: dict[int, Any] = {}

    def usable(self, value: bytes) -> dict[str, Any] | None:
        """The record, None when it cannot be decoded or was observed at an impossible time. Raises RegistryError."""
        try:
            schema_id, body = split(value)
            writer = self._writer(schema_id)
        except (WireFormatError, SchemaNotFoundError):
            return None
        buffer = BytesIO(body)
        try:
            record = fastavro.schemaless_reader(buffer, writer, self._own)
        except Exception:  # fastavro raises whatever its C code meets
            return None
        if not isinstance(record, dict) or buffer.tell() != len(body):
            return None
        return record if EARLIEST_MS <= record[TIME_FIELD] < LATEST_MS else None

    def _writer(self, schema_id: int) -> Any:
        if schema_id not in self._writers:
            self._writers[schema_id] = fastavro.parse_schema(json.loads(self._schema_of(schema_id)))
        return self._writers[schema_id]
