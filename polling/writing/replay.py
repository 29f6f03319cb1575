"""Puts dead letters that are good now into their topic again, each exactly once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

from connectors.errors import TokpulseError
from connectors.kafka.avro import AvroCodec, Record, WireFormatError, split
from connectors.kafka.dead_letters import REPLAYED_HEADER, DeadLetter, ranges, unreplayed
from connectors.kafka.log import committed
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.producer_errors import FencedProducerError
from connectors.kafka.registry import SchemaNotFoundError, SchemaRegistry
from connectors.kafka.topics import Topics
from connectors.kafka.validation import RecordError
from polling.writing.letters import UNMAPPED
from polling.writing.origins import UnmappableError, record_of

_LOT = 500
_TRANSACTIONAL_ID = "tokpulse-dlq-replay"


class StillBadError(TokpulseError):
    """A letter that cannot go back."""


@dataclass(frozen=True)
class Outcome:
    """What a replay did with the letter at a place of its topic; `problem` is None when it went back, or would."""

    topic: str
    partition: int
    offset: int
    problem: str | None


class Reader:
    """Records from the bytes of letters. `schemas` gives the JSON text of a schema id. Not thread-safe."""

    def __init__(self, topics: Topics, schemas: Callable[[int], str]) -> None:
        self._topics = topics
        self._schemas = schemas
        self._writers: dict[int, Any] = {}
        self._readers: dict[str, AvroCodec] = {}

    def record(self, letter: DeadLetter) -> tuple[str, Record]:
        """("Avro" or "JSON", the record as the topic's schema of today has it). Raises StillBadError saying why there is none."""
        if letter.value[:1] == b"\x00":
            return "Avro", self._avro(letter)
        try:
            record = json.loads(letter.value)
        except (ValueError, RecursionError):
            raise StillBadError("neither Avro nor JSON") from None
        if not isinstance(record, dict):
            raise StillBadError(f"JSON, but a {type(record).__name__}, not a record")
        return "JSON", record

    def _avro(self, letter: DeadLetter) -> Record:
        try:
            schema_id, body = split(letter.value)
            if schema_id not in self._writers:
                self._writers[schema_id] = fastavro.parse_schema(json.loads(self._schemas(schema_id)))
        except (WireFormatError, SchemaNotFoundError) as error:
            raise StillBadError(error.message) from None
        except (ValueError, KeyError, SchemaParseException) as error:  # the registry may hold schemas of other kinds
            raise StillBadError(f"schema {schema_id} is not Avro: {error or type(error).__name__}") from None
        if letter.source not in self._readers:
            self._readers[letter.source] = AvroCodec(self._topics[letter.source].schema_text())
        buffer = BytesIO(body)
        try:
            record = fastavro.schemaless_reader(buffer, self._writers[schema_id], self._readers[letter.source].declared)
        except Exception as error:  # fastavro raises whatever its C code meets
            raise StillBadError(f"schema {schema_id}: {error or type(error).__name__}") from None
        if buffer.tell() != len(body):
            raise StillBadError(f"{len(body) - buffer.tell()} bytes left over")
        if not isinstance(record, dict):
            raise StillBadError("not a record")
        return record


def repaired(reader: Reader, encode: Callable[[str, Record], bytes], topics: Topics, letter: DeadLetter) -> tuple[str, bytes]:
    """Key and value with which `letter` goes back to its topic. Raises StillBadError."""
    kind, record = reader.record(letter)
    if letter.reason == UNMAPPED:
        # As the upstream had it: mapped as it would be today.
        try:
            record = record_of(letter.headers, record)
        except UnmappableError as error:
            raise StillBadError(f"{kind}: {error}") from None
    try:
        value = encode(letter.source, record)
    except RecordError as error:
        raise StillBadError(f"{kind}: {error.field} {error.problem}") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise StillBadError(f"{kind}: {error}") from None
    return str(record[topics[letter.source].key]), value


def replay(
    servers: str,
    registry: SchemaRegistry,
    topics: Topics,
    dlq: str,
    select: Callable[[DeadLetter], bool],
    dry_run: bool = False,
    limit: int = 100_000,
) -> list[Outcome]:
    """Produces the selected letters of the topic `dlq` that are good now to their source; at most `limit` are looked at.

    Each lot is one transaction of the records and of a mark that says so, so that a replay that dies goes on where it was: a letter
    goes back once. What is still bad stays. No more letters than a lot are in memory. Raises FencedProducerError when another
    replay of this topic began.
    """
    settings = ProducerSettings(servers, transactional_id=None if dry_run else f"{_TRANSACTIONAL_ID}-{dlq}")
    producer = AvroProducer(settings, registry, topics)
    producer.connect(dlq, topics[dlq.removesuffix(".dlq")].name)
    try:
        if not dry_run:
            # Before reading: what an older replay had begun is aborted by then.
            producer.take_over()
        letters = islice(unreplayed(lambda: committed(servers, dlq, whole=True), select), limit)
        reader = Reader(topics, registry.by_id)
        outcomes: list[Outcome] = []
        while lot := list(islice(letters, _LOT)):
            returning, looked_at = _split(lot, reader, producer, topics)
            if returning and not dry_run:
                _commit(producer, returning)
            outcomes += looked_at
        return outcomes
    except FencedProducerError as error:
        raise FencedProducerError(
            f"another replay of {dlq} took over", "wait until it ends, then check what is left: `tokpulse dlq list`"
        ) from error


Repaired = list[tuple[DeadLetter, str, bytes]]


def _split(letters: Sequence[DeadLetter], reader: Reader, producer: AvroProducer, topics: Topics) -> tuple[Repaired, list[Outcome]]:
    returning: Repaired = []
    outcomes = []
    for letter in letters:
        try:
            key, value = repaired(reader, producer.encode, topics, letter)
        except StillBadError as error:
            outcomes.append(Outcome(letter.topic, letter.partition, letter.offset, error.message))
        else:
            returning.append((letter, key, value))
            outcomes.append(Outcome(letter.topic, letter.partition, letter.offset, None))
    return returning, outcomes


def _commit(producer: AvroProducer, returning: Iterable[tuple[DeadLetter, str, bytes]]) -> None:
    marks: dict[tuple[str, int], list[int]] = defaultdict(list)
    with producer.transaction():
        for letter, key, value in returning:
            producer.produce_encoded(letter.source, key, value)
            marks[letter.topic, letter.partition].append(letter.offset)
        for (topic, partition), offsets in marks.items():
            producer.produce_encoded(topic, None, b"", partition=partition, headers={REPLAYED_HEADER: ranges(offsets).encode()})
