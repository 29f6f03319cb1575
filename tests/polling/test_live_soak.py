"""What the shorter LIVE tests show, at length: lives of 8 hours, and a thousand combos."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from connectors.clock import HOUR_MS
from polling.live.repeats import KEPT
from simulator.live.script import Act
from tests.polling.live_day import live_day

pytestmark = pytest.mark.soak


def test_a_day_of_lives_of_eight_hours_has_no_gap_and_keeps_little() -> None:
    day = live_day(seconds=25 * 3_600, minutes=26 * 60, shows=1, per_minute=2)
    gone = day.kept.changes("disconnected")
    assert [record["close_name"] for record in gone] == ["RENEWED"] * 3 + ["STOPPED"]
    assert all(7.8 * HOUR_MS < record["until_at"] - record["connected_at"] < 8 * HOUR_MS for record in gone[:3])
    assert all(later["connected_at"] <= earlier["until_at"] for earlier, later in pairwise(gone))
    assert max(Counter(record["event_id"] for record in day.kept.events).values()) == 1
    (watch,) = day.connector.watches.values()
    assert len(watch.cast.repeats) < KEPT
    assert day.service.counted.sockets == 2


def test_a_thousand_combos_cut_and_repeated_at_every_point() -> None:
    combos: dict[str, int] = {}
    sent: dict[str, int] = {}

    def count(into: dict[str, int], number: str, repeats: int, diamonds: int) -> None:
        combo = number.rpartition("-")[0]
        into[combo] = max(into.get(combo, 0), repeats * diamonds)

    for seed in range(4):
        acts = [Act(at=at, do="close", code=4500 if at % 3 else 4556) for at in range(2 + seed, 300, 3 + 2 * seed)]
        acts += [Act(at=at, do="repeat", count=40) for at in range(4, 300, 7)]
        day = live_day(acts, seconds=300, per_minute=900, seed=seed, reconnects=10_000, first_wait_s=0.3, longest_wait_s=0.3)
        frames: list[Any] = [frame for frame in day.sent() if frame["event"] == "gift"]
        for frame in frames:
            data = frame["data"]
            count(sent, f"{seed}:{data['msgId']}", data["repeatCount"], data["diamondCount"])
        gifts = [record for record in day.kept.before(day.end_ms) if record["event"] == "gift"]
        assert max(Counter(record["event_id"] for record in gifts).values()) == 1
        for record in gifts:
            count(combos, f"{seed}:{record['event_id'][2:]}", record["repeat_count"], record["diamond_count"])
    assert len(sent) >= 1_000
    assert combos == sent
