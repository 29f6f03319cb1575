"""How long, and with what pauses, a task goes on asking a ClickHouse that does not answer."""

from __future__ import annotations

import random

from tenacity import RetryCallState

# A blocked task holds a checkpoint's barrier: this plus the 60 s that the last try may take is below its timeout of 2 min.
RETRY_SECONDS = 45.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0


def pause(state: RetryCallState) -> float:
    """Full-jitter exponential back-off in seconds, so that subtasks do not come back together."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**state.attempt_number))
