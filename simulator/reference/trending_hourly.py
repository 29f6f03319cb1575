"""Expected rows of `trending_hourly`: one row per post-hour that has an earlier hour of the same post.

`hour_deltas` is the row less the verdict, which needs no thresholds; `trending_hourly` judges it by the version in force at
`window_end`. Equal to the threshold is not above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby, pairwise
from typing import Any

from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.threshold_versions import ThresholdVersions, judge

FRESH_MS = 24 * HOUR_MS

DELTA_COLUMNS = (
    "aweme_id",
    "author_id",
    "window_start",
    "window_end",
    "play_count",
    "prev_play_count",
    "prev_window_end",
    "gap_hours",
    "delta_plays",
    "delta_plays_per_hour",
    "author_follower_count",
    "snapshot_status",
)
COLUMNS = (*DELTA_COLUMNS, "tier", "threshold", "threshold_version", "is_trending")


def trending_hourly(
    hours: Iterable[Mapping[str, Any]], snapshots: FollowerDeltas, versions: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows with COLUMNS by aweme_id and window_start, from rows of `engagement_hourly`, the snapshots of authors and the versions
    as ThresholdVersions describes them; times in Unix milliseconds. Raises LookupError for an hour before the first version.
    """
    known = ThresholdVersions(versions)
    rows = hour_deltas(hours, snapshots)
    for row in rows:
        version = known.in_force(row["window_end"])
        row["tier"], row["threshold"] = judge(version, row["author_follower_count"])
        row["threshold_version"] = version["version"]
        row["is_trending"] = int(row["delta_plays_per_hour"] > row["threshold"])
    return rows


def hour_deltas(hours: Iterable[Mapping[str, Any]], snapshots: FollowerDeltas) -> list[dict[str, Any]]:
    """Rows with DELTA_COLUMNS, in the same order and units.

    The author's snapshot is the latest at or before `window_end` - 1 ms: 'fresh' under 24 h of age then, else 'stale'.
    """
    rows = []
    by_post = sorted(hours, key=lambda row: (row["aweme_id"], row["window_start"]))
    for aweme_id, of_post in groupby(by_post, key=lambda row: row["aweme_id"]):
        for before, now in pairwise(of_post):
            window_time = now["window_end"] - 1
            snapshot = snapshots.latest(now["author_id"], window_time)
            status = "missing" if snapshot is None else "fresh" if window_time - snapshot[0] < FRESH_MS else "stale"
            gap_hours = (now["window_end"] - before["window_end"]) // HOUR_MS
            delta = now["play_count"] - before["play_count"]
            rows.append(
                {
                    "aweme_id": aweme_id,
                    "author_id": now["author_id"],
                    "window_start": now["window_start"],
                    "window_end": now["window_end"],
                    "play_count": now["play_count"],
                    "prev_play_count": before["play_count"],
                    "prev_window_end": before["window_end"],
                    "gap_hours": gap_hours,
                    "delta_plays": delta,
                    "delta_plays_per_hour": delta / gap_hours,
                    "author_follower_count": None if snapshot is None else snapshot[1],
                    "snapshot_status": status,
                }
            )
    return rows
