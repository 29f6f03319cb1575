"""Avro in Confluent's wire format: 0x00, the schema id as 4 bytes big-endian, then the record in Avro binary."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

from connectors.errors import TokpulseError
from connectors.kafka.avro_compiled import compiled

MAGIC = 0
HEADER_BYTES = 5
MAX_SCHEMA_ID = 2**31 - 1

_HEADER = struct.Struct(">bI")

Record = Mapping[str, Any]


class AvroSchemaError(TokpulseError):
    """A schema that fastavro cannot parse."""


class WireFormatError(TokpulseError):
    """Bytes that are not a record in the wire format."""


def header(schema_id: int) -> bytes:
    """The 5 bytes in front of every record written with `schema_id`."""
    if not 0 <= schema_id <= MAX_SCHEMA_ID:
        raise WireFormatError(f"schema id {schema_id} is not in 0..{MAX_SCHEMA_ID}")
    return _HEADER.pack(MAGIC, schema_id)


def split(value: bytes) -> tuple[int, bytes]:
    """(schema id, Avro binary) of a Kafka value. Raises WireFormatError for a short value or another magic byte."""
    if len(value) < HEADER_BYTES:
        raise WireFormatError(f"{len(value)} bytes are too few for the {HEADER_BYTES}-byte header")
    magic, schema_id = _HEADER.unpack_from(value)
    if magic != MAGIC:
        raise WireFormatError(f"magic byte is 0x{magic & 0xFF:02x}, not 0x00")
    return schema_id, value[HEADER_BYTES:]


class AvroCodec:
    """Encodes and decodes records of one schema (`schema_text` is JSON). Not thread-safe: one per producer.

    `encode` does not validate: give it what `RecordValidator` accepted.
    """

    def __init__(self, schema_text: str) -> None:
        try:
            self.declared: dict[str, Any] = json.loads(schema_text)
            self._schema = fastavro.parse_schema(self.declared)
        except (ValueError, SchemaParseException, KeyError) as error:
            raise AvroSchemaError(f"cannot parse an Avro schema: {error}", "check the .avsc file") from error
        self._buffer = BytesIO()
        self._write = fastavro.schemaless_writer
        self._compiled = compiled(self.declared) if self.declared.get("type") == "record" else None

    def encode(self, record: Record, prefix: bytes = b"") -> bytes:
        """`prefix` (usually `header(id)`) followed by the Avro binary of `record`."""
        if self._compiled is not None:
            try:
                return self._compiled(record, prefix)
            except (KeyError, TypeError, AttributeError):
                # Not plain, like a field that the schema has a default for.
                pass
        buffer = self._buffer
        buffer.seek(0)
        buffer.truncate()
        buffer.write(prefix)
        self._write(buffer, self._schema, record)
        return buffer.getvalue()

    def decode(self, body: bytes) -> dict[str, Any]:
        """The record in `body`. Raises WireFormatError when the bytes end early, overrun, or do not fit the schema."""
        buffer = BytesIO(body)
        try:
            record = fastavro.schemaless_reader(buffer, self._schema, None)
        except Exception as error:  # fastavro raises whatever its C code meets: EOFError, IndexError, UnicodeDecodeError, ...
            raise WireFormatError(f"not a {self.name} record: {error or type(error).__name__}") from error
        if buffer.tell() != len(body):
            raise WireFormatError(f"not a {self.name} record: {len(body) - buffer.tell()} bytes left over")
        if not isinstance(record, dict):
            raise WireFormatError(f"not a record: {type(record).__name__}")
        return record

    @property
    def name(self) -> str:
        """The record's name without its namespace."""
        return str(self.declared.get("name", "?")).rpartition(".")[2]

    @property
    def fields(self) -> tuple[str, ...]:
        """Top-level field names, in the order of the binary form."""
        return tuple(str(field["name"]) for field in self.declared.get("fields", []))
