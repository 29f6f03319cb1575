"""The demo's universe, how it goes on in a later demo, and what is printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from cli import demo, demo_report
from cli.demo_report import DemoError, ledger_line, print_results
from cli.demo_stream import HOURS_AHEAD, HOURS_BEFORE, STATE_FILE, DemoState, DemoStream, demo_settings, load_state, save_state
from connectors.producer import AvroProducer
from simulator.delivery import Delivery
from simulator.settings import HOUR_MS
from simulator.sinks import KafkaSink

NOW_MS = 1_767_571_200_000 + 1_234_567


class FakeKafka:
    """Stands for sink and producer."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.flushed = 0

    def write(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)

    def flush(self) -> None:
        self.flushed = len(self.deliveries)


def stream(state: DemoState, folder: Path) -> tuple[DemoStream, FakeKafka]:
    kafka = FakeKafka()
    return DemoStream(state, folder, cast(AvroProducer, kafka), cast(KafkaSink, kafka)), kafka


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A universe that is quick to build."""
    from dataclasses import replace

    monkeypatch.setattr(
        "cli.demo_stream.demo_settings", lambda state: replace(demo_settings(state), creators=5, posts=12, audience=20)
    )


def test_a_new_universe_begins_on_an_hour_far_enough_back(tmp_path: Path) -> None:
    state = load_state(tmp_path, NOW_MS)
    assert state.start_ms % HOUR_MS == 0
    assert NOW_MS - state.start_ms >= HOURS_BEFORE * HOUR_MS
    assert state.sent_ms == 0


def test_a_later_demo_goes_on_with_the_same_universe_until_it_ends(tmp_path: Path) -> None:
    save_state(tmp_path, DemoState(load_state(tmp_path, NOW_MS).start_ms, NOW_MS))
    later = load_state(tmp_path, NOW_MS + 5 * HOUR_MS)
    assert later.sent_ms == NOW_MS
    much_later = load_state(tmp_path, NOW_MS + (HOURS_AHEAD + 1) * HOUR_MS)
    assert much_later.sent_ms == 0
    assert demo_settings(much_later).seed != demo_settings(later).seed


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"start_ms": "x", "sent_ms": 1})])
def test_an_unreadable_state_counts_as_absent(tmp_path: Path, text: str) -> None:
    (tmp_path / STATE_FILE).write_text(text, encoding="utf-8")
    assert load_state(tmp_path, NOW_MS).sent_ms == 0


@pytest.mark.usefixtures("small")
def test_in_two_steps_or_in_one_the_same_records_are_sent_once(tmp_path: Path) -> None:
    state = load_state(tmp_path, NOW_MS)
    middle_ms, end_ms = state.start_ms + 9 * HOUR_MS, state.start_ms + 20 * HOUR_MS
    whole, all_at_once = stream(state, tmp_path)
    whole.send_until(end_ms)
    first, in_parts = stream(state, tmp_path)
    first.send_until(state.start_ms + 4 * HOUR_MS)
    first.send_until(middle_ms)
    resumed, rest = stream(load_state(tmp_path, NOW_MS), tmp_path)
    assert resumed.state.sent_ms == middle_ms
    resumed.send_until(end_ms)
    assert all_at_once.deliveries
    assert in_parts.deliveries + rest.deliveries == all_at_once.deliveries
    assert rest.flushed == len(rest.deliveries)


@pytest.mark.usefixtures("small")
def test_what_is_not_due_yet_is_not_sent(tmp_path: Path) -> None:
    state = load_state(tmp_path, NOW_MS)
    until_ms = state.start_ms + 3 * HOUR_MS
    feed, kafka = stream(state, tmp_path)
    assert feed.send_until(until_ms) == len(kafka.deliveries) > 0
    assert max(delivery.due_ms for delivery in kafka.deliveries) < until_ms
    assert feed.send_until(until_ms) == 0


@pytest.mark.parametrize(("value", "ends"), [("", False), ("0", False), ("false", False), ("1", True), ("yes", True)])
def test_demo_exit(value: str, ends: bool) -> None:
    assert demo.wants_exit(value) is ends


def hour(number: int) -> dict[str, Any]:
    return {
        "window_start": datetime(2026, 1, 5 + number // 24, number % 24, tzinfo=UTC),
        "aweme_id": "7600000000000000000",
        "author_id": "6800000000000000000",
        "author_follower_count": None if number == 0 else 5000,
        "tier": "unknown" if number == 0 else "small",
        "play_count": 1234,
        "delta_plays_per_hour": 1000.4,
        "threshold": 900.0,
        "is_trending": number % 2,
        "trending_posts": 3 * (number % 2),
    }


def test_the_table_has_a_row_per_hour_and_nothing_is_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    print_results([hour(number) for number in reversed(range(24))], ["posts: 1 read"])
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith("2026-01-05")]
    assert [row[1] for row in rows] == [f"{number:02}:00" for number in range(24)]
    assert rows[0][2:] == ["7600000000000000000", "6800000000000000000", "-", "1,234", "+1,000", "900", "unknown", "no"]
    assert rows[1][4:] == ["5,000", "1,234", "+1,000", "900", "small", "yes", "(3)"]
    assert lines[-1] == "posts: 1 read"


def test_too_few_hours_are_an_error() -> None:
    with pytest.raises(DemoError, match=f"23 hours, not of {demo_report.MIN_HOURS}"):
        print_results([hour(number) for number in range(23)], [])


def test_a_ledger_that_is_off_says_so() -> None:
    row = {"topic": "posts", "read": 1000, "counted": 990, "late": 8, "quarantined": 2, "unaccounted": 0}
    assert ledger_line(row) == "posts: 1,000 read = 990 counted + 8 late + 2 quarantined"
    assert "off by -3" in ledger_line(row | {"unaccounted": -3})
