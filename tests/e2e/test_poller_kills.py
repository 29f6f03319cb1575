"""kill -9 of the poller between any two of request, produce and commit: no lost page, no doubled observation."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import HOUR_MS, wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.kafka.log import committed
from connectors.kafka.registry import SchemaRegistry
from connectors.paths import REPOSITORY
from connectors.upstream.model import Feed, Page
from polling.model import FeedKey, ReadPage, Written
from polling.writing import cursors
from polling.writing.writer import OBSERVED, WriterSettings, page_writer
from simulator.settings import SimulationSettings
from simulator.upstream.server import FakeUpstream
from simulator.upstream.watchlist import write_watchlist
from tests.waiting import until

from .stack_process import Stack
from .upstream_day import counter_names, in_kafka, not_once

pytestmark = [pytest.mark.kafka, pytest.mark.http, pytest.mark.e2e]

# `make soak` kills a hundred times, which takes three minutes.
KILLS = int(os.environ.get("TOKPULSE_TEST_KILLS", "10"))


@contextmanager
def victim() -> Iterator[subprocess.Popen[str]]:
    """tests/e2e/poll_victim.py, ended by its pid."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.poll_victim"], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def the_order(endpoints: Endpoints, fake: FakeUpstream, watchlist: Path) -> dict[str, Any]:
    return {
        "servers": endpoints.kafka_bootstrap_servers,
        "registry": endpoints.schema_registry_url,
        "url": fake.url,
        "key": fake.key,
        "watchlist": str(watchlist),
        "folder": str(watchlist.parent),
        "in_flight": 3,
        "die_at": 0,
    }


