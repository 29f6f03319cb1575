"""The way to one target: its queue, its pace, its retries, its thread. One slow target does not hold up another."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from alerts.alert import Alert, Place
from alerts.limit import TokenBucket
from alerts.message import Message, message
from alerts.posting import Poster, RefusedError, TryAgainError
from alerts.state import Outcome, State
from alerts.waiting import Waiting
from connectors.backoff import ALERT_POST_S, Doubling
from connectors.clock import wall_clock_ms

_LOG = logging.getLogger(__name__)


class StoppedError(Exception):
    """The process is told to stop while a target is waited for."""


@dataclass(frozen=True)
class Backoff:
    """Pauses in seconds between tries: full jitter, or what Retry-After asks for, up to a limit."""

    bound: Doubling = ALERT_POST_S
    longest_retry_after: float = 3_600.0
    give_up_after: float = 900.0
    jitter: Callable[[float, float], float] = random.uniform

    def seconds(self, attempt: int, after: float | None) -> float:
        """The pause after the failure of try number `attempt` (from 1)."""
        if after is not None:
            # A little more, so that senders that were told the same time do not come back together.
            return min(after, self.longest_retry_after) + self.jitter(0.0, 1.0)
        return self.jitter(0.0, self.bound.after(attempt))


@dataclass
class Tally:
    """What a target got: accepted messages and the alerts in them, and alerts that it refused."""

    messages: int = 0
    sent: int = 0
    refused: int = 0


class Lane:
    """Delivers to the target called `name`. `add`, `flush`, `forget` and `wake` may be called from any thread.

    `settled` gets the places of records that this target no longer waits for; `final` are the outcomes after which it gets an
    alert no more. With `once`, a target that fails for longer than the back-off's limit is left. `clock` gives seconds, `pause`
    waits for some or raises StoppedError: tests give their own.
    """

    def __init__(
        self,
        name: str,
        poster: Poster,
        waiting: Waiting,
        bucket: TokenBucket,
        state: State,
        settled: Callable[[Iterable[Place]], None],
        *,
        stop: threading.Event,
        final: Collection[str] = ("sent", "refused"),
        backoff: Backoff | None = None,
        dashboard_url: str = "",
        once: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self.name = name
        self.tally = Tally()
        self.gave_up = False
        self.failure: Exception | None = None
        self._poster, self._waiting, self._bucket, self._state, self._settled = poster, waiting, bucket, state, settled
        self._final = final
        self._stop, self._backoff, self._dashboard_url, self._once = stop, backoff or Backoff(), dashboard_url, once
        self._clock, self._pause, self._now_ms = clock, pause or self._wait_for, now_ms
        self._changed = threading.Condition()
        self._poked = self._everything = False
        self._thread = threading.Thread(target=self.run, name=f"notify-{name}", daemon=True)

    @property
    def places(self) -> int:
        """Records that this target keeps from being committed."""
        with self._changed:
            return self._waiting.places

    def __len__(self) -> int:
        """Alerts that are not delivered."""
        with self._changed:
            return len(self._waiting)

    def add(self, alert: Alert, place: Place) -> None:
        """Queues an alert; one that is queued or under way already is sent once."""
        with self._changed:
            # An alert leaves the queue after its outcome is on record, so that one that is in neither is new.
            if alert.key in self._waiting or self._state.outcomes(alert.key).get(self.name) not in self._final:
                self._waiting.add(alert, place, self._clock())
                self.wake()
                return
        self._settled([place])

    def told(self, alert: Alert) -> bool:
        """Whether another alert of its series, less than its span away, was sent or is about to be."""
        if not alert.span_ms:
            return False
        after, before = alert.span_keys()
        with self._changed:
            # First the queue, as in `add`. An alert that waits itself was found to be the one to send.
            if alert.key in self._waiting:
                return False
            return self._waiting.between(after, before) or self._state.sent_between(after, before, self.name)

    def flush(self) -> None:
        """Nothing more is to come: groups need not wait any longer."""
        with self._changed:
            self._everything = True
        self.wake()

    def forget(self, partitions: Collection[tuple[str, int]]) -> None:
        """Drops what another consumer reads from now on."""
        with self._changed:
            self._waiting.forget(partitions)

    def wake(self) -> None:
        """Lets the thread look again at what there is to do."""
        with self._changed:
            self._poked = True
            self._changed.notify_all()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Waits for the end of the thread, which comes after the stop event with the answer to the last request."""
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._poster.close()

    def run(self) -> None:
        """Delivers until the stop event. An error that is not the target's ends it and is kept in `failure`."""
        try:
            while not self._stop.is_set():
                seconds = self.step()
                with self._changed:
                    if not self._poked and not self._stop.is_set():
                        self._changed.wait(seconds)
        except StoppedError:
            pass
        except Exception as error:  # handed to the main thread, which ends the process
            self.failure = error

    def step(self) -> float | None:
        """Delivers at most one message. Seconds until there may be another one; None when nothing waits."""
        with self._changed:
            self._poked = False
            now = self._clock()
            due = self._waiting.seconds_until_due(now)
            if due is None or (self._once and self.gave_up):
                return None
            if due and not self._everything:
                return due
            if wait := self._bucket.wait(now):
                return wait
            group = self._waiting.take(now, self._everything)
        self._deliver(message(self.name, group, self._dashboard_url))
        return 0.0

    def _deliver(self, what: Message) -> None:
        outcome: Outcome = "sent"
        count = len(what.alerts)
        try:
            status = self._send(what)
        except RefusedError as error:
            outcome, status = "refused", error.status
            _LOG.error("%s refuses %d alert(s) for good (%s): %s", self.name, count, error, what.title)
        except (TryAgainError, StoppedError) as error:
            self._put_back(what.alerts)
            if isinstance(error, StoppedError):
                raise
            if error.after is not None:
                self._bucket.hold(self._clock() + self._backoff.seconds(1, error.after))
            self._note_giving_up(error)
            return
        # Right after the answer: what a crash cuts off between the two is sent again.
        self._state.record([(alert.key, self.name, outcome, status) for alert in what.alerts], self._now_ms())
        with self._changed:
            places = self._waiting.finish(what.alerts)
            if outcome == "sent":
                self.tally.messages += 1
                self.tally.sent += count
                _LOG.info("%s: sent %s", self.name, what.title)
            else:
                self.tally.refused += count
            self.gave_up = False
        self._settled(places)

    def _send(self, what: Message) -> int:
        started = self._clock()
        retrying = Retrying(
            retry=retry_if_exception_type(TryAgainError),
            wait=self._seconds,
            stop=lambda state: self._clock() - started + self._ahead(state) >= self._backoff.give_up_after,
            sleep=self._pause,
            before_sleep=self._note_failure,
            reraise=True,
        )
        return retrying(self._post, what)

    def _post(self, what: Message) -> int:
        self._bucket.spend(self._clock())
        return self._poster.post(what)

    def _seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        pause = self._backoff.seconds(state.attempt_number, error.after if isinstance(error, TryAgainError) else None)
        return max(pause, self._bucket.wait(self._clock()))

    def _ahead(self, state: RetryCallState) -> float:
        # Somebody waits for the end of --once: it does not begin a pause that Retry-After makes longer than the limit.
        return state.upcoming_sleep if self._once else 0.0

    def _note_failure(self, state: RetryCallState) -> None:
        # Once per message: a target that is down for hours is one line, not hundreds.
        if state.attempt_number == 1 and not self.gave_up:
            _LOG.warning("%s: %s; trying again", self.name, state.outcome.exception() if state.outcome else "")

    def _note_giving_up(self, error: TryAgainError) -> None:
        if not self.gave_up:
            _LOG.error(
                "%s takes nothing within %.0f s (%s); %s",
                self.name,
                self._backoff.give_up_after,
                error,
                "giving up" if self._once else f"{len(self)} alert(s) wait, still trying",
            )
        self.gave_up = True

    def _put_back(self, alerts: Sequence[Alert]) -> None:
        with self._changed:
            self._waiting.put_back(alerts)

    def _wait_for(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppedError
