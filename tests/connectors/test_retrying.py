"""The pauses between attempts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from tenacity import RetryCallState

from connectors.retrying import LONGEST_PAUSE, pause


def test_pauses_grow_to_a_bound_and_are_never_negative() -> None:
    for attempt in range(1, 12):
        state = cast("RetryCallState", SimpleNamespace(attempt_number=attempt))
        drawn = [pause(state) for _ in range(200)]
        assert min(drawn) >= 0
        assert max(drawn) <= min(LONGEST_PAUSE, 0.2 * 2**attempt)
