"""Recall and precision of `is_trending`, per tier, against the labels of simulated universes.

What is judged is a row of trending_hourly, as the reference computes it from what pollers saw. It should trend when its hour is
one of the post's `viral_hours`: labels know the post's curve and its author's audience, a row knows neither. A viral hour without
a row (the first observed hour of a post, an hour in a gap) cannot be found by any threshold and is counted apart, as unseen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.lead_time import ALL_TIERS
from simulator.watched import LabelledHour, Watched
from thresholds.model import UNKNOWN_TIER, Thresholds

FLAT_PLAYS_PER_HOUR = 100_000.0


@dataclass(frozen=True)
class Tally:
    """Post-hours by verdict and label."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    @property
    def hours(self) -> int:
        """All post-hours."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def recall(self) -> float | None:
        """Share of viral hours that trend; None without viral hours."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def precision(self) -> float | None:
        """Share of trending hours that are viral; None when nothing trends."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision, 0 where one of them is 0; None when nothing is viral and nothing trends."""
        return _ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)


@dataclass(frozen=True)
class Evaluation:
    """Tallies by tier (in the order of the thresholds, then unknown authors and all), and viral hours without a row."""

    shipped: dict[str, Tally]
    flat: dict[str, Tally]
    unseen: int


def evaluate(universes: Iterable[Watched], thresholds: Thresholds, flat: float = FLAT_PLAYS_PER_HOUR) -> Evaluation:
    """Tallies every post-hour of `universes`, watched by `thresholds`, and by `flat` plays per hour, whatever the tier."""
    hours: list[LabelledHour] = []
    unseen = 0
    for watched in universes:
        hours += watched.hours
        unseen += watched.unseen
    tiers = tier_names(thresholds)
    return Evaluation(
        tally(((hour.tier, hour.is_trending, hour.viral) for hour in hours), tiers),
        tally(((hour.tier, hour.plays_per_hour > flat, hour.viral) for hour in hours), tiers),
        unseen,
    )


def tier_names(thresholds: Thresholds) -> list[str]:
    """In the order of the thresholds, then unknown authors and all."""
    return [*(tier.name for tier in thresholds.tiers), UNKNOWN_TIER, ALL_TIERS]


def tally(judged: Iterable[tuple[str, bool, bool]], tiers: Iterable[str]) -> dict[str, Tally]:
    """Counts `(tier, verdict, label)` by tier; ALL_TIERS among `tiers` gets every one."""
    counts = Counter(judged)
    tallies = {}
    for name in tiers:
        of_tier: Counter[tuple[bool, bool]] = Counter()
        for (tier, verdict, label), count in counts.items():
            if name in (tier, ALL_TIERS):
                of_tier[verdict, label] += count
        tallies[name] = Tally(of_tier[True, True], of_tier[True, False], of_tier[False, True], of_tier[False, False])
    return tallies


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
