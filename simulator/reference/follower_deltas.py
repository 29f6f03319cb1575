"""Expected rows of `follower_deltas`: one row per user and pair of consecutive snapshots, by the time of observation.

Snapshots of one user with the same time are one snapshot, with the largest count. Order of arrival and repetition do not matter.
0 followers are none: what follows them is compared with the last count that is not 0; without one, a large count with itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from simulator.reference.bases import LARGE, with_bases


class FollowerDeltas:
    """Takes valid records of `tiktok.users.snapshots` one by one; holds one number per snapshot."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}
        self._times: dict[str, list[int]] = {}

    def add(self, snapshot: Mapping[str, Any]) -> None:
        """Counts one decoded record."""
        userid, at_ms = snapshot["userid"], snapshot["ingested_at"]
        seen = self._counts.setdefault(userid, {})
        if at_ms not in seen:
            self._times.pop(userid, None)
        seen[at_ms] = max(seen.get(at_ms, 0), snapshot["stats"]["followerCount"])

    def series(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """Per user, by userid: (time, count) of each snapshot, by time."""
        for userid, counts in sorted(self._counts.items()):
            yield userid, [(at_ms, counts[at_ms]) for at_ms in self._sorted_times(userid)]

    def rows(self) -> list[dict[str, Any]]:
        """`{userid, t_prev, t_now, delta, prev_count, curr_count, is_away}` by userid and t_now; times in Unix milliseconds."""
        return [
            {"userid": userid, "t_prev": t_prev, "t_now": t_now, "delta": count - count_before,
             "prev_count": count_before, "curr_count": count, "is_away": int(away)}
            for userid, series in self.series()
            for ((t_prev, count_before), (t_now, count)), (_, _, away) in zip(_compared(series), with_bases(series), strict=True)
        ]  # fmt: skip

    def latest(self, userid: str, at_ms: int) -> tuple[int, int] | None:
        """(time, count) of the user's latest snapshot at or before `at_ms`."""
        times = self._sorted_times(userid)
        index = bisect_right(times, at_ms)
        return (times[index - 1], self._counts[userid][times[index - 1]]) if index else None

    def _sorted_times(self, userid: str) -> list[int]:
        times = self._times.get(userid)
        if times is None:
            times = self._times[userid] = sorted(self._counts.get(userid, ()))
        return times


def _compared(series: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    last: tuple[int, int] | None = None  # the last one that is not 0
    for before, now in pairwise(series):
        last = before if before[1] else last
        if before[1] or not now[1]:
            yield before, now
        else:
            yield last or (before if now[1] < LARGE else (before[0], now[1])), now


def follower_deltas(snapshots: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The expected rows of `snapshots`, an iterable of decoded valid records in any order."""
    reference = FollowerDeltas()
    for snapshot in snapshots:
        reference.add(snapshot)
    return reference.rows()
