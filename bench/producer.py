"""Posts per second of one poller's way into Kafka, beside a plain producer of ready bytes, and where the time goes."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Producer

from bench.figures import Spread, ratios, table
from bench.own_stack import OwnStack, own_stack
from bench.pages import PER_PAGE, POSTS, pages
from bench.progress import Progress
from connectors.kafka import clients
from connectors.kafka.avro import AvroCodec, header
from connectors.kafka.producer import ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from polling.model import ReadPage
from polling.writing.repeats import Repeats
from polling.writing.writer import KafkaPageWriter, WriterSettings, page_writer

RECORDS = 210_000
GROUP = 500
PLAIN = "confluent-kafka alone, ready bytes"
GROUPED = f"writer, {GROUP} pages per transaction"
SINGLE = "writer, one page per transaction"
# A commit per page takes so much longer that fewer tell as much.
SINGLE_SHARE = 20
Steps = dict[str, float]


@dataclass
class ProducerSpeed:
    """Posts/s of each contender, one value per round, and nanoseconds per record of this thread: all of it, and each step alone."""

    records: int
    rates: dict[str, list[float]] = field(default_factory=lambda: {PLAIN: [], GROUPED: [], SINGLE: []})
    busy: dict[str, list[float]] = field(default_factory=lambda: {PLAIN: [], GROUPED: [], SINGLE: []})
    steps: dict[str, list[float]] = field(default_factory=dict)

    def text(self) -> str:
        """Two tables: rates, and the reason for the gap between them."""
        rows = [(name, *Spread.of(values).cells(",.0f")) for name, values in self.rates.items()]
        rows.append((f"ratio to {PLAIN}", *Spread.of(ratios(self.rates[GROUPED], self.rates[PLAIN])).cells(".2f")))
        parts = [(name, *Spread.of(values).cells(",.0f")) for name, values in self.steps.items()]
        parts.append(("all that this thread does in the writer", *Spread.of(self.busy[GROUPED]).cells(",.0f")))
        whole = Spread.of([1e9 / rate for rate in self.rates[GROUPED]])
        parts.append(("with commits and waiting for a core", *whole.cells(",.0f")))
        return (
            table(("posts/s", "min", "median", "max"), rows)
            + "\n\n"
            + table(("ns per record", "min", "median", "max"), parts)
            + f"\n{self.records:,} posts in pages of {PER_PAGE}, from the first record to the last acknowledgement or commit."
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON, with every round."""
        return {
            "records": self.records,
            "posts_per_second": self.rates,
            "ns_per_record": self.steps,
            "thread_ns_per_record": self.busy,
        }


def measure(rounds: int, progress: Progress, records: int = RECORDS) -> ProducerSpeed:
    """Starts a stack; contenders take turns."""
    result = ProducerSpeed(records)
    with own_stack() as stack, SchemaRegistry(stack.endpoints.schema_registry_url) as registry:
        servers = stack.endpoints.kafka_bootstrap_servers
        with page_writer(servers, registry, WriterSettings(prefix="bench")) as writer:
            for number in range(rounds + 1):
                read = pages(records, number)
                values = _encoded(read)
                few = pages(records // SINGLE_SHARE, number + 1_000)
                # A poller holds a few pages, not all of these records: keep the garbage collector from walking them.
                gc.collect()
                gc.freeze()
                turns: dict[str, tuple[int, Callable[[], float]]] = {
                    PLAIN: (records, lambda values=values: _plain(stack, values)),  # type: ignore[misc]
                    GROUPED: (records, lambda read=read: _written(writer, read, GROUP)),  # type: ignore[misc]
                    SINGLE: (len(few) * PER_PAGE, lambda few=few: _written(writer, few, 1)),  # type: ignore[misc]
                }
                for name, (count, turn) in turns.items():
                    busy = time.thread_time()
                    rate = count / turn()
                    busy = (time.thread_time() - busy) / count * 1e9
                    progress.line(f"{'warm-up' if number == 0 else f'round {number} of {rounds}'}: {name}: {rate:,.0f} posts/s")
                    if number:
                        result.rates[name].append(rate)
                        result.busy[name].append(busy)
                if number:
                    for name, nanoseconds in _steps(stack, read, values).items():
                        result.steps.setdefault(name, []).append(nanoseconds)
    return result


def _encoded(read: Sequence[ReadPage]) -> list[tuple[str, bytes]]:
    codec, prefix = AvroCodec(load_topics()[POSTS].schema_text()), header(1)
    return [(seen.record["aweme_id"], codec.encode(seen.record, prefix)) for fetched in read for seen in fetched.page.observations]


def _producer(stack: OwnStack, **settings: Any) -> Producer:
    servers = stack.endpoints.kafka_bootstrap_servers
    return clients.producer(servers, ProducerSettings(servers, **settings).to_librdkafka())


def _plain(stack: OwnStack, values: Sequence[tuple[str, bytes]]) -> float:
    """The client with the product's settings and nothing else: no validation, no Avro, no transaction, a call per record."""
    producer = _producer(stack, max_queued_records=len(values))
    producer.list_topics(timeout=10)
    began = time.perf_counter()
    for key, value in values:
        producer.produce(POSTS, value, key)
    producer.flush(120)
    return time.perf_counter() - began


def _written(writer: KafkaPageWriter, read: Sequence[ReadPage], group: int) -> float:
    began = time.perf_counter()
    for first in range(0, len(read), group):
        writer.write_many(read[first : first + group])
    return time.perf_counter() - began


def _steps(stack: OwnStack, read: Sequence[ReadPage], values: Sequence[tuple[str, bytes]]) -> Steps:
    """Each step over all records by itself; the rest of the whole is the writer's loop, commits, and waiting for a core."""
    codec, prefix = AvroCodec(load_topics()[POSTS].schema_text()), header(1)
    check = RecordValidator(codec.declared).check
    records = [seen.record for fetched in read for seen in fetched.page.observations]
    repeats = Repeats()
    now_ms = records[0]["ingested_at"]

    def validate() -> None:
        for record in records:
            check(record)

    def encode() -> None:
        for record in records:
            codec.encode(record, prefix)

    def digest() -> None:
        pending: dict[int, int] = {}
        for key, value in values:
            repeats.compare(POSTS, key, value, now_ms, pending)
        repeats.mark(pending, now_ms)

    producer = _producer(stack, linger_ms=60_000, max_queued_records=len(values))
    producer.list_topics(timeout=10)

    def produce() -> None:
        for first in range(0, len(values), 500):
            producer.produce_batch(POSTS, [{"key": key, "value": value} for key, value in values[first : first + 500]])

    steps = {"validate": validate, "encode": encode, "digest, compare, mark": digest, "hand over to librdkafka": produce}
    costs = {}
    for name, step in steps.items():
        began = time.thread_time_ns()
        step()
        costs[name] = (time.thread_time_ns() - began) / len(records)
    producer.purge()
    producer.flush(10)
    return costs
