"""How the newest records are read for the doctor."""

from __future__ import annotations

from typing import Any

import pytest

from cli import doctor_topics
from cli.doctor_records import Newest, Tail
from cli.doctor_topics import _Decoder
from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.registry import RegistryUnavailableError, SchemaNotFoundError
from connectors.kafka.topics import load_topics
from tests.topics import defaults

TOPIC = "tiktok.posts.events"
SCHEMA = load_topics()[TOPIC].schema_text()
RECORD = {
    **defaults(TOPIC),
    **dict.fromkeys(("aweme_id", "title", "play", "wmplay", "author_id"), ""),
    **dict.fromkeys(("duration", "play_count", "digg_count", "comment_count", "share_count", "download_count"), 0),
    **{"collect_count": 0, "create_time": 0, "ingested_at": 1_800_000_000_000},
}
VALUE = AvroCodec(SCHEMA).encode(RECORD, header(4))


class Registry:
    """Knows schema 4."""

    asked = 0

    def by_id(self, schema_id: int) -> str:
        self.asked += 1
        if schema_id == 5:
            raise RegistryUnavailableError("away")
        if schema_id != 4:
            raise SchemaNotFoundError("no such schema")
        return SCHEMA


def newest(registry: Any, value: bytes | None) -> Newest:
    return _Decoder(registry).newest(7, 1, b"k", value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (VALUE, Newest(7, 1, b"k", 1_800_000_000_000)),
        (header(9) + b"x", Newest(7, 1, b"k", None, 9)),
        # What does not decode is quarantined, which is another check's matter.
        (header(5) + b"x", Newest(7, 1, b"k")),
        (header(4) + b"\xff", Newest(7, 1, b"k")),
        (b"{}", Newest(7, 1, b"k")),
        (None, Newest(7, 1, b"k")),
    ],
)
def test_what_a_record_says(value: bytes | None, found: Newest) -> None:
    assert newest(Registry(), value) == found


def test_without_a_registry_no_time_is_known() -> None:
    assert newest(None, VALUE) == Newest(7, 1, b"k")


def test_each_schema_is_asked_for_once() -> None:
    registry = Registry()
    decoder = _Decoder(registry)  # type: ignore[arg-type]
    assert {decoder.newest(offset, 1, None, VALUE).event_ms for offset in range(5)} == {1_800_000_000_000}
    assert registry.asked == 1


class Message:
    def __init__(self, partition: int, offset: int) -> None:
        self._place = (partition, offset)

    def partition(self) -> int:
        return self._place[0]

    def offset(self) -> int:
        return self._place[1]

    def key(self) -> bytes:
        return b"k"

    def value(self) -> bytes:
        return VALUE

    def timestamp(self) -> tuple[int, int]:
        return 2, 17


NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("waiting", "text"),
    [
        ({}, None),
        ({3: (9, NOW_MS - 60_000)}, None),
        # Over by now.
        ({3: (9, None)}, None),
        ({3: (9, NOW_MS - 61_000), 4: (2, NOW_MS - 90_000), 5: (1, NOW_MS)}, "up to 11 records of partitions 3, 4 wait behind"),
    ],
)
def test_a_transaction_that_nobody_ends(waiting: dict[int, tuple[int, int | None]], text: str | None) -> None:
    found = [each.text for each in doctor_topics.judged_transactions(TOPIC, waiting, NOW_MS)]
    assert [text in each for each in found if text] == [True] * (text is not None)
    assert len(found) == (text is not None)


def test_the_end_of_each_partition_is_read_and_empty_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def read(servers: str, topic: str, spans: dict[int, tuple[int, int]], **options: Any) -> list[Message]:
        asked.update(spans)
        return [Message(0, 99), Message(2, 4)]

    monkeypatch.setattr(doctor_topics, "read", read)
    tails = doctor_topics._tails("", TOPIC, {0: (0, 100), 1: (8, 8), 2: (3, 5)}, _Decoder(None))
    assert asked == {0: (88, 100), 2: (3, 5)}
    assert tails == [
        Tail(0, 0, 100, (Newest(99, 17, b"k"),)),
        Tail(1, 8, 8),
        Tail(2, 3, 5, (Newest(4, 17, b"k"),)),
    ]
