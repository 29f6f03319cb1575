"""Records to alerts: keys, and what is not an alert."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import BadRecordError, alert_of
from alerts.decode import Decoder
from alerts.kinds import TOPICS
from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.registry import RegistryUnavailableError, SchemaNotFoundError
from connectors.kafka.topics import load_topics
from tests.alerts.receiver import (
    FOLLOWERS_TOPIC,
    HOUR,
    LIVE_TOPIC,
    MOMENTUM_TOPIC,
    TRENDING_TOPIC,
    alert,
    followers,
    live,
    momentum,
    trending,
)


class Schemas:
    def __init__(self) -> None:
        self.asked: list[int] = []
        self.error: Exception | None = None

    def by_id(self, schema_id: int) -> str:
        self.asked.append(schema_id)
        if self.error:
            raise self.error
        return load_topics()[list(TOPICS)[schema_id]].schema_text()


def encoded(topic: str, record: dict[str, Any]) -> bytes:
    return AvroCodec(load_topics()[topic].schema_text()).encode(record, header(list(TOPICS).index(topic)))


def test_keys() -> None:
    assert alert(trending("7")).key == "trending/7/2026-01-05T13:00:00.000Z"
    assert alert(followers("42", within_hours=2)).key == "followers/42/2h/2026-01-05T13:00:00.000Z"
    assert alert(momentum("7")).key == "momentum/7/2026-01-05T13:00:00.000Z"


def test_event_time_is_when_it_became_true() -> None:
    assert alert(trending()).event_ms == int((HOUR + timedelta(hours=1)).timestamp() * 1000)
    assert alert(followers()).event_ms == int(HOUR.timestamp() * 1000)


OF_EACH_TOPIC = [
    (TRENDING_TOPIC, trending()),
    (MOMENTUM_TOPIC, momentum()),
    (FOLLOWERS_TOPIC, followers()),
    (LIVE_TOPIC, live()),
]


@pytest.mark.parametrize(("topic", "record"), OF_EACH_TOPIC)
def test_the_registered_schemas_give_alerts(topic: str, record: dict[str, Any]) -> None:
    decoder, schemas = Decoder(registry := Schemas()), encoded(topic, record)
    assert decoder.alert(topic, schemas) == alert(record)
    assert dict(decoder.alert(topic, schemas).record) == dict(alert(record).record)
    assert len(registry.asked) == 1
    json.dumps(dict(alert(record).record), allow_nan=False)


@pytest.mark.parametrize(
    "value", [None, b"", b"{}", b"\x01abcdef", header(0) + b"\x02", encoded(TRENDING_TOPIC, trending()) + b"x"]
)
def test_other_bytes_are_bad_records(value: bytes | None) -> None:
    with pytest.raises(BadRecordError):
        Decoder(Schemas()).alert(TRENDING_TOPIC, value)


def test_an_unknown_schema_is_a_bad_record_and_asked_for_once() -> None:
    schemas = Schemas()
    schemas.error = SchemaNotFoundError("no such id")
    decoder = Decoder(schemas)
    for _ in range(2):
        with pytest.raises(BadRecordError, match="schema id 0: no such id"):
            decoder.alert(TRENDING_TOPIC, encoded(TRENDING_TOPIC, trending()))
    assert len(schemas.asked) == 1


def test_a_silent_registry_is_no_fault_of_the_record() -> None:
    schemas = Schemas()
    schemas.error = RegistryUnavailableError("silent")
    decoder = Decoder(schemas)
    with pytest.raises(RegistryUnavailableError):
        decoder.alert(TRENDING_TOPIC, encoded(TRENDING_TOPIC, trending()))
    schemas.error = None
    assert decoder.alert(TRENDING_TOPIC, encoded(TRENDING_TOPIC, trending())) == alert(trending())


@pytest.mark.parametrize(
    "change",
    [
        {"aweme_id": ""},
        {"aweme_id": "x" * 1000},
        {"delta_plays_per_hour": float("nan")},
        {"threshold": float("inf")},
        {"window_start": 1_767_618_000_000},
        {"tier": None},
        {"delta_plays": True},
    ],
)
def test_impossible_values_are_bad_records(change: dict[str, Any]) -> None:
    with pytest.raises(BadRecordError):
        alert_of(TRENDING_TOPIC, trending() | change)


def test_a_record_of_the_other_topic_is_a_bad_record() -> None:
    with pytest.raises(BadRecordError, match="aweme_id"):
        alert_of(TRENDING_TOPIC, followers())
