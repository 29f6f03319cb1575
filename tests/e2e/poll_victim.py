"""A poller that kills itself: reads orders from standard input, one JSON object per line, and answers each with a line.

Every order is carried out by a child of its own, forked when everything is imported, which reads all feeds once and gets SIGKILL
at the step that the order names, if it comes that far. Steps are all moments between two of: request, produce, commit.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from connectors.kafka.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask
from polling.credits.reservations import ReservationFile
from polling.poller import http_source, poller
from polling.schedule.fetching import Fetch, Fetched
from polling.schedule.options import Options
from polling.watchlist import WatchedFile
from polling.writing.writer import KafkaPageWriter, WriterSettings, page_writer


class Steps:
    """Counts the moments at which the process may die, and dies at the one it was told."""

    def __init__(self, deadly: int) -> None:
        self.passed = 0
        self._deadly = deadly

    def step(self) -> None:
        self.passed += 1
        if self.passed == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

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
        avro._channel.client = Interposed(avro._channel.client, self.step)


class Interposed:
    """A Kafka producer with a step before and after each call that matters."""

    def __init__(self, producer: Any, step: Callable[[], None]) -> None:
        self._producer = producer
        self._step = step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._producer, name)
        if name not in ("init_transactions", "begin_transaction", "produce", "produce_batch", "flush", "commit_transaction"):
            return method

        def call(*args: Any, **named: Any) -> Any:
            self._step()
            result = method(*args, **named)
            self._step()
            return result

        return call


def poll_once(order: dict[str, Any]) -> int:
    """Reads every feed once; returns how many steps there were."""
    steps = Steps(order["die_at"])
    with (
        httpx.Client(trust_env=False) as client,
        SchemaRegistry(order["registry"]) as registry,
    ):
        writer = page_writer(order["servers"], registry, WriterSettings(prefix="victim"))
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


def main() -> None:
    logging.disable(logging.WARNING)
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            steps = poll_once(order)
            os.write(writing, str(steps).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            said = answer.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(
            json.dumps({"killed": killed, "code": None if killed else os.waitstatus_to_exitcode(status), "steps": said}), flush=True
        )


if __name__ == "__main__":
    main()
