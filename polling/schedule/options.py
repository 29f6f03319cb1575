"""How a poller runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from polling.clock import Clock, SystemClock
from polling.schedule.backoff import Backoff
from polling.schedule.breaker import BreakerRules


@dataclass(frozen=True)
class Options:
    """`in_flight` requests at a time; with `once` every feed is read once; shard `shard` of `shards`. Times in milliseconds.

    With `paced` credits are spread over the day, but for `once`.
    """

    in_flight: int = 4
    once: bool = False
    shard: int = 0
    shards: int = 1
    paced: bool = True
    reread_ms: int = 5_000
    status_ms: int = 1_000  # of the screen; without one the gauges follow less often
    backoff: Backoff = field(default_factory=Backoff)
    breaker: BreakerRules = field(default_factory=BreakerRules)
    clock: Clock = field(default_factory=SystemClock)
