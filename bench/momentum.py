"""From the observation with which a post takes off to its alert on the topic, beside a steady stream of others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from confluent_kafka import Consumer, TopicPartition

from bench.figures import percentile, table
from bench.flink_runs import BenchError, all_running, run_line, submit_line
from bench.live_stream import TOPIC, LiveStream, observation, running, wall_ms
from bench.own_stack import PARALLELISM, OwnStack, own_stack
from bench.progress import Progress
from bench.steady import EventClock
from connectors.clock import MINUTE_MS
from connectors.kafka import clients

ALERTS = "tiktok.momentum.alerts"
RATE = 2_000
# Of the stream, every so many is a post that takes off: ten a second.
ONE_IN = 200
BACKGROUND = 20_000
WARM_UP_S = 60
MOST_S = 300
_START_S = 120.0
_ARRIVAL_S = 30.0
HOW_MEASURED = (
    "From the time that the observation carries, when it is handed to the producer, to a read_committed consumer that has its "
    "alert. The pipeline runs with its default settings, checkpoints among them."
)


@dataclass(frozen=True)
class Momentum:
    """Seconds from observation to alert, of every post that took off after the warm-up."""

    seconds: list[float]
    sent: int
    behind_s: float

    def text(self) -> str:
        """The table for the terminal."""
        rows = [(f"p{share * 100:g}", f"{percentile(self.seconds, share):.2f} s") for share in (0.5, 0.99, 1.0)]
        what = f"{len(self.seconds):,} alerts among {self.sent:,} observations, {RATE:,} a second."
        return f"{table(('observation to alert on the topic', ''), rows)}\n\n{what} {HOW_MEASURED}"

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "alerts": len(self.seconds),
            "observations": self.sent,
            "producer_behind_s": self.behind_s,
            "how_measured": HOW_MEASURED,
            "p50_s": percentile(self.seconds, 0.5),
            "p99_s": percentile(self.seconds, 0.99),
            "max_s": max(self.seconds),
        }


def measure(seconds: int, progress: Progress) -> Momentum:
    """Starts a stack and the live pipeline, and lets posts take off for `seconds` after a warm-up. Raises BenchError."""
    with own_stack() as stack, stack.producer() as producer:
        began_at = wall_ms()
        count = (WARM_UP_S + seconds) * RATE // ONE_IN
        for number in range(count):
            for minutes in (50, 40, 35):
                producer.produce(TOPIC, _seen(number, began_at - minutes * MINUTE_MS, 1_000))
        producer.flush()
        with progress.waiting("submitting the live pipeline"):
            job_id = run_line(submit_line("--detached", "--parallelism", str(PARALLELISM), job="pipeline"), stack)
            with httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
                all_running(job_id, rest, _START_S)
        now = wall_ms()
        clock = EventClock(now, now + (WARM_UP_S + seconds) * 1000)
        with _following(stack) as arrived, running(LiveStream(producer, [clock], BACKGROUND, RATE, _record)) as stream:
            progress.line(f"{count:,} posts take off within {WARM_UP_S + seconds} s")
            time.sleep(max(0.0, (clock.ends_at - wall_ms()) / 1000))
            deadline = wall_ms() + _ARRIVAL_S * 1000
            while len(arrived) < stream.sent // ONE_IN:
                if stream.failure is not None:
                    raise BenchError(f"the stream broke off: {stream.failure}") from stream.failure
                if wall_ms() > deadline:
                    raise BenchError(f"{len(arrived)} alerts of {stream.sent // ONE_IN} came", "the JobManager's log may say why")
                time.sleep(0.1)
            counted_from = now + WARM_UP_S * 1000
            return Momentum(
                [(at - observed) / 1000 for observed, at in arrived.values() if observed >= counted_from],
                stream.sent,
                stream.behind_s,
            )


@contextmanager
def _following(stack: OwnStack) -> Iterator[dict[str, tuple[int, int]]]:
    """By post: when it was observed, and when its alert was read; Unix milliseconds."""
    arrived: dict[str, tuple[int, int]] = {}
    ended = threading.Event()
    consumer = clients.reader(stack.endpoints.kafka_bootstrap_servers, "bench-momentum", client_id="bench", fetch_wait_max_ms=20)
    partitions = consumer.list_topics(ALERTS, timeout=30).topics[ALERTS].partitions
    consumer.assign([TopicPartition(ALERTS, partition, 0) for partition in partitions])
    thread = threading.Thread(target=_follow, args=(consumer, arrived, ended), name="alerts", daemon=True)
    thread.start()
    try:
        yield arrived
    finally:
        ended.set()
        thread.join()
        consumer.close()


def _follow(consumer: Consumer, arrived: dict[str, tuple[int, int]], ended: threading.Event) -> None:
    while not ended.is_set():
        for message in consumer.consume(100, timeout=0.02):
            headers = message.headers() if message.error() is None else None
            name = headers[0][1] if isinstance(headers, list) else None
            if isinstance(name, bytes):
                post, _, moment = name.decode().partition("/")
                arrived[post] = (_milliseconds(moment), wall_ms())


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


def _record(post: int, number: int, at_ms: int) -> dict[str, object]:
    """Every ONE_INth is a post that takes off; the others gain nothing."""
    return _seen(number // ONE_IN, at_ms, 201_000) if number % ONE_IN == ONE_IN - 1 else observation(post, 1, at_ms)


def _seen(number: int, at_ms: int, plays: int) -> dict[str, object]:
    return observation(number, 0, at_ms) | {"aweme_id": f"take-off-{number}", "play_count": plays}
