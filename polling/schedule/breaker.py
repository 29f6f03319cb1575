"""A circuit breaker per endpoint: what fails again and again is left alone for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from connectors.backoff import BREAKER_OPEN_MS, Doubling


class State(StrEnum):
    """CLOSED lets requests through, OPEN none, HALF_OPEN one trial."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True)
class BreakerRules:
    """Opens when `rate` of the last `window` outcomes, of those within `window_ms`, failed, and there are at least `minimum`.

    Stays open for `open_ms`, twice as long after each trial that fails, at most `cap_ms`.
    """

    window: int = 50
    window_ms: int = 300_000
    minimum: int = 10
    rate: float = 0.5
    open_ms: float = BREAKER_OPEN_MS.first
    cap_ms: float = BREAKER_OPEN_MS.longest


# A request that has to wait for somebody else's trial asks again after this.
_TRIAL_WAIT_MS = 1_000
OnChange = Callable[[State], None]


class Breaker:
    """The breaker of one endpoint. Not thread-safe. `on_change` hears of every transition."""

    def __init__(self, rules: BreakerRules, on_change: OnChange) -> None:
        self._rules = rules
        self._on_change = on_change
        self._outcomes: deque[tuple[int, bool]] = deque(maxlen=rules.window)
        self._reopened = 0
        self._until_ms = 0
        self._trial = False
        self.state = State.CLOSED

    def admit(self, now_ms: int) -> int:
        """0 when a request may be made now, else the time to ask again. Exactly one `record` must follow a request."""
        if self.state is State.CLOSED:
            return 0
        if self.state is State.OPEN:
            if now_ms < self._until_ms:
                return self._until_ms
            self._become(State.HALF_OPEN)
        if self._trial:
            return now_ms + _TRIAL_WAIT_MS
        self._trial = True
        return 0

    def record(self, now_ms: int, ok: bool | None) -> None:
        """What became of an admitted request; None when it says nothing about the endpoint."""
        if self.state is State.OPEN:
            return  # a request from before it opened
        if self.state is State.HALF_OPEN:
            if not self._trial:
                return
            self._trial = False
            if ok is None:
                return
            if ok:
                self._reopened = 0
                self._outcomes.clear()
                self._become(State.CLOSED)
            else:
                self._reopened += 1
                self._open(now_ms)
            return
        if ok is None:
            return
        self._outcomes.append((now_ms, ok))
        while self._outcomes[0][0] <= now_ms - self._rules.window_ms:
            self._outcomes.popleft()
        failed = sum(1 for _, good in self._outcomes if not good)
        if not ok and len(self._outcomes) >= self._rules.minimum and failed >= self._rules.rate * len(self._outcomes):
            self._open(now_ms)

    def _open(self, now_ms: int) -> None:
        self._until_ms = now_ms + round(Doubling(self._rules.open_ms, self._rules.cap_ms).after(self._reopened + 1))
        self._trial = False
        self._become(State.OPEN)

    def _become(self, state: State) -> None:
        self.state = state
        self._on_change(state)
