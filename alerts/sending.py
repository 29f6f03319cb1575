"""Sends one message to one target: its pace, its retries, and when they are given up."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from alerts.limit import TokenBucket
from alerts.message import Message
from alerts.posting import Poster, TryAgainError
from connectors.backoff import ALERT_POST_S, Doubling
from connectors.clock import wall_clock_ms

# What happens on the way to a target stands in the log under one name.
_LOG = logging.getLogger("alerts.lane")


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


@dataclass(frozen=True)
class Timing:
    """The end of the process, clocks of seconds and of Unix milliseconds, and waiting; tests give their own."""

    stop: threading.Event
    clock: Callable[[], float] = time.monotonic
    now_ms: Callable[[], int] = wall_clock_ms
    pause: Callable[[float], None] | None = None

    def wait(self, seconds: float) -> None:
        """Returns after `seconds`. Raises StoppedError when the process is told to stop before."""
        if self.pause is not None:
            self.pause(seconds)
        elif self.stop.wait(seconds):
            raise StoppedError


class Sender:
    """Sends to the target called `name`, one message after the other.

    With `once`, a target that fails for longer than the back-off's limit is left: `gave_up`. Without, it only says so.
    """

    def __init__(
        self, name: str, poster: Poster, bucket: TokenBucket, backoff: Backoff, timing: Timing, once: bool = False
    ) -> None:
        self.name, self.bucket, self.backoff, self.once = name, bucket, backoff, once
        self._poster, self._timing = poster, timing
        self.gave_up = False

    def send(self, message: Message) -> int:
        """The HTTP status of an accepted message. Raises RefusedError, StoppedError, TryAgainError after the back-off's limit."""
        started = self._timing.clock()
        retrying = Retrying(
            retry=retry_if_exception_type(TryAgainError),
            wait=self._seconds,
            stop=lambda state: self._timing.clock() - started + self._ahead(state) >= self.backoff.give_up_after,
            sleep=self._timing.wait,
            before_sleep=self._note_failure,
            reraise=True,
        )
        return retrying(self._post, message)

    def hold(self, error: TryAgainError) -> None:
        """What Retry-After asked for holds for the next message, too."""
        if error.after is not None:
            self.bucket.hold(self._timing.clock() + self.backoff.seconds(1, error.after))

    def close(self) -> None:
        """Closes connections."""
        self._poster.close()

    def _post(self, message: Message) -> int:
        self.bucket.spend(self._timing.clock())
        return self._poster.post(message)

    def _seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        pause = self.backoff.seconds(state.attempt_number, error.after if isinstance(error, TryAgainError) else None)
        return max(pause, self.bucket.wait(self._timing.clock()))

    def _ahead(self, state: RetryCallState) -> float:
        # Somebody waits for the end of --once: it does not begin a pause that Retry-After makes longer than the limit.
        return state.upcoming_sleep if self.once else 0.0

    def _note_failure(self, state: RetryCallState) -> None:
        # Once per message: a target that is down for hours is one line, not hundreds.
        if state.attempt_number == 1 and not self.gave_up:
            _LOG.warning("%s: %s; trying again", self.name, state.outcome.exception() if state.outcome else "")
