"""A poller that kills or stops itself: reads orders from standard input, one JSON object per line, and answers each with a line.

Every order is carried out by a child of its own, forked when everything is imported, which reads all feeds once and gets SIGKILL
at the step that the order names, if it comes that far. Steps are all moments between two of: request, produce, commit.

With `stops_before` it gets SIGSTOP instead, before the second of these calls (the first commit is that of its claim), and the
answer `{"stopped": PID}` comes at once; whoever reads it sends SIGCONT. `log` of the last answer is the end of the child's log.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from connectors.errors import TokpulseError
from connectors.kafka.producer import ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask
from polling.credits.reservations import ReservationFile
from polling.poller import http_source, poller
from polling.schedule.fetching import Fetch, Fetched
from polling.schedule.options import Options
from polling.watchlist import WatchedFile
from polling.writing.writer import KafkaPageWriter, WriterSettings, page_writer

# Characters: a pipe takes so many though nobody reads it yet.
_LOG = 20_000


class Steps:
    """Counts the moments at which the process may die, and dies at the one it was told."""

    def __init__(self, deadly: int, stops_before: str = "") -> None:
        self.passed = 0
        self._deadly = deadly
        self._stops_before, self._calls = stops_before, 0

    def step(self) -> None:
        self.passed += 1
        if self.passed == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, call: str, client: Any) -> None:
        self.step()
        if call == self._stops_before:
            self._calls += 1
            if self._calls == 2:
                # The broker has to know of the transaction.
                client.flush(30)
                os.kill(os.getpid(), signal.SIGSTOP)

    def around(self, fetch: Fetch) -> Fetch:
        def fetched(ask: Ask) -> Fetched:
            self.step()
            found = fetch(ask)
            self.step()
            return found

        return fetched

    def within(self, writer: KafkaPageWriter) -> None:
        """Steps around what the writer's producer does to Kafka."""
        avro: Any = writer._producer
        avro._channel.client = Interposed(avro._channel.client, self)


class Interposed:
    """A Kafka producer with a step before and after each call that matters."""

    def __init__(self, producer: Any, steps: Steps) -> None:
        self._producer = producer
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._producer, name)
        if name not in ("init_transactions", "begin_transaction", "produce", "produce_batch", "flush", "commit_transaction"):
            return method

        def call(*args: Any, **named: Any) -> Any:
            self._steps.before(name, self._producer)
            result = method(*args, **named)
            self._steps.step()
            return result

        return call


def poll_once(order: dict[str, Any]) -> int:
    """Reads every feed once; returns how many steps there were."""
    steps = Steps(order["die_at"], order.get("stops_before", ""))
    settings = ProducerSettings(order["servers"])
    if "transaction_timeout_ms" in order:
        short = int(order["transaction_timeout_ms"])
        settings = replace(settings, delivery_timeout_ms=short, transaction_timeout_ms=short)
    with (
        httpx.Client(trust_env=False) as client,
        SchemaRegistry(order["registry"]) as registry,
    ):
        writer = page_writer(order["servers"], registry, WriterSettings(prefix="victim"), settings)
        steps.within(writer)
        with writer:
            source = http_source(UPSTREAMS["tikliveapi"], order["url"], order["key"], client)
            poller(
                replace(source, fetch=steps.around(source.fetch)),
                writer,
                WatchedFile(Path(order["watchlist"])),
                ReservationFile(Path(order["folder"]), "victim"),
                Options(in_flight=order["in_flight"], once=True),
            ).run()
    return steps.passed


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """What the child says when it has ended: how many steps there were, or which error ended it, and its log."""
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.WARNING, force=True)
    try:
        return {"steps": poll_once(order), "log": log.getvalue()[-_LOG:]}
    except TokpulseError as error:
        return {"error": str(error), "log": log.getvalue()[-_LOG:]}


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, json.dumps(carry_out(order)).encode())
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            print(json.dumps({"stopped": child}), flush=True)
        with os.fdopen(reading) as answer:
            result = json.loads(answer.read() or "{}")
        if os.WIFSTOPPED(status):
            _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        code = None if killed else os.waitstatus_to_exitcode(status)
        print(json.dumps({"killed": killed, "code": code, **result}), flush=True)


if __name__ == "__main__":
    main()
