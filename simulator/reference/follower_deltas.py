"""Expected rows of `follower_deltas`: one row per user and pair of consecutive snapshots, by the time of observation.

Snapshots of one user with the same time are one snapshot, with the largest count. Order of arrival and repetition do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any


class FollowerDeltas:
    """Takes valid records of `tiktok.users.snapshots` one by one; holds one number per snapshot."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}

    def add(self, snapshot: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        seen = self._counts.setdefault(snapshot["userid"], {})
        at_ms = snapshot["ingested_at"]
        seen[at_ms] = max(seen.get(at_ms, 0), snapshot["stats"]["followerCount"])

    def rows(self) -> list[dict[str, Any]]:
        """`{userid, t_prev, t_now, delta, prev_count, curr_count}` by userid and t_now; times in Unix milliseconds."""
        return [
            {"userid": userid, "t_prev": before, "t_now": now, "delta": counts[now] - counts[before],
             "prev_count": counts[before], "curr_count": counts[now]}
            for userid, counts in sorted(self._counts.items())
            for before, now in pairwise(sorted(counts))
        ]  # fmt: skip

    def latest(self, userid: str, at_ms: int) -> tuple[int, int] | None:
        """(time, count) of the user's latest snapshot at or before `at_ms`."""
        times = [time for time in self._counts.get(userid, {}) if time <= at_ms]
        return (max(times), self._counts[userid][max(times)]) if times else None


def follower_deltas(snapshots: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The expected rows of `snapshots`, an iterable of decoded valid records in any order."""
    reference = FollowerDeltas()
    for snapshot in snapshots:
        reference.add(snapshot)
    return reference.rows()
