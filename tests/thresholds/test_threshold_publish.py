"""Topic first, then table: on a real table, with a stand-in for the topic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.endpoints import Endpoints
from connectors.kafka.producer_errors import FencedProducerError, ProducerError, TransactionExpiredError
from tests.thresholds.conftest import Database
from thresholds import publish as module
from thresholds.file import SHIPPED_FILE, ThresholdsFileError, load_thresholds
from thresholds.model import ThresholdVersion
from thresholds.publish import HalfPublishedError, LostRaceError, establish, publish, publish_first, stored, sync
from thresholds.table import write_table
from thresholds.topic import TOPIC, Log
from thresholds.versions import StaleBaseError, VersionError, at, follow, from_record

pytestmark = pytest.mark.clickhouse
T0 = 1_767_571_200_000
SHIPPED = load_thresholds(SHIPPED_FILE)


@dataclass
class Topic:
    """What was committed to the topic, and what the open transaction has written."""

    versions: list[ThresholdVersion] = field(default_factory=list)
    open: list[ThresholdVersion] = field(default_factory=list)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.open = []
        yield
        self.versions += self.open

    def produce(self, topic: str, record: dict[str, Any]) -> None:
        assert topic == TOPIC
        times = {name: at(record[name]) for name in ("effective_from", "published_at")}
        self.open.append(from_record(record | times))


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    stand_in = Topic()

    @contextmanager
    def producer(_: Endpoints) -> Iterator[tuple[Any, Any]]:
        class Registry:
            @staticmethod
            def by_id(_: int) -> str:
                raise AssertionError

        yield stand_in, Registry

    monkeypatch.setattr(module, "_producer", producer)
    monkeypatch.setattr(module, "read_topic", lambda *_: Log(tuple(stand_in.versions), ()))
    return stand_in


@pytest.fixture
def endpoints(database: Database, tmp_path: Path) -> Endpoints:
    values = {"CLICKHOUSE_URL": database.url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    return Endpoints(values, tmp_path / "env")


@pytest.mark.parametrize("ended_with", [FencedProducerError, TransactionExpiredError])
def test_the_loser_of_two_simultaneous_calls_is_told_to_run_it_again(
    topic: Topic, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch, ended_with: type[ProducerError]
) -> None:
    publish_first(endpoints)

    def fenced(_: str, record: dict[str, Any]) -> None:
        raise ended_with("transaction aborted: another producer uses transactional id 'tokpulse-thresholds'", "stop the other one")

    monkeypatch.setattr(topic, "produce", fenced)
    with pytest.raises(LostRaceError, match="somebody else published thresholds at the same moment") as caught:
        publish(endpoints, replace(SHIPPED, unknown_authors=7.0), T0, "ada", "")
    assert caught.value.hint.startswith("run it again")
    with pytest.raises(StaleBaseError) as stale:
        publish(endpoints, SHIPPED, T0, "ada", "", base="v7-00000000")
    assert stale.value.hint.endswith("run it again")
    assert len(stored(endpoints)) == 1


def test_the_first_version_is_in_force_since_1970_and_published_once(topic: Topic, endpoints: Endpoints) -> None:
    (line,) = publish_first(endpoints)
    (version,) = stored(endpoints)
    assert line == f"published thresholds {version.version} from thresholds.yaml"
    assert (version.sequence, version.effective_from_ms, version.thresholds) == (1, 0, SHIPPED)
    assert topic.versions == [version]
    assert establish(endpoints) == []
    assert stored(endpoints) == topic.versions == [version]


def test_an_invalid_file_is_an_error_only_when_it_is_needed(topic: Topic, endpoints: Endpoints, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("trending: 1\n")
    with pytest.raises(ThresholdsFileError, match=r"bad\.yaml:1"):
        establish(endpoints, bad)
    assert (stored(endpoints), topic.versions) == ([], [])
    publish_first(endpoints)
    assert establish(endpoints, bad) == []


def test_a_new_database_gets_what_the_topic_holds(topic: Topic, endpoints: Endpoints) -> None:
    first = follow([], SHIPPED, 0, T0, "", "")
    topic.versions = [first, follow([first], replace(SHIPPED, unknown_authors=7.0), T0, T0, "ada", "why")]
    assert establish(endpoints) == [f"copied thresholds {version.version} from {TOPIC} to ClickHouse" for version in topic.versions]
    assert stored(endpoints) == topic.versions
    assert sync(endpoints) == []


def test_the_table_is_never_copied_to_the_topic(topic: Topic, endpoints: Endpoints, database: Database) -> None:
    only_here = follow([], SHIPPED, 0, T0, "", "")
    write_table(database.client, database.url, [only_here])
    assert establish(endpoints) == []
    assert topic.versions == []
    version = publish(endpoints, replace(SHIPPED, unknown_authors=7.0), T0, "ada", "")
    assert (version.sequence, topic.versions) == (2, [version])
    assert stored(endpoints) == [only_here, version]


def test_what_the_topic_knows_counts_even_when_the_table_does_not(topic: Topic, endpoints: Endpoints) -> None:
    first = follow([], SHIPPED, T0, T0, "", "")
    topic.versions = [first]
    with pytest.raises(VersionError, match="is not after"):
        publish(endpoints, replace(SHIPPED, unknown_authors=7.0), T0, "ada", "")
    assert topic.versions == [first]
    assert stored(endpoints) == []


def test_a_table_that_fails_is_mended_by_sync(topic: Topic, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_first(endpoints)
    with monkeypatch.context() as broken:

        def refuse(*_: Any) -> None:
            raise ClickHouseUnavailableError("ClickHouse is away")

        broken.setattr(module, "write_table", refuse)
        with pytest.raises(
            HalfPublishedError, match=r"v2-\w{8} is in tokpulse\.thresholds, but not in ClickHouse: ClickHouse is away"
        ):
            publish(endpoints, replace(SHIPPED, unknown_authors=7.0), T0, "ada", "")
    assert len(stored(endpoints)) == 1
    assert len(sync(endpoints)) == 1
    assert stored(endpoints) == topic.versions
