"""From topic to receivers: once per target, across restarts and replays, with nothing lost and nothing held up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from datetime import time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alerts.lane import Lane
from alerts.limit import TokenBucket
from alerts.lookup import Lookup
from alerts.mutes import Mute, Subject
from alerts.notifier import Notifier, Record, Rules, SourceError
from alerts.offsets import OffsetTracker
from alerts.posting import HttpPoster
from alerts.routes import QuietHours, Route, Routing
from alerts.sending import Backoff, Sender, Timing
from alerts.settling import Settling
from alerts.state import State
from alerts.targets import SLACK, TEAMS, WEBHOOK, Target
from alerts.waiting import Waiting
from connectors.kafka.registry import RegistryUnavailableError
from tests.alerts.knowing import Knows
from tests.alerts.receiver import (
    FOLLOWERS_TOPIC,
    HOUR,
    NOW_MS,
    TRENDING_TOPIC,
    Answer,
    Log,
    LogReader,
    PlainDecoder,
    Receiver,
    alert,
    followers,
    trending,
)

pytestmark = pytest.mark.http
FULL = {(TRENDING_TOPIC, 0): 3, (FOLLOWERS_TOPIC, 0): 1}


def log() -> Log:
    """Three trending posts and one follower gain."""
    return Log(*[(TRENDING_TOPIC, trending(str(number))) for number in range(3)], (FOLLOWERS_TOPIC, followers()))


@pytest.fixture
def receivers() -> Iterator[dict[str, Receiver]]:
    opened = {name: Receiver() for name in (SLACK, TEAMS, WEBHOOK)}
    yield opened
    for one in opened.values():
        one.close()


class Run:
    """One process: a notifier on a log, with lanes to `receivers`. No group is waited for, unless a test says so."""

    def __init__(
        self,
        path: Path,
        log: Log,
        receivers: dict[str, Receiver],
        rules: Rules,
        *,
        group_seconds: float = 0.0,
        decoder: PlainDecoder | None = None,
        give_up_after: float = 0.0,
        lookup: Lookup | None = None,
        routes: Sequence[Route] = (),
        quiet: Sequence[QuietHours] = (),
    ) -> None:
        self.path = path
        routing = Routing(list(receivers), routes, quiet)
        self.stop = threading.Event()
        tracker = OffsetTracker()
        self.state = State(path)
        timing = Timing(self.stop, now_ms=lambda: NOW_MS)
        backoff = Backoff(jitter=lambda low, high: 0.001, give_up_after=give_up_after)
        self.lanes = [
            Lane(
                Sender(
                    name,
                    HttpPoster(Target(name, receiver.url), timeout=10.0),
                    TokenBucket(float("inf")),
                    backoff,
                    timing,
                    rules.once,
                ),
                Waiting(group_seconds),
                Settling(name, self.state, tracker.release, timing.now_ms, rules.final),
                timing,
                lookup=lookup,
                quiet=partial(routing.quiet_seconds, name),
            )
            for name, receiver in receivers.items()
        ]
        self.reader: LogReader = log.reader()
        self.notifier = Notifier(
            self.reader, decoder or PlainDecoder(), self.lanes, self.state, tracker, rules, timing, routing, lookup
        )

    def __call__(self) -> Notifier:
        with self.state:
            self.notifier.run()
        assert self.reader.closed
        return self.notifier


@pytest.fixture
def run(tmp_path: Path, receivers: dict[str, Receiver]) -> Callable[..., Run]:
    def make(source: Log, rules: Rules | None = None, **options: Any) -> Run:
        to = options.pop("to", receivers)
        return Run(tmp_path / "notify.sqlite", source, to, rules or Rules(once=True), **{"group_seconds": 3600.0, **options})

    return make


def keys(receiver: Receiver) -> list[str]:
    return [key for request in receiver.requests for key in request.body["keys"]]


def test_once_sends_one_message_per_kind_to_each_target(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    done = run(source)()
    assert {name: len(receiver.requests) for name, receiver in receivers.items()} == {SLACK: 2, TEAMS: 2, WEBHOOK: 2}
    assert source.committed == FULL
    assert (done.tally.read, done.undelivered) == (4, 0)


def test_restarts_and_replays_send_nothing_again(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    run(source)()
    run(source)()
    source.append(*[(record.place.topic, record.value) for record in list(source.records)])
    run(source)()
    source.committed.clear()
    again = run(source)()
    assert again.tally.known == 8
    assert len(keys(receivers[WEBHOOK])) == len(set(keys(receivers[WEBHOOK]))) == 4
    assert len(receivers[SLACK].requests) == 2


def test_a_target_that_is_down_holds_up_offsets_but_no_other_target(
    run: Callable[..., Run], receivers: dict[str, Receiver]
) -> None:
    source = log()
    receivers[TEAMS].otherwise = Answer(503)
    done = run(source)()
    assert done.undelivered == 4
    assert source.committed == {(TRENDING_TOPIC, 0): 0, (FOLLOWERS_TOPIC, 0): 0}
    assert (len(receivers[SLACK].requests), len(keys(receivers[WEBHOOK]))) == (2, 4)
    receivers[TEAMS].otherwise = Answer(202)
    receivers[TEAMS].requests.clear()
    done = run(source)()
    assert (done.undelivered, source.committed) == (0, FULL)
    assert len(receivers[TEAMS].requests) == 2
    assert (len(receivers[SLACK].requests), len(keys(receivers[WEBHOOK]))) == (2, 4)


def test_a_refused_message_is_settled(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    receivers[SLACK].otherwise = Answer(404, body=b"no_service")
    done = run(source)
    done()
    assert [lane.tally.refused for lane in done.lanes] == [4, 0, 0]
    assert source.committed == FULL
    receivers[SLACK].otherwise = Answer()
    source.committed.clear()
    run(source)()
    assert len(receivers[SLACK].requests) == 2
    source.committed.clear()
    run(source, Rules(once=True, retry_refused=True))()
    assert len(receivers[SLACK].requests) == 4
    assert len(keys(receivers[WEBHOOK])) == 4


def test_old_alerts_are_skipped_and_can_be_sent_on_demand(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = Log(*[(TRENDING_TOPIC, trending("1", hour=HOUR - timedelta(hours=hours))) for hours in (0, 23, 24, 24 * 30)])
    done = run(source)()
    assert (done.tally.skipped, len(keys(receivers[WEBHOOK]))) == (2, 2)
    assert source.committed == {(TRENDING_TOPIC, 0): 4}
    source.committed.clear()
    done = run(source, Rules(once=True, since_ms=NOW_MS - 40 * 86_400_000))()
    assert (done.tally.known, len(set(keys(receivers[WEBHOOK])))) == (2, 4)
    assert len(keys(receivers[WEBHOOK])) == 4


def test_unreadable_records_are_named_counted_and_passed(
    run: Callable[..., Run], receivers: dict[str, Receiver], caplog: pytest.LogCaptureFixture
) -> None:
    source = Log((TRENDING_TOPIC, trending("1")), (TRENDING_TOPIC, None), (TRENDING_TOPIC, {}), (TRENDING_TOPIC, trending("2")))
    done = run(source)()
    assert (done.tally.unreadable, len(keys(receivers[WEBHOOK]))) == (2, 2)
    assert f"{TRENDING_TOPIC} partition 0 offset 1 is not an alert: has no value" in caplog.text
    assert source.committed == {(TRENDING_TOPIC, 0): 4}


def test_a_silent_registry_ends_once_without_a_commit(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    with pytest.raises(RegistryUnavailableError):
        run(source, decoder=PlainDecoder(outages=1))()
    assert source.committed == {}
    assert keys(receivers[WEBHOOK]) == []


def test_a_silent_registry_is_waited_for(
    run: Callable[..., Run], receivers: dict[str, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.notifier.REGISTRY_PAUSE_S", 0.0)
    source = log()
    one = run(source, Rules(), decoder=PlainDecoder(outages=2), group_seconds=0.0)
    one.reader.on_idle = lambda: (
        one.stop.set() if len(set(keys(receivers[WEBHOOK]))) == 4 and not one.notifier.undelivered else None
    )
    one()
    assert source.paused[:2] == [True, False]
    assert source.committed == FULL


def test_a_stop_keeps_what_is_undelivered_for_the_next_start(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    one = run(source, Rules())
    one.reader.on_idle = one.stop.set
    assert one().undelivered == 12
    assert source.committed == {(TRENDING_TOPIC, 0): 0, (FOLLOWERS_TOPIC, 0): 0}
    assert [receiver.requests for receiver in receivers.values()] == [[], [], []]
    assert run(source)().undelivered == 0
    assert len(keys(receivers[WEBHOOK])) == 4


def test_reading_pauses_when_too_much_waits(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = Log(*[(TRENDING_TOPIC, trending(str(number))) for number in range(200)])
    receivers[SLACK].otherwise = Answer(503)
    one = run(source, Rules(max_pending=50), group_seconds=0.0, give_up_after=3600.0)
    most = 0

    def idle() -> None:
        nonlocal most
        most = max(most, *(lane.places for lane in one.lanes))
        threading.Event().wait(0.001)
        if source.paused == [True] and len(keys(receivers[WEBHOOK])) == 50:
            receivers[SLACK].otherwise = Answer()
        if len(set(keys(receivers[WEBHOOK]))) == 200 and not one.notifier.undelivered:
            one.stop.set()

    one.reader.on_idle = idle
    one()
    assert most == 50
    assert source.paused[:2] == [True, False]
    assert source.committed == {(TRENDING_TOPIC, 0): 200}


def test_partitions_of_another_consumer_are_left_to_it(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    one = run(source, Rules())
    steps = iter([lambda: source.taken_away.append((TRENDING_TOPIC, 0)), source.committed.clear, one.stop.set])
    one.reader.on_idle = lambda: next(steps)()
    assert one().undelivered == 3
    assert source.committed == {(FOLLOWERS_TOPIC, 0): 0}


class RebalancedReader(LogReader):
    """Its second poll takes all partitions away, gives them back, and returns the first record that is not committed."""

    polls = 0

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._log_read = log

    def poll(self, timeout: float) -> Record | None:
        self.polls += 1
        if self.polls == 2:
            self._log_read.taken_away += {(record.place.topic, record.place.partition) for record in self._log_read.records}
            self._rest = self._log_read.reader()._rest
        return super().poll(timeout)


def test_a_record_that_comes_with_its_partition_back_is_not_lost(
    run: Callable[..., Run], receivers: dict[str, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = log()
    rebalanced = RebalancedReader(source)
    with monkeypatch.context() as patched:
        patched.setattr(source, "reader", lambda: rebalanced)
        one = run(source)
    one()
    assert sorted(keys(receivers[WEBHOOK])) == sorted(
        PlainDecoder().alert(record.place.topic, record.value).key for record in source.records
    )
    assert source.committed == FULL


@pytest.mark.parametrize("fails", [False, True], ids=["silence", "failure"])
def test_offsets_of_lost_partitions_are_not_committed(run: Callable[..., Run], fails: bool) -> None:
    source = Log((TRENDING_TOPIC, None), (TRENDING_TOPIC, None))
    one = run(source, Rules())

    def lose() -> None:
        source.taken_away.append((TRENDING_TOPIC, 0))
        one.stop.set()
        if fails:
            raise SourceError("broker is gone", "")

    one.reader.on_idle = lose
    with pytest.raises(SourceError, match="gone") if fails else nullcontext():
        one()
    # The first turn commits; the second record was read after it.
    assert source.committed == {(TRENDING_TOPIC, 0): 1}


def gains(*minutes: int, user: str = "42", within_hours: int = 2) -> list[tuple[str, dict[str, Any]]]:
    """Alerts of one user and rule, minutes before HOUR."""
    times = [HOUR - timedelta(minutes=before) for before in minutes]
    return [(FOLLOWERS_TOPIC, followers(user, within_hours=within_hours, now=now)) for now in times]


def test_a_gain_is_told_once_per_span(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    other = [*gains(200, user="43"), *gains(190, within_hours=1)]
    source = Log(*gains(240, 210, 121), *other, *gains(120, 60, 1, 0))
    done = run(source)()
    expected = [alert(value).key for _, value in (*gains(240, 120, 0), *other)]
    assert sorted(keys(receivers[WEBHOOK])) == sorted(expected)
    assert (done.tally.repeats, done.undelivered) == (4, 0)
    assert source.committed == {(FOLLOWERS_TOPIC, 0): 9}


def test_what_is_told_does_not_depend_on_restarts(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    every = gains(240, 210, 121, 120, 60, 1, 0)
    source = Log()
    for one in every:
        source.append(one)
        run(source)()
    source.committed.clear()
    assert run(source)().tally.repeats == 4
    # An earlier one that comes late is no news either.
    source.append(*gains(150))
    assert run(source)().tally.repeats == 1
    assert keys(receivers[WEBHOOK]) == [alert(value).key for _, value in gains(240, 120, 0)]
    with run(source).state as state:
        assert state.outcomes(alert(every[1][1]).key) == dict.fromkeys(receivers, "skipped")


def test_what_was_skipped_or_refused_keeps_nothing_back(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    receivers[TEAMS].otherwise = Answer(404)
    source = Log(*gains(24 * 60), *gains(90))
    run(source)()
    receivers[TEAMS].otherwise = Answer()
    source.append(*gains(60))
    assert run(source)().tally.repeats == 0
    assert [len(receivers[name].requests) for name in (SLACK, TEAMS)] == [1, 2]
    assert keys(receivers[WEBHOOK]) == [alert(gains(90)[0][1]).key]


def test_a_broken_state_file_ends_the_process(run: Callable[..., Run]) -> None:
    one = run(log(), Rules())

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with ExitStack() as patches:
        patched = patches.enter_context(pytest.MonkeyPatch.context())
        patched.setattr(one.state, "record", broken)
        one.reader.on_idle = one.lanes[0].flush
        with pytest.raises(OSError, match="disk full"):
            one()


def test_alerts_of_the_fixture_are_distinct() -> None:
    decoder = PlainDecoder()
    assert len({decoder.alert(record.place.topic, record.value).key for record in log().records}) == 4


def test_a_muted_alert_is_not_sent_but_counted_and_kept(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    mutes = (
        Mute(Subject("post", "1"), NOW_MS + 1),
        Mute(Subject("hashtag", "pasta"), NOW_MS + 1),
        Mute(Subject("creator", "9"), NOW_MS + 1),
    )
    one = run(source, lookup=Knows({"2": ("pasta",)}, *mutes))
    done = one()
    assert sorted(keys(receivers[WEBHOOK])) == sorted(alert(value).key for value in (followers(), trending("0")))
    assert [lane.tally.muted for lane in one.lanes] == [2, 2, 2]
    assert (done.undelivered, source.committed) == (0, FULL)
    with State(one.path, read_only=True) as state:
        found = {(entry.key.split("/")[1], entry.reason) for entry in state.newest(10, "muted")}
    assert found == {("1", "post"), ("2", "#pasta")}
    # What was kept silent stays so, whatever is read again, and when the mute is over.
    source.committed.clear()
    assert run(source)().tally.known == 4
    assert len(keys(receivers[WEBHOOK])) == 2


def test_a_mute_that_is_over_mutes_nothing(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    run(log(), lookup=Knows({}, Mute(Subject("post", "1"), NOW_MS)))()
    assert len(keys(receivers[WEBHOOK])) == 4


def test_a_mute_of_everything_sends_no_empty_message(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    run(Log((TRENDING_TOPIC, trending("1"))), lookup=Knows({}, Mute(Subject("post", "1"), NOW_MS + 1)))()
    assert [receiver.requests for receiver in receivers.values()] == [[], [], []]


def test_alerts_go_where_routes_send_them(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    routes = [Route(tags=["pasta"], to=[SLACK]), Route(kinds=["followers"], to=[SLACK, TEAMS])]
    knows = Knows({"0": ("pasta",), "1": ("pasta",)})
    done = run(source, routes=routes, lookup=knows)()
    assert keys(receivers[WEBHOOK]) == [alert(trending("2")).key]
    assert {name: len(receiver.requests) for name, receiver in receivers.items()} == {SLACK: 2, TEAMS: 1, WEBHOOK: 1}
    assert (done.undelivered, source.committed) == (0, FULL)
    # Four alerts were one question for the routes; the lanes asked for theirs.
    assert knows.asked == 1 + 4
    source.committed.clear()
    assert run(source, routes=routes, lookup=knows)().tally.known == 4
    assert {name: len(receiver.requests) for name, receiver in receivers.items()} == {SLACK: 2, TEAMS: 1, WEBHOOK: 1}


def test_what_is_being_looked_up_is_not_committed(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    """A process that ends between reading and handing over loses nothing."""
    source = Log((TRENDING_TOPIC, trending("1")), (TRENDING_TOPIC, None))
    one = run(source, Rules(), routes=[Route(tags=["pasta"], to=[SLACK])], lookup=Knows({}))

    def broken(*_: object) -> None:
        raise OSError("killed")

    one.notifier._hand_over = broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="killed"):
        one()
    assert source.committed in ({}, {(TRENDING_TOPIC, 0): 0})
    run(source)()
    assert len(keys(receivers[WEBHOOK])) == 1


def test_in_quiet_hours_a_channel_gets_nothing_and_loses_nothing(run: Callable[..., Run], receivers: dict[str, Receiver]) -> None:
    source = log()
    # The clock of the test shows 14:01 UTC.
    quiet = QuietHours.model_validate({"from": time(14), "to": time(15), "time_zone": "UTC", "channels": [SLACK]})
    done = run(source, quiet=[quiet])()
    assert {name: len(receiver.requests) for name, receiver in receivers.items()} == {SLACK: 0, TEAMS: 2, WEBHOOK: 2}
    # A script that runs it is not told of a failure.
    assert (done.undelivered, source.committed) == (0, {(TRENDING_TOPIC, 0): 0, (FOLLOWERS_TOPIC, 0): 0})
    run(source)()
    assert {name: len(receiver.requests) for name, receiver in receivers.items()} == {SLACK: 2, TEAMS: 2, WEBHOOK: 2}
