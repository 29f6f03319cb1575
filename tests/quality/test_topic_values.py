"""Which values of a topic are records that a job can use, and which are to be dead letters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.registry import RegistryUnavailableError, SchemaNotFoundError
from connectors.kafka.topics import load_topics
from quality.topic import Values, held
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


class Message:
    """A record of partition 2, of a topic that stands for itself."""

    def __init__(self, offset: int, arrived_ms: int, value: bytes | None) -> None:
        self._offset, self._arrived_ms, self._value = offset, arrived_ms, value

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 2, self._arrived_ms

    def value(self) -> bytes | None:
        return self._value


def test_of_each_record_it_is_known_when_it_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [Message(4, 100, encoded(POST)), Message(5, 150, b"?"), Message(6, 170, None), Message(7, 200, encoded(POST))]
    monkeypatch.setattr("quality.topic.committed", lambda *_: iter([*messages, Message(8, 201, encoded(POST))]))
    found = held("", TOPIC, "aweme_id", schema_of, 0, until_ms=201)
    observed_ms = POST["ingested_at"]
    assert found.observed == [("7001", observed_ms, (2, 4)), ("7001", observed_ms, (2, 7))]
    assert list(found.arrived) == [100, 200]
    assert (found.records, found.unusable) == (3, [(2, 5)])
