"""Records to Kafka values: validated, in Avro, in Confluent's wire format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from connectors.clock import wall_clock_ms
from connectors.kafka.avro import AvroCodec, Record, header, split
from connectors.kafka.topics import Topics, load_topics
from connectors.kafka.validation import RecordValidator

Register = Callable[[str, str], int]


class Registry(Protocol):
    """What the encoder needs of a schema registry."""

    def register(self, subject: str, schema: str) -> int:
        """The id of `schema` under `subject`."""


class Encoder:
    """Encodes by the schemas of the topics; each is registered when its topic is first used. `clock` gives Unix milliseconds."""

    def __init__(
        self, registry: Registry | Register, topics: Topics | None = None, clock: Callable[[], int] = wall_clock_ms
    ) -> None:
        self._register: Register = registry if callable(registry) else registry.register
        self._topics = topics or load_topics()
        self._clock = clock
        self._encoders: dict[str, tuple[RecordValidator, AvroCodec, bytes]] = {}

    def key(self, topic: str, record: Record) -> str:
        """The Kafka key of `record`: the topic's key field."""
        return str(record[self._topics[topic].key])

    def schema_id(self, topic: str) -> int:
        """The registry's id of the topic's schema."""
        return split(self.header(topic))[0]

    def header(self, topic: str) -> bytes:
        """The wire-format header of the topic's values, for callers that encode by themselves."""
        return self._encoder(topic)[2]

    def encode(self, topic: str, record: Record) -> bytes:
        """The Kafka value of `record`. Raises a RecordError that names the field."""
        validator, codec, prefix = self._encoder(topic)
        validator.check(record)
        return codec.encode(record, prefix)

    def _encoder(self, topic: str) -> tuple[RecordValidator, AvroCodec, bytes]:
        encoder = self._encoders.get(topic)
        if encoder is None:
            declared = self._topics[topic]
            text = declared.schema_text()
            codec = AvroCodec(text)
            prefix = header(self._register(declared.subject, text))
            encoder = self._encoders[topic] = (RecordValidator(codec.declared, self._clock), codec, prefix)
        return encoder
