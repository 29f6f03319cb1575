"""Dead letters without a broker: headers, reasons, selection, counts, the memory of replays, and what is good now."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.avro import AvroCodec, header
from connectors.dead_letters.letters import (
    NO_REASON,
    Letter,
    PlaceError,
    Selection,
    dead_letter_topics,
    parse_place,
    reason_of,
)
from connectors.dead_letters.progress import MAX_METADATA, Progress, ProgressError
from connectors.dead_letters.tallies import tally
from connectors.dead_letters.verdict import MAX_RECORD_BYTES, Judge, StillFails, Usable
from connectors.registry import RegistryUnavailableError, SchemaNotFoundError
from connectors.topics import load_topics

NOW_MS = 1_800_000_000_000
TOPICS = load_topics()
COMMENTS = "tiktok.comments.events"
USERS = "tiktok.users.snapshots"
DLQ = f"{COMMENTS}.dlq"
COMMENT: dict[str, Any] = {
    "id": "c1",
    "video_id": "v1",
    "text": "so good 🔥",
    "create_time": 1_767_557_521,
    "digg_count": 3,
    "reply_total": 0,
    "parent_id": None,
    "user": {"id": "u1", "uniqueId": "u", "nickname": "n", "region": None},
    "ingested_at": NOW_MS,
}
LETTER = Letter(DLQ, 2, 17, NOW_MS, b"c1", b"{}", "truncated: 4 bytes", COMMENTS, 5, 1234, "2027-01-15T08:00:00.000Z")


class FakeMessage:
    """As much of a consumed record as a letter is made of."""

    def __init__(self, headers: list[tuple[str, bytes | None]] | None, key: Any = b"k", value: Any = b"v") -> None:
        self._headers, self._key, self._value = headers, key, value

    def topic(self) -> str:
        return DLQ

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return 17

    def timestamp(self) -> tuple[int, int]:
        return 2, NOW_MS

    def key(self) -> Any:
        return self._key

    def value(self) -> Any:
        return self._value

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return self._headers


def letter_of(headers: list[tuple[str, bytes | None]] | None, **named: Any) -> Letter:
    return Letter.of(FakeMessage(headers, **named))  # type: ignore[arg-type]


class Schemas:
    """A registry in memory: id -> schema. Counts what it is asked."""

    def __init__(self, **schemas: str) -> None:
        self.by_number = {int(name.removeprefix("id")): text for name, text in schemas.items()}
        self.asked: list[int] = []

    def by_id(self, schema_id: int) -> str:
        self.asked.append(schema_id)
        if schema_id not in self.by_number:
            raise SchemaNotFoundError(f"no schema {schema_id}")
        return self.by_number[schema_id]


def test_a_letter_of_a_job_says_where_it_came_from() -> None:
    found = letter_of(
        [
            ("error", b"bad_magic: magic byte is 0x01"),
            ("source.topic", COMMENTS.encode()),
            ("source.partition", b"5"),
            ("source.offset", b"1234"),
            ("failed.at", b"2027-01-15T08:00:00.000Z"),
        ]
    )
    assert (found.reason, found.source, found.place) == ("bad_magic", (COMMENTS, 5, 1234), f"{DLQ}/2/17")
    assert (found.failed_at, found.upstream, found.arrived_ms) == ("2027-01-15T08:00:00.000Z", "", NOW_MS)


def test_a_letter_of_a_poller_has_no_source() -> None:
    headers = [("source.topic", COMMENTS.encode()), ("source.partition", b"-1"), ("source.offset", b"-1"), ("upstream", b"tikapi")]
    found = letter_of([*headers, ("error", b"field text: is int, not string")])
    assert (found.source, found.upstream, found.reason) == (None, "tikapi", "field text: is int, not string")


@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", b"1e9", "٣".encode(), b"9" * 50, b" 1"])
def test_unreadable_coordinates_are_none(value: bytes | None) -> None:
    assert letter_of([("source.topic", b"t"), ("source.partition", value), ("source.offset", b"1")]).source is None


def test_a_letter_may_lack_everything() -> None:
    found = letter_of(None, key=None, value=None)
    assert (found.key, found.value, found.reason, found.source) == (None, None, NO_REASON, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("bad_magic: magic byte is 0x01, not 0x00", "bad_magic"),
        ("empty_value", "empty_value"),
        ("TikTokPostEvent '759': field play_count: -4 is negative", "TikTokPostEvent '...': field play_count: N is negative"),
        ('field a: is "x\\"y"', "field a: is '...'"),
        ("item 3 of 40\nwith details", "item N of N"),
        ("field p2p.x7 is missing", "field p2p.x7 is missing"),
        ("  ", NO_REASON),
        ("a b" * 100, "a b" * 25 + "a ..."),
    ],
)
def test_a_reason_is_what_letters_of_one_kind_share(error: str, reason: str) -> None:
    assert reason_of(error) == reason


@given(st.text(max_size=400))
def test_any_error_has_a_short_reason(error: str) -> None:
    assert 0 < len(reason_of(error)) <= max(80, len(error.strip().split(":")[0]))


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), True),
        (Selection(reason="truncated"), True),
        (Selection(reason="trunc*"), True),
        (Selection(reason="TRUNCATED"), False),
        (Selection(partition=2, from_offset=17, to_offset=17), True),
        (Selection(partition=1), False),
        (Selection(from_offset=18), False),
        (Selection(to_offset=16), False),
        (Selection(since_ms=NOW_MS), True),
        (Selection(since_ms=NOW_MS + 1), False),
    ],
)
def test_a_selection_takes_what_it_says(selection: Selection, wanted: bool) -> None:
    assert selection.wants(LETTER) is wanted


def test_a_reason_with_brackets_is_itself() -> None:
    error = "videos[x]: is null"
    assert Selection(reason=reason_of(error)).wants(replace(LETTER, error=error))


def test_topics_are_given_with_or_without_the_suffix() -> None:
    assert dead_letter_topics(TOPICS, [COMMENTS, DLQ]) == (DLQ,)
    assert set(dead_letter_topics(TOPICS)) >= {DLQ, f"{USERS}.dlq", "tiktok.posts.events.dlq"}
    with pytest.raises(PlaceError, match=r"no dead letters are kept for 'tiktok\.trending\.alerts'"):
        dead_letter_topics(TOPICS, ["tiktok.trending.alerts"])


def test_places_are_read_as_they_are_written() -> None:
    assert parse_place(LETTER.place, TOPICS) == (DLQ, 2, 17)
    assert parse_place(f"{COMMENTS}/2", TOPICS) == (DLQ, 2, None)
    assert parse_place(COMMENTS, TOPICS) == (DLQ, None, None)
    for text in (f"{COMMENTS}/x", f"{COMMENTS}/1/2/3", f"{COMMENTS}/-1", f"{COMMENTS}/"):
        with pytest.raises(PlaceError, match="no place"):
            parse_place(text, TOPICS)


def test_letters_are_counted_by_topic_and_reason() -> None:
    done = Progress()
    done.settle([17])
    rest = [replace(LETTER, offset=20 + n, arrived_ms=NOW_MS + n) for n in range(2)]
    other = replace(LETTER, topic="a.dlq", error="bad_magic")
    counted = tally([LETTER, *rest, other, replace(LETTER, offset=30, error="")], {DLQ: {2: done}})
    assert [(found.topic, found.reason, found.open, found.replayed) for found in counted] == [
        ("a.dlq", "bad_magic", 1, 0),
        (DLQ, "truncated", 2, 1),
        (DLQ, NO_REASON, 1, 0),
    ]
    assert (counted[1].oldest_ms, counted[1].newest_ms, counted[1].example) == (NOW_MS, NOW_MS + 1, f"{DLQ}/2/21")


@given(st.lists(st.sets(st.integers(0, 300)), max_size=5), st.integers(0, 200))
def test_what_is_settled_survives_commits(rounds: list[set[int]], deleted: int) -> None:
    progress, settled = Progress(), set[int]()
    for offsets in rounds:
        progress.settle(offsets)
        settled |= offsets
        position, metadata = progress.committed("here")
        assert position <= min(set(range(302)) - settled)
        progress = Progress.read(position, metadata, "here")
        assert {offset for offset in range(310) if offset in progress} == settled
    progress.forget_below(deleted)
    assert {offset for offset in range(310) if offset in progress} == settled | set(range(deleted))
    progress = Progress.read(*progress.committed("here"), "here")
    assert {offset for offset in range(310) if offset in progress} == settled | set(range(deleted))


def test_a_million_replayed_letters_in_a_row_take_no_room() -> None:
    progress = Progress()
    progress.settle(range(1_000_000))
    assert progress.committed("here") == (1_000_000, "replayed-1:")
    progress.settle(range(1_000_003, 2_000_000))
    position, metadata = progress.committed("here")
    assert position <= 1_000_000
    assert len(metadata) < MAX_METADATA


def test_a_set_that_does_not_fit_is_refused() -> None:
    progress = Progress()
    state = 1
    for offset in range(100_000):
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        if state >> 63:
            progress.settle([offset])
    with pytest.raises(ProgressError, match=r"t\[3\]: too many letters"):
        progress.committed("t[3]")


@pytest.mark.parametrize("metadata", ["", None, "mine", "replayed-1:%%%", "replayed-1:AAAA", "replayed-1:eJxj"])
def test_foreign_and_damaged_offsets_are_refused(metadata: str | None) -> None:
    with pytest.raises(ProgressError, match=r"t\[3\]"):
        Progress.read(7, metadata, "t[3]")


def test_no_offset_is_no_progress() -> None:
    assert 0 not in Progress.read(-1001, None, "t[3]")


def schema(topic: str = COMMENTS) -> str:
    return TOPICS[topic].schema_text()


def wire(record: dict[str, Any], schema_id: int = 1, text: str = "") -> bytes:
    return AvroCodec(text or schema()).encode(record, header(schema_id))


def judge(schemas: Schemas | None = None, clock_ms: int = NOW_MS) -> Judge:
    return Judge(TOPICS[COMMENTS], schemas or Schemas(id1=schema()), clock=lambda: clock_ms)


def verdict(value: bytes | None, **changed: Any) -> Usable | StillFails:
    return judge()(replace(LETTER, value=value, **changed))


def error_of(value: bytes | None, **changed: Any) -> str:
    found = verdict(value, **changed)
    assert isinstance(found, StillFails), found
    return found.error


def test_a_good_avro_record_is_replayed_as_it_was() -> None:
    found = verdict(wire(COMMENT), key=None)
    assert isinstance(found, Usable)
    assert (found.key, found.value, found.record) == ("c1", wire(COMMENT), COMMENT)


def test_a_good_json_record_is_encoded_anew() -> None:
    found = verdict(json.dumps(COMMENT | {"more": 1}).encode())
    assert isinstance(found, Usable)
    assert (found.key, found.value) == ("c1", None)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, "empty_value: "),
        (b"", "empty_value: "),
        (b"\x00\x00", "bad_magic: "),
        (b"\x01\x00\x00\x00\x01abc", "bad_magic: "),
        (b"[1]", "wrong_record: JSON, but no object: list"),
        (b"[" * 100_000, "bad_magic: "),
        (b"\xff\xfe", "bad_magic: "),
        (wire(COMMENT)[:-3], "undecodable: "),
        (wire(COMMENT) + b"!", "trailing_bytes: 1 bytes"),
        (wire(COMMENT, 9), "unknown_schema_id: the registry does not know schema 9"),
        (wire(COMMENT | {"digg_count": -1}), "TikTokCommentEvent 'c1': field digg_count: -1 is negative"),
        (wire(COMMENT | {"digg_count": 2**53 + 1}), "counter_too_large: digg_count is"),
        (wire(COMMENT | {"text": "x" * MAX_RECORD_BYTES}), "too_large: "),
        (wire(COMMENT | {"ingested_at": NOW_MS + 600_000}), "TikTokCommentEvent 'c1': field ingested_at: "),
        (json.dumps(COMMENT | {"digg_count": "3"}).encode(), "TikTokCommentEvent 'c1': field digg_count: is str, not long"),
        (json.dumps(COMMENT | {"text": "\ud800"}).encode(), "bad_encoding: "),
        (b'{"cid": "1"}', "TikTokCommentEvent: field id: is missing"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_bad_still_fails(value: bytes | None, error: str) -> None:
    assert error_of(value).startswith(error)


@given(st.binary(max_size=200))
def test_any_bytes_get_a_verdict(value: bytes) -> None:
    verdict(value)
    verdict(header(1) + value)


def test_time_heals_a_clock_that_ran_ahead() -> None:
    letter = replace(LETTER, value=wire(COMMENT | {"ingested_at": NOW_MS + 600_000}))
    assert isinstance(judge()(letter), StillFails)
    assert isinstance(judge(clock_ms=NOW_MS + 600_000)(letter), Usable)


def test_a_letter_is_never_sent_to_another_topic() -> None:
    assert error_of(wire(COMMENT), source_topic=USERS).startswith(f"wrong_topic: it came from {USERS}")
    assert isinstance(verdict(wire(COMMENT), source_topic=""), Usable)


def test_a_record_of_another_name_still_fails() -> None:
    stranger = '{"type":"record","name":"Stranger","namespace":"com.tikliveapi.events","fields":[{"name":"id","type":"string"}]}'
    found = judge(Schemas(id1=stranger))(replace(LETTER, value=wire({"id": "c1"}, 1, stranger)))
    assert isinstance(found, StillFails)
    assert found.error.startswith("wrong_record: schema 1 is com.tikliveapi.events.Stranger")


def test_a_schema_that_was_registered_meanwhile_heals() -> None:
    declared = json.loads(schema())
    declared["fields"].insert(0, {"name": "language", "type": "string"})
    newer = json.dumps(declared)
    letter = replace(LETTER, value=wire(COMMENT | {"language": "de"}, 2, newer))
    assert isinstance(judge()(letter), StillFails)
    found = judge(Schemas(id1=schema(), id2=newer))(letter)
    assert isinstance(found, Usable)
    assert (found.record, found.value) == (COMMENT, letter.value), "resolved to be checked, and kept with the new field"


def test_a_schema_that_lacks_a_field_cannot_be_read() -> None:
    declared = json.loads(schema())
    declared["fields"] = [field for field in declared["fields"] if field["name"] != "digg_count"]
    older = json.dumps(declared)
    found = judge(Schemas(id1=older))(replace(LETTER, value=wire(COMMENT, 1, older)))
    assert isinstance(found, StillFails)
    assert found.error.startswith("incompatible_schema: ")


def test_the_registry_is_asked_once_for_each_id() -> None:
    schemas = Schemas(id1=schema())
    judged = judge(schemas)
    for schema_id in (1, 7, 1, 7):
        judged(replace(LETTER, value=wire(COMMENT, schema_id)))
    assert schemas.asked == [1, 7]


def test_a_registry_that_is_away_is_no_verdict() -> None:
    class Away:
        def by_id(self, schema_id: int) -> str:
            raise RegistryUnavailableError("no answer")

    with pytest.raises(RegistryUnavailableError):
        Judge(TOPICS[COMMENTS], Away())(replace(LETTER, value=wire(COMMENT)))
