"""The thresholds that people edit, as values: who is judged by what, and which version is in force when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

UNKNOWN_TIER = "unknown"
MAX_WITHIN_HOURS = 168
# As many as an hour can have: those less than 30 seconds apart count as one.
MAX_OBSERVATIONS = 120
MAX_QUIET_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Tier:
    """Authors with `from_followers` (inclusive) up to `below_followers` (exclusive; None: no end) followers."""

    name: str
    from_followers: int
    below_followers: int | None
    plays_per_hour: float


@dataclass(frozen=True, slots=True)
class FollowerGain:
    """A rule: more than `gained` new followers `within_hours` hours is an alert."""

    gained: int
    within_hours: int


@dataclass(frozen=True, slots=True)
class Momentum:
    """A post alerts while it gains at least the plays per hour of its author's tier over the last 30 to 60 minutes.

    `plays_per_hour` has a (tier, rate) for each tier in order, then one for UNKNOWN_TIER. `least_observations` must lie in the last
    60 minutes, and `quiet_hours` between two alerts of a post.
    """

    plays_per_hour: tuple[tuple[str, float], ...]
    least_observations: int
    quiet_hours: int

    def of(self, tier: str) -> float:
        """The plays per hour of a tier. Raises KeyError."""
        return dict(self.plays_per_hour)[tier]


@dataclass(frozen=True, slots=True)
class Live:
    """A LIVE room alerts when it has at least the viewers of its host's tier, or gets at least the diamonds of it within a minute.

    Both have a (tier, value) for each tier in order, then one for UNKNOWN_TIER. `quiet_minutes` lie between two alerts of a room
    on the same.
    """

    viewers: tuple[tuple[str, float], ...]
    diamonds_per_minute: tuple[tuple[str, float], ...]
    quiet_minutes: int


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One set of thresholds. The tiers cover every follower count from 0 up, in order; ValueError when they do not.

    `unknown_authors` is in plays per hour, for authors without a snapshot. A delta below -`negative_delta_warning` plays is worth
    a warning. Without `momentum`, as in versions of before it existed, nothing is judged within the hour; without `live`
    no room is.
    """

    tiers: tuple[Tier, ...]
    unknown_authors: float
    follower_gains: tuple[FollowerGain, ...]
    negative_delta_warning: int
    momentum: Momentum | None = None
    live: Live | None = None

    def __post_init__(self) -> None:
        if not self.tiers or self.tiers[0].from_followers != 0 or self.tiers[-1].below_followers is not None:
            raise ValueError("tiers must begin at 0 followers, and the last one must have no end")
        for tier, following in pairwise(self.tiers):
            if tier.below_followers != following.from_followers or tier.from_followers >= following.from_followers:
                raise ValueError(f"tier {following.name} must begin where {tier.name} ends")
        names = [tier.name for tier in self.tiers]
        if len(set(names)) != len(names) or UNKNOWN_TIER in names:
            raise ValueError(f"tier names must differ from each other and from {UNKNOWN_TIER}")
        rates = [*(tier.plays_per_hour for tier in self.tiers), self.unknown_authors]
        if not all(isfinite(rate) and rate > 0 for rate in rates):
            raise ValueError("plays per hour must be positive and finite")
        if any(rule.gained < 1 or not 1 <= rule.within_hours <= MAX_WITHIN_HOURS for rule in self.follower_gains):
            raise ValueError(f"follower gains must be positive, within 1 to {MAX_WITHIN_HOURS} hours")
        spans = [rule.within_hours for rule in self.follower_gains]
        if len(set(spans)) != len(spans):
            raise ValueError("follower gains must differ in within_hours, which names their alerts")
        if self.momentum is not None:
            _check_momentum(self.momentum, [*names, UNKNOWN_TIER])
        if self.live is not None:
            _check_live(self.live, [*names, UNKNOWN_TIER])

    def judge(self, followers: int | None) -> tuple[str, float]:
        """Tier name and plays per hour for an author with `followers` followers (None: not known; below 0: like 0)."""
        if followers is None:
            return UNKNOWN_TIER, self.unknown_authors
        for tier in reversed(self.tiers):
            if followers >= tier.from_followers:
                return tier.name, tier.plays_per_hour
        return self.tiers[0].name, self.tiers[0].plays_per_hour

    def to_json(self) -> str:
        """Canonical JSON on one line, shaped like the file: equal thresholds give equal text."""
        shape: dict[str, Any] = {
            "trending": {
                "tiers": [
                    {
                        "name": tier.name,
                        "from_followers": tier.from_followers,
                        "below_followers": tier.below_followers,
                        "plays_per_hour": float(tier.plays_per_hour),
                    }
                    for tier in self.tiers
                ],
                "unknown_authors": {"plays_per_hour": float(self.unknown_authors)},
            },
            "followers": {
                "gains": [{"gained": rule.gained, "within_hours": rule.within_hours} for rule in self.follower_gains],
            },
            "warnings": {"negative_delta_plays": self.negative_delta_warning},
        }
        if self.momentum is not None:
            shape["momentum"] = {
                "plays_per_hour": {tier: float(rate) for tier, rate in self.momentum.plays_per_hour},
                "least_observations": self.momentum.least_observations,
                "quiet_hours": self.momentum.quiet_hours,
            }
        if self.live is not None:
            shape["live"] = {
                "viewers": {tier: float(value) for tier, value in self.live.viewers},
                "diamonds_per_minute": {tier: float(value) for tier, value in self.live.diamonds_per_minute},
                "quiet_minutes": self.live.quiet_minutes,
            }
        return json.dumps(shape, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Thresholds:
        """The thresholds that `to_json` wrote. Raises ValueError for anything else."""
        try:
            shape: Any = json.loads(text)
            trending = shape["trending"]
            tiers = tuple(_tier(tier) for tier in trending["tiers"])
            return cls(
                tiers,
                float(trending["unknown_authors"]["plays_per_hour"]),
                tuple(FollowerGain(int(rule["gained"]), int(rule["within_hours"])) for rule in shape["followers"]["gains"]),
                int(shape["warnings"]["negative_delta_plays"]),
                _momentum(shape["momentum"], [tier.name for tier in tiers]) if "momentum" in shape else None,
                _live(shape["live"], [tier.name for tier in tiers]) if "live" in shape else None,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no thresholds: {type(error).__name__} {error}") from error

    def content_hash(self) -> str:
        """SHA-256 of `to_json`, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _tier(shape: Any) -> Tier:
    below = shape["below_followers"]
    return Tier(
        str(shape["name"]), int(shape["from_followers"]), None if below is None else int(below), float(shape["plays_per_hour"])
    )


def _momentum(shape: Any, tiers: Sequence[str]) -> Momentum:
    return Momentum(
        _by_tier(shape["plays_per_hour"], tiers),
        int(shape["least_observations"]),
        int(shape["quiet_hours"]),
    )


def _live(shape: Any, tiers: Sequence[str]) -> Live:
    return Live(_by_tier(shape["viewers"], tiers), _by_tier(shape["diamonds_per_minute"], tiers), int(shape["quiet_minutes"]))


def _by_tier(values: Any, tiers: Sequence[str]) -> tuple[tuple[str, float], ...]:
    return tuple((name, float(values[name])) for name in (*tiers, UNKNOWN_TIER))


def _check_live(live: Live, tiers: Sequence[str]) -> None:
    for name, values in (("viewers", live.viewers), ("diamonds per minute", live.diamonds_per_minute)):
        if [tier for tier, _ in values] != list(tiers):
            raise ValueError(f"live must have {name} for {', '.join(tiers)}, in this order")
        if not all(isfinite(value) and value > 0 for _, value in values):
            raise ValueError(f"{name} must be positive and finite")
    if not 1 <= live.quiet_minutes <= MAX_QUIET_MINUTES:
        raise ValueError(f"live needs 1 to {MAX_QUIET_MINUTES} quiet minutes")


def _check_momentum(momentum: Momentum, tiers: Sequence[str]) -> None:
    if [tier for tier, _ in momentum.plays_per_hour] != list(tiers):
        raise ValueError(f"momentum must have plays per hour for {', '.join(tiers)}, in this order")
    if not all(isfinite(rate) and rate > 0 for _, rate in momentum.plays_per_hour):
        raise ValueError("plays per hour must be positive and finite")
    if not 2 <= momentum.least_observations <= MAX_OBSERVATIONS or not 1 <= momentum.quiet_hours <= MAX_WITHIN_HOURS:
        raise ValueError(f"momentum needs 2 to {MAX_OBSERVATIONS} observations and 1 to {MAX_WITHIN_HOURS} quiet hours")


@dataclass(frozen=True, slots=True)
class ThresholdVersion:
    """A published set of thresholds. Times are Unix milliseconds; `version` is `v<sequence>-<8 digits of content_hash>`."""

    version: str
    sequence: int
    effective_from_ms: int
    published_at_ms: int
    author: str
    comment: str
    content_hash: str
    thresholds: Thresholds


def version_name(sequence: int, content_hash: str) -> str:
    """`v3-1a2b3c4d`."""
    return f"v{sequence}-{content_hash[:8]}"


def in_force(versions: Sequence[ThresholdVersion], at_ms: int) -> ThresholdVersion:
    """The version published last among those with `effective_from_ms <= at_ms`; LookupError when none is in force then.

    So a later version that takes effect earlier replaces one that was planned.
    """
    begun = [version for version in versions if version.effective_from_ms <= at_ms]
    if not begun:
        raise LookupError(f"no version of the thresholds is in force at {at_ms}")
    return max(begun, key=lambda version: version.sequence)


def not_replaced(versions: Sequence[ThresholdVersion]) -> list[ThresholdVersion]:
    """The versions that are in force at some time, in the order in which they take effect."""
    kept: list[ThresholdVersion] = []
    for version in sorted(versions, key=lambda version: version.sequence):
        kept = [earlier for earlier in kept if earlier.effective_from_ms < version.effective_from_ms]
        kept.append(version)
    return kept
