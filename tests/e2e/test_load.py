"""Load does not matter: however the records reach a running pipeline, the marts are those of a plain recomputation.

TOKPULSE_LOAD_SEEDS says how many combinations are tried (else those of QUICK), TOKPULSE_LOAD_PAUSE_S how long producers may be
silent (12): `make soak` tries 50, with silences of up to 10 min.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest

from connectors.clock import HOUR_MS
from simulator.settings import POSTS, USERS
from tests.waiting import until

from .load import Arrivals, Combination
from .marts import KEYS, Expected, Row, expected, held
from .records import differences, ledger, now_ms, producing
from .stack_process import Stack
from .throttle import throttled

# A backlog and five paces, a skewed partition, a throttled TaskManager, a kill, late and repeated records, in few minutes.
QUICK = (0, 8)
SEEDS = range(int(os.environ["TOKPULSE_LOAD_SEEDS"])) if "TOKPULSE_LOAD_SEEDS" in os.environ else QUICK
LONGEST_PAUSE_S = float(os.environ.get("TOKPULSE_LOAD_PAUSE_S", "12"))
DEADLINE_S = 480.0
pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(1500)]

# By the column that says when a row is final.
MARTS = {
    "engagement_hourly": "window_start",
    "trending_hourly": "window_start",
    "velocity_30m": "window_start",
    "follower_deltas": "t_now",
    "comments_enriched": "ingested_at",
}
ALERTS = ("tiktok.trending.alerts", "tiktok.followers.alerts")
# Judged when they are read: a snapshot that comes late takes nothing back.
MOMENTUM = ("momentum_alerts", "tiktok.momentum.alerts")


def closed(rows: list[Row], column: str, arrivals: Arrivals) -> list[Row]:
    """Without those of the hours that nothing has closed."""
    return [row for row in rows if row[column] <= arrivals.last_hour_ms + HOUR_MS]


@contextmanager
def killed_on_the_way(stack: Stack, job: str, wanted: bool) -> Iterator[None]:
    """kill -9 of the TaskManager once a checkpoint is there and rows are written."""
    done = threading.Event()
    thread = threading.Thread(target=_kill, args=(stack, job, done), name="kill")
    if wanted:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if wanted:
            thread.join()


def _kill(stack: Stack, job: str, done: threading.Event) -> None:
    while not done.wait(1.0):
        if stack.checkpoints(job) > 0 and stack.query("SELECT count() FROM post_observations_log")[0][0] > 100:
            psutil.Process(stack.pid("taskmanager")).kill()
            return


@pytest.mark.parametrize("seed", SEEDS)
def test_load_does_not_matter(stack: Stack, seed: int) -> None:
    way = Combination.of(seed, LONGEST_PAUSE_S)
    print(way)
    arrivals = Arrivals(way, now_ms() // HOUR_MS * HOUR_MS - 40 * HOUR_MS)
    with producing(stack.endpoints) as producer:
        if way.order == "backlog":
            arrivals.send_all(producer)
        run_id = f"load-{seed}"
        job = stack.submit("pipeline", "--detached", "--parallelism", str(way.parallelism), "--run-id", run_id)
        taskmanager = psutil.Process(stack.pid("taskmanager"))

        def victim() -> int:
            nonlocal taskmanager
            if not taskmanager.is_running():
                taskmanager = psutil.Process(stack.pid("taskmanager"))
            return taskmanager.pid

        with killed_on_the_way(stack, job, way.kill), throttled(victim, way.duty):
            if way.order != "backlog":
                arrivals.send_all(producer)
            want = expected(stack)
            until(lambda: complete(stack, want, arrivals), DEADLINE_S, "every row is there")
    if way.kill:
        until(lambda: max(stack.attempts(job)) > 0, 60, "the kill has landed")
    for name, column in MARTS.items():
        wanted = closed(list(want.rows[name]), column, arrivals)
        until(partial(same, stack, name, column, wanted, arrivals), 60, f"{name} is equal")
        assert differences(closed(held(stack, name), column, arrivals), wanted, KEYS[name]) == [], (name, way)
    for name in MOMENTUM if not way.late else ():
        until(partial(alike, stack, name, want), 60, f"{name} is equal, each alert once")
    for name in ALERTS:
        assert_alerts(held(stack, name), list(want.rows[name]), KEYS[name], way)
    until(lambda: balanced(stack, run_id), 60, "the ledger adds up")
    for topic in (POSTS, USERS):
        found = ledger(stack, run_id, topic)
        assert found["beyond_bound"] == 0
        assert way.late or found["late"] == 0, (topic, found, way)
        # By time, hours close before their late records come; a slow pace may hold the watermark back until they are there.
        assert found["late"] > 0 or not way.late or way.order != "together", (topic, found, way)


def complete(stack: Stack, want: Expected, arrivals: Arrivals) -> bool:
    """Whether as many rows are there as there must be."""
    for name, column in MARTS.items():
        last = arrivals.last_hour_ms + HOUR_MS
        sql = f"SELECT count() FROM {name} WHERE toUnixTimestamp64Milli({column}) <= {last}"
        if stack.query(sql)[0][0] < len(closed(list(want.rows[name]), column, arrivals)):
            return False
    return True


def same(stack: Stack, name: str, column: str, wanted: list[Row], arrivals: Arrivals) -> bool:
    return not differences(closed(held(stack, name), column, arrivals), wanted, KEYS[name])


def alike(stack: Stack, name: str, want: Expected) -> bool:
    assert (found := differences(held(stack, name), want.rows[name], KEYS[name])) == [], found
    return True


def balanced(stack: Stack, run_id: str) -> bool:
    return all(ledger(stack, run_id, topic)["unaccounted"] <= 0 for topic in (POSTS, USERS))


def assert_alerts(sent: list[Row], wanted: list[Row], key: tuple[str, ...], way: Combination) -> None:
    """Each alert that the recomputation gives, once; more only where late records took back what had been alerted."""
    times = Counter(tuple(row[name] for name in key) for row in sent)
    due = {tuple(row[name] for name in key) for row in wanted}
    assert due <= times.keys(), way
    if not way.kill:
        # A replay after a kill may repeat an alert: the topics are at-least-once.
        assert set(times.values()) <= {1}, way
    if not way.late:
        assert differences([row for row in sent if times[tuple(row[name] for name in key)] == 1], wanted, key) == [] or way.kill
        assert times.keys() == due, way
