"""Which values of a topic are records that a job can use, and which are to be dead letters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.avro import AvroCodec, header
from connectors.registry import RegistryUnavailableError, SchemaNotFoundError
from connectors.topics import load_topics
from quality.topic import Values
from tests.e2e.records import observation

TOPIC = load_topics()["tiktok.posts.events"]
POST = observation("7001", 1_767_571_200_000, 5)
OWN, NEWER, UNKNOWN, AWAY = 1, 2, 3, 4


def newer() -> str:
    """A schema of tomorrow: one more field at its end."""
    schema = json.loads(TOPIC.schema_text())
    schema["fields"].append({"name": "saves", "type": "long", "default": 0})
    return json.dumps(schema)


def schema_of(schema_id: int) -> str:
    if schema_id == UNKNOWN:
        raise SchemaNotFoundError("no such schema")
    if schema_id == AWAY:
        raise RegistryUnavailableError("the registry does not answer")
    return TOPIC.schema_text() if schema_id == OWN else newer()


def encoded(post: dict[str, Any], schema_id: int = OWN) -> bytes:
    return AvroCodec(schema_of(schema_id)).encode(post, header(schema_id))


def test_records_of_this_and_of_a_later_schema_are_used() -> None:
    values = Values(TOPIC, schema_of)
    assert values.usable(encoded(POST)) == POST
    assert values.usable(encoded({**POST, "saves": 3}, NEWER)) == POST


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x01\x00\x00\x00\x01",
        encoded(POST)[:-1],
        encoded(POST) + b"\x00",
        header(UNKNOWN) + encoded(POST)[5:],
        encoded({**POST, "ingested_at": 1}),
        encoded({**POST, "ingested_at": 2**62}),
    ],
    ids=["empty", "magic", "short", "long", "unknown schema", "before TikTok", "after the calendar"],
)
def test_others_are_not(value: bytes) -> None:
    assert Values(TOPIC, schema_of).usable(value) is None


def test_a_registry_that_is_away_is_no_bad_record() -> None:
    with pytest.raises(RegistryUnavailableError):
        Values(TOPIC, schema_of).usable(header(AWAY) + encoded(POST)[5:])
