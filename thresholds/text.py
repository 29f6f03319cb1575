"""Thresholds as the text of a file."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import yaml

from thresholds.model import Thresholds


def to_yaml(thresholds: Thresholds) -> str:
    """A file that gives these thresholds when it is read, without the comments that somebody may have written into theirs."""
    lines = ["trending:", "  tiers:"]
    for tier in thresholds.tiers:
        end = "" if tier.below_followers is None else f", below_followers: {tier.below_followers}"
        rate = plain(tier.plays_per_hour)
        lines.append(f"    - {{name: {_name(tier.name)}, from_followers: {tier.from_followers}{end}, plays_per_hour: {rate}}}")
    lines.append(f"  unknown_authors: {{plays_per_hour: {plain(thresholds.unknown_authors)}}}")
    if (momentum := thresholds.momentum) is not None:
        lines += [
            "momentum:",
            f"  plays_per_hour: {_by_tier(momentum.plays_per_hour)}",
            f"  least_observations: {momentum.least_observations}",
        ]
        lines.append(f"  quiet_hours: {momentum.quiet_hours}")
    if (live := thresholds.live) is not None:
        lines += ["live:", f"  viewers: {_by_tier(live.viewers)}", f"  diamonds_per_minute: {_by_tier(live.diamonds_per_minute)}"]
        lines.append(f"  quiet_minutes: {live.quiet_minutes}")
    lines.append("followers:")
    rules = [f"    - {{gained: {rule.gained}, within_hours: {rule.within_hours}}}" for rule in thresholds.follower_gains]
    lines += ["  gains:", *rules] if rules else ["  gains: []"]
    lines += ["warnings:", f"  negative_delta_plays: {thresholds.negative_delta_warning}"]
    return "\n".join(lines) + "\n"


def _by_tier(values: Sequence[tuple[str, float]]) -> str:
    return "{" + ", ".join(f"{_name(name)}: {plain(value)}" for name, value in values) + "}"


def plain(value: float) -> str:
    """All digits of a number, without an exponent, which YAML would take for a text."""
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def _name(name: str) -> str:
    # YAML takes a plain no or y for a boolean.
    return name if yaml.safe_load(name) == name else f'"{name}"'
