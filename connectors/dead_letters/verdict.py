"""Whether a dead letter can be used now: decoded by the schemas and checked by the code of today."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

import fastavro

from connectors.avro import HEADER_BYTES, MAGIC, AvroCodec, WireFormatError, split
from connectors.dead_letters.letters import Letter
from connectors.registry import SchemaNotFoundError
from connectors.topics import Topic
from connectors.validation import TIME_FIELDS, RecordError, RecordValidator, wall_clock_ms

# What the jobs' format `avro-confluent-dlq` would refuse beyond the validator; such a letter would only come back.
MAX_RECORD_BYTES = 1024 * 1024
MAX_COUNTER = 2**53


class Schemas(Protocol):
    """What is needed of a schema registry."""

    def by_id(self, schema_id: int) -> str:
        """The schema's text. Raises SchemaNotFoundError, or RegistryUnavailableError when it does not answer."""


@dataclass(frozen=True)
class Usable:
    """A letter that can be replayed. `value` is the Kafka value as it was, None where `record` has to be encoded first."""

    key: str
    record: Mapping[str, Any] = field(repr=False)
    value: bytes | None = field(repr=False)


@dataclass(frozen=True)
class StillFails:
    """A letter that cannot; `error` begins with a code, where the jobs have one for it."""

    error: str


class Unusable(Exception):
    """Why bytes are no record; begins with a code."""


class WireDecoder:
    """Decodes values in Confluent's wire format by the schema that they name. Remembers schemas, and refusals of ids."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._writers: dict[int, Any] = {}  # a schema as fastavro parsed it, None for an id that nobody knows

    def decode(self, value: bytes, reader: Mapping[str, Any] | None = None) -> tuple[int, str, dict[str, Any]]:
        """(schema id, the record's full name, record); resolved to the schema `reader` where one is given.

        Raises Unusable for bytes that are no such record, RegistryUnavailableError when nobody knows.
        """
        try:
            schema_id, body = split(value)
        except WireFormatError as error:
            raise Unusable(f"bad_magic: {error.message}") from error
        writer = self._writer(schema_id)
        name = full_name(writer)
        if reader is not None and name != full_name(reader):
            raise Unusable(f"wrong_record: schema {schema_id} is {name or 'no record'}, not {full_name(reader)}")
        buffer = BytesIO(body)
        try:
            # Without the reader first, to tell bytes that are no record from a schema that cannot follow another.
            record = fastavro.schemaless_reader(buffer, writer, None)
        except Exception as error:  # fastavro raises whatever its C code meets: EOFError, IndexError, UnicodeDecodeError, ...
            raise Unusable(f"undecodable: not a {name} record: {error or type(error).__name__}") from error
        if buffer.tell() != len(body):
            raise Unusable(f"trailing_bytes: {len(body) - buffer.tell()} bytes are left over behind the record")
        if reader is not None:
            try:
                record = fastavro.schemaless_reader(BytesIO(body), writer, dict(reader))
            except Exception as error:
                raise Unusable(f"incompatible_schema: schema {schema_id} cannot be read as {name}: {error}") from error
        if not isinstance(record, dict):
            raise Unusable(f"wrong_record: schema {schema_id} is no record")
        return schema_id, name, record

    def _writer(self, schema_id: int) -> Any:
        if schema_id not in self._writers:
            try:
                self._writers[schema_id] = fastavro.parse_schema(json.loads(self._schemas.by_id(schema_id)))
            except SchemaNotFoundError:
                self._writers[schema_id] = None
        writer = self._writers[schema_id]
        if writer is None:
            raise Unusable(f"unknown_schema_id: the registry does not know schema {schema_id}")
        return writer


class Judge:
    """Judges letters whose records belong to `topic`. `clock` gives unix milliseconds.

    A registry that does not answer is no verdict: RegistryUnavailableError leaves every method.
    """

    def __init__(self, topic: Topic, schemas: Schemas, clock: Callable[[], int] = wall_clock_ms) -> None:
        self._topic = topic
        self._decoder = WireDecoder(schemas)
        codec = AvroCodec(topic.schema_text())
        self._codec = codec
        self._reader: Any = fastavro.parse_schema(codec.declared)
        self._validator = RecordValidator(codec.declared, clock)

    def __call__(self, letter: Letter) -> Usable | StillFails:
        """Whether the letter can go to the topic now, and as what."""
        try:
            return self._use(letter)
        except Unusable as problem:
            return StillFails(str(problem))
        except RecordError as error:
            return StillFails(error.message)

    def _use(self, letter: Letter) -> Usable:
        if letter.source_topic not in ("", self._topic.name):
            raise Unusable(f"wrong_topic: it came from {letter.source_topic}, not from {self._topic.name}")
        value = letter.value
        if not value:
            raise Unusable("empty_value: there is nothing to replay")
        if value[0] == MAGIC:
            record, kept = self._decoder.decode(value, self._reader)[2], value
            size = len(value) - HEADER_BYTES
            self._validator.check(record)
        else:
            record, kept = json_object(value), None
            self._validator.check(record)
            size = self._encoded_size(record)
        if size > MAX_RECORD_BYTES:
            raise Unusable(f"too_large: {size:,} bytes, the jobs decode {MAX_RECORD_BYTES:,}")
        for name, number in _counters(record):
            if number > MAX_COUNTER:
                raise Unusable(f"counter_too_large: {name} is {number}, above 2^53")
        return Usable(str(record[self._topic.key]), record, kept)

    def _encoded_size(self, record: Mapping[str, Any]) -> int:
        try:
            return len(self._codec.encode(record))
        except UnicodeEncodeError as error:  # JSON can name half a character, UTF-8 cannot
            raise Unusable(f"bad_encoding: {error.reason}") from error


def json_object(value: bytes) -> dict[str, Any]:
    """The JSON object in `value`. Raises Unusable."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise Unusable(f"bad_magic: neither Avro in the wire format nor JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unusable(f"wrong_record: JSON, but no object: {type(found).__name__}")
    return found


def full_name(schema: Any) -> str:
    """Name of a record with its namespace; "" for a schema that is no record."""
    if not isinstance(schema, Mapping) or schema.get("type") != "record":
        return ""
    name, namespace = str(schema.get("name", "")), str(schema.get("namespace", ""))
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _counters(record: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, int]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _counters(value, f"{path}{name}.")
        elif type(value) is int and name not in TIME_FIELDS:
            yield path + name, value
