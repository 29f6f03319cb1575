"""Every malformed kind is bad in the way it claims, and only in that way."""

import json

import pytest

from connectors.kafka.avro import AvroCodec, WireFormatError, split
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import ClockError, NegativeCounterError, RecordValidator
from simulator.delivery import simulate
from simulator.malformed import KINDS, Malformed, MalformedEncoder
from simulator.settings import POSTS, USERS, SimulationSettings

POST = next(d.record for d in simulate(SimulationSettings(hours=1, posts=5, creators=5, topics=(POSTS,))))
CODEC = AvroCodec(load_topics()[POSTS].schema_text())
ENCODER = MalformedEncoder(11, 22, oversize_bytes=5 * 1024 * 1024)
VALIDATOR = RecordValidator(json.loads(load_topics()[POSTS].schema_text()))


def encode(kind: Malformed) -> bytes:
    return ENCODER.encode(kind, dict(POST))


def test_there_are_eight_kinds_and_the_good_record_is_good() -> None:
    assert len(KINDS) == 8
    VALIDATOR.check(POST)


@pytest.mark.parametrize("kind", [Malformed.TRUNCATED, Malformed.OVERSIZE])
def test_bodies_that_end_early(kind: Malformed) -> None:
    schema_id, body = split(encode(kind))
    assert schema_id == 11
    with pytest.raises(WireFormatError):
        CODEC.decode(body)


def test_sizes() -> None:
    assert len(encode(Malformed.OVERSIZE)) == 5 * 1024 * 1024
    assert encode(Malformed.EMPTY) == b""


@pytest.mark.parametrize("kind", [Malformed.BAD_MAGIC, Malformed.EMPTY])
def test_values_without_a_header(kind: Malformed) -> None:
    with pytest.raises(WireFormatError):
        split(encode(kind))


def test_ids_that_are_not_the_topics() -> None:
    schema_id, body = split(encode(Malformed.UNKNOWN_SCHEMA_ID))
    assert schema_id not in (11, 22)
    assert CODEC.decode(body) == POST
    schema_id, body = split(encode(Malformed.OTHER_RECORD_TYPE))
    assert schema_id == 22
    assert AvroCodec(load_topics()[USERS].schema_text()).decode(body)["userid"] == POST["author_id"]
    with pytest.raises(WireFormatError):
        CODEC.decode(body)


@pytest.mark.parametrize(
    ("kind", "error"), [(Malformed.NEGATIVE_COUNTER, NegativeCounterError), (Malformed.FUTURE_CLOCK, ClockError)]
)
def test_values_that_decode_and_cannot_be(kind: Malformed, error: type[Exception]) -> None:
    record = CODEC.decode(split(encode(kind))[1])
    with pytest.raises(error):
        VALIDATOR.check(record)
