"""A circuit breaker: what failed several times in a row is left alone for a while."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"


class CircuitBreaker:
    """Opens after `failures` failures in a row; after `pause` seconds it lets one trial through, whose result decides.

    Ask `allows` before each call, and report each call that it allowed.
    """

    def __init__(self, failures: int = 3, pause: float = 30.0, clock: Callable[[], float] = monotonic) -> None:
        self._limit, self._pause, self._clock = failures, pause, clock
        self._failures = 0
        # When the pause began; None while closed.
        self._since: float | None = None
        self._on_trial = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open` (a trial is due or under way)."""
        if self._since is None:
            return CLOSED
        return HALF_OPEN if self._on_trial or self._clock() - self._since >= self._pause else OPEN

    def allows(self) -> bool:
        """Whether a call may be made now. Half-open, only the first one may, until it is reported."""
        if self._since is None:
            return True
        if self._on_trial or self._clock() - self._since < self._pause:
            return False
        self._on_trial = True
        return True

    def succeeded(self) -> None:
        """A call succeeded: closed, and failures count from zero."""
        self._failures, self._since, self._on_trial = 0, None, False

    def failed(self) -> None:
        """A call failed."""
        self._failures += 1
        if self._on_trial or self._failures >= self._limit:
            self._since, self._on_trial = self._clock(), False
