"""The difference between two sets of thresholds, in words of the file."""

from __future__ import annotations

from dataclasses import replace

from thresholds.difference import Change, difference
from thresholds.model import FollowerGain, Momentum, Thresholds, Tier

OLD = Thresholds((Tier("small", 0, 100, 10.0), Tier("big", 100, None, 30.0)), 15.0, (FollowerGain(50_000, 2),), 1000)


def test_equal_thresholds_do_not_differ() -> None:
    assert difference(OLD, OLD) == []


def test_changed_values() -> None:
    new = replace(OLD, tiers=(replace(OLD.tiers[0], plays_per_hour=2000.5), OLD.tiers[1]), negative_delta_warning=20_000)
    assert difference(OLD, new) == [
        Change("trending.tiers.small.plays_per_hour", "10", "2,000.5"),
        Change("warnings.negative_delta_plays", "1,000", "20,000"),
    ]


def test_added_and_removed_tiers_and_rules() -> None:
    new = replace(OLD, tiers=(Tier("all", 0, None, 10.0),), follower_gains=(FollowerGain(7, 24),))
    changes = {change.key: (change.old, change.new) for change in difference(OLD, new)}
    assert changes["trending.tiers.all.followers"] == ("-", "from 0")
    assert changes["trending.tiers.small.followers"] == ("from 0 to below 100", "-")
    assert changes["followers.gains.within_24_hours"] == ("-", "7")
    assert changes["followers.gains.within_2_hours"] == ("50,000", "-")


def test_momentum() -> None:
    moving = replace(OLD, momentum=Momentum((("small", 5.0), ("big", 7.5), ("unknown", 6.0)), 3, 6))
    changes = {change.key: (change.old, change.new) for change in difference(OLD, moving)}
    assert changes == {
        "momentum.plays_per_hour.small": ("-", "5"),
        "momentum.plays_per_hour.big": ("-", "7.5"),
        "momentum.plays_per_hour.unknown": ("-", "6"),
        "momentum.least_observations": ("-", "3"),
        "momentum.quiet_hours": ("-", "6"),
    }
