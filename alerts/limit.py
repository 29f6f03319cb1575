"""How often a target may be posted to."""

from __future__ import annotations


class TokenBucket:
    """At most `per_minute` messages in any 60 seconds. Times are seconds of any one clock.

    The bucket holds one token, so messages keep a distance of 60 s / per_minute: a larger one would let a burst and the refill
    of the same minute add up to more than the limit.
    """

    def __init__(self, per_minute: float) -> None:
        self._every = 60.0 / per_minute
        self._next = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until a message may be sent; 0 when it may be now."""
        return max(0.0, self._next - now)

    def spend(self, now: float) -> None:
        """Counts a message sent at `now`."""
        self._next = now + self._every

    def hold(self, until: float) -> None:
        """Lets no message be sent before `until`."""
        self._next = max(self._next, until)
