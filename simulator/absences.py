"""What pollers never get to see: posts in hours when nobody asks for them, creators without snapshots, or with one only."""

from __future__ import annotations

import math
from dataclasses import dataclass

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.dice import Dice
from simulator.settings import SimulationSettings

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Absences:
    """By index in the universe. `gaps` are spans `[from, until)` in Unix ms; no creator is both `unknown` and `stale`."""

    gaps: dict[int, Spans]
    unknown: frozenset[int]
    stale: frozenset[int]

    @classmethod
    def of(cls, settings: SimulationSettings) -> Absences:
        """Drawn by streams of chance of their own: what is seen all the same is the same as without absences."""
        creators = _shuffled(settings.seed, "absent creators", settings.creators)
        unknown = _part(settings.unknown_authors, settings.creators)
        stale = _part(settings.stale_authors, settings.creators)
        posts = _shuffled(settings.seed, "posts with gaps", settings.posts)[: _part(settings.gaps, settings.posts)]
        return cls(
            {index: _spans(settings, index) for index in posts},
            frozenset(creators[:unknown]),
            frozenset(creators[unknown : unknown + stale]),
        )

    def unobserved(self, post: int, at_ms: int) -> bool:
        """Is `at_ms` within a gap of the post?"""
        return any(begin <= at_ms < end for begin, end in self.gaps.get(post, ()))


def _part(share: float, of: int) -> int:
    """`share` of `of`, but at least one when it is not 0: small universes have one of everything too."""
    return math.ceil(round(share * of, 9))


def _shuffled(seed: int, purpose: str, count: int) -> list[int]:
    return sorted(range(count), key=lambda index: Dice(seed, purpose, index).bits())


def _spans(settings: SimulationSettings, index: int) -> Spans:
    dice = Dice(settings.seed, "gaps", index)
    spans = []
    for _ in range(dice.between(1, 3)):
        begin = settings.start_ms + dice.below(settings.hours * HOUR_MS)
        spans.append((begin, begin + dice.between(60, 360) * MINUTE_MS))
    return tuple(sorted(spans))
