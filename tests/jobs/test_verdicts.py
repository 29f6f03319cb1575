"""The judgement of whole batches is that of single rows; what the functions count and give."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import verdicts
from udfs.thresholds import FollowerGain, Thresholds, ThresholdVersion, Tier

TIERS = (Tier("small", 0, 10_000, 5.0), Tier("mid", 10_000, 1_000_000, 50.5), Tier("big", 1_000_000, None, 500.0))
THRESHOLDS = Thresholds(TIERS, 7.0, (FollowerGain(100, 2), FollowerGain(10, 1)), 20)
OTHER = Thresholds((Tier("all", 0, None, 1.0),), 2.0, (), 5)
HOUR_MS = 3_600_000
VERSIONS = (
    ThresholdVersion("v1", 1, 0, 0, "", "", "", THRESHOLDS),
    ThresholdVersion("v2", 2, 10 * HOUR_MS, 0, "", "", "", OTHER),
)


class Metrics:
    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def add_group(self, *_: str) -> Metrics:
        return self

    def counter(self, name: str) -> Any:
        return SimpleNamespace(inc=lambda by: self.values.update({name: self.values.get(name, 0) + by}))


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Metrics:
    monkeypatch.setattr(verdicts.PublishedVersions, "__call__", lambda _: VERSIONS)
    return Metrics()


def opened(function: Any, metrics: Metrics) -> Any:
    function.open(cast("Any", SimpleNamespace(get_metric_group=lambda: metrics)))
    return function


@given(st.lists(st.integers(-1, 3_000_000) | st.sampled_from([0, 9_999, 10_000, 999_999, 1_000_000]), min_size=1))
def test_a_batch_is_judged_as_its_rows_are(followers: list[int]) -> None:
    tiers, rates = verdicts.judged(THRESHOLDS, np.array(followers, dtype="int64"))
    assert list(zip(tiers, rates, strict=True)) == [THRESHOLDS.judge(None if count < 0 else count) for count in followers]


def test_each_row_is_judged_by_the_version_of_its_hour(metrics: Metrics) -> None:
    function = opened(verdicts.TrendingVerdict(), metrics)
    ends = pd.Series(pd.to_datetime([9 * HOUR_MS, 10 * HOUR_MS, 11 * HOUR_MS, 9 * HOUR_MS], unit="ms"))
    found = function.eval(pd.Series([-19, -6, 5, -21]), pd.Series([10_000, -1, 3, -1]), ends)
    assert found.to_numpy().tolist() == [["mid", 50.5, "v1"], ["unknown", 2.0, "v2"], ["all", 1.0, "v2"], ["unknown", 7.0, "v1"]]
    assert metrics.values == {"negative_deltas": 3, "negative_deltas_beyond_limit": 2}


def test_an_empty_batch_asks_nobody(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts.PublishedVersions, "__call__", lambda _: pytest.fail("asked"))
    function = opened(verdicts.TrendingVerdict(), metrics)
    nothing = pd.Series([], dtype="int64")
    assert function.eval(nothing, nothing, pd.Series([], dtype="datetime64[ns]")).empty


def test_every_rule_that_a_snapshot_breaks_is_a_row(metrics: Metrics) -> None:
    function = opened(verdicts.FollowerVerdicts(), metrics)
    at = [datetime(1970, 1, 1, 2), datetime(1970, 1, 1, 3, 30), datetime(1970, 1, 1, 4)]
    rows = list(function.eval(at, [100, 190, 201]))
    assert rows == [(at[0], 101, 100, 201, 2, 100, "v1"), (at[1], 11, 190, 201, 1, 10, "v1")]
    assert list(function.eval(at[:1], [100])) == []


def test_the_planner_may_not_think_them_pure() -> None:
    assert not verdicts.TrendingVerdict().is_deterministic()
    assert not verdicts.FollowerVerdicts().is_deterministic()
