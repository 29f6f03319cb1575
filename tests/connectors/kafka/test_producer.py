"""What the producer does without a broker: settings, wire format, validation. Delivery is tested against a real broker."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.avro import AvroCodec, AvroSchemaError, WireFormatError, header, split
from connectors.kafka.producer import ProducerSettings
from connectors.kafka.producer_errors import DeliveryError, DeliveryFailure
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import (
    ClockError,
    FieldTypeError,
    MissingFieldError,
    NegativeCounterError,
    RecordError,
    RecordValidator,
)
from tests.topics import defaults

NOW_MS = 1_800_000_000_000
TOPICS = load_topics()
POST: dict[str, Any] = {
    **defaults("tiktok.posts.events"),
    "aweme_id": "7591601747171865119",
    "region": None,
    "title": "まさかの結末 🔥",
    "duration": 64,
    "play": "https://v.example/1",
    "wmplay": "https://v.example/2",
    "hdplay": "https://v.example/3",
    "play_count": 26,
    "digg_count": 1,
    "comment_count": 0,
    "share_count": 0,
    "download_count": 0,
    "collect_count": 0,
    "create_time": 1_767_557_521,
    "author_id": "6800000000075180760",
    "ingested_at": NOW_MS,
}
USER: dict[str, Any] = {
    "userid": "1",
    "user": {"id": "1", "uniqueId": "u", "nickname": "n", "secUid": "s", "verified": True, "privateAccount": False, "region": "BR"},
    "stats": {"followerCount": 1, "followingCount": 2, "heartCount": 3, "videoCount": 4, "diggCount": 5},
    "ingested_at": NOW_MS,
}


def codec(topic: str = "tiktok.posts.events") -> AvroCodec:
    return AvroCodec(TOPICS[topic].schema_text())


def validator(topic: str = "tiktok.posts.events") -> RecordValidator:
    return RecordValidator(codec(topic).declared, clock=lambda: NOW_MS)


def test_settings_are_those_of_the_requirement() -> None:
    config = ProducerSettings("h:1", transactional_id="tiktok-posts-producer-1").to_librdkafka()
    assert config["enable.idempotence"] is True
    assert config["acks"] == "all"
    assert config["max.in.flight.requests.per.connection"] == 5
    assert config["compression.type"] == "zstd"
    assert config["linger.ms"] == 50
    assert config["batch.size"] == 65_536
    assert config["partitioner"] == "murmur2_random"
    assert config["transactional.id"] == "tiktok-posts-producer-1"
    assert int(config["message.max.bytes"]) > 5 * 1024 * 1024
    assert int(config["transaction.timeout.ms"]) >= int(config["delivery.timeout.ms"])
    assert "transactional.id" not in ProducerSettings("h:1").to_librdkafka()


def test_wire_format() -> None:
    value = codec().encode(POST, header(258))
    assert value[:5] == b"\x00\x00\x00\x01\x02"
    assert struct.unpack(">I", value[1:5]) == (258,)
    schema_id, body = split(value)
    assert schema_id == 258
    assert codec().decode(body) == POST
    # Fields follow the schema's order, not the dict's.
    assert codec().encode(dict(reversed(POST.items())), header(258)) == value


@pytest.mark.parametrize("value", [b"", b"\x00\x00\x00\x00", b"\x01\x00\x00\x00\x01x"])
def test_values_without_a_header_are_refused(value: bytes) -> None:
    with pytest.raises(WireFormatError):
        split(value)


def test_bodies_that_do_not_fit_are_refused() -> None:
    body = split(codec().encode(POST, header(1)))[1]
    for bad in (body[:-1], body + b"\x00", b"", codec("tiktok.users.snapshots").encode(USER)):
        with pytest.raises(WireFormatError, match="not a TikTokPostEvent record"):
            codec().decode(bad)


def test_a_broken_schema_is_named() -> None:
    with pytest.raises(AvroSchemaError):
        AvroCodec("{")
    with pytest.raises(WireFormatError):
        header(-1)


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"play_count": -1}, NegativeCounterError, "play_count"),
        ({"collect_count": -5}, NegativeCounterError, "collect_count"),
        ({"duration": 2**31}, FieldTypeError, "duration"),
        ({"play_count": 2**63}, FieldTypeError, "play_count"),
        ({"play_count": "12"}, FieldTypeError, "play_count"),
        ({"play_count": True}, FieldTypeError, "play_count"),
        ({"play_count": 1.5}, FieldTypeError, "play_count"),
        ({"title": 5}, FieldTypeError, "title"),
        ({"region": 5}, FieldTypeError, "region"),
        ({"aweme_id": None}, MissingFieldError, "aweme_id"),
        ({"aweme_id": ""}, MissingFieldError, "aweme_id"),
        ({"ingested_at": NOW_MS + 300_001}, ClockError, "ingested_at"),
        ({"ingested_at": 1_451_606_399_999}, ClockError, "ingested_at"),
        ({"ingested_at": NOW_MS // 1000}, ClockError, "ingested_at"),
        ({"create_time": NOW_MS}, ClockError, "create_time"),
        ({"create_time": 0}, ClockError, "create_time"),
        ({"create_time": -1}, ClockError, "create_time"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], kind: type[RecordError], field: str) -> None:
    with pytest.raises(kind) as caught:
        validator().check(POST | change)
    assert caught.value.field == field
    assert field in caught.value.message


@pytest.mark.parametrize("field", [name for name in POST if name not in defaults("tiktok.posts.events")])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(MissingFieldError) as caught:
        validator().check({name: value for name, value in POST.items() if name != field})
    assert caught.value.field == field


@pytest.mark.parametrize(
    "change",
    [{}, {"title": ""}, {"ingested_at": NOW_MS + 300_000}, {"ingested_at": 1_451_606_400_000}, {"play_count": 2**63 - 1},
     {"hdplay": None}, {"extra": 1}],
)  # fmt: skip
def test_good_records_pass_and_survive_the_wire(change: dict[str, Any]) -> None:
    record = POST | change
    validator().check(record)
    expected = {name: value for name, value in record.items() if name in POST}
    assert codec().decode(codec().encode(record)) == expected


def test_nullable_fields_may_be_left_out() -> None:
    left_out = defaults("tiktok.posts.events")
    assert {"region", "hdplay"} <= left_out.keys()
    record = {name: value for name, value in POST.items() if name not in left_out}
    validator().check(record)
    assert codec().decode(codec().encode(record)) == POST | left_out


def test_nested_fields_are_named_by_their_path() -> None:
    users = validator("tiktok.users.snapshots")
    users.check(USER)
    for change, path in (
        ({"stats": USER["stats"] | {"followerCount": -1}}, "stats.followerCount"),
        ({"user": USER["user"] | {"verified": "yes"}}, "user.verified"),
        ({"stats": None}, "stats"),
        ({"stats": 5}, "stats"),
    ):
        with pytest.raises(RecordError) as caught:
            users.check(USER | change)
        assert caught.value.field == path


ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.text(max_size=2), st.integers(-3, 3), st.integers(2**31 - 1, 2**31), st.integers(2**62, 2**63),
    st.floats(), st.just({}), st.just(NOW_MS), st.just(NOW_MS // 1000),
)  # fmt: skip


def problem(by: RecordValidator, record: dict[str, Any]) -> str | None:
    try:
        by.check(record)
    except RecordError as error:
        return error.message
    return None


@given(
    st.sampled_from([*USER, *(f"user.{name}" for name in USER["user"]), *(f"stats.{name}" for name in USER["stats"])]), ODD_VALUES
)
def test_the_quick_yes_to_nested_records_is_never_wrong(path: str, value: object) -> None:
    whole, _, name = path.rpartition(".")
    record = USER | ({whole: USER[whole] | {name: value}} if whole else {name: value})
    quick, slow = validator("tiktok.users.snapshots"), validator("tiktok.users.snapshots")
    assert quick._quick is not None
    assert quick._quick.accepts(USER, NOW_MS)
    slow._quick = None
    assert problem(quick, record) == problem(slow, record)


@given(ODD_VALUES)
def test_the_quick_yes_to_an_optional_counter_is_never_wrong(value: object) -> None:
    schema = codec().declared
    more = [{"name": "reposts", "type": ["null", "long"], "default": None}]
    quick, slow = (RecordValidator({**schema, "fields": [*schema["fields"], *more]}, clock=lambda: NOW_MS) for _ in range(2))
    assert quick._quick is not None
    assert all(quick._quick.accepts(POST | known, NOW_MS) for known in ({}, {"reposts": None}, {"reposts": 7}))
    slow._quick = None
    assert problem(quick, POST | {"reposts": value}) == problem(slow, POST | {"reposts": value})


def test_delivery_errors_carry_topic_and_partition() -> None:
    error = DeliveryError((DeliveryFailure("t", 3, "k", "Broker: timed out"),), 12)
    assert "12 record(s)" in error.message
    assert "t[3]" in error.message
    assert "timed out" in error.message
