"""Forgetting where pollers write pseudonyms: what they ask by is found with their key, and goes from cursors, keys and landing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.kafka.topics import load_topics
from connectors.no_names import FORGOTTEN_PREFIX
from connectors.upstream.model import Feed
from polling.model import FeedKey
from polling.personal.pseudonyms import Pseudonyms
from polling.writing import cursors
from privacy import discovery
from privacy.person import Person
from privacy.rewriting import Rewriter

USER, HANDLE, SECUID, OTHERS = "6900000000000000777", "petra.p", "MS4wLjABAAAApaulsen77", "MS4wLjABAAAAother"
NAMES = Pseudonyms(b"k" * 32)


@dataclass
class Record:
    """As much of a Kafka message as is read of it."""

    name: bytes
    cursor: str | None

    def key(self) -> bytes:
        return self.name

    def value(self) -> bytes:
        return json.dumps({"cursor": self.cursor}).encode()


class Json:
    """Messages whose values are JSON."""

    def record(self, value: bytes) -> Mapping[str, Any]:
        record: dict[str, Any] = json.loads(value)
        return record


class Table:
    """The rows of `raw_api_responses`, whatever is asked."""

    def __init__(self, *rows: tuple[str, ...]) -> None:
        self.result_rows = rows

    def query(self, statement: str) -> Table:
        return self


def cursor(subject: str, place: str | None, feed: Feed = Feed.POSTS) -> Record:
    return Record(cursors.to_text(FeedKey("tikapi", feed, subject)).encode(), place)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    records: list[Record] = []

    def read(servers: str, topic: str, wanted: object, *, aborted: bool) -> Iterator[Record]:
        return iter(records if topic == cursors.TOPIC else [])

    monkeypatch.setattr(discovery, "read", read)
    monkeypatch.setattr(discovery, "bounds", lambda servers, topic: {})
    return records


def person() -> Person:
    """As the topics and tables have the person: under pseudonyms."""
    found = Person(USER)
    found.add_profile(NAMES.of("handle", HANDLE), NAMES.of("nickname", "Petra"), NAMES.of("secuid", SECUID))
    return found


def from_pseudonyms(found: Person, table: Table) -> None:
    messages: Any = Json()
    client: Any = table
    discovery.from_pseudonyms(found, "nowhere:1", load_topics(), messages, client, NAMES.of)


@pytest.mark.parametrize(
    ("records", "rows"),
    [
        ([cursor(SECUID, None)], []),
        ([cursor(SECUID, f"{SECUID}|123", Feed.PROFILE)], []),
        ([cursor("5", f"{SECUID}|123")], []),
        ([], [(f"count=30&secUid={SECUID}",)]),
        ([], [(f"secUid={SECUID}&cursor=5",), (f"secUid={OTHERS}",)]),
    ],
)
def test_a_sec_uid_behind_a_pseudonym_is_found_with_the_key(
    log: list[Record], records: list[Record], rows: list[tuple[str]]
) -> None:
    log += [*records, cursor(OTHERS, f"{OTHERS}|1")]
    found = person()
    from_pseudonyms(found, Table(*rows))
    assert found.secuids == {NAMES.of("secuid", SECUID), SECUID}


def test_a_handle_that_was_asked_for_is_found_with_the_key(log: list[Record]) -> None:
    found = person()
    from_pseudonyms(found, Table((f"username={HANDLE}",), ("username=carl",)))
    assert found.handles == {NAMES.of("handle", HANDLE), HANDLE}


def test_a_sec_uid_in_the_cursor_of_their_number_needs_no_key(log: list[Record]) -> None:
    log += [cursor(USER, f"{SECUID}|9"), cursor("5", f"{OTHERS}|9")]
    found, messages = Person(USER), Json()
    discovery.from_topics(found, "nowhere:1", load_topics(), messages)  # type: ignore[arg-type]
    assert found.secuids == {SECUID}


@pytest.mark.parametrize(
    ("endpoint", "body", "theirs"),
    [
        ("/public/posts", {"itemList": [{"id": "1", "author": {"id": USER}, "textExtra": [{"userId": "5"}]}]}, True),
        ("/public/check", {"userInfo": {"user": {"id": USER}}}, True),
        ("/public/posts", {"itemList": [{"id": "1", "author": {"id": "5"}, "textExtra": [{"userId": USER}]}]}, False),
        ("/public/posts", {"itemList": []}, False),
        ("/public/followers", {"userList": [{"user": {"id": USER}}]}, False),
        ("/nowhere", {"author": {"id": USER}}, False),
    ],
)
def test_a_response_tells_whose_the_sec_uid_is_that_it_was_asked_by(endpoint: str, body: dict[str, Any], theirs: bool) -> None:
    found = Person(USER)
    discovery.from_request(found, "tikapi", endpoint, f"count=30&secUid={SECUID}", json.dumps(body).encode())
    assert found.secuids == ({SECUID} if theirs else set())


def test_it_goes_from_keys_cursors_and_requests() -> None:
    found = person()
    found.add_profile("", "", SECUID)
    one = Rewriter(found, bytes(32))
    for feed in (Feed.POSTS, Feed.PROFILE, Feed.FOLLOWERS):
        assert one.key(cursors.to_text(FeedKey("tikapi", feed, SECUID))) == f"tikapi/{feed.value}/{one.token(SECUID)}"
    for secuid in (SECUID, NAMES.of("secuid", SECUID)):
        row = {
            "endpoint": "/public/posts",
            "request_param": f"count=30&secUid={secuid}",
            "payload": '{"itemList":[{"desc":"words"}]}',
        }
        kept = one.record(row)
        assert (kept["payload"], kept["request_param"]) == ("", f"count=30&secUid={one.token(secuid)}")
    record = {"feed_key": f"tikapi/posts/{SECUID}", "cursor": f"{SECUID}|12", "pages": 1}
    assert SECUID not in json.dumps(one.record(record))
    others = {"feed_key": f"tikapi/posts/{OTHERS}", "cursor": f"{OTHERS}|12", "pages": 1}
    assert one.record(others) == others
    assert one.record(record)["feed_key"].startswith(f"tikapi/posts/{FORGOTTEN_PREFIX}")
