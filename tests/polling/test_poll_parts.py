"""The parts of polling by themselves."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clock import DAY_MS, HOUR_MS, MINUTE_MS
from connectors.upstream.model import Feed
from polling.credits.balance import PROBE_GAP_MS, Balance, CreditRules
from polling.credits.budget import Budget
from polling.credits.reservations import ReservationError, ReservationFile
from polling.model import FeedKey, Progress
from polling.schedule.backoff import Backoff
from polling.schedule.breaker import Breaker, BreakerRules, State
from polling.schedule.cadence import Cadence, interval_ms
from polling.schedule.feeds import Feeds
from polling.watchlist import Watchlist
from tests.polling.polling_doubles import START_MS, PlainUpstream


class PowerCutError(Exception):
    pass


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 300),
    st.lists(
        st.tuples(st.sampled_from(["take", "wait", "kill", "stop", "torn"]), st.integers(1, 40), st.floats(0, 1)), max_size=60
    ),
)
def test_no_sequence_of_takes_waits_and_crashes_exceeds_the_budget(per_day: int, steps: list[tuple[str, int, float]]) -> None:
    with TemporaryDirectory() as name:
        now, taken = START_MS, dict[int, int]()

        def started() -> Budget:
            return Budget(ReservationFile(Path(name), "u-0"), per_day)

        budget = started()
        for step, amount, share in steps:
            if step == "take":
                for _ in range(amount):
                    if budget.take(now, share):
                        taken[now // HOUR_MS] = taken.get(now // HOUR_MS, 0) + 1
            elif step == "wait":
                now += amount * 11 * MINUTE_MS
            else:
                if step == "stop":
                    budget.close()
                elif step == "torn":
                    with ReservationFile(Path(name), "u-0").path(now).open("ab") as file:
                        file.write(b"1790")
                budget = started()
        for day in {hour // 24 for hour in taken}:
            hours = [taken.get(day * 24 + hour, 0) for hour in range(24)]
            assert sum(hours) <= per_day
            for hour, used in enumerate(hours):
                assert used <= -(-(per_day - sum(hours[:hour])) // (24 - hour))
        assert budget.spent(now) >= sum(count for hour, count in taken.items() if hour // 24 == now // DAY_MS)


def test_two_pollers_of_one_shard_share_the_budget(tmp_path: Path) -> None:
    older, newer = (Budget(ReservationFile(tmp_path, "u-0"), 1_000, paced=False) for _ in range(2))
    taken = sum(older.take(START_MS) + newer.take(START_MS) for _ in range(1_200))
    assert 998 <= taken <= 1_000
    assert older.spent(START_MS) <= 1_000


def test_a_whole_day_can_be_spent(tmp_path: Path) -> None:
    budget, now, taken = Budget(ReservationFile(tmp_path, "u-0"), 700), START_MS, 0
    while now < START_MS + DAY_MS:
        if budget.take(now):
            taken += 1
        else:
            assert budget.ready_ms(now) > now
            now = budget.ready_ms(now)
    assert taken == 700


def test_a_stop_gives_back_and_a_spoilt_file_is_named(tmp_path: Path) -> None:
    file = ReservationFile(tmp_path, "u-0")
    budget = Budget(file, 4_000, paced=False)
    assert budget.take(START_MS)
    assert sum(file.hours(START_MS)) == 10
    budget.close()
    assert sum(file.hours(START_MS)) == 1
    file.path(START_MS).write_text("what\n")
    with pytest.raises(ReservationError, match="not a reservation"):
        ReservationFile(tmp_path, "u-0").hours(START_MS)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReservationError, match="cannot use"):
        Budget(ReservationFile(tmp_path / "file" / "x", "u-0"), 10).take(START_MS)
    assert os.listdir(tmp_path) == ["file"]


def progress(moved: int, quiet_ms: int = 0) -> Progress:
    return Progress(None, 1, START_MS, START_MS, START_MS - quiet_ms, moved)


def test_cadence() -> None:
    cadence = Cadence()
    warm = cadence.warm_ms
    assert interval_ms(cadence, warm, None) == warm
    assert interval_ms(cadence, warm, progress(0)) == warm
    by_moved = [interval_ms(cadence, warm, progress(moved)) for moved in (0, 1, 3, 30, 3_000)]
    assert by_moved == sorted(by_moved, reverse=True)
    assert by_moved[1] == round((warm * cadence.hot_ms) ** 0.5)
    by_quiet = [interval_ms(cadence, warm, progress(0, hours * HOUR_MS)) for hours in (0, 1, 8, 48, 1_000)]
    assert by_quiet == sorted(by_quiet)
    assert by_quiet[-1] == cadence.cold_ms
    assert interval_ms(cadence, cadence.hot_ms, progress(10**9)) == cadence.hot_ms


@given(st.integers(0, 10**12), st.integers(0, 10**13), st.sampled_from(["hot", "warm", "cold"]))
def test_cadence_stays_between_hot_and_cold(moved: int, quiet: int, tier: str) -> None:
    cadence = Cadence()
    assert cadence.hot_ms <= interval_ms(cadence, cadence.of_tier(tier), progress(moved, quiet)) <= cadence.cold_ms


@given(st.integers(1, 10_000), st.floats(0, 1), st.one_of(st.none(), st.floats()))
def test_backoff(attempt: int, dice: float, retry_after: float | None) -> None:
    backoff = Backoff(dice=lambda: dice)
    wait = backoff.wait_ms(attempt, retry_after)
    assert 0 <= wait <= max(backoff.cap_ms, DAY_MS)
    if retry_after is None:
        assert wait <= min(backoff.cap_ms, 1_000 * 2 ** min(attempt, 40))
    elif 0 <= retry_after <= 3_600:
        assert wait >= round(retry_after * 1_000)


def breaker(changes: list[State]) -> Breaker:
    return Breaker(BreakerRules(window=20, window_ms=60_000, minimum=5, rate=0.5, open_ms=1_000, cap_ms=4_000), changes.append)


def test_the_breaker_opens_tries_and_closes() -> None:
    changes: list[State] = []
    found = breaker(changes)
    for _ in range(4):
        found.record(0, False)
    assert found.state is State.CLOSED
    found.record(0, False)
    assert (found.state, found.admit(999)) == (State.OPEN, 1_000)
    assert found.admit(1_000) == 0
    assert found.admit(1_000) > 1_000  # one trial only
    found.record(1_100, False)
    assert found.admit(3_000) == 3_100  # twice as long
    assert found.admit(3_100) == 0
    found.record(3_100, None)  # says nothing: another trial
    assert found.admit(3_100) == 0
    found.record(3_200, True)
    assert found.admit(3_200) == 0
    assert changes == [State.OPEN, State.HALF_OPEN, State.OPEN, State.HALF_OPEN, State.CLOSED]


def test_old_failures_do_not_open_the_breaker() -> None:
    found = breaker([])
    for second in range(0, 1_000, 20):
        found.record(second * 1_000, False)
    assert found.state is State.CLOSED


def test_the_balance_slows_holds_and_resumes() -> None:
    balance = Balance(CreditRules(slow_below=1_000, floor=100))
    assert (balance.share(), balance.paused, balance.probe_due_ms()) == (1.0, False, 0)
    balance.begin_probe(0)
    balance.set_left(550, 0)
    assert balance.share() == 0.5
    for _ in range(450):
        balance.spend(1)
    assert balance.paused
    assert balance.probe_due_ms() == PROBE_GAP_MS
    balance.begin_probe(PROBE_GAP_MS)
    balance.set_left(5_000, PROBE_GAP_MS)
    assert (balance.paused, balance.on_trial, balance.share()) == (False, True, 1.0)
    balance.end_trial()
    assert not balance.on_trial


def test_an_answered_probe_does_not_end_a_pause_that_it_knows_nothing_of() -> None:
    balance = Balance(CreditRules())
    balance.begin_probe(0)
    balance.pause(50, 7_200, "quota")
    balance.set_left(5_000, 100)
    assert balance.paused
    balance.probe_failed(200)
    assert balance.paused
    balance.set_left(5_000, 7_200_050)
    assert not balance.paused


def test_pauses_without_a_page_between_grow() -> None:
    balance = Balance(CreditRules())
    waits = []
    for _ in range(8):
        balance.pause(0, 1.0, "rate")
        waits.append(balance.probe_due_ms())
        balance.resume()
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (30_000, PROBE_GAP_MS)
    balance.pause(0, 7_200.0, "rate")
    assert balance.probe_due_ms() == 7_200_000


def test_progress_of_feeds_that_have_gone_is_bounded() -> None:
    feeds = Feeds(PlainUpstream(), max_found=3)
    gone = FeedKey("plain", Feed.REPLIES, "0", "1")
    feeds.load(Watchlist(), {gone: Progress(None, 1, 0, 0, 0, 0)}, START_MS)
    for number in range(10):
        watchlist = Watchlist.model_validate({"posts": [str(number)], "feeds": {"posts": ["post"]}})
        feeds.change(watchlist, START_MS)
        (state,) = feeds._states.values()
        state.progress = Progress(None, 1, number, number, number, 0)
    feeds.change(Watchlist(), START_MS)
    assert [key.subject for key in feeds._committed] == ["7", "8", "9"]
