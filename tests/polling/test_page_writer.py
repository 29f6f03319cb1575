"""Pages become transactions: what is in them, what an abort leaves, what a bad item does. Kafka itself is in tests/e2e."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.avro import AvroCodec, Record, header
from connectors.kafka.log import LogReadError
from connectors.kafka.producer_errors import FencedProducerError, OutcomeUnknownError, ProducerError, TransactionExpiredError
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from connectors.upstream.model import Ask, Feed, Observation, Origin, Page
from polling.model import FeedKey, Progress, ReadPage, Written
from polling.personal.forgotten import Forgotten
from polling.writing import cursors
from polling.writing.writer import KafkaPageWriter, WriterSettings

POSTS, USERS = "tiktok.posts.events", "tiktok.users.snapshots"
NOW = 1_800_000_000_000
KEY = FeedKey("tikliveapi", Feed.POSTS, "6800")
TOPICS = load_topics()
CODECS = {topic.name: AvroCodec(topic.schema_text()) for topic in TOPICS.with_schema}


def post(key: str = "1", plays: int = 5, at_ms: int = NOW, **changes: Any) -> Observation:
    record = {
        "aweme_id": key, "region": None, "title": "", "duration": 1, "play": "", "wmplay": "", "hdplay": None, "play_count": plays,
        "digg_count": 0, "comment_count": 0, "share_count": 0, "download_count": 0, "collect_count": 0,
        "create_time": 1_767_557_521,        "author_id": "1", "ingested_at": at_ms,
    }  # fmt: skip
    return Observation(POSTS, record | changes)


@dataclass
class Memory:
    """A producer whose transactions are lists."""

    committed: list[tuple[str, str | None, bytes, dict[str, bytes]]] = field(default_factory=list)
    transactions: int = 0
    fail_with: Exception | None = None
    taken_over: int = 0
    renewed: int = 0
    commits_though_it_fails: bool = False

    def __post_init__(self) -> None:
        self._open: list[tuple[str, str | None, bytes, dict[str, bytes]]] = []
        self._validators = {name: RecordValidator(codec.declared, clock=lambda: NOW) for name, codec in CODECS.items()}

    def take_over(self) -> None:
        self.taken_over += 1
        if self.fail_with is not None:
            raise self.fail_with

    def renew(self) -> None:
        self.renewed += 1
        self.fail_with = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._open = []
        yield
        if self.commits_though_it_fails:
            self.committed += self._open
            self.commits_though_it_fails = False
        if self.fail_with is not None:
            raise self.fail_with
        self.committed += self._open
        self.transactions += 1

    def encode(self, topic: str, record: Record) -> bytes:
        self._validators[topic].check(record)
        return CODECS[topic].encode(record, header(1))

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        self._open += [(topic, message["key"], message["value"], {}) for message in messages]

    def produce_encoded(
        self, topic: str, key: str | bytes | None, value: bytes | None, *, headers: Mapping[str, bytes] | None = None
    ) -> None:
        assert not isinstance(key, bytes)
        self._open.append((topic, key, value or b"", dict(headers or {})))

    def close(self) -> None:
        pass

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [CODECS[topic].decode(value[5:]) for name, _, value, _ in self.committed if name == topic]


def writer(memory: Memory, settings: WriterSettings | None = None) -> KafkaPageWriter:
    made = KafkaPageWriter(memory, lambda topic, since_ms: [], lambda schema_id: "", settings, TOPICS, lambda: NOW)
    made.start()
    memory.committed.clear()
    memory.transactions = 0
    return made


def write(pages: KafkaPageWriter, key: FeedKey, page: Page, received_ms: int, before: Progress | None) -> tuple[Written, Progress]:
    return pages.write_many([ReadPage(key, page, received_ms, before)])[0]


def test_a_page_and_its_progress_are_one_transaction() -> None:
    memory = Memory()
    counts, progress = write(writer(memory), KEY, Page((post("1"), post("2")), "next"), NOW, None)
    assert counts == Written(fresh=2, repeats=0, refused=0)
    assert progress == Progress("next", 1, NOW, NOW, NOW, 2)
    assert memory.transactions == memory.taken_over == 1
    assert [record["aweme_id"] for record in memory.of(POSTS)] == ["1", "2"]
    assert [key for topic, key, _, _ in memory.committed if topic == cursors.TOPIC] == ["tikliveapi/posts/6800"]
    assert memory.of(cursors.TOPIC)[0]["cursor"] == "next"


def test_who_is_forgotten_while_the_poller_runs_is_left_out(tmp_path: Path) -> None:
    memory, file = Memory(), tmp_path / "forgotten.json"
    pages = KafkaPageWriter(memory, lambda *_: [], lambda schema_id: "", None, TOPICS, lambda: NOW, Forgotten(file))
    pages.start()
    write(pages, KEY, Page((post("1", author_id="77"),), None), NOW, None)
    Forgotten(file).add("77", [], [])
    page = Page((post("2", author_id="77"), post("3", author_id="5"), replace(post("4", author_id="77"), problem="x")), None)
    counts, _ = write(pages, KEY, page, NOW, None)
    assert counts == Written(fresh=1, repeats=0, refused=0)
    assert [record["aweme_id"] for record in memory.of(POSTS)] == ["1", "3"]
    assert [topic for topic, _, _, _ in memory.committed if topic.endswith(".dlq")] == []


@pytest.mark.parametrize("title", ["[" * 2_200, '{"a":' * 30_000, json.dumps(["[" * 450 + "]" * 450])])
def test_a_caption_that_nobody_can_read_stops_no_poller(title: str, tmp_path: Path) -> None:
    memory, forgotten = Memory(), Forgotten(tmp_path / "forgotten.json")
    forgotten.add("77", ["petra"], [])
    pages = KafkaPageWriter(memory, lambda *_: [], lambda schema_id: "", None, TOPICS, lambda: NOW, forgotten)
    pages.start()
    write(pages, KEY, Page((post("1", title=title), post("2", title="hi @petra")), None), NOW, None)
    assert [record["title"] for record in memory.of(POSTS)] == [title, "hi @"]


def test_a_page_of_repeats_commits_its_progress_only() -> None:
    memory = Memory()
    pages = writer(memory)
    _, first = write(pages, KEY, Page((post("1"), post("1", at_ms=NOW + 1)), None), NOW, None)
    counts, second = write(pages, KEY, Page((post("1", at_ms=NOW + 60_000),), None), NOW + 60_000, first)
    assert counts == Written(fresh=0, repeats=1, refused=0)
    assert len(memory.of(POSTS)) == 1
    assert len(memory.of(cursors.TOPIC)) == 2
    # A new round, in which nothing moved.
    assert second == Progress(None, 1, NOW + 60_000, NOW + 60_000, first.moved_ms, 0)


def test_rounds_go_on_while_there_is_a_cursor() -> None:
    pages = writer(Memory())
    _, first = write(pages, KEY, Page((post("1"),), "c1"), NOW, None)
    _, second = write(pages, KEY, Page((post("2"),), "c2"), NOW + 5, first)
    _, third = write(pages, KEY, Page((), None), NOW + 9, second)
    assert third == Progress(None, 3, NOW, NOW + 9, NOW + 5, 2)


def test_an_abort_leaves_nothing_and_the_page_may_come_again() -> None:
    memory = Memory()
    pages = writer(memory)
    memory.fail_with = ProducerError("broker away")
    page = Page((post("1"),), None)
    with pytest.raises(ProducerError, match="broker away"):
        write(pages, KEY, page, NOW, None)
    assert len(pages.repeats) == len(memory.committed) == 0
    memory.fail_with = None
    assert write(pages, KEY, page, NOW, None)[0].fresh == 1


@pytest.mark.parametrize("at_start", [True, False])
def test_a_fenced_poller_says_who_and_what_to_do(at_start: bool) -> None:
    memory = Memory()
    pages = writer(memory, WriterSettings(shard=1, shards=4))
    memory.fail_with = FencedProducerError("fenced", "")
    with pytest.raises(FencedProducerError) as caught:
        pages.start() if at_start else write(pages, KEY, Page((), None), NOW, None)
    assert "another poller took over shard 1 of 4" in caught.value.message
    assert "tokpulse-poller-tiktok.poller.cursors-1" in caught.value.message
    assert "stop one of the two" in caught.value.hint


class Logged:
    """A record as a consumer gives it."""

    def __init__(self, key: str | None, value: bytes | None, headers: Mapping[str, bytes] | None = None) -> None:
        self._key, self._value, self._headers = (key or "").encode(), value, headers

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def headers(self) -> list[tuple[str, bytes]] | None:
        return list(self._headers.items()) if self._headers else None


def logged_writer(memory: Memory) -> KafkaPageWriter:
    """A writer that reads what `memory` holds."""

    def log(topic: str, since_ms: int | None) -> Any:
        return [Logged(key, value, headers) for name, key, value, headers in memory.committed if name == topic]

    return KafkaPageWriter(memory, log, lambda schema_id: TOPICS[cursors.TOPIC].schema_text(), None, TOPICS, lambda: NOW)


EXPIRED = TransactionExpiredError("the transaction timed out: it was open for 150 s", "")
UNKNOWN = OutcomeUnknownError("no answer to a commit", "")


@pytest.mark.parametrize(("ended_with", "says"), [(EXPIRED, "timed out"), (UNKNOWN, "nothing is committed: no answer to a commit")])
def test_a_poller_that_stood_still_says_so_and_writes_the_page_again(ended_with: ProducerError, says: str) -> None:
    memory = Memory()
    pages = logged_writer(memory)
    pages.start()
    memory.fail_with = ended_with
    with pytest.raises(ProducerError, match=says) as caught:
        write(pages, KEY, Page((post("1"),), None), NOW, None)
    # What is raised otherwise ends the poller.
    assert not isinstance(caught.value, OutcomeUnknownError | FencedProducerError)
    assert (memory.renewed, memory.taken_over, len(pages.repeats)) == (1, 2, 0)
    assert write(pages, KEY, Page((post("1"),), None), NOW, None)[0].fresh == 1


def test_a_commit_without_an_answer_that_reached_kafka_counts() -> None:
    memory = Memory()
    pages = logged_writer(memory)
    pages.start()
    memory.fail_with, memory.commits_though_it_fails = UNKNOWN, True
    assert write(pages, KEY, Page((post("1"),), "c1"), NOW, None)[1].cursor == "c1"
    assert [record["aweme_id"] for record in memory.of(POSTS)] == ["1"]
    assert write(pages, KEY, Page((post("1"),), None), NOW, None)[0].repeats == 1


@pytest.mark.parametrize("ended_with", [EXPIRED, UNKNOWN])
def test_another_poller_is_known_by_its_claim(ended_with: ProducerError) -> None:
    memory = Memory()
    older = logged_writer(memory)
    older.start()
    logged_writer(memory).start()
    memory.fail_with = ended_with
    with pytest.raises(FencedProducerError, match="another poller took over shard 0 of 1"):
        write(older, KEY, Page((post("1"),), None), NOW, None)
    assert (memory.renewed, memory.taken_over) == (0, 2)


@pytest.mark.parametrize("ended_with", [EXPIRED, UNKNOWN])
def test_while_kafka_does_not_tell_who_has_the_shard_nothing_is_decided(ended_with: ProducerError) -> None:
    memory = Memory()
    pages = logged_writer(memory)
    pages.start()

    def unreadable(topic: str, since_ms: int | None) -> Any:
        raise LogReadError("cannot read it")

    memory.fail_with, pages._log = ended_with, unreadable
    with pytest.raises(type(ended_with), match=ended_with.message):
        write(pages, KEY, Page((post("1"),), None), NOW, None)
    assert (memory.renewed, memory.taken_over) == (0, 1)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (post("9", plays=-1), "negative_counter: play_count -1 is negative"),
        (post("9", title=None), "missing_field: title is null"),
        (post("9", digg_count="7"), "wrong_type: digg_count is str, not long"),
        (post("9", at_ms=NOW + 300_001), "time_out_of_range: ingested_at"),
        (post("9", title="half \ud83d"), "not_encodable: "),
        (post("9", title="x" * (17 * 1024 * 1024)), "too_large: "),
        (Observation(POSTS, {"aweme_id": 9, "odd": [1]}, problem="play_count is missing"), "unmapped: play_count is missing"),
    ],
)
def test_a_bad_item_is_a_dead_letter_and_the_page_goes_on(bad: Observation, says: str) -> None:
    memory = Memory()
    counts, _ = write(writer(memory), KEY, Page((post("1"), bad, post("2")), None), NOW, None)
    assert counts == Written(fresh=2, repeats=0, refused=1)
    ((_, key, value, headers),) = [one for one in memory.committed if one[0] == f"{POSTS}.dlq"]
    assert key == "9"
    assert json.loads(value) == bad.record
    assert headers["error"].decode().startswith(says)
    assert (headers["source.topic"], headers["source.partition"], headers["source.offset"]) == (POSTS.encode(), b"-1", b"-1")
    assert headers["failed.at"] == b"2027-01-15T08:00:00.000Z"


def test_a_dead_letter_says_which_request_it_comes_from() -> None:
    memory, ask = Memory(), Ask(Feed.REPLIES, "77", None, "42")
    page = Page((post("1"), post("2", plays=-1)), None, origin=Origin("tikliveapi", "/post-comment-replies/", ask, NOW - 5))
    write(writer(memory), KEY, page, NOW, None)
    (headers,) = [one[3] for one in memory.committed if one[0] == f"{POSTS}.dlq"]
    assert {name: value for name, value in headers.items() if name.startswith("poll.")} == {
        "poll.upstream": b"tikliveapi",
        "poll.endpoint": b"/post-comment-replies/",
        "poll.feed": b"replies",
        "poll.subject": b"77",
        "poll.parent": b"42",
        "poll.received_ms": str(NOW - 5).encode(),
    }


def test_many_pages_are_one_transaction_and_each_follows_the_one_before() -> None:
    memory = Memory()
    other = FeedKey("tikliveapi", Feed.FOLLOWERS, "6800")
    found = writer(memory).write_many(
        [
            ReadPage(KEY, Page((post("1"),), "c1"), NOW, None),
            ReadPage(other, Page((), "f1"), NOW, None),
            ReadPage(KEY, Page((post("1"), post("2")), None), NOW + 1, None),
        ]
    )
    assert [counts for counts, _ in found] == [Written(1, 0, 0), Written(0, 0, 0), Written(1, 1, 0)]
    assert found[2][1] == Progress(None, 2, NOW, NOW + 1, NOW + 1, 2)
    assert memory.transactions == 1
    # One cursor per feed, as of its last page.
    assert [(record["feed_key"], record["pages"]) for record in memory.of(cursors.TOPIC)] == [
        ("tikliveapi/posts/6800", 2),
        ("tikliveapi/followers/6800", 1),
    ]


@given(
    st.builds(FeedKey, st.text(min_size=1), st.sampled_from(Feed), st.text(min_size=1), st.one_of(st.none(), st.text(min_size=1)))
)
def test_keys_survive_their_text(key: FeedKey) -> None:
    assert cursors.from_text(cursors.to_text(key)) == key
    assert "\n" not in cursors.to_text(key)


def test_the_last_progress_counts_and_what_cannot_be_read_does_not() -> None:
    codec = CODECS[cursors.TOPIC]
    early, late = Progress("c", 1, 2, 3, 4, 5), Progress(None, 2, 2, 6, 4, 5)
    other = FeedKey("tikapi", Feed.REPLIES, "5", "7")
    log: Any = [
        Logged(cursors.to_text(KEY), codec.encode(cursors.to_record(KEY, early), header(3))),
        Logged(cursors.to_text(other), codec.encode(cursors.to_record(other, early), header(3))),
        Logged(cursors.to_text(KEY), codec.encode(cursors.to_record(KEY, late), header(3))),
        Logged(cursors.to_text(other), None),
        Logged("tikapi/feed-of-tomorrow/1", b""),
        Logged("nonsense", b"\x00"),
    ]
    assert cursors.read(log, lambda schema_id: TOPICS[cursors.TOPIC].schema_text()) == {KEY: late}


def test_of_replies_only_the_cursors_read_last_are_kept() -> None:
    codec, progress = CODECS[cursors.TOPIC], Progress("c", 1, NOW, NOW, NOW, 1)
    keys = [KEY, *(FeedKey("tikliveapi", Feed.REPLIES, str(number), "42") for number in range(9))]
    log: Any = [
        Logged(cursors.to_text(key), codec.encode(cursors.to_record(key, progress), header(3)))
        for key in (*keys, keys[2], *keys[4:6])
    ]

    def schemas(schema_id: int) -> str:
        return TOPICS[cursors.TOPIC].schema_text()

    assert list(cursors.read(log, schemas, most_replies=4)) == [KEY, keys[9], keys[2], *keys[4:6]]
    # The feeds of other shards take no room.
    assert list(cursors.read(log, schemas, lambda key: key in keys[1:4], 2)) == [keys[3], keys[2]]
