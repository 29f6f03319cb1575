"""What becomes of one Kafka record: its value decoded by the schema that it names, its key and headers as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from connectors.kafka.avro import AvroCodec, AvroSchemaError, WireFormatError, header, split
from connectors.kafka.registry import SchemaNotFoundError
from polling.writing.origins import FEED, SUBJECT
from privacy.rewriting import Rewriter

_REASON = "error"


@dataclass(frozen=True)
class Written:
    """A record as it may stay. `changed` is False where it is as it was."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | bytes | None]]
    changed: bool


class Messages:
    """Decodes and rewrites; `schemas` gives the JSON text of a schema id. Not thread-safe."""

    def __init__(self, schemas: Callable[[int], str]) -> None:
        self._schemas = schemas
        self._codecs: dict[int, AvroCodec | None] = {}

    def record(self, value: bytes | None) -> dict[str, Any] | None:
        """The record in a value in the wire format; None for anything else."""
        found = self._decoded(value)
        return None if found is None else found[2]

    def rewritten(self, message: Message, rewriter: Rewriter) -> Written:
        """The record without the person. A value that cannot be decoded and names the person is emptied."""
        key, value = _bytes(message.key()), _bytes(message.value())
        given: Any = message.headers()
        headers = list(given or ())
        texts = {name: (text or b"").decode("utf-8", "replace") for name, text in headers}
        asked = rewriter.asks_about_them(texts.get(FEED, ""), texts.get(SUBJECT, ""))
        new_key, new_value = _text(key, rewriter.key), self._value(value, rewriter, asked)
        named = (new_key, new_value) != (key, value)
        new_headers: list[tuple[str, str | bytes | None]] = [
            # A reason quotes the item that was refused.
            (name, _text(text, rewriter.unquoted if named and name == _REASON else rewriter.words))
            for name, text in headers
        ]
        changed = (new_key, new_value, new_headers) != (key, value, headers)
        return Written(new_key, new_value, new_headers, changed)

    def _value(self, value: bytes | None, rewriter: Rewriter, asked: bool) -> bytes | None:
        if value is None:
            return None
        found = self._decoded(value)
        if found is None:
            return rewriter.body(value, asked=asked)
        schema_id, codec, record = found
        kept = rewriter.record(record)
        return value if kept == record else codec.encode(kept, header(schema_id))

    def _decoded(self, value: bytes | None) -> tuple[int, AvroCodec, dict[str, Any]] | None:
        try:
            schema_id, body = split(value or b"")
            if schema_id not in self._codecs:
                self._codecs[schema_id] = self._codec(schema_id)
            codec = self._codecs[schema_id]
            return None if codec is None else (schema_id, codec, codec.decode(body))
        except WireFormatError:
            return None

    def _codec(self, schema_id: int) -> AvroCodec | None:
        try:
            return AvroCodec(self._schemas(schema_id))
        except (SchemaNotFoundError, AvroSchemaError):
            return None


def _bytes(value: object) -> bytes | None:
    return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else None


def _text(value: bytes | None, rewritten: Callable[[str], str]) -> bytes | None:
    if not value:
        return value
    return rewritten(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
