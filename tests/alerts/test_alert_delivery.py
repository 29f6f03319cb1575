"""One target behind a real HTTP server that fails, stalls, resets connections and asks to wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Place
from alerts.lane import Lane
from alerts.limit import TokenBucket
from alerts.posting import HttpPoster
from alerts.sending import Backoff, Sender, StoppedError, Timing
from alerts.settling import Settling
from alerts.state import State
from alerts.targets import SLACK, TEAMS, WEBHOOK, Target
from alerts.waiting import Waiting
from tests.alerts.receiver import NOW_MS, SECRET, Answer, Clock, Receiver, alerts

pytestmark = pytest.mark.http
# Longer than a busy machine needs to answer; a receiver that says nothing is waited for less.
TIMEOUT_S = 10.0
SILENT_S = 1.0


class Bench:
    """A lane without its thread; `settled` collects places."""

    def __init__(self, receiver: Receiver, state: State, name: str = WEBHOOK, per_minute: float = 10, **options: Any) -> None:
        self.clock, self.stop, self.settled = Clock(), threading.Event(), list[Place]()
        self.poster = HttpPoster(Target(name, receiver.url), timeout=options.get("timeout", TIMEOUT_S))
        timing = Timing(self.stop, self.clock, lambda: NOW_MS, options.get("pause", self.clock.pause))
        backoff = options.get("backoff", Backoff(jitter=lambda low, high: high))
        self.lane = Lane(
            Sender(name, self.poster, TokenBucket(per_minute), backoff, timing, options.get("once", False)),
            Waiting(30),
            Settling(name, state, self.settled.extend, timing.now_ms),
            timing,
        )

    def add(self, count: int) -> None:
        for offset, one in enumerate(alerts(count)):
            self.lane.add(one, Place("t", 0, offset))

    def until_idle(self) -> None:
        """Steps, and lets the time pass that the lane asks for."""
        while (seconds := self.lane.step()) is not None:
            self.clock.now += seconds


@pytest.fixture
def bench(receiver: Receiver, state: State) -> Iterator[Callable[..., Bench]]:
    opened: list[Bench] = []

    def make(**options: Any) -> Bench:
        opened.append(Bench(receiver, state, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.poster.close()


@contextmanager
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


def test_a_viral_hour_is_one_message(bench: Callable[..., Bench], receiver: Receiver, state: State) -> None:
    one = bench(name=SLACK)
    one.add(500)
    one.until_idle()
    assert len(receiver.requests) == 1
    assert one.clock.now == 30
    assert receiver.requests[0].body["text"].startswith("500 trending posts")
    assert receiver.requests[0].headers["Content-Type"] == "application/json; charset=utf-8"
    assert len(one.settled) == 500
    assert state.outcomes(alerts(500)[499].key) == {"slack": "sent"}


@pytest.mark.parametrize(
    "bad",
    [Answer(500), Answer(503), Answer(408), Answer(429), Answer(reset=True), Answer(silent=True)],
    ids=["500", "503", "408", "429", "reset", "silence"],
)
def test_passing_failures_are_tried_again(bench: Callable[..., Bench], receiver: Receiver, bad: Answer) -> None:
    one = bench(per_minute=float("inf"), timeout=SILENT_S if bad.silent else TIMEOUT_S)
    receiver.script = [bad, bad]
    one.add(3)
    one.until_idle()
    assert len(receiver.requests) == 3
    assert one.clock.pauses == [2.0, 4.0]
    assert one.lane.tally.messages == 1
    assert len({request.headers["Idempotency-Key"] for request in receiver.requests}) == 1


def test_nobody_listening_is_a_passing_failure(bench: Callable[..., Bench], receiver: Receiver) -> None:
    receiver.close()
    one = bench(backoff=Backoff(give_up_after=10, jitter=lambda low, high: high), once=True)
    one.add(1)
    one.until_idle()
    assert one.lane.gave_up
    assert len(one.lane) == 1
    assert one.settled == []


def test_the_pause_is_drawn_between_zero_and_a_growing_limit() -> None:
    limits: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        limits.append((low, high))
        return 0.0

    backoff = Backoff(jitter=jitter)
    for attempt in (1, 2, 3, 6, 5000):
        backoff.seconds(attempt, None)
    assert limits == [(0, 2), (0, 4), (0, 8), (0, 60), (0, 60)]


def test_retry_after_is_honoured_and_capped(bench: Callable[..., Bench], receiver: Receiver) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=200), usegmt=True)
    receiver.script = [Answer(429, {"Retry-After": value}) for value in ("17", later, "86400")]
    one = bench()
    one.add(1)
    one.until_idle()
    seconds, date, capped = one.clock.pauses
    assert seconds == 18
    assert 190 <= date <= 201
    assert capped == 3_601
    assert one.lane.tally.sent == 1


def test_retry_after_is_honoured_by_the_next_message_too(bench: Callable[..., Bench], receiver: Receiver) -> None:
    receiver.script = [Answer(429, {"Retry-After": "1800"})] * 2
    one = bench()
    one.add(1)
    one.clock.now += 30
    assert one.lane.step() == 0.0
    assert (one.lane.gave_up, one.clock.now) == (True, 1_831)
    assert one.lane.step() == 1_801
    one.until_idle()
    assert (one.lane.tally.sent, one.clock.now) == (1, 3_632)


def test_once_does_not_begin_a_pause_that_is_too_long(bench: Callable[..., Bench], receiver: Receiver) -> None:
    receiver.otherwise = Answer(429, {"Retry-After": "3600"})
    one = bench(once=True)
    one.add(1)
    one.until_idle()
    assert (one.lane.gave_up, one.clock.pauses, len(receiver.requests)) == (True, [], 1)


def test_retries_keep_the_rate_limit(bench: Callable[..., Bench], receiver: Receiver) -> None:
    receiver.script = [Answer(503), Answer(429, {"Retry-After": "0"}), Answer(503), Answer(503)]
    one = bench(backoff=Backoff(jitter=lambda low, high: min(high, 7.0)))
    one.add(1)
    one.until_idle()
    # Ten a minute are one in six seconds: longer pauses stay, shorter ones grow.
    assert one.clock.pauses == [6.0, 6.0, 7.0, 7.0]
    assert one.lane.tally.sent == 1


@pytest.mark.parametrize("answer", [Answer(400, body=b"invalid_payload"), Answer(404), Answer(302, {"Location": "/elsewhere"})])
def test_a_refusal_is_recorded_once_and_the_rest_goes_on(
    bench: Callable[..., Bench], receiver: Receiver, state: State, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    one = bench()
    receiver.script = [answer]
    one.add(2)
    one.until_idle()
    assert state.outcomes(alerts(1)[0].key) == {"webhook": "refused"}
    assert len(one.settled) == 2
    assert [record.levelname for record in caplog.records if record.name == "alerts.lane"] == ["ERROR"]
    assert f"HTTP {answer.status}" in caplog.text or "invalid_payload" in caplog.text
    one.add(3)
    one.until_idle()
    assert [request.path for request in receiver.requests] == [receiver.requests[0].path] * 2
    assert receiver.requests[1].body["keys"] == [alerts(3)[2].key]
    assert (one.lane.tally.refused, one.lane.tally.sent) == (2, 1)


def test_teams_tells_failures_with_200(bench: Callable[..., Bench], receiver: Receiver, state: State) -> None:
    told = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error %d with ContextId x"
    receiver.script = [Answer(200, body=told % 429), Answer(202), Answer(200, body=told % 413)]
    one = bench(name=TEAMS)
    one.add(1)
    one.until_idle()
    assert state.outcomes(alerts(1)[0].key) == {"teams": "sent"}
    one.add(2)
    one.until_idle()
    assert state.outcomes(alerts(2)[1].key) == {"teams": "refused"}


def test_what_came_during_an_outage_is_one_message(
    bench: Callable[..., Bench], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    one = bench(backoff=Backoff(give_up_after=900, jitter=lambda low, high: high))
    receiver.otherwise = Answer(503)
    one.add(1)
    one.clock.now += 30
    assert one.lane.step() == 0.0
    assert one.clock.now >= 930
    assert one.lane.gave_up
    one.add(40)
    receiver.otherwise = Answer()
    one.until_idle()
    assert len(receiver.requests[-1].body["keys"]) == 40
    assert (one.lane.tally.messages, one.lane.gave_up) == (1, False)
    assert len([record for record in caplog.records if record.name == "alerts.lane" and record.levelno >= logging.WARNING]) == 2


def test_no_more_messages_a_minute_than_allowed(bench: Callable[..., Bench], receiver: Receiver) -> None:
    one, moments = bench(), list[float]()
    for offset, some in enumerate(alerts(100)):
        one.lane.add(some, Place("t", 0, offset))
        one.lane.flush()
        while one.lane.step() == 0.0:
            moments.append(one.clock.now)
        one.clock.now += 1
    sent = [moment for moment in moments if moment is not None]
    assert len(receiver.requests) == one.lane.tally.messages == len(sent) == 17
    assert max(sum(start <= moment < start + 60 for moment in sent) for start in sent) == 10
    assert sum(len(request.body["keys"]) for request in receiver.requests) + len(one.lane) == 100


def test_a_crash_between_the_answer_and_the_record_repeats_one_message(
    bench: Callable[..., Bench], receiver: Receiver, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench()
    one.add(2)
    one.clock.now += 30

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(state, "record", crash)
        with pytest.raises(KeyboardInterrupt):
            one.lane.step()
    assert one.settled == []
    again = bench()
    again.add(2)
    again.until_idle()
    keys = [request.headers["Idempotency-Key"] for request in receiver.requests]
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert receiver.requests[0].body["keys"] == receiver.requests[1].body["keys"]
    third = bench()
    third.add(2)
    third.until_idle()
    assert len(receiver.requests) == 2
    assert len(third.settled) == 2


def test_an_alert_that_comes_again_while_it_is_sent_is_not_sent_again(bench: Callable[..., Bench], receiver: Receiver) -> None:
    one = bench()
    one.add(1)
    one.until_idle()
    one.lane.add(alerts(1)[0], Place("t", 0, 9))
    one.until_idle()
    assert len(receiver.requests) == 1
    assert one.settled == [Place("t", 0, 0), Place("t", 0, 9)]


def test_a_stop_ends_the_pauses_and_keeps_what_is_undelivered(
    bench: Callable[..., Bench], receiver: Receiver, state: State
) -> None:
    one = bench(pause=None)
    receiver.otherwise = Answer(503)
    one.add(2)
    one.clock.now += 30
    one.stop.set()
    with pytest.raises(StoppedError):
        one.lane.step()
    assert (len(one.lane), one.settled, state.outcomes(alerts(1)[0].key)) == (2, [], {})


def test_no_log_has_the_address(bench: Callable[..., Bench], receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    with everything_logged(caplog):
        one = bench(timeout=SILENT_S)
        page = f"{receiver.url} is wrong".encode()
        receiver.script = [
            Answer(500, body=page),
            Answer(reset=True),
            Answer(silent=True),
            Answer(302, {"Location": receiver.url}),
            Answer(404, body=page),
        ]
        one.add(1)
        one.until_idle()
        one.add(2)
        one.until_idle()
    assert "webhook" in caplog.text
    assert SECRET not in caplog.text


def test_the_lane_hands_its_own_failures_on(bench: Callable[..., Bench], state: State, tmp_path: Path) -> None:
    one = bench()
    one.add(1)
    one.clock.now += 30
    state._database.close()  # type: ignore[union-attr]  # the disk is gone
    one.lane.run()
    assert "closed database" in str(one.lane.failure)
    assert one.settled == []
