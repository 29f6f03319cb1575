"""When a feed is read next: a subject that moves is polled more often, one that sleeps less."""

from __future__ import annotations

import math
from dataclasses import dataclass

from connectors.clock import DAY_MS, HOUR_MS, MINUTE_MS, SNAPSHOT_FRESH_MS
from polling.model import Progress

# A subject that slept for a while is looked at again after this part of that while.
PATIENCE = 0.25
# A profile is read again at this age of its snapshot, whatever its cadence: so no snapshot turns stale while there are credits.
REFRESH_MS = SNAPSHOT_FRESH_MS * 5 // 6


@dataclass(frozen=True)
class Cadence:
    """The shortest interval, the longest one, and those between which a watchlist's tiers choose; milliseconds."""

    hot_ms: int = 5 * MINUTE_MS
    warm_ms: int = HOUR_MS
    cold_ms: int = DAY_MS

    def of_tier(self, tier: str) -> int:
        """The interval of "hot", "warm" or "cold"."""
        return {"hot": self.hot_ms, "warm": self.warm_ms, "cold": self.cold_ms}[tier]


def interval_ms(cadence: Cadence, base_ms: int, progress: Progress | None) -> int:
    """Milliseconds from the start of the last round to the next one.

        hot * (base / hot) ** (1 / (1 + log2(1 + moved))) + PATIENCE * quiet,   between hot and cold

    `base` is the tier's interval, `moved` what was new or changed in the last round, `quiet` the time since something was.

    - Nothing moved, not long quiet: the tier's own interval. One thing moved: the geometric mean of it and the hot one; more
      things, closer to hot. By the logarithm, since one creator has hundreds of counters that all move together.
    - The best guess of how long a sleeper will still sleep is how long it has slept, so a part of that is waited: something new is
      found late by at most that part of the silence before it, for a number of requests that grows with the silence's logarithm.
    - It is a function of what is committed, so a restart goes on with the cadence that was reached.
    """
    if progress is None:
        return base_ms
    moving: float = cadence.hot_ms * (base_ms / cadence.hot_ms) ** (1 / (1 + math.log2(1 + max(0, progress.moved))))
    quiet = max(0, progress.polled_ms - progress.moved_ms) if progress.moved_ms else 0
    return round(min(max(moving + PATIENCE * quiet, cadence.hot_ms), cadence.cold_ms))
