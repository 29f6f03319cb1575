"""Ground truth beside the records: labels of creators and posts, the expected rows of the marts, and what was sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulator.curves import Curve
from simulator.delivery import Delivery, Fate
from simulator.reference.engagement_hourly import EngagementHourly
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.settings import HOUR_MS, POSTS, USERS, SimulationSettings
from simulator.universe import FOREVER_MS, Post, Universe


class Truth:
    """Watches deliveries go by (`add`), then writes what they must lead to.

    `counts[topic][fate]` are exact; `malformed[kind]` too. Without `rows` it keeps only these counts.
    """

    def __init__(self, rows: bool = True) -> None:
        self._rows = rows
        self.engagement_hourly = EngagementHourly()
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
            elif topic == USERS:
                self.follower_deltas.add(delivery.record)

    def write(self, directory: Path, settings: SimulationSettings, universe: Universe) -> None:
        """Writes engagement_hourly, follower_deltas, posts and creators (.jsonl) and summary.json into `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        _write_jsonl(directory / "engagement_hourly.jsonl", self.engagement_hourly.rows())
        _write_jsonl(directory / "follower_deltas.jsonl", self.follower_deltas.rows())
        _write_jsonl(directory / "posts.jsonl", post_labels(settings, universe))
        _write_jsonl(directory / "creators.jsonl", creator_labels(universe))
        summary = {"settings": asdict(settings), "records": self.total, "topics": self.counts, "malformed": self.malformed}
        (directory / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def post_labels(settings: SimulationSettings, universe: Universe) -> Iterator[dict[str, Any]]:
    """Per post: its curve, the author's tier, dips, deletion, and its viral hours (`window_start`s), times in ms."""
    for post in universe.posts:
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
            "viral_hours": list(viral_hours(settings, post)),
        }


def viral_hours(settings: SimulationSettings, post: Post) -> Iterator[int]:
    """Starts of the hours in which a viral post gains at least 5 % of all the plays it will ever have."""
    if post.growth.curve is not Curve.VIRAL:
        return
    for start_ms in range(settings.start_ms // HOUR_MS * HOUR_MS, min(settings.end_ms, post.deleted_ms), HOUR_MS):
        gained = post.growth.plays(start_ms + HOUR_MS - post.create_ms) - post.growth.plays(start_ms - post.create_ms)
        if gained * 20 >= post.growth.total:
            yield start_ms


def creator_labels(universe: Universe) -> Iterator[dict[str, Any]]:
    """Per creator: tier, followers at the start, steady growth per day, and jumps."""
    for user in universe.creators:
        yield {
            "userid": user.userid,
            "tier": user.tier,
            "followers": user.followers,
            "per_day": user.per_day,
            "jumps": [asdict(jump) for jump in user.jumps],
        }


def _moment(at_ms: int) -> int | None:
    return None if at_ms == FOREVER_MS else at_ms


def _write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
