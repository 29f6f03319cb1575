"""What changes from one set of thresholds to another, key by key."""

from __future__ import annotations

from dataclasses import dataclass

from thresholds.model import Thresholds


@dataclass(frozen=True)
class Change:
    """One key with its old and new value as people read them; "-" where the key is not there."""

    key: str
    old: str
    new: str


def difference(old: Thresholds, new: Thresholds) -> list[Change]:
    """The keys whose values differ: those of `new` in the order of the file, then those that are gone.

    Tiers go by their name, follower rules by their hours.
    """
    before, after = flat(old), flat(new)
    changes = [Change(key, before.get(key, "-"), after.get(key, "-")) for key in {**after, **before}]
    return [change for change in changes if change.old != change.new]


def number(value: float) -> str:
    """`20,000`, `2,000.5`."""
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def flat(thresholds: Thresholds) -> dict[str, str]:
    """Key -> value as people read it, in the order of the file."""
    flat: dict[str, str] = {}
    for tier in thresholds.tiers:
        end = "" if tier.below_followers is None else f" to below {tier.below_followers:,}"
        flat[f"trending.tiers.{tier.name}.followers"] = f"from {tier.from_followers:,}{end}"
        flat[f"trending.tiers.{tier.name}.plays_per_hour"] = number(tier.plays_per_hour)
    flat["trending.unknown_authors.plays_per_hour"] = number(thresholds.unknown_authors)
    if (momentum := thresholds.momentum) is not None:
        for name, rate in momentum.plays_per_hour:
            flat[f"momentum.plays_per_hour.{name}"] = number(rate)
        flat["momentum.least_observations"] = str(momentum.least_observations)
        flat["momentum.quiet_hours"] = str(momentum.quiet_hours)
    if (live := thresholds.live) is not None:
        for what, values in (("viewers", live.viewers), ("diamonds_per_minute", live.diamonds_per_minute)):
            for name, value in values:
                flat[f"live.{what}.{name}"] = number(value)
        flat["live.quiet_minutes"] = str(live.quiet_minutes)
    for rule in thresholds.follower_gains:
        flat[f"followers.gains.within_{rule.within_hours}_hours"] = f"{rule.gained:,}"
    flat["warnings.negative_delta_plays"] = f"{thresholds.negative_delta_warning:,}"
    return flat
