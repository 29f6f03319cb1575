"""How early alerts on viral posts come, how many of these posts they find, and how many of them are right.

The label is that of viral hours, freed from the UTC grid. A viral post **rises** from its onset, the start of the first 60 minutes
in which it gains at least 5 % of all the plays it will ever have, to the end of the last such 60 minutes. An alert is right when it
goes to a post that rises at that moment.

The **proof** is the first observation that a perfect observer could have judged by. This observer reads true counters and knows how
many plays are 5 %, but sees a post only when it is observed, and not the future. So it knows of the rise from the first observation
on by which two observations, at most 60 minutes apart, show a gain of 5 %. No threshold and no rule of a verdict occurs in that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from connectors.clock import HOUR_MS
from simulator.curves import Growth
from simulator.truth import is_viral_gain

ALL_TIERS = "all"


class Rise(NamedTuple):
    """A viral post, by its number. Times in Unix ms; `tier` is that of its author at the proof, both None without a proof."""

    post: int
    onset_ms: int
    until_ms: int
    proof_ms: int | None
    tier: str | None


class Alert(NamedTuple):
    """An alert on a post, by its number, in the tier that it was judged in; in Unix ms of event time."""

    post: int
    tier: str
    at_ms: int


@dataclass(frozen=True)
class Measures:
    """Counts over `days` simulated days. A rise with a proof is found by a right alert.

    `misplaced` alerts go to viral posts that do not rise at that moment. `after_onset` and `after_proof` are the times, in ms and
    rising, to the first right alert of each rise that is found; below 0 the alert came before the proof.
    """

    rises: int = 0
    alerts: int = 0
    right: int = 0
    misplaced: int = 0
    days: float = 0.0
    after_onset: tuple[int, ...] = ()
    after_proof: tuple[int, ...] = ()

    @property
    def found(self) -> int:
        """Rises that are found."""
        return len(self.after_proof)

    @property
    def recall(self) -> float | None:
        """Share of rises that are found; None without any."""
        return self.found / self.rises if self.rises else None

    @property
    def precision(self) -> float | None:
        """Share of alerts that are right; None without any."""
        return self.right / self.alerts if self.alerts else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision; None where one of them is, 0 where both are."""
        if self.recall is None or self.precision is None:
            return None
        return 2 * self.recall * self.precision / (self.recall + self.precision) if self.found else 0.0

    def in_time(self, most_ms: int) -> float:
        """Share of rises that are found at most so long after the proof; 0 without any rise."""
        return bisect_right(self.after_proof, most_ms) / self.rises if self.rises else 0.0

    @property
    def alerts_per_day(self) -> float:
        """Of one universe."""
        return self.alerts / self.days if self.days else 0.0

    def __add__(self, other: Measures) -> Measures:
        return Measures(
            self.rises + other.rises,
            self.alerts + other.alerts,
            self.right + other.right,
            self.misplaced + other.misplaced,
            self.days + other.days,
            tuple(sorted(self.after_onset + other.after_onset)),
            tuple(sorted(self.after_proof + other.after_proof)),
        )


def proof(growth: Growth, create_ms: int, observed: Sequence[int]) -> int | None:
    """The first of `observed`, Unix ms in rising order, that proves the label by true counters; None when none does."""
    plays = [growth.plays(at_ms - create_ms) for at_ms in observed]
    oldest = 0
    for at_ms, count in zip(observed, plays, strict=True):
        while observed[oldest] < at_ms - HOUR_MS:
            oldest += 1
        if is_viral_gain(count - plays[oldest], growth.total):
            return at_ms
    return None


def measure(rises: Mapping[int, Rise], alerts: Iterable[Alert], days: float, tiers: Iterable[str]) -> dict[str, Measures]:
    """Measures by tier; ALL_TIERS among `tiers` gets every one. `rises` are all viral posts of a universe, by number.

    A rise is found by an alert in whatever tier: its author may have changed tiers in between.
    """
    first: dict[int, int] = {}
    sent: Counter[str] = Counter()
    right: Counter[str] = Counter()
    misplaced: Counter[str] = Counter()
    for post, tier, at_ms in alerts:
        names = (tier, ALL_TIERS)
        sent.update(names)
        rise = rises.get(post)
        if rise is None:
            continue
        if rise.onset_ms <= at_ms <= rise.until_ms:
            right.update(names)
            first[post] = min(at_ms, first.get(post, at_ms))
        else:
            misplaced.update(names)
    measures = {}
    for name in tiers:
        # What has no proof is in no tier.
        proven = [rise for rise in rises.values() if rise.proof_ms is not None and name in (rise.tier, ALL_TIERS)]
        found = [(first[rise.post], rise) for rise in proven if rise.post in first]
        measures[name] = Measures(
            len(proven),
            sent[name],
            right[name],
            misplaced[name],
            days,
            tuple(sorted(at_ms - rise.onset_ms for at_ms, rise in found)),
            tuple(sorted(at_ms - rise.proof_ms for at_ms, rise in found if rise.proof_ms is not None)),
        )
    return measures


def by_tier(universes: Iterable[tuple[Mapping[int, Rise], Iterable[Alert], float]], tiers: Iterable[str]) -> dict[str, Measures]:
    """The sum of what `measure` makes of several universes, each as its rises, alerts and days."""
    names = list(tiers)
    total = {name: Measures() for name in names}
    for rises, alerts, days in universes:
        for name, measures in measure(rises, alerts, days, names).items():
            total[name] += measures
    return total


def quantile(rising: Sequence[int], share: float) -> int | None:
    """The smallest value that at least `share` of them do not exceed; None of none."""
    return rising[max(0, ceil(share * len(rising)) - 1)] if rising else None
