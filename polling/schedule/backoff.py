"""How long to wait before the same request is made again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from connectors.backoff import PAGE_RETRY_MS, Doubling

# What an upstream may ask for at most; more is a mistake of its, or a header in milliseconds.
MAX_RETRY_AFTER_S = 24 * 3600.0


@dataclass(frozen=True)
class Backoff:
    """Full jitter: anything between nothing and what `bound` says in milliseconds, evenly.

    Pollers that failed together must not come back together, and of the usual kinds of jitter the full one does the least work
    for the same time. After `attempts` of one page its feed's round is given up until the feed is due again.
    """

    bound: Doubling = PAGE_RETRY_MS
    attempts: int = 5
    dice: Callable[[], float] = random.random

    @property
    def cap_ms(self) -> float:
        """No wait is longer, but for a Retry-After."""
        return self.bound.longest

    def wait_ms(self, attempt: int, retry_after_s: float | None = None) -> int:
        """Milliseconds to wait after failed attempt number `attempt`, from 1; never less than `retry_after_s` seconds."""
        jittered = round(self.dice() * self.bound.after(attempt))
        return max(jittered, clean_retry_after_ms(retry_after_s) or 0)


def clean_retry_after_ms(retry_after_s: float | None) -> int | None:
    """A Retry-After in milliseconds, between 0 and a day; None for none."""
    if retry_after_s is None or retry_after_s != retry_after_s:  # NaN
        return None
    return round(min(max(retry_after_s, 0.0), MAX_RETRY_AFTER_S) * 1000)
