"""Where simulated records go: Kafka through the project's producer, or a JSONL file."""

from __future__ import annotations

import base64
import json
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from connectors.kafka.producer import AvroProducer
from simulator.delivery import Delivery
from simulator.malformed import MalformedEncoder
from simulator.settings import POSTS, USERS, SimulationSettings

# Schema ids inside the raw bytes of a JSONL file, which has no registry.
NOMINAL_IDS = (1, 2)  # of posts, of users


class Sink(Protocol):
    """Takes deliveries in order of arrival; everything is written when the context ends without an error."""

    def write(self, delivery: Delivery) -> None:
        """Takes one record."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def jsonl_line(delivery: Delivery, malformed: MalformedEncoder) -> str:
    """One JSON object: topic, key, fate, then `value` (the record), or `malformed` (the kind) and `raw` (base64)."""
    line: dict[str, Any] = {"topic": delivery.topic, "key": delivery.key, "fate": delivery.fate.value}
    if delivery.malformed is None:
        line["value"] = delivery.record
    else:
        line["malformed"] = delivery.malformed.value
        line["raw"] = base64.b64encode(malformed.encode(delivery.malformed, delivery.record)).decode()
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


class JsonlSink:
    """Writes UTF-8 lines to `path`, through a temporary file: a file under its final name is complete."""

    def __init__(self, path: Path, settings: SimulationSettings) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".part")
        self._malformed = MalformedEncoder(*NOMINAL_IDS, oversize_bytes=settings.oversize_bytes)
        self._file: TextIO | None = None

    def write(self, delivery: Delivery) -> None:
        """Appends one line."""
        assert self._file is not None, "use the sink as a context manager"
        self._file.write(jsonl_line(delivery, self._malformed))
        self._file.write("\n")

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._partial.open("w", encoding="utf-8", newline="\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._file is not None
        self._file.close()
        if error is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


class KafkaSink:
    """Writes through `producer`, in transactions of `transaction_size` records when it is not 0."""

    def __init__(self, producer: AvroProducer, settings: SimulationSettings, transaction_size: int = 0) -> None:
        self._producer = producer
        self._settings = settings
        self._size = transaction_size
        self._open = 0
        self._transaction: AbstractContextManager[None] | None = None
        self._malformed: MalformedEncoder | None = None

    def write(self, delivery: Delivery) -> None:
        """Queues one record, waiting while the producer's queue is full."""
        if self._size and self._transaction is None:
            self._transaction = self._producer.transaction()
            self._transaction.__enter__()
        if delivery.malformed is None:
            self._producer.produce(delivery.topic, delivery.record, delivery.key)
        else:
            value = self._malformed_encoder().encode(delivery.malformed, delivery.record)
            self._producer.produce_encoded(delivery.topic, delivery.key, value)
        self._open += 1
        if self._size and self._open >= self._size:
            self._end_transaction(None, None, None)
        elif self._open % 1000 == 0:
            self._producer.poll()

    def __enter__(self) -> Self:
        self._producer.connect(*self._settings.topics)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end_transaction(kind, error, trace)
        if error is None:
            self._producer.flush()

    def _end_transaction(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        transaction, self._transaction, self._open = self._transaction, None, 0
        if transaction is not None:
            transaction.__exit__(kind, error, trace)

    def _malformed_encoder(self) -> MalformedEncoder:
        if self._malformed is None:
            ids = (self._producer.schema_id(POSTS), self._producer.schema_id(USERS))
            self._malformed = MalformedEncoder(*ids, oversize_bytes=self._settings.oversize_bytes)
        return self._malformed
