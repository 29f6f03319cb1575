"""Python functions of the SQL files that judge by thresholds: `trending_verdict` and `follower_verdicts`.

Both ask for the published versions while the job runs. They are not deterministic to the planner, for a version may be published at
any time; a verdict is, for it depends on the version in force at the row's own time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from clickhouse_connect.driver.client import Client
from pyflink.table import DataTypes, FunctionContext, ScalarFunction, TableFunction
from pyflink.table.udf import udf, udtf

from connectors.clickhouse_client import connect
from connectors.errors import TokpulseError
from jobs.known_versions import KnownVersions
from thresholds.table import read_table
from udfs.gains import broken_rules
from udfs.thresholds import UNKNOWN_TIER, Thresholds, ThresholdVersion

URL_VARIABLE = "CLICKHOUSE_URL"
_EPOCH = datetime(1970, 1, 1)  # Flink's TIMESTAMP has no zone; all of ours are UTC
_MILLISECOND = timedelta(milliseconds=1)


class PublishedVersions:
    """All versions of the thresholds, from ClickHouse, over one connection that is opened anew after an error."""

    def __init__(self) -> None:
        self._client: Client | None = None

    def __call__(self) -> Sequence[ThresholdVersion]:
        """Raises ClickHouseUnavailableError."""
        url = os.environ[URL_VARIABLE]
        try:
            if self._client is None:
                self._client = connect(url)
            return read_table(self._client, url)
        except TokpulseError:
            self.close()
            raise

    def close(self) -> None:
        """Gives the connection back."""
        if self._client is not None:
            self._client.close()
            self._client = None


class TrendingVerdict(ScalarFunction):  # type: ignore[misc]  # PyFlink has no type hints
    """Vectorized: (delta_plays, followers, window_end) -> (tier, threshold, threshold_version).

    `followers` is -1 for an author without a snapshot. Counts negative deltas, and those beyond the limit of their version.
    """

    def is_deterministic(self) -> bool:
        """False: see the module."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Registers the metrics `thresholds.negative_deltas` and `thresholds.negative_deltas_beyond_limit`."""
        self._published = PublishedVersions()
        self._known = KnownVersions(self._published)
        metrics = function_context.get_metric_group().add_group("thresholds")
        self._negative = metrics.counter("negative_deltas")
        self._beyond_limit = metrics.counter("negative_deltas_beyond_limit")

    def close(self) -> None:
        """Gives the connection back."""
        self._published.close()

    def eval(self, delta_plays: Any, followers: Any, window_end: Any) -> pd.DataFrame:
        """One verdict per row. Raises TokpulseError when the thresholds cannot be had."""
        ends = pd.DatetimeIndex(window_end).as_unit("ms").asi8
        verdicts = pd.DataFrame(index=range(len(ends)), columns=["tier", "threshold", "threshold_version"])
        if not len(ends):
            return verdicts
        self._known.refresh(int(ends.max()))
        deltas, counts = np.asarray(delta_plays, dtype="int64"), np.asarray(followers, dtype="int64")
        tier, threshold = np.empty(len(ends), dtype=object), np.empty(len(ends), dtype="float64")
        version = np.empty(len(ends), dtype=object)
        for end in np.unique(ends):
            rows = ends == end
            found = self._known.in_force(int(end))
            version[rows] = found.version
            tier[rows], threshold[rows] = judged(found.thresholds, counts[rows])
            self._beyond_limit.inc(int((deltas[rows] < -found.thresholds.negative_delta_warning).sum()))
        self._negative.inc(int((deltas < 0).sum()))
        return pd.DataFrame({"tier": tier, "threshold": threshold, "threshold_version": version})


def judged(thresholds: Thresholds, followers: Any) -> tuple[Any, Any]:
    """`thresholds.judge` of each element of an int64 array, -1 for unknown: arrays of tier names and of plays per hour."""
    bounds = np.array([tier.from_followers for tier in thresholds.tiers], dtype="int64")
    # Position 0 is for those who are unknown.
    place = np.where(followers < 0, 0, np.searchsorted(bounds, followers, side="right"))
    names = np.array([UNKNOWN_TIER, *(tier.name for tier in thresholds.tiers)], dtype=object)
    rates = np.array([thresholds.unknown_authors, *(tier.plays_per_hour for tier in thresholds.tiers)], dtype="float64")
    return names[place], rates[place]


class FollowerVerdicts(TableFunction):  # type: ignore[misc]  # PyFlink has no type hints
    """(times, counts) of a user's snapshots, oldest first -> a row per rule that the last one breaks."""

    def is_deterministic(self) -> bool:
        """False: see the module."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Nothing is asked for yet."""
        self._published = PublishedVersions()
        self._known = KnownVersions(self._published)

    def close(self) -> None:
        """Gives the connection back."""
        self._published.close()

    def eval(self, times: list[datetime], counts: list[int]) -> Iterator[tuple[datetime, int, int, int, int, int, str]]:
        """(t_from, gained, from_count, curr_count, within_hours, threshold, threshold_version) of each broken rule."""
        times_ms = [(moment - _EPOCH) // _MILLISECOND for moment in times]
        self._known.refresh(times_ms[-1])
        version = self._known.in_force(times_ms[-1])
        for broken in broken_rules(times_ms, counts, version.thresholds.follower_gains):
            yield (
                _EPOCH + broken.from_ms * _MILLISECOND,
                broken.gained,
                broken.from_count,
                counts[-1],
                broken.rule.within_hours,
                broken.rule.gained,
                version.version,
            )


trending_verdict = udf(
    TrendingVerdict(),
    result_type=DataTypes.ROW(
        [
            DataTypes.FIELD("tier", DataTypes.STRING()),
            DataTypes.FIELD("threshold", DataTypes.DOUBLE()),
            DataTypes.FIELD("threshold_version", DataTypes.STRING()),
        ]
    ),
    func_type="pandas",
)
follower_verdicts = udtf(
    FollowerVerdicts(),
    result_types=[
        DataTypes.TIMESTAMP(3),
        DataTypes.BIGINT(),
        DataTypes.BIGINT(),
        DataTypes.BIGINT(),
        DataTypes.INT(),
        DataTypes.BIGINT(),
        DataTypes.STRING(),
    ],
)
