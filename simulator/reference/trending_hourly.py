"""Expected rows of `trending_hourly`: one row per post-hour that has an earlier hour of the same post, against its base.

`hour_deltas` is the row less the verdict, which needs no thresholds; `trending_hourly` judges it by the version in force at
`window_end`. Equal to the threshold is not above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from simulator.reference.bases import LARGE, is_founded, with_bases
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
    "is_away",
)
COLUMNS = (*DELTA_COLUMNS, "tier", "threshold", "threshold_version", "is_trending")


def trending_hourly(
    hours: Iterable[Mapping[str, Any]],
    snapshots: FollowerDeltas,
    versions: Iterable[Mapping[str, Any]],
    begun: Mapping[str, int] | None = None,
) -> list[dict[str, Any]]:
    """Rows with COLUMNS by aweme_id and window_start, from rows of `engagement_hourly`, the snapshots of authors, the versions as
    ThresholdVersions describes them and the posts of Beginnings; times in Unix milliseconds. Raises LookupError for an
    hour before the first version.
    """
    known = ThresholdVersions(versions)
    rows = hour_deltas(hours, snapshots, begun)
    for row in rows:
        version = known.in_force(row["window_end"])
        row["tier"], row["threshold"] = judge(version, row["author_follower_count"])
        row["threshold_version"] = version["version"]
        row["is_trending"] = int(row["delta_plays_per_hour"] > row["threshold"])
    return rows


def hour_deltas(
    hours: Iterable[Mapping[str, Any]], snapshots: FollowerDeltas, begun: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """Rows with DELTA_COLUMNS, in the same order and units.

    An hour is compared with itself while the counter is on its way back to its base, and where the base is a 0 with which the post
    did not begin.

    The author's snapshot is the latest at or before `window_end` - 1 ms: 'fresh' under 24 h of age then, else 'stale'.
    """
    rows = []
    by_post = sorted(hours, key=lambda row: (row["aweme_id"], row["window_start"]))
    for aweme_id, of_post in groupby(by_post, key=lambda row: row["aweme_id"]):
        by_start = {row["window_start"]: row for row in of_post}
        series = [(start_ms, row["play_count"]) for start_ms, row in by_start.items()]
        for (start_ms, plays), (base_ms, base), away in with_bases(series):
            now = by_start[start_ms]
            unfounded = base == 0 and plays >= LARGE and not is_founded(begun or {}, aweme_id, start_ms)
            compared = plays if unfounded or (away and 2 * plays >= base) else base
            window_time = now["window_end"] - 1
            snapshot = snapshots.latest(now["author_id"], window_time)
            status = "missing" if snapshot is None else "fresh" if window_time - snapshot[0] < FRESH_MS else "stale"
            gap_hours = (start_ms - base_ms) // HOUR_MS
            delta = plays - compared
            rows.append(
                {
                    "aweme_id": aweme_id,
                    "author_id": now["author_id"],
                    "window_start": now["window_start"],
                    "window_end": now["window_end"],
                    "play_count": plays,
                    "prev_play_count": compared,
                    "prev_window_end": base_ms + HOUR_MS,
                    "gap_hours": gap_hours,
                    "delta_plays": delta,
                    "delta_plays_per_hour": delta / gap_hours,
                    "author_follower_count": None if snapshot is None else snapshot[1],
                    "snapshot_status": status,
                    "is_away": int(away),
                }
            )
    return rows
