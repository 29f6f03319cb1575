"""One universe as pollers saw it: what was observed, what both verdicts say of it, and what is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.clock import DAY_MS, HOUR_MS
from simulator.lead_time import Alert, Rise, proof
from simulator.momentum_rates import Rates
from simulator.observations import observe
from simulator.plain_versions import always
from simulator.reference.bases import Beginnings
from simulator.reference.engagement_hourly import EngagementHourly
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.momentum import KNOWN_MS, MomentumRates, momentum_alerts
from simulator.reference.trending_hourly import trending_hourly
from simulator.settings import POSTS, USERS, SimulationSettings
from simulator.truth import viral_hours, viral_rise
from simulator.universe import Universe, build_universe
from thresholds.model import UNKNOWN_TIER, Thresholds


@dataclass(frozen=True, slots=True)
class LabelledHour:
    """One row of trending_hourly: its tier by the thresholds, plays per hour, the verdict, and what it should have been."""

    tier: str
    plays_per_hour: float
    is_trending: bool
    viral: bool


@dataclass(frozen=True)
class Watched:
    """Posts are numbers: their places in the universe.

    `unseen` viral hours have no row of trending_hourly. `hourly` and `momentum` are the alerts by the thresholds, those of the hour
    dated at its end: the two minutes of the watermark come on top of that.
    """

    hours: list[LabelledHour]
    unseen: int
    rises: dict[int, Rise]
    hourly: list[Alert]
    momentum: list[Alert]
    rates: Rates
    days: float
    observations: int


def watch(settings: SimulationSettings, thresholds: Thresholds) -> Watched:
    """Simulates one universe and judges it by `thresholds`, as the reference does. Posts and users must be observed."""
    universe = build_universe(settings)
    posts, beginnings, snapshots, momentum = EngagementHourly(), Beginnings(), FollowerDeltas(), MomentumRates()
    observed: dict[str, list[int]] = {post.aweme_id: [] for post in universe.posts}
    for observation in observe(settings, universe):
        record = observation.record
        if observation.topic == POSTS:
            posts.add(record)
            beginnings.add(record)
            momentum.add(record)
            observed[record["aweme_id"]].append(record["ingested_at"])
        elif observation.topic == USERS:
            snapshots.add(record)
    version = always(thresholds)
    viral = {(post.aweme_id, start_ms) for post in universe.posts for start_ms in viral_hours(settings, post)}
    judged = trending_hourly(posts.rows(), snapshots, [version], beginnings.posts)
    hours = [
        LabelledHour(
            row["tier"], row["delta_plays_per_hour"], bool(row["is_trending"]), (row["aweme_id"], row["window_start"]) in viral
        )
        for row in judged
    ]
    numbers = {post.aweme_id: number for number, post in enumerate(universe.posts)}
    rates = momentum.rates()
    alerts = momentum_alerts(rates, snapshots, [version])
    return Watched(
        hours,
        len(viral - {(row["aweme_id"], row["window_start"]) for row in judged}),
        rises(universe, observed, snapshots, thresholds),
        [Alert(numbers[row["aweme_id"]], row["tier"], row["window_end"]) for row in judged if row["is_trending"]],
        [Alert(numbers[row["aweme_id"]], row["tier"], row["observed_at"]) for row in alerts],
        Rates.of(
            rates,
            numbers,
            lambda rate: _tier(thresholds, snapshots, rate.author_id, rate.observed_at - KNOWN_MS),
            [*(tier.name for tier in thresholds.tiers), UNKNOWN_TIER],
        ),
        settings.hours * HOUR_MS / DAY_MS,
        sum(map(len, observed.values())),
    )


def rises(
    universe: Universe, observed: Mapping[str, list[int]], snapshots: FollowerDeltas, thresholds: Thresholds
) -> dict[int, Rise]:
    """Every viral post by its number. `observed` has the times of each post's observations, rising, by its id."""
    found = {}
    for number, post in enumerate(universe.posts):
        span = viral_rise(post)
        if span is not None:
            proof_ms = proof(post.growth, post.create_ms, observed[post.aweme_id])
            author_id = universe.creators[post.author].userid
            tier = None if proof_ms is None else _tier(thresholds, snapshots, author_id, proof_ms)
            found[number] = Rise(number, *span, proof_ms, tier)
    return found


def _tier(thresholds: Thresholds, snapshots: FollowerDeltas, userid: str, at_ms: int) -> str:
    snapshot = snapshots.latest(userid, at_ms)
    return thresholds.judge(None if snapshot is None else snapshot[1])[0]
