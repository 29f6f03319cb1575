from __future__ import annotations

from itertools import pairwise

from bench.event_clock import Rhythm
from connectors.clock import HOUR_MS

WINDOW = 480_000 * HOUR_MS
DELAY = 120_000
NOW = 1_700_000_000_123
CROSSINGS = list(Rhythm().crossings(WINDOW, NOW, 12, DELAY))


def test_event_times_never_go_back() -> None:
    times = [crossing.event_time(now) for crossing in CROSSINGS for now in range(crossing.began_at, crossing.ends_at, 7)]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_each_hour_gets_events_before_the_jump_and_none_after_it() -> None:
    for crossing in CROSSINGS:
        before = [crossing.event_time(now) for now in range(crossing.began_at, crossing.jump_at)]
        after = [crossing.event_time(now) for now in range(crossing.jump_at, crossing.ends_at)]
        assert all(crossing.window_start <= time < crossing.window_start + HOUR_MS for time in before)
        assert min(after) >= crossing.window_start + HOUR_MS


def test_no_watermark_can_close_the_hour_before_it_is_due() -> None:
    for crossing in CROSSINGS:
        last_millisecond = crossing.window_start + HOUR_MS - 1
        watermarks = {now: crossing.event_time(now) - DELAY for now in range(crossing.began_at, crossing.ends_at)}
        # Flink fires when the watermark reaches the last millisecond of the window; zero is one millisecond later.
        assert all(watermark < last_millisecond for now, watermark in watermarks.items() if now < crossing.due_at - 1)
        assert watermarks[crossing.due_at] == last_millisecond + 1


def test_crossings_follow_each_other_without_a_gap() -> None:
    assert all(earlier.ends_at == later.began_at for earlier, later in pairwise(CROSSINGS))
    assert [crossing.window_start for crossing in CROSSINGS] == [WINDOW + hour * HOUR_MS for hour in range(12)]


def test_the_rhythm_does_not_beat_with_checkpoints() -> None:
    rhythm = Rhythm()
    phases = {(crossing.due_at - NOW) % 10_000 for crossing in CROSSINGS}
    assert (rhythm.fill + rhythm.approach + rhythm.after) % 10_000
    assert len(phases) == len(CROSSINGS)
