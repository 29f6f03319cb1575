"""A run looks again until nothing is left, tells pollers what it has found, and can be repeated when more kept coming."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka import clients
from connectors.kafka.topics import Topic, load_topics
from polling.personal.forgotten import Forgotten
from privacy import discovery, forget, logs
from privacy.forget import Forgetting, StillThereError
from privacy.journal import BusyError, Journal, alone
from privacy.logs import Logs
from privacy.messages import Messages
from privacy.person import Person
from privacy.rewriting import Rewriter

USER = "6900000000000000777"
POSTS = load_topics()["tiktok.posts.events"]


@dataclass
class Record:
    """As much of a Kafka message as is read of it."""

    number: int
    body: bytes
    where: str = POSTS.name

    def topic(self) -> str:
        return self.where

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.number

    def key(self) -> bytes:
        return b"k"

    def value(self) -> bytes:
        return self.body

    def headers(self) -> list[tuple[str, bytes]]:
        return []

    def timestamp(self) -> tuple[int, int]:
        return 1, 1


class Done:
    def result(self, timeout: float) -> None:
        """All that is asked of it has been done."""


@dataclass
class Broker:
    """One partition, and the offsets that groups have noted. It is the admin, the producer and the consumer of `privacy.logs`."""

    records: list[Record] = field(default_factory=list)
    start: int = 0
    end: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    group: str = ""
    cuts: int = 0
    broken: bool = False

    def put(self, body: bytes) -> None:
        self.records.append(Record(self.end, body))
        self.end += 1

    # Kafka's
    def produce(self, topic: str, value: bytes, **_: Any) -> None:
        self.put(value)

    def send_offsets_to_transaction(self, places: list[Any], group: str, timeout: float) -> None:
        self.notes[group] = places[0].offset

    def consumer_group_metadata(self) -> str:
        return self.group

    def committed(self, places: list[Any], timeout: float) -> list[Any]:
        places[0].offset = self.notes.get(self.group, -1001)
        return places

    def delete_records(self, places: list[Any], request_timeout: float) -> dict[int, Done]:
        if self.broken:
            raise KeyboardInterrupt
        self.cuts += 1
        self.start = max(self.start, places[0].offset)
        self.records = [record for record in self.records if record.number >= self.start]
        return {0: Done()}

    def delete_consumer_groups(self, groups: list[str]) -> dict[str, Done]:
        for group in groups:
            self.notes.pop(group, None)
        return dict.fromkeys(groups, Done())

    def nothing(self, *_: Any) -> None:
        """For what leaves no trace here."""

    init_transactions = begin_transaction = commit_transaction = close = poll = nothing

    def read(self, servers: str, topic: str, wanted: Mapping[int, tuple[int, int]], *, aborted: bool = False) -> Iterator[Record]:
        low, high = wanted.get(0, (0, 0))
        return iter([record for record in self.records if low <= record.number < high])


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()

    def reader(servers: str, group: str) -> Broker:
        made.group = group
        return made

    monkeypatch.setattr(clients, "reader", reader)
    monkeypatch.setattr(clients, "producer", lambda servers, settings: made)
    monkeypatch.setattr(clients, "admin", lambda servers: made)
    monkeypatch.setattr(logs, "set_configs", made.nothing)
    monkeypatch.setattr(logs, "settle", made.nothing)
    monkeypatch.setattr(logs, "read", made.read)
    monkeypatch.setattr(
        logs, "bounds", lambda servers, topic: {0: (made.start, made.end)} if topic == POSTS.name and made.records else {}
    )
    return made


class NoTables:
    """Tables without a trace."""

    def __init__(self, *_: object) -> None:
        self.forgotten = 0

    def forget_search(self) -> None:
        self.forgotten += 1

    def withdraw(self) -> None:
        """Nobody is opted in."""

    def look_for(self, person: Person) -> None:
        assert self.forgotten == 0, "each round has its own"

    def known(self) -> list[Any]:
        return []


def of_schema(schema_id: int) -> str:
    raise AssertionError(f"no record here has a schema, not {schema_id}")


def started(folder: Path) -> Forgetting:
    client: Any = None
    return Forgetting(Journal.open(folder, USER), "nowhere:1", client, "http://h/tokpulse", load_topics(), of_schema)


def dirty() -> bytes:
    return f"of {USER}, who is no JSON".encode()


def test_after_rounds_in_which_more_kept_coming_the_same_command_succeeds(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    coming = ["dirty"] * forget.ROUNDS

    def more_comes(person: Person, servers: str, topics: Iterable[Topic], messages: Messages) -> None:
        if coming:
            coming.pop()
            broker.put(dirty())
            broker.put(b"of somebody else")

    monkeypatch.setattr(discovery, "from_tables", lambda person, client: None)
    monkeypatch.setattr(discovery, "from_topics", more_comes)
    monkeypatch.setattr(forget, "Tables", NoTables)
    forgotten = Forgotten(tmp_path / "forgotten.json")
    with pytest.raises(StillThereError):
        started(tmp_path / "forget").run(forgotten)
    broker.put(dirty())
    assert started(tmp_path / "forget").run(forgotten).topics[POSTS.name] == 1
    assert [record.body for record in broker.records if record.body] == [b"of somebody else"] * forget.ROUNDS
    assert (broker.notes, list((tmp_path / "forget").iterdir())) == ({}, [])


def test_pollers_hear_of_names_that_a_later_round_finds(broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    handles = ["first", "second"]

    def one_more(person: Person, client: object) -> None:
        if handles:
            person.add_profile(handles.pop(0), "", "")

    monkeypatch.setattr(discovery, "from_tables", one_more)
    monkeypatch.setattr(discovery, "from_topics", lambda *_: None)
    monkeypatch.setattr(forget, "Tables", NoTables)
    broker.put(dirty())
    forgotten = Forgotten(tmp_path / "forgotten.json")
    started(tmp_path / "forget").run(forgotten)
    assert forgotten.knows("handle", "first")
    assert forgotten.knows("handle", "second")


def test_a_cut_that_a_kill_left_open_is_made_and_nothing_is_written_twice(broker: Broker) -> None:
    broker.put(dirty())
    broker.put(b"of somebody else")
    broker.broken = True
    made = [Logs("nowhere:1", Messages(of_schema), Rewriter(Person(USER), bytes(32)), "run") for _ in range(3)]
    with pytest.raises(KeyboardInterrupt):
        made[0].rewrite(POSTS, [0])
    broker.broken = False
    made[1].rewrite(POSTS, [0])
    assert [record.body for record in broker.records] == [b"", b"of somebody else"]
    broker.put(dirty())
    made[2].rewrite(POSTS, [0])
    assert [record.body for record in broker.records] == [b"", b"of somebody else", b""], "a note of a cut that was made is spent"


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path / "forget"), pytest.raises(BusyError, match="another"), alone(tmp_path / "forget"):
        pass
    with alone(tmp_path / "forget"):
        pass
