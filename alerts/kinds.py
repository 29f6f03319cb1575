"""The kinds of alerts: which topic each is read from, and which fields of its records say what. One row per kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.clock import HOUR_MS, MINUTE_MS


@dataclass(frozen=True)
class Kind:
    """One kind of alert. What is not `name`, `noun`, `page` or a unit is the name of a field; empty: its records have none.

    `noun` names one alert in titles; `page` of the dashboard shows alerts of this kind. The gain took `within` times `within_ms`.
    An alert is about `post`, or else about `creator`. `start` names it across replays. `since` is when it began to move, else `at`
    less the time that the gain took. `what` names the field that says what was reached, where plays or followers were not gained.
    What is held against the threshold is `rate` (plays per hour), else the gain. Alerts that `repeat` tell the same within the
    time that the gain took. What is `urgent` is gathered for a moment only.
    """

    name: str
    topic: str
    noun: str
    page: str
    creator: str
    at: str
    start: str
    gain: str
    within: str
    within_ms: int
    followers: str
    post: str = ""
    since: str = ""
    rate: str = ""
    what: str = ""
    plays: str = ""
    repeat: bool = False
    urgent: bool = False

    @property
    def subject(self) -> str:
        """The field with the id of what an alert is about."""
        return self.post or self.creator


TRENDING = Kind(
    name="trending",
    topic="tiktok.trending.alerts",
    noun="trending post",
    page="trending",
    post="aweme_id",
    creator="author_id",
    at="window_end",
    start="window_start",
    since="prev_window_end",
    gain="delta_plays",
    within="gap_hours",
    within_ms=HOUR_MS,
    rate="delta_plays_per_hour",
    plays="play_count",
    followers="author_follower_count",
)
MOMENTUM = Kind(
    name="momentum",
    topic="tiktok.momentum.alerts",
    noun="fast-moving post",
    page="trending",
    post="aweme_id",
    creator="author_id",
    at="observed_at",
    start="observed_at",
    gain="delta_plays",
    within="window_minutes",
    within_ms=MINUTE_MS,
    rate="plays_per_hour",
    plays="play_count",
    followers="author_follower_count",
    urgent=True,
)
FOLLOWERS = Kind(
    name="followers",
    topic="tiktok.followers.alerts",
    noun="follower gain",
    page="overview",
    creator="userid",
    at="t_now",
    start="t_now",
    since="t_from",
    gain="gained",
    within="within_hours",
    within_ms=HOUR_MS,
    followers="curr_count",
    repeat=True,
)
LIVE = Kind(
    name="live",
    topic="tiktok.live.alerts",
    noun="LIVE room",
    page="live",
    creator="author_id",
    at="observed_at",
    start="observed_at",
    gain="reached",
    within="window_minutes",
    within_ms=MINUTE_MS,
    what="what",
    followers="host_follower_count",
    urgent=True,
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (TRENDING, MOMENTUM, FOLLOWERS, LIVE)}
# Failed tests of the tables, which `tokpulse quality --notify` posts by itself: for routes a kind like the others.
QUALITY = "quality"
# What is read; the topics must exist.
TOPICS: Mapping[str, Kind] = {kind.topic: kind for kind in KINDS.values()}