def carried_out(process: subprocess.Popen[str], order: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    print(json.dumps(order), file=process.stdin, flush=True)
    return answer_of(process)


def answer_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    answer = process.stdout.readline()
    assert answer, "the victim's parent has ended"
    return dict(json.loads(answer))


@dataclass
class Still:
    """A clock that a test moves, unix milliseconds."""

    now_ms: int

    def __call__(self) -> int:
        return self.now_ms


@contextmanager
def upstream(folder: Path) -> Iterator[tuple[FakeUpstream, Path, Still]]:
    """A universe that stands still until its clock is moved, and a watchlist of it."""
    clock = Still(wall_clock_ms() - 20 * HOUR_MS)
    settings = SimulationSettings(seed=11, start_ms=clock.now_ms - 10 * HOUR_MS, hours=29, creators=4, posts=120, audience=60)
    watchlist = folder / "watchlist.yaml"
    with FakeUpstream(settings, clock=clock) as fake:
        write_watchlist(fake.world, watchlist, 4, 3, 0)
        watchlist.write_text(f"{watchlist.read_text()}credits_per_day: 1000000\npage_pause: 1ms\n")
        yield fake, watchlist, clock


def assert_once(endpoints: Endpoints, fake: FakeUpstream, since: int = 0) -> None:
    """Kafka holds what the upstream said, once: see `not_once`."""
    entries = fake.ledger.entries
    assert not_once(in_kafka(endpoints, counter_names(entries)), entries, since) == []


def test_kills_at_random_points(stack: Stack, tmp_path: Path) -> None:
    endpoints, dice = stack.endpoints, random.Random(5)
    with upstream(tmp_path) as (fake, watchlist, clock), victim() as process:
        order = the_order(endpoints, fake, watchlist)
        steps, killed = 650, 0
        while killed < KILLS:
            # Whatever is read next is new: a page that is lost is missed.
            clock.now_ms += 10 * 60_000
            died = carried_out(process, order | {"die_at": dice.randint(1, steps)})
            assert died["killed"] or "error" not in died, died
            # A round that is complete has fewer steps than the die has sides.
            steps = steps if died["killed"] else max(2, int(died["steps"]))
            killed += died["killed"]
        # The first round may be the rest of one whose beginning another poller read, with the replies that it makes known.
        since = len(fake.ledger.entries)
        for _ in range(2):
            assert "error" not in carried_out(process, order)
        assert_once(endpoints, fake, since)
        with SchemaRegistry(endpoints.schema_registry_url) as registry:
            progress = cursors.read(committed(endpoints.kafka_bootstrap_servers, cursors.TOPIC, None), registry.by_id)
        assert {state.cursor for state in progress.values()} == {None}
        assert len(progress) >= 4 * 2 + 3 * 2


@pytest.mark.parametrize("call", ["produce_batch", "commit_transaction"])
def test_a_poller_that_stood_still_in_a_transaction_goes_on(stack: Stack, tmp_path: Path, call: str) -> None:
    with upstream(tmp_path) as (fake, watchlist, _), victim() as process:
        order = the_order(stack.endpoints, fake, watchlist) | {"transaction_timeout_ms": 2_000}
        child = carried_out(process, order | {"stops_before": call})["stopped"]
        wait_for_the_brokers_abort(stack.endpoints)
        os.kill(child, signal.SIGCONT)
        ended = answer_of(process)
        assert "error" not in ended, ended
        assert "not written yet: the transaction timed out: it was open for" in ended["log"], ended
        assert_once(stack.endpoints, fake)


def test_a_poller_that_stood_still_while_another_took_over_stops(stack: Stack, tmp_path: Path) -> None:
    endpoints = stack.endpoints
    with upstream(tmp_path) as (fake, watchlist, _), victim() as process:
        order = the_order(endpoints, fake, watchlist) | {"transaction_timeout_ms": 2_000}
        child = carried_out(process, order | {"stops_before": "commit_transaction"})["stopped"]
        wait_for_the_brokers_abort(endpoints)
        with SchemaRegistry(endpoints.schema_registry_url) as registry:
            writer = page_writer(endpoints.kafka_bootstrap_servers, registry, WriterSettings(prefix="victim"))
            # It has the shard, and nothing to write.
            writer.start()
            os.kill(child, signal.SIGCONT)
            ended = answer_of(process)
            assert "another poller took over shard 0 of 1" in ended.get("error", ""), ended
            key = FeedKey("tikliveapi", Feed.POSTS, "1")
            ((counts, _),) = writer.write_many([ReadPage(key, Page((), None), 1, None)])
            assert counts == Written(0, 0, 0)


def wait_for_the_brokers_abort(endpoints: Endpoints) -> None:
    """Returns when no transaction is open in the topics of pollers."""
    for topic in (*OBSERVED, cursors.TOPIC):
        for _ in committed(endpoints.kafka_bootstrap_servers, topic, whole=True):
            pass


def test_the_older_of_two_pollers_with_one_shard_stops(stack: Stack, tmp_path: Path) -> None:
    with upstream(tmp_path) as (fake, watchlist, _):
        argv = ["poll", "--upstream", "tikliveapi", "--watchlist", str(watchlist), "--base-url", fake.url]
        key = {"TOKPULSE_TIKLIVEAPI_KEY": fake.key}
        watchlist.write_text(f"{watchlist.read_text()}tiers: {{hot: 1s, warm: 1s, cold: 1s}}\n")
        older = stack.start(*argv, **key)
        try:
            until(lambda: len(fake.ledger.entries) > 40 or older.poll() is not None, 60, "the older poller polls")
            younger = stack.start(*argv, **key)
            try:
                output, errors = older.communicate(timeout=90)
                assert older.returncode == 1, output + errors
                assert "another poller took over shard 0 of 1" in errors
                # What the older one was asking for when it stopped comes again in its time.
                seen = len(fake.ledger.entries)
                until(lambda: len(fake.ledger.entries) > seen + 20 or younger.poll() is not None, 60, "the younger one polls on")
                younger.terminate()
                output, errors = younger.communicate(timeout=60)
                assert younger.returncode == 0, output + errors
                assert fake.key not in errors
            finally:
                younger.kill()
        finally:
            older.kill()
        assert_once(stack.endpoints, fake, since=seen)
