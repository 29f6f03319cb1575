"""Thresholds as the text of a file."""

from __future__ import annotations

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
        rates = ", ".join(f"{_name(name)}: {plain(rate)}" for name, rate in momentum.plays_per_hour)
        lines += ["momentum:", f"  plays_per_hour: {{{rates}}}", f"  least_observations: {momentum.least_observations}"]
        lines.append(f"  quiet_hours: {momentum.quiet_hours}")
    lines.append("followers:")
    rules = [f"    - {{gained: {rule.gained}, within_hours: {rule.within_hours}}}" for rule in thresholds.follower_gains]
    lines += ["  gains:", *rules] if rules else ["  gains: []"]
    lines += ["warnings:", f"  negative_delta_plays: {thresholds.negative_delta_warning}"]
    return "\n".join(lines) + "\n"


def plain(value: float) -> str:
    """All digits of a number, without an exponent, which YAML would take for a text."""
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def _name(name: str) -> str:
    # YAML takes a plain no or y for a boolean.
    return name if yaml.safe_load(name) == name else f'"{name}"'
