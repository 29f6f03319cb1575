"""Bodies in the shapes that people captured from 2020 to 2026, written for this project, each with the records that it must give.

Names, ids, texts and addresses are placeholders.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli.import_file import Defaults, Report, load_file
from connectors.kafka.avro import Record, header, split
from connectors.kafka.validation import RecordValidator
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask, Origin, Page, Refusal
from polling.model import FeedKey, ReadPage
from polling.writing.writer import KafkaPageWriter
from tests.connectors.upstream.recorded import ask_of
from tests.laws.test_schemas import CONTRACT
from tests.polling.test_page_writer import CODECS, NOW, TOPICS, Memory

_FOLDER = TemporaryDirectory()  # one for all: removing one costs more than reading what is in it
BODIES = Path(__file__).with_name("bodies")
RECEIVED_MS = 1_764_000_000_123
VALIDATORS = {name: RecordValidator(codec.declared, lambda: NOW) for name, codec in CODECS.items()}


@dataclass(frozen=True)
class Capture:
    """One file. `row` is what a row of the raw landing says beside the body; `bare` bodies say enough by themselves."""

    name: str
    upstream: str
    ask: Ask
    row: Mapping[str, Any]
    bare: bool
    body: dict[str, Any]
    expect: Mapping[str, Any]


@dataclass
class Outcome:
    """What became of a body: records as Kafka has them, refused items with path and reason, what was counted."""

    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    cursor: str | None = None
    refusal: Refusal | None = None
    skipped: str = ""


def captures() -> list[Capture]:
    found = []
    for path in sorted(BODIES.glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        found.append(
            Capture(path.stem, raw["upstream"], ask_of(raw["ask"]), raw.get("row", {}), raw["bare"], raw["body"], raw["expect"])
        )
    return found


def polled(capture: Capture, body: bytes) -> Outcome:
    """Read and written as a poller does."""
    dialect = UPSTREAMS[capture.upstream]
    read = dialect.read(capture.ask, Answer(200, {}, body, RECEIVED_MS))
    if isinstance(read, Refusal):
        return Outcome(refusal=read)
    memory = Memory()
    writer = KafkaPageWriter(memory, lambda topic, since: (), lambda schema_id: "", topics=TOPICS, clock=lambda: NOW)
    key = FeedKey(capture.upstream, capture.ask.feed, capture.ask.subject, capture.ask.parent)
    origin = Origin(capture.upstream, dialect.call(capture.ask).endpoint, capture.ask, RECEIVED_MS)
    writer.write_many([ReadPage(key, Page(read.observations, read.cursor, read.found, origin), RECEIVED_MS, None)])
    outcome = Outcome(cursor=read.cursor, counted=sorted(" ".join(note) for seen in read.observations for note in seen.notes))
    for topic, _, value, headers in memory.committed:
        if topic.endswith(".dlq") and "error" in headers:
            json.loads(value, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
            outcome.problems.append(headers["error"].decode().removeprefix("unmapped: "))
        elif topic in CODECS and topic.startswith("tiktok.") and topic != "tiktok.poller.cursors":
            outcome.records.append(decoded(topic, value))
    return outcome


def imported(capture: Capture, line: str) -> Outcome:
    """Loaded as `tokpulse import` does, from a file of one line."""
    outcome = Outcome()

    def produce(topic: str, record: Mapping[str, Any]) -> None:
        VALIDATORS[topic].check(record)
        outcome.records.append(decoded(topic, CODECS[topic].encode(record, header(1))))

    report = Report()
    path = Path(_FOLDER.name) / "x.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with redirect_stderr(io.StringIO()) as said:
        load_file(path, produce, report, Defaults(ingested_at_ms=RECEIVED_MS), None)
    outcome.problems = [one.removeprefix(f"{path}:1: ").removeprefix("payload.") for one in said.getvalue().splitlines()]
    outcome.skipped = ", ".join(report.skipped)
    outcome.counted = sorted(" ".join(note) for note, number in report.noted.items() for _ in range(number))
    return outcome


def row(capture: Capture, payload: object) -> str:
    """A row of the raw landing."""
    return json.dumps({**capture.row, "upstream": capture.upstream, "ingested_at": RECEIVED_MS, "payload": payload})


def decoded(topic: str, value: bytes) -> Record:
    _, body = split(value)
    return of_the_contract(CODECS[topic].decode(body))


def of_the_contract(record: Record) -> Record:
    """Without fields that have come since: the recorded cases of the upstreams have those."""
    known = {name for _, names in CONTRACT.values() for name in names.split()}
    return {name: value for name, value in record.items() if name in known}
