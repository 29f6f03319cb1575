"""The compiled encoders write what fastavro writes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.avro import AvroCodec
from connectors.kafka.avro_compiled import compiled
from connectors.kafka.topics import load_topics

TOPICS = load_topics()
PLAIN = ("tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events", "tiktok.poller.cursors", "tiktok.live.events")
TYPES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=80),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-10_000, 10_000), st.integers(0, 2**44)),
}


def records(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    def values(kind: Any) -> st.SearchStrategy[Any]:
        if isinstance(kind, list):
            return st.one_of(st.none(), TYPES[kind[1]])
        return records(kind) if isinstance(kind, dict) else TYPES[kind]

    return st.fixed_dictionaries({field["name"]: values(field["type"]) for field in schema["fields"]})


def reference(codec: AvroCodec, record: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, codec.declared, record)
    return buffer.getvalue()


@pytest.mark.parametrize("schema", [TOPICS[topic].schema_text() for topic in PLAIN], ids=PLAIN)
def test_any_record_has_the_bytes_of_fastavro(schema: str) -> None:
    codec = AvroCodec(schema)
    encode = compiled(codec.declared)
    assert encode is not None

    @given(records(codec.declared))
    def check(record: dict[str, Any]) -> None:
        assert encode(record, b"") == reference(codec, record)
        assert codec.encode(record, b"12345") == b"12345" + encode(record, b"")

    check()


@pytest.mark.parametrize("value", [0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, 2**14, 2**21, 2**28, 2**62, 2**63 - 1, -(2**63)])
def test_numbers_where_their_length_changes(value: int) -> None:
    codec = AvroCodec('{"type": "record", "name": "R", "fields": [{"name": "x", "type": "long"}]}')
    assert codec.encode({"x": value}) == reference(codec, {"x": value})


def test_other_types_and_defaults_are_left_to_fastavro() -> None:
    dated = (
        '{"type": "record", "name": "R", "fields": [{"name": "x", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}'
    )
    assert compiled(AvroCodec(dated).declared) is None
    default = AvroCodec('{"type": "record", "name": "R", "fields": [{"name": "x", "type": "long", "default": 7}]}')
    assert default.encode({}) == reference(default, {"x": 7})


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_number_too_large_is_refused(value: int) -> None:
    codec = AvroCodec('{"type": "record", "name": "R", "fields": [{"name": "x", "type": "long"}]}')
    with pytest.raises(OverflowError):
        codec.encode({"x": value})
