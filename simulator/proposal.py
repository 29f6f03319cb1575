"""Recall, precision and lead time over many thresholds of momentum, and which of them to take: on seeds that judge nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.lead_time import Measures, by_tier
from simulator.watched import Watched
from thresholds.model import Momentum

# Seeds of universes by which thresholds are chosen. Those that judge begin behind them.
TUNING = range(101, 201)
# What comes later after the proof is late.
IN_TIME_MS = 25 * MINUTE_MS
# Plays per hour with two digits, ten for each power of ten: a threshold that people edit is a round number.
GRID = tuple(float(digits * 10**power) for power in range(2, 7) for digits in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80))


@dataclass(frozen=True)
class Point:
    """What one threshold comes to in its tier."""

    plays_per_hour: float
    measures: Measures


@dataclass(frozen=True)
class Proposal:
    """For one tier: the hourly verdict to compare with, the curve by rising thresholds, and its point to take."""

    hourly: Measures
    curve: tuple[Point, ...]
    chosen: Point | None


def judging_seeds(count: int) -> tuple[int, ...]:
    """The first `count` seeds that thresholds are judged by: none of them is ever a tuning seed."""
    return tuple(range(TUNING.stop, TUNING.stop + count))


def tuning_seeds(count: int, judged: Iterable[int] = ()) -> tuple[int, ...]:
    """The first `count` seeds to choose thresholds by, up to 100, without those in `judged`."""
    held_out = frozenset(judged)
    return tuple(seed for seed in TUNING if seed not in held_out)[:count]


def propose(universes: Sequence[Watched], tiers: Iterable[str], rule: Momentum) -> dict[str, Proposal]:
    """A proposal per tier, from `universes` that judge nothing."""
    proposals = {}
    for tier in tiers:
        # Both verdicts by what they say in this tier only, whatever an author's change of tiers adds to them.
        of_tier = ((one.rises, [alert for alert in one.hourly if alert.tier == tier], one.days) for one in universes)
        hourly = by_tier(of_tier, [tier])[tier]
        points = tuple(curve(universes, tier, rule))
        proposals[tier] = Proposal(hourly, points, choose(hourly, points))
    return proposals


def curve(universes: Sequence[Watched], tier: str, rule: Momentum, grid: Iterable[float] = GRID) -> Iterator[Point]:
    """One point for each of `grid`, in its order. Least observations and quiet hours are those of `rule`."""
    of_tier = [(one.rises, one.rates.of_tier(tier), one.days) for one in universes]
    for rate in grid:
        alerts = (
            (rises, rates.alerts({tier: rate}, rule.least_observations, rule.quiet_hours * HOUR_MS), days)
            for rises, rates, days in of_tier
        )
        yield Point(rate, by_tier(alerts, [tier])[tier])


def choose(hourly: Measures, points: Iterable[Point]) -> Point | None:
    """Of the thresholds that are as good as `hourly` in recall and precision, the one that finds most rises in time.

    If none is as good, the best F1. Of equal ones the highest threshold. None where nothing is found.
    """
    found = [point for point in points if point.measures.found]
    good = [point for point in found if _as_good(point.measures, hourly)]
    if good:
        return max(good, key=lambda point: (point.measures.in_time(IN_TIME_MS), point.plays_per_hour))
    return max(found, key=lambda point: (point.measures.f1 or 0.0, point.plays_per_hour), default=None)


def _as_good(measures: Measures, hourly: Measures) -> bool:
    return (measures.recall or 0) >= (hourly.recall or 0) and (measures.precision or 0) >= (hourly.precision or 0)
