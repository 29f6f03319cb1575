"""Expected rows of `momentum_alerts`: posts that gain plays fast enough over the last 30 to 60 minutes, judged at each observation.

Records of a post are taken in the order of its partition. One that is newer than all before it is judged; one that is older, or of
the same moment, is not, but may be a base later. Observations less than 30 seconds apart count as one, the first that came.

A base is the newest observation that is 30 to 60 minutes older and shows the most plays of all before it; none where the counter is
away (record 19). 0 is no base of a large count unless somebody saw the post begin.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.reference.bases import LARGE, Seen, holds, is_new
from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.threshold_versions import ThresholdVersions, judge

MINUTE_MS = 60_000
LEAST_MS, MOST_MS = 30 * MINUTE_MS, 60 * MINUTE_MS
APART_MS = 30_000
# How much older than the observation the snapshot must be that says its author's tier.
KNOWN_MS = 5 * MINUTE_MS
FORGOTTEN_MS = 31 * 24 * HOUR_MS

COLUMNS = (
    "aweme_id",
    "author_id",
    "observed_at",
    "window_minutes",
    "delta_plays",
    "plays_per_hour",
    "author_follower_count",
    "tier",
    "threshold",
    "threshold_version",
    "play_count",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """An observation that has a base: plays gained since, and counted observations of the last 60 minutes, itself among them."""

    aweme_id: str
    author_id: str
    observed_at: int
    base_at: int
    play_count: int
    delta_plays: int
    observations: int

    @property
    def plays_per_hour(self) -> float:
        """Plays gained per hour since the base."""
        return float(self.delta_plays) * HOUR_MS / (self.observed_at - self.base_at)


class MomentumRates:
    """Takes valid records of `tiktok.posts.events`, those of a post in the order of its partition."""

    def __init__(self) -> None:
        self._posts: dict[str, _Post] = {}
        self._rates: list[Rate] = []

    def add(self, post: Mapping[str, Any]) -> Rate | None:
        """Counts one decoded record, and gives its rate if it has one: what a threshold may be compared with."""
        rate = self._posts.setdefault(post["aweme_id"], _Post()).add(post)
        if rate is not None:
            self._rates.append(rate)
        return rate

    def rates(self) -> list[Rate]:
        """Every rate so far, by post and time."""
        return sorted(self._rates, key=lambda rate: (rate.aweme_id, rate.observed_at))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A kept observation, and what follows from all before it: what the next is compared with, and the most plays so far."""

    at_ms: int
    plays: int
    is_counted: bool
    base: Seen
    most: int

    @classmethod
    def after(cls, before: _Seen | None, at_ms: int, plays: int) -> _Seen:
        """The observation behind `before`, which is None for a post's first."""
        now = (at_ms, plays)
        if before is None:
            return cls(at_ms, plays, True, now, plays)
        if not holds(now, before.base, not before.is_counted):
            return cls(at_ms, plays, False, before.base, before.most)
        is_loss = 2 * plays < before.base[1] and before.base[1] >= LARGE
        return cls(at_ms, plays, True, now, plays if is_loss else max(plays, before.most))


class _Post:
    """Kept observations by time, and whether the post was seen to begin."""

    def __init__(self) -> None:
        self._kept: list[_Seen] = []
        self._newest: int | None = None
        self._begun = False

    def add(self, post: Mapping[str, Any]) -> Rate | None:
        at_ms, plays = post["ingested_at"], post["play_count"]
        if self._newest is not None and at_ms - self._newest > FORGOTTEN_MS:
            self._kept, self._newest, self._begun = [], None, False
        self._begun |= plays == 0 and is_new(post)
        if self._newest is not None and at_ms <= self._newest:
            if at_ms >= self._newest - MOST_MS:
                self._keep(at_ms, plays)
            return None
        self._newest = at_ms
        rate = self._rate(post)
        self._keep(at_ms, plays)
        return rate

    def _seen(self, at_ms: int, plays: int) -> _Seen:
        return _Seen.after(self._kept[-1] if self._kept else None, at_ms, plays)

    def _keep(self, at_ms: int, plays: int) -> None:
        place = bisect_left(self._kept, at_ms, key=lambda seen: seen.at_ms)
        if any(abs(at_ms - other.at_ms) < APART_MS for other in self._kept[max(0, place - 1) : place + 1]):
            return
        behind = [(seen.at_ms, seen.plays) for seen in self._kept[place:]]
        del self._kept[place:]
        for time_ms, count in [(at_ms, plays), *behind]:
            self._kept.append(self._seen(time_ms, count))

    def _rate(self, post: Mapping[str, Any]) -> Rate | None:
        at_ms, plays = post["ingested_at"], post["play_count"]
        if not self._seen(at_ms, plays).is_counted:
            return None
        since = bisect_left(self._kept, at_ms - MOST_MS, key=lambda seen: seen.at_ms)
        counted = [seen for seen in self._kept[since:] if seen.is_counted]
        bases = [seen for seen in counted if seen.at_ms <= at_ms - LEAST_MS and seen.plays == seen.most]
        if not bases or (bases[-1].plays == 0 and plays >= LARGE and not self._begun):
            return None
        base = bases[-1]
        observations = len(counted) + (at_ms - self._kept[-1].at_ms >= APART_MS)
        return Rate(post["aweme_id"], post["author_id"], at_ms, base.at_ms, plays, plays - base.plays, observations)


def momentum_alerts(
    rates: Iterable[Rate], snapshots: FollowerDeltas, versions: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows with COLUMNS by aweme_id and observed_at, from `MomentumRates.rates`, the snapshots of authors and the versions as
    ThresholdVersions describes them; times in Unix milliseconds. Raises LookupError for a rate before the first version.

    The tier is that of the author's latest snapshot of 5 minutes before the observation or earlier. The version in force at the
    observation decides; one without `momentum` alerts of nothing.
    """
    known = ThresholdVersions(versions)
    alerted: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for rate in rates:
        version = known.in_force(rate.observed_at)
        rule = version.get("momentum")
        if rule is None or rate.observations < rule["least_observations"]:
            continue
        snapshot = snapshots.latest(rate.author_id, rate.observed_at - KNOWN_MS)
        followers = None if snapshot is None else snapshot[1]
        tier = judge(version, followers)[0]
        threshold = rule["plays_per_hour"][tier]
        last = alerted.get(rate.aweme_id)
        is_quiet = last is None or rate.observed_at - last >= rule["quiet_hours"] * HOUR_MS
        if rate.plays_per_hour < threshold or not is_quiet:
            continue
        alerted[rate.aweme_id] = rate.observed_at
        values = (
            rate.aweme_id,
            rate.author_id,
            rate.observed_at,
            (rate.observed_at - rate.base_at) // MINUTE_MS,
            rate.delta_plays,
            rate.plays_per_hour,
            followers,
            tier,
            threshold,
            version["version"],
            rate.play_count,
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def early_alerts(rows: Iterable[Mapping[str, Any]], alerts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], int]:
    """When the first alert came within the growth that a row of `trending_hourly` judges, from the start of its base to its end.

    By (aweme_id, window_start), without the rows that had none.
    """
    by_post: dict[str, list[int]] = {}
    for alert in alerts:
        by_post.setdefault(alert["aweme_id"], []).append(alert["observed_at"])
    found = {}
    for row in rows:
        times = [
            at_ms for at_ms in by_post.get(row["aweme_id"], ()) if row["prev_window_end"] - HOUR_MS <= at_ms < row["window_end"]
        ]
        if times:
            found[row["aweme_id"], row["window_start"]] = min(times)
    return found
