"""Ground truth beside the records: labels of creators and posts, the expected rows of the marts, and what was sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.absences import Absences
from simulator.curves import Curve
from simulator.delivery import Delivery, Fate
from simulator.reference.bases import Beginnings
from simulator.reference.engagement_hourly import EngagementHourly
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.trending_hourly import hour_deltas
from simulator.reference.velocity_30m import Velocity30m
from simulator.settings import POSTS, USERS, SimulationSettings
from simulator.universe import FOREVER_MS, Post, Universe

_VIRAL_SHARE = 20
_MINUTES = 60


class Truth:
    """Watches deliveries go by (`add`), then writes what they must lead to.

    `counts[topic][fate]` are exact; `malformed[kind]` too. Without `rows` it keeps only these counts.
    """

    def __init__(self, rows: bool = True) -> None:
        self._rows = rows
        self.engagement_hourly = EngagementHourly()
        self.beginnings = Beginnings()
        self.velocity_30m = Velocity30m()
        self.follower_deltas = FollowerDeltas()
        self.counts: dict[str, Counter[str]] = {}
        self.malformed: Counter[str] = Counter()
        self.total = 0

    def add(self, delivery: Delivery) -> None:
        """Counts one delivery."""
        self.total += 1
        topic, fate = delivery.topic, delivery.fate
        self.counts.setdefault(topic, Counter())[fate.value] += 1
        if delivery.malformed is not None:
            self.malformed[delivery.malformed.value] += 1
        elif self._rows and fate is not Fate.DUPLICATE:  # its original is here, or will be
            if topic == POSTS:
                self.engagement_hourly.add(delivery.record)
                self.beginnings.add(delivery.record)
                self.velocity_30m.add(delivery.record)
            elif topic == USERS:
                self.follower_deltas.add(delivery.record)

    def write(self, directory: Path, settings: SimulationSettings, universe: Universe) -> None:
        """Writes the rows of the marts, the labels of posts and creators (.jsonl each) and summary.json into `directory`.

        `hour_deltas` is trending_hourly less the verdict, which depends on the thresholds; `follower_snapshots` is what follower
        alerts are judged by.
        """
        directory.mkdir(parents=True, exist_ok=True)
        hours = self.engagement_hourly.rows()
        _write_jsonl(directory / "engagement_hourly.jsonl", hours)
        _write_jsonl(directory / "hour_deltas.jsonl", hour_deltas(hours, self.follower_deltas, self.beginnings.posts))
        _write_jsonl(directory / "velocity_30m.jsonl", self.velocity_30m.rows())
        _write_jsonl(directory / "follower_deltas.jsonl", self.follower_deltas.rows())
        _write_jsonl(directory / "follower_snapshots.jsonl", self._follower_snapshots())
        _write_jsonl(directory / "posts.jsonl", post_labels(settings, universe))
        _write_jsonl(directory / "creators.jsonl", creator_labels(settings, universe))
        summary = {"settings": asdict(settings), "records": self.total, "topics": self.counts, "malformed": self.malformed}
        (directory / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")

    def _follower_snapshots(self) -> Iterator[dict[str, Any]]:
        for userid, series in self.follower_deltas.series():
            for at_ms, count in series:
                yield {"userid": userid, "observed_at": at_ms, "follower_count": count}


def post_labels(settings: SimulationSettings, universe: Universe) -> Iterator[dict[str, Any]]:
    """Per post: its curve, the author's tier, dips, gaps, deletion, its viral hours (`window_start`s) and its rise, times in ms."""
    gaps = Absences.of(settings).gaps
    for index, post in enumerate(universe.posts):
        author = universe.creators[post.author]
        yield {
            "aweme_id": post.aweme_id,
            "author_id": author.userid,
            "tier": author.tier,
            "curve": post.growth.curve.value,
            "total_plays": post.growth.total,
            "create_time": post.create_ms // 1000,
            "deleted_at": _moment(post.deleted_ms),
            "dips": [asdict(dip) | {"until_ms": _moment(dip.until_ms)} for dip in post.dips],
            "gaps": gaps.get(index, ()),
            "viral_hours": list(viral_hours(settings, post)),
            "rise": viral_rise(post),
        }


def viral_hours(settings: SimulationSettings, post: Post) -> Iterator[int]:
    """Starts of the UTC hours in which a viral post gains the viral share of its plays."""
    if post.growth.curve is not Curve.VIRAL:
        return
    for start_ms in range(settings.start_ms // HOUR_MS * HOUR_MS, min(settings.end_ms, post.deleted_ms), HOUR_MS):
        gained = post.growth.plays(start_ms + HOUR_MS - post.create_ms) - post.growth.plays(start_ms - post.create_ms)
        if is_viral_gain(gained, post.growth.total):
            yield start_ms


def viral_rise(post: Post) -> tuple[int, int] | None:
    """From the onset, which begins the first 60 minutes in which a viral post gains the viral share, to the end of the last ones.

    Unix ms, in whole minutes since publication. None for other posts.
    """
    growth = post.growth
    if growth.curve is not Curve.VIRAL:
        return None
    # From three times the age at half on, all that is still to come is less than the share.
    plays = [growth.plays(minute * MINUTE_MS) for minute in range(3 * growth.half_ms // MINUTE_MS + _MINUTES)]
    starts = [
        minute
        for minute, (before, after) in enumerate(zip(plays, plays[_MINUTES:], strict=False))
        if is_viral_gain(after - before, growth.total)
    ]
    if not starts:
        return None
    return post.create_ms + starts[0] * MINUTE_MS, post.create_ms + (starts[-1] + _MINUTES) * MINUTE_MS


def is_viral_gain(gained: int, total: int) -> bool:
    """Whether plays gained within an hour are the viral share: at least 5 % of all that the post will ever have."""
    return gained * _VIRAL_SHARE >= total


def creator_labels(settings: SimulationSettings, universe: Universe) -> Iterator[dict[str, Any]]:
    """Per creator: tier, followers at the start, steady growth per day, jumps, and which snapshots there are: all, first, none."""
    absences = Absences.of(settings)
    for index, user in enumerate(universe.creators):
        yield {
            "userid": user.userid,
            "tier": user.tier,
            "followers": user.followers,
            "per_day": user.per_day,
            "jumps": [asdict(jump) for jump in user.jumps],
            "snapshots": "none" if index in absences.unknown else "first" if index in absences.stale else "all",
        }


def _moment(at_ms: int) -> int | None:
    return None if at_ms == FOREVER_MS else at_ms


def _write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
