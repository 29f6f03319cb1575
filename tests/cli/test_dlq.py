"""Dead letters: what counts, what can go back, and that their bytes do nothing to a terminal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.dlq_view import body, counts, hexdump, latest
from connectors.kafka.avro import AvroCodec, Record, header
from connectors.kafka.dead_letters import (
    REPLAYED_HEADER,
    DeadLetter,
    NoDeadLettersError,
    Spans,
    dlq_topics,
    parse_spans,
    ranges,
    unreplayed,
)
from connectors.kafka.registry import SchemaNotFoundError
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from connectors.terminal import printable
from connectors.upstream.model import Ask, Feed, Origin
from polling.writing.origins import headers_of
from polling.writing.replay import Reader, StillBadError, repaired

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
    return repaired(Reader(TOPICS, schemas), encode, TOPICS, letter(value))


def test_letters_that_were_replayed_are_none_any_more() -> None:
    log: Any = [
        Logged(0, 3, b"a", {"error": b"too_large: 1"}),
        Logged(0, 4, b"b", {"error": b"wrong_type: y"}),
        Logged(1, 3, None, None),
        Logged(0, 9, b"", {REPLAYED_HEADER: b"3,5-6"}),
        Logged(1, 4, b"", {REPLAYED_HEADER: b"nonsense,-,5-,1-99999999999999"}),
    ]
    found = list(unreplayed(lambda: log))
    assert [(one.partition, one.offset, one.reason, one.value) for one in found] == [
        (0, 4, "wrong_type", b"b"),
        (1, 3, "no_reason", b""),
    ]
    assert [one.offset for one in unreplayed(lambda: log, lambda one: one.reason == "wrong_type")] == [4]
    assert [(row["reason"], row["letters"]) for row in counts(found + found[:1])] == [("wrong_type", 2), ("no_reason", 1)]


@given(st.lists(st.sets(st.integers(0, 60)), max_size=4))
def test_spans_hold_what_was_marked(marks: list[set[int]]) -> None:
    spans = Spans()
    for offsets in marks:
        spans.add(parse_spans(ranges(offsets)))
    held = set().union(*marks)
    assert {offset for offset in range(-1, 63) if offset in spans} == held
    assert len(spans) == len([offset for offset in held if offset - 1 not in held])


def test_no_more_letters_are_held_than_are_shown() -> None:
    made: list[ref[DeadLetter]] = []
    most = 0

    def letters() -> Iterator[DeadLetter]:
        nonlocal most
        for number in range(300):
            one = DeadLetter(f"{USERS}.dlq", number % 3, number, NOW + number * 7919 % 300, None, b"", {})
            made.append(ref(one))
            most = max(most, sum(each() is not None for each in made))
            yield one

    newest, total = latest(letters(), 10)
    assert [one.arrived_ms - NOW for one in newest] == list(range(290, 300))
    assert (total, latest(iter(()), 5)) == (300, ([], 0))
    assert most <= 13


def test_what_could_not_be_mapped_goes_back_by_the_mapping_of_today() -> None:
    # The user of a profile as TikLiveAPI shows it; `userid` and `ingested_at` are the record's own.
    item = {name: USER[name] for name in ("user", "stats")}
    ask = Ask(Feed.PROFILE, "1")
    headers = headers_of(Origin("tikliveapi", "/userinfo-by-id/", ask, NOW))
    headers["error"] = b"unmapped: stats.heartCount: expected an integer, found nothing"
    found = replace(letter(json.dumps(item).encode()), headers=headers)
    reader = Reader(TOPICS, schemas)
    assert repaired(reader, encode, TOPICS, found) == ("1", CODEC.encode(USER, header(8)))
    broken = replace(found, value=json.dumps(item | {"stats": {}}).encode())
    for bad, says in (
        (broken, "still not mapped: stats.followerCount: expected an integer, found nothing"),
        (letter(found.value, "unmapped: x"), "no header says which feed it came from"),
        (replace(found, headers={**found.headers, "poll.upstream": b"other"}), "no upstream 'other' is known"),
        (replace(found, headers={**found.headers, "poll.feed": b"followers"}), "no topic holds followers"),
        (replace(found, headers={**found.headers, "poll.feed": b"songs"}), "bad header: 'songs'"),
        (replace(found, headers={**found.headers, "poll.received_ms": b"now"}), "bad header: invalid literal"),
    ):
        with pytest.raises(StillBadError) as caught:
            repaired(reader, encode, TOPICS, bad)
        assert says in caught.value.message


def test_what_is_good_now_goes_back_in_the_schema_of_today() -> None:
    today = CODEC.encode(USER, header(8))
    assert mended(CODEC.encode(USER, header(7))) == ("1", today)
    assert mended(json.dumps(USER).encode()) == ("1", today)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "neither Avro nor JSON"),
        (b"\xff\xfe", "neither"),
        (b"[1]", "a list, not a record"),
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
    assert dlq_topics(TOPICS) == [topic.dlq for topic in TOPICS if topic.dlq]
    with pytest.raises(NoDeadLettersError, match="those that have"):
        dlq_topics(TOPICS, "tiktok.poller.cursors")


@given(st.binary(max_size=200), st.text(max_size=100))
def test_nothing_shown_commands_a_terminal(value: bytes, text: str) -> None:
    _, shown = body(letter(value), Reader(TOPICS, schemas), 50)
    for char in printable(text) + shown + hexdump(value):
        assert char == "\n" or char.isprintable() or unicodedata.category(char) == "Zs"


def test_a_value_is_shown_as_what_it_is() -> None:
    reader = Reader(TOPICS, schemas)
    form, text = body(letter(CODEC.encode(USER, header(7))), reader, 5_000)
    assert form == "Avro"
    assert json.loads(text) == USER
    form, text = body(letter(b"\x1b[31m" * 10), reader, 16)
    assert form.startswith("bytes")
    assert text == "000000  1b 5b 33 31 6d 1b 5b 33 31 6d 1b 5b 33 31 6d 1b  .[31m.[31m.[31m.\n... (cut: --bytes shows more)"
