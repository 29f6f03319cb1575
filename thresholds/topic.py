"""The versions in Kafka: the log that outlives every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.errors import TokpulseError
from connectors.kafka.avro import AvroCodec, WireFormatError, split
from connectors.kafka.log import committed
from connectors.kafka.registry import SchemaNotFoundError
from thresholds.model import ThresholdVersion
from thresholds.versions import VersionRecordError, from_record, ordered

TOPIC = "tokpulse.thresholds"
Schemas = Callable[[int], str]


@dataclass(frozen=True)
class Log:
    """What the topic holds: `versions` oldest first, and a line for each record that is none."""

    versions: tuple[ThresholdVersion, ...]
    unreadable: tuple[str, ...]


def read_topic(servers: str, schemas: Schemas) -> Log:
    """Everything in the topic up to now, committed records only. `schemas` gives the JSON text of a schema id.

    Raises LogReadError, or RegistryUnavailableError from `schemas`.
    """
    records = committed(servers, TOPIC)
    return decode(((message.offset() or 0, message.value()) for message in records), schemas)


def decode(records: Iterator[tuple[int, bytes | None]], schemas: Schemas) -> Log:
    """The versions among `records`, (offset, value) each; one that cannot be read does not hide the others."""
    codecs: dict[int, AvroCodec] = {}
    versions, unreadable = [], []
    for offset, value in records:
        try:
            schema_id, body = split(value or b"")
            if schema_id not in codecs:
                codecs[schema_id] = AvroCodec(schemas(schema_id))
            versions.append(from_record(codecs[schema_id].decode(body)))
        except (WireFormatError, VersionRecordError, SchemaNotFoundError, KeyError) as error:
            reason = error.message if isinstance(error, TokpulseError) else f"has no field {error}"
            unreadable.append(f"skipped {TOPIC}[0]@{offset}: {reason}")
    return Log(tuple(ordered(versions)), tuple(unreadable))
