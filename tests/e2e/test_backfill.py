"""A backfill beside the live job: what was lost is there again, and nothing else has changed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.clock import HOUR_MS, MINUTE_MS
from jobs.backfill import told
from simulator.settings import POSTS, USERS
from tests.waiting import until

from .marts import expected, held
from .records import differences, ledger, messages, now_ms, observation, producing, user_snapshot
from .stack_process import Stack, error_lines

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

HOURS, STEP = 6, 1_000_000
AUTHORS = 3
ALERTS = ("tiktok.trending.alerts", "tiktok.momentum.alerts")
Row = dict[str, Any]


def send(stack: Stack, begin_ms: int) -> None:
    """Posts that gain so much in each hour that they alert, and their authors."""
    with producing(stack.endpoints) as producer:
        for hour in range(HOURS):
            for number in range(AUTHORS):
                at_ms = begin_ms + hour * HOUR_MS + 30 * MINUTE_MS
                producer.produce(USERS, user_snapshot(f"author-p{number}", at_ms, 1_000 * (number + hour)))
                producer.produce(POSTS, observation(f"p{number}", at_ms, STEP * (hour + 1)))


def of_hours(rows: list[Row], begin_ms: int, *hours: int) -> list[Row]:
    """Those whose hour is one of `hours` since `begin_ms`."""
    return [row for row in rows if (row["window_start"] - begin_ms) // HOUR_MS in hours]


def alerts(stack: Stack) -> int:
    """How many alerts both topics have."""
    return sum(1 for topic in ALERTS for _ in messages(stack.endpoints, topic))


def spoil(stack: Stack, begin_ms: int) -> None:
    """Loses all growth of two hours, and puts another verdict in the place of one."""
    lost = ", ".join(f"fromUnixTimestamp64Milli(toInt64({begin_ms + hour * HOUR_MS}), 'UTC')" for hour in (1, 2))
    third = f"fromUnixTimestamp64Milli(toInt64({begin_ms + 3 * HOUR_MS}), 'UTC')"
    other = "* REPLACE (toUInt64(7) AS play_count, toUInt8(0) AS is_trending, toUInt32(5) AS revision) FROM trending_hourly"
    with stack.clickhouse() as client:
        client.command(f"ALTER TABLE trending_hourly_log DELETE WHERE window_start IN ({lost}) SETTINGS mutations_sync = 1")
        client.command("TRUNCATE TABLE follower_snapshots_log")
        client.command(f"INSERT INTO trending_hourly_log SELECT {other} WHERE aweme_id = 'p0' AND window_start = {third}")


def test_a_backfill_beside_the_live_job(stack: Stack) -> None:
    begin_ms = now_ms() // HOUR_MS * HOUR_MS - 8 * HOUR_MS
    send(stack, begin_ms)
    live = stack.submit("trending", "--detached", "--run-id", "live", "--idle-timeout", "2 s")
    closed = AUTHORS * (HOURS - 2)
    until(
        lambda: len(held(stack, "trending_hourly")) == closed and alerts(stack) >= closed, 180, "all hours but the last are closed"
    )
    want = expected(stack).rows["trending_hourly"]
    assert (
        differences(held(stack, "trending_hourly"), of_hours(list(want), begin_ms, 1, 2, 3, 4), ("aweme_id", "window_start")) == []
    )
    spoil(stack, begin_ms)
    spoiled, alerted = held(stack, "trending_hourly"), alerts(stack)
    assert len(spoiled) == closed - 2 * AUTHORS

    begin, end = told(begin_ms + 2 * HOUR_MS), told(begin_ms + 4 * HOUR_MS)
    done = stack.run("submit", "trending", "--from", begin, "--to", end, "--run-id", "again", "--parallelism", "1")
    assert done.returncode == 0, done.stdout + done.stderr

    # The lost hour of the range is there again; the one before it is not of the range, and what was said otherwise stays said.
    now = held(stack, "trending_hourly")
    assert differences(now, [*spoiled, *of_hours(list(want), begin_ms, 2)], ("aweme_id", "window_start")) == []
    columns = "aweme_id, revision, was_alerted"
    third = f"toUnixTimestamp64Milli(window_start) = {begin_ms + 3 * HOUR_MS}"
    assert (("p0", 5, 1)) in stack.query(f"SELECT {columns} FROM trending_hourly WHERE {third}")
    assert stack.query(
        "SELECT count(), sum(revision), sum(was_alerted) FROM trending_hourly_log WHERE revision = 0 AND was_alerted = 0"
    ) == [(AUTHORS, 0, 0)]
    assert stack.query("SELECT count() FROM follower_snapshots") == [(2 * AUTHORS,)]
    assert alerts(stack) == alerted
    for topic in (POSTS, USERS):
        # It reads nothing of the hours behind its end, and accounts for all that it reads.
        read = 4 * AUTHORS
        assert ledger(stack, "again", topic) == {
            "read": read,
            "counted": read,
            "late": 0,
            "beyond_bound": 0,
            "quarantined": 0,
            "unaccounted": 0,
        }
    assert stack.attempts(live) == {0}
    assert ledger(stack, "live", POSTS)["unaccounted"] <= 0

    refused = stack.run("submit", "trending", "--from", end, "--to", begin)
    assert error_lines(refused) == [f"error: the range ends before it begins: --from {end} --to {begin}"]
