"""Pollers on a bad day: what the upstream served is in Kafka once, within the budget, whatever happens on the way."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from confluent_kafka import Message

from connectors.clock import HOUR_MS
from connectors.kafka.log import committed
from connectors.upstream.catalog import UPSTREAMS
from simulator.upstream.ledger import Entry

from .stack_process import Stack
from .upstream_day import Day, counter_names, deformed, in_kafka, poll_a_day, served

pytestmark = [pytest.mark.kafka, pytest.mark.http, pytest.mark.e2e]

BUDGET, CREDITS, FLOOR = 2_400, 15_000, 100
QUARTER_MS = 15 * 60_000


@pytest.fixture(scope="module")
def bad_day(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Day:
    running_stack.clear()
    return poll_a_day(running_stack.endpoints, "tikliveapi", "bad-day", BUDGET, CREDITS, tmp_path_factory.mktemp("day"))


def test_each_observation_that_was_served_is_in_kafka_once(bad_day: Day, running_stack: Stack) -> None:
    names = counter_names(bad_day.entries)
    expected = served(bad_day.entries)
    assert set(names) == {"tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events"}
    assert sum(map(len, expected.values())) > 1_000
    found = in_kafka(running_stack.endpoints, names)
    assert found.keys() == expected.keys()
    assert {key: told for key, told in found.items() if told != expected[key]} == {}


def test_every_kind_of_trouble_came(bad_day: Day) -> None:
    kinds = Counter(spell for entry in bad_day.entries for spell in entry.spells)
    assert {
        "rate_limit", "server_error", "stall", "truncated", "empty_body", "html", "drift", "credit_drain",
        "session_expired", "deleted", "private", "refused", "duplicate_page", "reordered", "moving_cursor",
    } <= set(kinds)  # fmt: skip


def test_items_that_cannot_be_mapped_are_dead_letters(bad_day: Day, running_stack: Stack) -> None:
    bad = Counter(
        (f"{one.topic}.dlq", entry.endpoint, one.id, str(one.drift).partition(":")[2])
        for entry in bad_day.entries
        for one in entry.observations
        if deformed(one)
    )
    servers = running_stack.endpoints.kafka_bootstrap_servers
    letters = Counter(
        (topic, *culprit(letter))
        for topic in (f"{name}.dlq" for name in counter_names(bad_day.entries))
        for letter in committed(servers, topic)
    )
    assert bad.total() > 3
    assert letters == bad


def test_what_was_left_out_unreadable_or_new_is_counted(bad_day: Day) -> None:
    def counted(what: str, name: str) -> float:
        return bad_day.metrics.value("tokpulse_poll_fields_total", bad_day.upstream, "tiktok.posts.events", what, name)

    assert counted("new", "content_label") > 100
    for what in ("left_out", "unreadable"):
        assert sum(counted(what, name) for name in ("digg_count", "comment_count", "share_count", "collect_count")) > 10


def culprit(letter: Message) -> tuple[str, str, str]:
    """Where a dead letter comes from, whose it is, and the field that it is for."""
    found: Any = letter.headers()
    headers, value = {name: text.decode() for name, text in found}, letter.value()
    code, path, _ = headers["error"].split(": ", 2)
    assert code == "unmapped"
    item = json.loads(value or b"")
    return headers["poll.endpoint"], str(item.get("aweme_id") or item.get("id") or item["user"]["id"]), path.rpartition(".")[2]


def test_the_budget_is_never_exceeded(bad_day: Day) -> None:
    hours = Counter((entry.at_ms - bad_day.start_ms) // HOUR_MS for entry in bad_day.entries)
    spent = 0
    for hour in range(24):
        # What the hour may have: its part of what is left of the day, rounded up.
        assert hours[hour] <= -(-(BUDGET - spent) // (24 - hour)), f"hour {hour}"
        spent += hours[hour]
    # It was a budget that bound.
    assert 0.9 * BUDGET < spent <= BUDGET
    assert bad_day.metrics.value("tokpulse_poll_credits_spent_total", bad_day.upstream) == spent


def test_at_the_floor_nothing_is_asked_but_the_balance(bad_day: Day) -> None:
    probe = UPSTREAMS[bad_day.upstream].credits_call().endpoint
    for told, until in spells_at_the_floor(bad_day.entries, probe):
        asked = [entry for entry in bad_day.entries if told.number < entry.number < until]
        assert {entry.endpoint for entry in asked} <= {probe}
        times = [told.at_ms, *(entry.at_ms for entry in asked)]
        assert all(later - earlier >= QUARTER_MS for earlier, later in pairwise(times))


def spells_at_the_floor(entries: list[Entry], probe: str) -> list[tuple[Entry, int]]:
    """Each probe that told a balance at the floor after one above it, and the number of the next probe that did not."""
    found: list[tuple[Entry, int]] = []
    begun: Entry | None = None
    for entry in entries:
        if entry.endpoint != probe or entry.status != 200 or not entry.delivered:
            continue
        if entry.credits <= FLOOR and begun is None:
            begun = entry
        elif entry.credits > FLOOR and begun is not None:
            found.append((begun, entry.number))
            begun = None
    assert found, "the balance never came to the floor and back"
    return found


def test_breakers_open_and_close_in_the_metrics(bad_day: Day) -> None:
    def changes(endpoint: str, to: str) -> float:
        return bad_day.metrics.value("tokpulse_poll_breaker_transitions_total", bad_day.upstream, endpoint, to)

    endpoints = {entry.endpoint for entry in bad_day.entries}
    for endpoint in endpoints:
        opened, tried, closed = (changes(endpoint, to) for to in ("open", "half_open", "closed"))
        assert closed <= tried <= opened, endpoint
    assert sum(changes(endpoint, "open") for endpoint in endpoints) >= 2
    assert sum(changes(endpoint, "closed") for endpoint in endpoints) >= 1
