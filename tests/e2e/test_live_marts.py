"""LIVE rooms through Kafka, Flink and ClickHouse: marts equal a plain recomputation, also of topics that are read twice."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from simulator.reference import live
from tests.live_records import BEGIN, broadcast, cut_combos
from tests.topics import defaults
from thresholds.model import Live, Thresholds, Tier
from thresholds.publish import publish

from .records import key_and_record, ledger, messages, producing, registered_schema
from .stack_process import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

EVENTS, ROOMS = "tiktok.live.events", "tiktok.live.rooms"
FIGURES = ("viewers_last", "viewers_max", "chats", "chatters", "likes", "new_members", "follows", "shares", "subscriptions")
OF_NO_MATTER: dict[str, dict[str, Any]] = {
    EVENTS: {"host_unique_id": "host", "connection_seq": 0, "payload": "{}"},
    ROOMS: {"host_unique_id": "host", "payload": "{}"},
}
VIEWERS, QUIET_MINUTES = 850, 3
Told = list[tuple[int, dict[str, Any]]]


def send(stack: Stack) -> None:
    """Three broadcasts and a thousand combos, some records twice, rooms in any order and each room in its own."""
    chance = random.Random(5)
    told = cut_combos(5)[0]
    known: list[dict[str, Any]] = []
    for seed in range(3):
        events, changes = broadcast(f"room{seed}", seed)
        told, known = told + events, known + changes
    with producing(stack.endpoints) as producer:
        for topic, records in ((EVENTS, [event for _, event in told]), (ROOMS, known)):
            again = chance.sample(records, len(records) // 10)
            for record in sorted([*records, *again], key=lambda one: int(one["ingested_at"])):
                producer.produce(topic, {**defaults(topic), **OF_NO_MATTER[topic], **record})


def received(stack: Stack, topic: str) -> Told:
    """(offset, record) of all that is on the topic."""
    registered = registered_schema(stack.endpoints, topic)
    return [(message.offset() or 0, key_and_record(message, registered)[1]) for message in messages(stack.endpoints, topic)]


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def viewer_alerts(told: Told) -> set[tuple[str, int, int]]:
    """(room, when, viewers) of each alert, by a rule that does without the job's code."""
    last: dict[str, int] = {}
    found = set()
    for _, event in sorted(told, key=lambda pair: pair[0]):
        room, at = event["room_id"], event["ingested_at"]
        is_quiet = at - last.get(room, 0) < QUIET_MINUTES * live.MINUTE
        if event["event"] == "roomUserSeq" and event["viewer_count"] >= VIEWERS and not is_quiet:
            last[room] = at
            found.add((room, at, event["viewer_count"]))
    return found


def test_marts_equal_a_recomputation_whatever_the_parallelism_and_however_often_topics_are_read(stack: Stack) -> None:
    send(stack)
    by_tier = (("all", float(VIEWERS)), ("unknown", float(VIEWERS)))
    judged = Live(by_tier, (("all", 1e9), ("unknown", 1e9)), QUIET_MINUTES)
    publish(stack.endpoints, Thresholds((Tier("all", 0, None, 1.0),), 1.0, (), 1, live=judged), BEGIN - 1, "test", "rooms")
    told, known = received(stack, EVENTS), [change for _, change in received(stack, ROOMS)]
    combos = {(row["room_id"], row["person"], row["gift_id"], row["began_at"]): row for row in live.gifts(told)}
    minutes = live.minutes(known, told)
    assert len(combos) > 1_000
    for parallelism in (1, 4):
        run_id = f"live{parallelism}"
        stack.submit("live", "--bounded", "--parallelism", str(parallelism), "--run-id", run_id)
        for topic, count in ((EVENTS, len(told)), (ROOMS, len(known))):
            counted = {"read": count, "counted": count, "late": 0, "beyond_bound": 0, "quarantined": 0, "unaccounted": 0}
            assert ledger(stack, run_id, topic) == counted
        found = stack.query(
            "SELECT room_id, user_id, gift_id, began_at, ended_at, repeat_count, diamonds, has_ended FROM live_gifts"
        )
        assert {(room, who, gift, ms(began)): (ms(ended), *rest) for room, who, gift, began, ended, *rest in found} == {
            key: (row["ended_at"], row["repeat_count"], row["diamonds"], row["has_ended"]) for key, row in combos.items()
        }
        columns = (*FIGURES, "gifts", "diamonds")
        found = stack.query(f"SELECT room_id, minute, seconds_missed, is_final, {', '.join(columns)} FROM live_minute")
        assert {(room, ms(minute)): (round(missed * 1000), *rest) for room, minute, missed, _, *rest in found} == {
            key: (row["missed_ms"], *(row[name] for name in columns)) for key, row in minutes.items()
        }
        # A bounded run closes every minute that had an event.
        newest = max(event["ingested_at"] for _, event in told) // live.MINUTE * live.MINUTE
        assert all(is_final == (ms(minute) <= newest) for _, minute, _, is_final, *_ in found)
        alerts = stack.query("SELECT room_id, observed_at, reached FROM live_alerts")
        assert {(room, ms(at), reached) for room, at, reached in alerts} == viewer_alerts(told) != set()
    (session,) = stack.query("SELECT began_at, end_name, minutes_missed FROM live_sessions WHERE room_id = 'room0'")
    missed = sum(end - begin for begin, end in live.gaps(known, told)["room0"])
    assert (ms(session[0]), session[1], round(session[2] * live.MINUTE)) == (BEGIN, "NOT_LIVE", missed)
