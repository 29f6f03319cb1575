"""The time of this machine, and the units that times are counted in."""

from __future__ import annotations

import time

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# A snapshot of a profile that is younger is fresh; SQL spells it out, tests/laws/test_snapshot_age.py compares.
SNAPSHOT_FRESH_MS = DAY_MS


def wall_clock_ms() -> int:
    """Unix milliseconds of this machine."""
    return time.time_ns() // 1_000_000
