from __future__ import annotations

from typing import Any, cast

import pytest

from bench import steady
from bench.steady import POSTS, RATE, Visibility

BEGAN = 1_800_000_000_000
STEP_MS = POSTS * 1000 // RATE


def test_what_a_stall_delays_counts_with_all_its_observations(monkeypatch: pytest.MonkeyPatch) -> None:
    now, plays = BEGAN, dict[str, int]()
    monkeypatch.setattr(steady, "wall_ms", lambda: now)
    monkeypatch.setattr(steady, "newest_plays", lambda *_: plays)
    watched = Visibility(cast(Any, None), "post_observations_log", ["a"], BEGAN)
    first = BEGAN + 100
    plays["a"], now = (first - BEGAN) * 10, first + 400
    watched.look(BEGAN)
    watched.look(BEGAN)
    assert watched.seconds == [0.4]
    plays["a"], now = (first + 3 * STEP_MS - BEGAN) * 10, first + 3 * STEP_MS + 500
    watched.look(BEGAN)
    assert watched.seconds == [0.4, 0.5, 0.5 + STEP_MS / 1000, 0.5 + 2 * STEP_MS / 1000]
    assert watched.missing(first + 3 * STEP_MS) == []
    assert watched.missing(first + 3 * STEP_MS + 1) == ["a"]


def test_what_was_observed_while_warming_up_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "wall_ms", lambda: BEGAN + 900)
    monkeypatch.setattr(steady, "newest_plays", lambda *_: {"a": 5_000})
    watched = Visibility(cast(Any, None), "post_observations_log", ["a"], BEGAN)
    watched.look(BEGAN + 501)
    assert watched.seconds == []
    assert watched.missing(BEGAN + 500) == []
