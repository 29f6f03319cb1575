"""Every rate of a universe that momentum could alert of, in arrays: what alerts a threshold would raise, for many thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.lead_time import Alert
from simulator.reference.momentum import Rate
from simulator.varints import Int64s

# More than any run and quiet time together, so that times of two posts never meet.
_POST_MS = 1 << 40


@dataclass(frozen=True)
class Rates:
    """Columns of equal length, by post (a number) and time (Unix ms).

    `observations` are those of the last 60 minutes, `tier` is a place in `tiers`.
    """

    post: Int64s
    at_ms: Int64s
    plays_per_hour: npt.NDArray[np.float64]
    observations: Int64s
    tier: Int64s
    tiers: tuple[str, ...]

    @classmethod
    def of(cls, rates: Iterable[Rate], numbers: Mapping[str, int], tier_of: Callable[[Rate], str], tiers: Sequence[str]) -> Rates:
        """From rates of the reference; `numbers` has a number below 2^20 for each post."""
        places = {tier: place for place, tier in enumerate(tiers)}
        ordered = sorted(rates, key=lambda rate: (numbers[rate.aweme_id], rate.observed_at))
        return cls(
            np.array([numbers[rate.aweme_id] for rate in ordered], np.int64),
            np.array([rate.observed_at for rate in ordered], np.int64),
            np.array([rate.plays_per_hour for rate in ordered], np.float64),
            np.array([rate.observations for rate in ordered], np.int64),
            np.array([places[tier_of(rate)] for rate in ordered], np.int64),
            tuple(tiers),
        )

    def of_tier(self, tier: str) -> Rates:
        """Those of one tier."""
        kept = self.tier == self.tiers.index(tier)
        return Rates(
            self.post[kept],
            self.at_ms[kept],
            self.plays_per_hour[kept],
            self.observations[kept],
            self.tier[kept],
            self.tiers,
        )

    def alerts(self, plays_per_hour: Mapping[str, float], least_observations: int, quiet_ms: int) -> list[Alert]:
        """By post and time, at `plays_per_hour` by tier (a tier without has no alerts); the same as the reference's."""
        if not len(self.post):
            return []
        threshold = np.array([plays_per_hour.get(tier, np.inf) for tier in self.tiers])[self.tier]
        reached = np.flatnonzero((self.plays_per_hour >= threshold) & (self.observations >= least_observations))
        key = self.post[reached] * _POST_MS + (self.at_ms[reached] - self.at_ms.min())
        # Where the first one lies that is not quiet any more, or that is of another post.
        following = np.searchsorted(key, key + quiet_ms).tolist()
        kept, place = [], 0
        while place < len(following):
            kept.append(place)
            place = max(place + 1, following[place])
        chosen = reached[kept] if kept else reached[:0]
        columns = (self.post[chosen].tolist(), self.tier[chosen].tolist(), self.at_ms[chosen].tolist())
        return [Alert(post, self.tiers[tier], at_ms) for post, tier, at_ms in zip(*columns, strict=True)]
