"""Dead letters: what counts, what can go back, and that their bytes do nothing to a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.dlq_view import body, counts, hexdump, printable
from connectors.avro import AvroCodec, Record, header
from connectors.dead_letters import (
    REPLAYED_HEADER,
    DeadLetter,
    NoDeadLettersError,
    dlq_topics,
    parse_ranges,
    ranges,
    unreplayed,
)
from connectors.registry import SchemaNotFoundError
from connectors.replay import Reader, StillBadError, mend
from connectors.topics import load_topics
from connectors.validation import RecordValidator

NOW = 1_800_000_000_000
USERS = "tiktok.users.snapshots"
TOPICS = load_topics()
CODEC = AvroCodec(TOPICS[USERS].schema_text())
USER: dict[str, Any] = {
    "userid": "1",
    "user": {"id": "1", "uniqueId": "u", "nickname": "n", "secUid": "s", "verified": True, "privateAccount": False, "region": None},
    "stats": {"followerCount": 1, "followingCount": 2, "heartCount": 3, "videoCount": 4, "diggCount": 5},
    "ingested_at": NOW,
}


class Logged:
    """A record as a consumer gives it."""

    def __init__(self, partition: int, offset: int, value: bytes | None, headers: dict[str, bytes | None] | None = None) -> None:
        self._place, self._value, self._headers = (partition, offset), value, headers

    def topic(self) -> str:
        return f"{USERS}.dlq"

    def partition(self) -> int:
        return self._place[0]

    def offset(self) -> int:
        return self._place[1]

    def timestamp(self) -> tuple[int, int]:
        return 2, NOW + self._place[1]

    def key(self) -> None:
        return None

    def value(self) -> bytes | None:
        return self._value

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return None if self._headers is None else list(self._headers.items())


def letter(value: bytes, error: str = "wrong_type: x") -> DeadLetter:
    return DeadLetter(f"{USERS}.dlq", 0, 5, NOW, b"k", value, {"error": error.encode()})


def schemas(schema_id: int) -> str:
    if schema_id != 7:
        raise SchemaNotFoundError(f"no schema {schema_id}")
    return TOPICS[USERS].schema_text()


def encode(topic: str, record: Record) -> bytes:
    RecordValidator(CODEC.declared, clock=lambda: NOW).check(record)
    return CODEC.encode(record, header(8))


def mended(value: bytes) -> tuple[str, bytes]:
    return mend(Reader(TOPICS, schemas), encode, TOPICS, letter(value))


def test_letters_that_were_replayed_are_none_any_more() -> None:
    log: Any = [
        Logged(0, 3, b"a", {"error": b"too_large: 1"}),
        Logged(0, 4, b"b", {"error": b"wrong_type: y"}),
        Logged(1, 3, None, None),
        Logged(0, 9, b"", {REPLAYED_HEADER: b"3,5-6"}),
        Logged(1, 4, b"", {REPLAYED_HEADER: b"nonsense,-,5-,1-99999999999999"}),
    ]
    found = unreplayed(log)
    assert [(one.partition, one.offset, one.reason, one.value) for one in found] == [
        (0, 4, "wrong_type", b"b"),
        (1, 3, "no_reason", b""),
    ]
    assert [one.offset for one in unreplayed(log, lambda one: one.reason == "wrong_type", keep_values=False)] == [4]
    assert [(row["reason"], row["letters"]) for row in counts(found + found[:1])] == [("wrong_type", 2), ("no_reason", 1)]


@given(st.sets(st.integers(0, 300)))
def test_ranges_hold_offsets(offsets: set[int]) -> None:
    assert set(parse_ranges(ranges(offsets))) == offsets


def test_what_is_good_now_goes_back_in_the_schema_of_today() -> None:
    today = CODEC.encode(USER, header(8))
    assert mended(CODEC.encode(USER, header(7))) == ("1", today)
    assert mended(json.dumps(USER).encode()) == ("1", today)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "neither Avro nor JSON"),
        (b"\xff\xfe", "neither"),
        (b"[1]", "a list and no record"),
        (b"{}", "JSON: userid is missing"),
        (b"[" * 100_000, "neither"),
        (b"\x00\x00", "too few"),
        (CODEC.encode(USER, header(9)), "no schema 9"),
        (CODEC.encode(USER, header(7))[:-3], "schema 7"),
        (CODEC.encode(USER, header(7)) + b"x", "1 bytes left over"),
        (CODEC.encode(USER | {"ingested_at": NOW + 300_001}, header(7)), "Avro: ingested_at"),
        (json.dumps(USER | {"userid": "half \ud83d"}).encode(), "JSON: "),
    ],
)
def test_what_is_still_bad_stays_and_says_why(value: bytes, says: str) -> None:
    with pytest.raises(StillBadError) as caught:
        mended(value)
    assert says in caught.value.message


def test_a_topic_or_its_letters_may_be_named() -> None:
    assert dlq_topics(TOPICS, USERS) == dlq_topics(TOPICS, f"{USERS}.dlq") == [f"{USERS}.dlq"]
    assert len(dlq_topics(TOPICS)) == 3
    with pytest.raises(NoDeadLettersError, match="those that have"):
        dlq_topics(TOPICS, "tiktok.poller.cursors")


@given(st.binary(max_size=200), st.text(max_size=100))
def test_nothing_shown_commands_a_terminal(value: bytes, text: str) -> None:
    _, shown = body(letter(value), Reader(TOPICS, schemas), 50)
    for char in printable(text) + shown + hexdump(value):
        assert char == "\n" or char.isprintable()


def test_a_value_is_shown_as_what_it_is() -> None:
    reader = Reader(TOPICS, schemas)
    form, text = body(letter(CODEC.encode(USER, header(7))), reader, 5_000)
    assert form == "Avro"
    assert json.loads(text) == USER
    form, text = body(letter(b"\x1b[31m" * 10), reader, 16)
    assert form.startswith("bytes")
    assert text == "000000  1b 5b 33 31 6d 1b 5b 33 31 6d 1b 5b 33 31 6d 1b  .[31m.[31m.[31m.\n... (cut: --bytes shows more)"
