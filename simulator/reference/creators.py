"""Expected rows of `dim_creator`, `fact_follower_snapshot` and `follower_growth_weekly`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from simulator.reference.observations import UserObservations
from simulator.reference.posts import day_of

_ATTRIBUTES = ("unique_id", "nickname", "sec_uid", "is_verified", "is_private", "region")
_COUNTS = ("follower_count", "following_count", "heart_count", "video_count", "digg_count")

Row = dict[str, Any]


def dim_creator(observations: UserObservations) -> list[Row]:
    """One row per user and run of equal (follower_count, video_count), by userid and time; times in Unix milliseconds.

    A version begins with its first observation, has the attributes of its newest, and ends where the next one begins.
    """
    rows: list[Row] = []
    for userid, series in observations.series():
        versions = [list(run) for _, run in groupby(series, key=lambda row: (row["follower_count"], row["video_count"]))]
        for index, run in enumerate(versions):
            end = versions[index + 1][0]["moment"] if index + 1 < len(versions) else None
            rows.append(
                {
                    "userid": userid,
                    **{name: run[-1][name] for name in _ATTRIBUTES},
                    "follower_count": run[-1]["follower_count"],
                    "video_count": run[-1]["video_count"],
                    "valid_from": run[0]["moment"],
                    "valid_to": end,
                    "is_current": int(end is None),
                }
            )
    return rows


def fact_follower_snapshot(observations: UserObservations) -> list[Row]:
    """One row per user and UTC day, by both: the counts of the day's last observation."""
    rows = []
    for userid, series in observations.series():
        for day, of_day in groupby(series, key=lambda row: day_of(row["moment"])):
            last = list(of_day)[-1]
            rows.append({"userid": userid, "snapshot_date": day, **{name: last[name] for name in _COUNTS}})
    return rows


def follower_growth_weekly(daily: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row per user and week from Monday, by both, from rows of `fact_follower_snapshot`: against the last earlier week."""
    weeks: dict[tuple[str, date], int] = {}
    for row in daily:
        monday = row["snapshot_date"] - timedelta(days=row["snapshot_date"].weekday())
        key = (row["userid"], monday)
        weeks[key] = max(weeks.get(key, 0), row["follower_count"])
    rows = []
    before: tuple[str, int] | None = None
    for (userid, monday), count in sorted(weeks.items()):
        prev = before[1] if before is not None and before[0] == userid else None
        growth = (count - prev) / prev if prev else None
        rows.append(
            {
                "userid": userid,
                "week_start": monday,
                "follower_count": count,
                "prev_follower_count": prev,
                "growth_rate": growth,
            }
        )
        before = (userid, count)
    return rows
