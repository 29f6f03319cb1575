"""The demo's universe, how it goes on in a later demo, and what is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import demo, demo_report
from cli.demo_report import DemoError, ledger_line, print_results
from cli.demo_stream import HOURS_AHEAD, HOURS_BEFORE, STATE_FILE, DemoState, DemoStream, demo_settings, load_state, save_state
from connectors.clock import HOUR_MS
from connectors.upstream.model import Page
from polling.model import FeedKey, PageWriter, Progress, ReadPage, Written
from polling.writing import cursors
from simulator.delivery import Delivery
from simulator.settings import SimulationSettings

NOW_MS = 1_767_571_200_000 + 1_234_567


class Memory:
    """Stands for Kafka: a writer that keeps what it is given, each observation that is not the last one of its id."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, int]] = []
        self.broken: list[Delivery] = []
        self.feeds: dict[FeedKey, Progress] = {}
        self._last: dict[tuple[str, str], object] = {}

    @contextmanager
    def writer(self, clock: Callable[[], int]) -> Iterator[PageWriter]:
        yield self

    def send(self, deliveries: Sequence[Delivery], settings: SimulationSettings) -> None:
        self.broken += deliveries

    def progress(self, also: Callable[[FeedKey], bool]) -> Mapping[FeedKey, Progress]:
        return dict(self.feeds)

    def leave(self, feeds: Iterable[FeedKey]) -> None:
        for key in feeds:
            self.feeds.pop(key, None)

    def write_many(self, pages: Sequence[ReadPage]) -> list[tuple[Written, Progress]]:
        return [self._write(read.key, read.page, read.received_ms, read.before) for read in pages]

    def _write(self, key: FeedKey, page: Page, received_ms: int, before: Progress | None) -> tuple[Written, Progress]:
        fresh = 0
        for one in page.observations:
            if one.problem is not None:
                continue
            name = next(str(one.record[field]) for field in ("aweme_id", "userid", "id") if field in one.record)
            told = {field: value for field, value in one.record.items() if field != "ingested_at"}
            if self._last.get((one.topic, name)) != told:
                self._last[one.topic, name] = told
                self.kept.append((name, received_ms))
                fresh += 1
        self.feeds[key] = cursors.advance(before, page.cursor, received_ms, fresh)
        return Written(fresh, len(page.observations) - fresh, 0), self.feeds[key]


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


@pytest.mark.http
@pytest.mark.usefixtures("small")
def test_a_later_demo_goes_on_where_the_first_one_ended(tmp_path: Path) -> None:
    state, kafka = load_state(tmp_path, NOW_MS), Memory()
    middle_ms, end_ms = state.start_ms + 5 * HOUR_MS, state.start_ms + 9 * HOUR_MS
    with DemoStream(state, tmp_path, kafka) as first:
        assert first.send_until(middle_ms) == len(kafka.kept) + len(kafka.broken) > 0
        assert first.send_until(middle_ms) == 0
    assert max(at_ms for _, at_ms in kafka.kept) < middle_ms
    seen = len(kafka.kept)
    later = load_state(tmp_path, NOW_MS)
    assert later.sent_ms == middle_ms
    with DemoStream(later, tmp_path, kafka) as second:
        second.send_until(end_ms)
    added = kafka.kept[seen:]
    assert added
    assert middle_ms <= min(at_ms for _, at_ms in added) <= max(at_ms for _, at_ms in added) < end_ms
    assert [delivery.due_ms for delivery in kafka.broken] == sorted({delivery.due_ms for delivery in kafka.broken})


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
    row = {"topic": "posts", "read": 1000, "counted": 990, "late": 8, "beyond_bound": 0, "quarantined": 2, "unaccounted": 0}
    assert ledger_line(row) == "posts: 1,000 read = 990 counted + 8 late + 2 quarantined"
    beyond = ledger_line(row | {"counted": 987, "beyond_bound": 3})
    assert beyond == "posts: 1,000 read = 987 counted + 8 late + 3 beyond the late bound + 2 quarantined"
    assert "off by -3" in ledger_line(row | {"unaccounted": -3})


def test_a_demo_is_refused_where_a_job_would_come_back_and_write_the_same_deltas() -> None:
    demo.refuse_beside(["engagement", "a job of another version"])
    for name in ("pipeline", "followers"):
        with pytest.raises(DemoError, match=f"job {name} should run"):
            demo.refuse_beside(["engagement", name])
