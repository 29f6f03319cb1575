"""Publishes versions: first to the topic, which keeps them for ever, then to the table, which running jobs poll."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.clickhouse.client import connect
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.producer_errors import FencedProducerError, TransactionExpiredError
from connectors.kafka.registry import SchemaRegistry
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.model import Thresholds, ThresholdVersion
from thresholds.table import read_table, write_table
from thresholds.topic import TOPIC, Log, read_topic
from thresholds.versions import StaleBaseError, VersionError, follow, iso, newest, ordered, to_record

NEEDED = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL")
_TRANSACTIONAL_ID = "tokpulse-thresholds"


class HalfPublishedError(TokpulseError):
    """A version is in the topic, but not yet in the table that jobs read."""


class LostRaceError(TokpulseError):
    """Somebody else published at the same moment; nothing of this call is published."""


def stored(endpoints: Endpoints) -> list[ThresholdVersion]:
    """The versions that running jobs know, oldest first: those in ClickHouse."""
    url = endpoints.clickhouse_url
    client = connect(url)
    try:
        return read_table(client, url)
    finally:
        client.close()


def publish(
    endpoints: Endpoints, thresholds: Thresholds, effective_from_ms: int, author: str, comment: str, base: str = ""
) -> ThresholdVersion:
    """Publishes `thresholds` as the version after the newest one in topic and table; returns it.

    With `base`, the newest one must have that name: StaleBaseError. Of two calls at the same moment one gets a LostRaceError.
    Raises VersionError when the time is not after the newest version's, HalfPublishedError when ClickHouse
    failed after the topic was written: `sync` completes that.
    """

    def make(known: Sequence[ThresholdVersion]) -> ThresholdVersion:
        refuse_stale(known, base)
        return follow(known, thresholds, effective_from_ms, wall_clock_ms(), author, comment)

    return _publish(endpoints, make)


def refuse_stale(known: Sequence[ThresholdVersion], base: str) -> None:
    """Raises StaleBaseError unless the newest version is `base`; an empty `base` goes after any."""
    last = newest(known)
    if base and last is not None and last.version != base:
        raise StaleBaseError(
            f"{last.author} published {last.version} at {iso(last.published_at_ms)}; this change was made from {base}",
            "look at what the newer version changed (`tokpulse thresholds diff`), then run it again",
        )


def sync(endpoints: Endpoints) -> list[str]:
    """Copies versions that are in the topic but not in the table; a line for each, [] when there is nothing to do."""
    log = _read_log(endpoints)
    known = {version.version for version in stored(endpoints)}
    missing = [version for version in log.versions if version.version not in known]
    _write(endpoints, missing)
    return [*log.unreadable, *(f"copied thresholds {version.version} from {TOPIC} to ClickHouse" for version in missing)]


def publish_first(endpoints: Endpoints, path: Path = SHIPPED_FILE) -> list[str]:
    """Publishes the file as the first version, in force since 1970, when neither topic nor table has one; a line, or [].

    The file is not read otherwise. Raises ThresholdsFileError.
    """
    if stored(endpoints) or _read_log(endpoints).versions:
        return []
    thresholds = load_thresholds(path)

    def make(known: Sequence[ThresholdVersion]) -> ThresholdVersion:
        return follow(known, thresholds, 0, wall_clock_ms(), "tokpulse", f"first version, from {path.name}")

    try:
        version = _publish(endpoints, make)
    except (LostRaceError, VersionError):
        # Somebody else was first, at the same moment.
        return sync(endpoints)
    return [f"published thresholds {version.version} from {path.name}"]


def establish(endpoints: Endpoints, path: Path = SHIPPED_FILE) -> list[str]:
    """`sync`, then `publish_first`: what a new or restarted stack needs. A line per change."""
    return [*sync(endpoints), *publish_first(endpoints, path)]


def _publish(endpoints: Endpoints, make: Callable[[Sequence[ThresholdVersion]], ThresholdVersion]) -> ThresholdVersion:
    in_table = stored(endpoints)
    try:
        # The transaction fences everybody else who publishes before the topic is read: no two versions get the same number.
        with _producer(endpoints) as (producer, registry), producer.transaction():
            log = read_topic(endpoints.kafka_bootstrap_servers, registry.by_id)
            version = make(ordered([*in_table, *log.versions]))
            producer.produce(TOPIC, to_record(version) | _times(version))
    except (FencedProducerError, TransactionExpiredError) as error:
        raise LostRaceError(
            "somebody else published thresholds at the same moment; nothing of this call is published",
            "run it again: it then shows what it changes against the other version",
        ) from error
    try:
        _write(endpoints, [version])
    except TokpulseError as error:
        raise HalfPublishedError(
            f"{version.version} is in {TOPIC}, but not in ClickHouse: {error.message}",
            "when ClickHouse answers again, `tokpulse up`, `tokpulse init` or the next `thresholds apply` copies it there",
        ) from error
    return version


def _times(version: ThresholdVersion) -> dict[str, int]:
    """The record's validator knows Avro's times as the longs they are."""
    return {"effective_from": version.effective_from_ms, "published_at": version.published_at_ms}


@contextmanager
def _producer(endpoints: Endpoints) -> Iterator[tuple[AvroProducer, SchemaRegistry]]:
    settings = ProducerSettings(endpoints.kafka_bootstrap_servers, transactional_id=_TRANSACTIONAL_ID, linger_ms=0)
    with SchemaRegistry(endpoints.schema_registry_url) as registry, AvroProducer(settings, registry) as producer:
        producer.connect(TOPIC)
        yield producer, registry


def _read_log(endpoints: Endpoints) -> Log:
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        return read_topic(endpoints.kafka_bootstrap_servers, registry.by_id)


def _write(endpoints: Endpoints, versions: Sequence[ThresholdVersion]) -> None:
    url = endpoints.clickhouse_url
    client = connect(url)
    try:
        write_table(client, url, versions)
    finally:
        client.close()
