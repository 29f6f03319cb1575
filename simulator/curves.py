"""How a post's counters grow. Integers only: a rational curve has the same last digit on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.clock import HOUR_MS

MILLION = 1_000_000


class Curve(StrEnum):
    """`steady` grows by the clock, `plateau` saturates, `viral` is an S with its steepest part in the run, `silent` stays at 0."""

    STEADY = "steady"
    PLATEAU = "plateau"
    VIRAL = "viral"
    SILENT = "silent"


@dataclass(frozen=True)
class Growth:
    """Plays as a function of age. `total` is the limit (for `steady`: the growth of 1,000 hours), `half_ms` the age at half."""

    curve: Curve
    total: int
    half_ms: int

    def plays(self, age_ms: int) -> int:
        """Plays at `age_ms` after publishing; 0 before. Never falls as the age grows."""
        if age_ms <= 0 or self.curve is Curve.SILENT:
            return 0
        if self.curve is Curve.STEADY:
            return self.total * age_ms // (1000 * HOUR_MS)
        if self.curve is Curve.PLATEAU:
            return self.total * age_ms // (age_ms + self.half_ms)
        age, half = age_ms // 1000, self.half_ms // 1000
        steep = age * age * age * age
        steep *= steep
        middle = half * half * half * half
        middle *= middle
        return self.total * steep // (steep + middle)


@dataclass(frozen=True)
class Rates:
    """Each counter per million plays."""

    digg: int
    comment: int
    share: int
    download: int
    collect: int


@dataclass(frozen=True)
class Dip:
    """Why counters fall. `comments_deleted`, `likes_removed`, `plays_removed` and `followers_removed` take `lost` parts per
    million away from `at_ms` until `until_ms`; `cache_flap` serves the counters of `lost` ms ago.
    """

    kind: str
    at_ms: int
    until_ms: int
    lost: int

    def active(self, now_ms: int) -> bool:
        """Does the dip show at `now_ms`?"""
        return self.at_ms <= now_ms < self.until_ms


Counters = dict[str, int]
"""A post's counters by their names in the topic."""


def counters(growth: Growth, rates: Rates, dips: tuple[Dip, ...], create_ms: int, now_ms: int) -> Counters:
    """What upstream shows at `now_ms`; nothing is negative. The pollers and the fake upstreams show whatever is here."""
    shown_ms = now_ms
    for dip in dips:
        if dip.kind == "cache_flap" and dip.active(now_ms):
            shown_ms -= dip.lost
    plays = growth.plays(shown_ms - create_ms)
    digg = plays * rates.digg // MILLION
    comment = plays * rates.comment // MILLION
    for dip in dips:
        if dip.kind == "comments_deleted" and dip.active(shown_ms):
            comment -= comment * dip.lost // MILLION
        elif dip.kind == "likes_removed" and dip.active(shown_ms):
            digg -= digg * dip.lost // MILLION
    share, downloads, collects = (plays * rate // MILLION for rate in (rates.share, rates.download, rates.collect))
    for dip in dips:  # last: the other counters come from what was really played
        if dip.kind == "plays_removed" and dip.active(shown_ms):
            plays -= plays * dip.lost // MILLION
    return {
        "play_count": plays,
        "digg_count": digg,
        "comment_count": comment,
        "share_count": share,
        "download_count": downloads,
        "collect_count": collects,
    }
