"""Kafka values to alerts, by the schemas that they were written with."""

from __future__ import annotations

from typing import Protocol

from alerts.alert import Alert, BadRecordError, alert_of
from connectors.kafka.avro import AvroCodec, AvroSchemaError, WireFormatError, split
from connectors.kafka.registry import RegistryError, RegistryUnavailableError

# Bytes that only look like the wire format can name any of 2^32 ids.
_MAX_CACHED = 1_000


class SchemasById(Protocol):
    """What the decoder needs of a schema registry."""

    def by_id(self, schema_id: int) -> str:
        """The schema's JSON text; raises RegistryError."""


class Decoder:
    """Decodes values of the alert topics. One thread."""

    def __init__(self, registry: SchemasById) -> None:
        self._registry = registry
        self._known: dict[int, AvroCodec | str] = {}

    def alert(self, topic: str, value: bytes | None) -> Alert:
        """Raises BadRecordError for what is not an alert, RegistryUnavailableError while nobody can tell."""
        if value is None:
            raise BadRecordError("has no value")
        try:
            schema_id, body = split(value)
            return alert_of(topic, self._codec(schema_id).decode(body))
        except WireFormatError as error:
            raise BadRecordError(error.message) from None

    def _codec(self, schema_id: int) -> AvroCodec:
        entry = self._known.get(schema_id)
        if entry is None:
            entry = self._look_up(schema_id)
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            self._known[schema_id] = entry
        if isinstance(entry, str):
            raise BadRecordError(entry)
        return entry

    def _look_up(self, schema_id: int) -> AvroCodec | str:
        try:
            return AvroCodec(self._registry.by_id(schema_id))
        except RegistryUnavailableError:
            raise
        except (RegistryError, AvroSchemaError) as error:
            return f"schema id {schema_id}: {error.message}"
