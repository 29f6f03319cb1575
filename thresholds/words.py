"""Keys of thresholds in the words of a form: `Tier small: to below (followers)` for `trending.tiers[0].below_followers`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_RATE = "(plays per hour)"
_QUOTED = "\N{LEFT DOUBLE QUOTATION MARK}{}\N{RIGHT DOUBLE QUOTATION MARK}"
_TIER: Mapping[str, str] = {
    "name": "name",
    "followers": "followers",
    "from_followers": "from (followers)",
    "below_followers": "to below (followers)",
    "plays_per_hour": f"trends above {_RATE}",
}
_GAIN: Mapping[str, str] = {"gained": "more than (new followers)", "within_hours": "within (hours)"}
_FIXED: Mapping[str, str] = {
    "trending": "Trending",
    "trending.tiers": "Tiers",
    "trending.unknown_authors": "Creators whose followers are not known",
    "trending.unknown_authors.plays_per_hour": f"Creators whose followers are not known: trends above {_RATE}",
    "momentum": "Alerts within the hour",
    "momentum.plays_per_hour": f"Alerts within the hour: from {_RATE}",
    "momentum.least_observations": "Alerts within the hour: observations in 60 minutes, at least",
    "momentum.quiet_hours": "Alerts within the hour: none of the same post for (hours)",
    "live": "LIVE rooms",
    "live.viewers": "LIVE rooms: from (viewers)",
    "live.diamonds_per_minute": "LIVE rooms: from (diamonds within a minute)",
    "live.quiet_minutes": "LIVE rooms: none of the same room for (minutes)",
    "followers": "Follower alerts",
    "followers.gains": "Follower alerts",
    "warnings": "Warnings",
    "warnings.negative_delta_plays": "Warning on counters that fall by more than (plays)",
}
_PLACED_TIER = re.compile(r"trending\.tiers\[(\d+)\](?:\.(\w+))?")
_NAMED_TIER = re.compile(r"trending\.tiers\.([^.]+)\.(\w+)")
_PLACED_GAIN = re.compile(r"followers\.gains\[(\d+)\](?:\.(\w+))?")
_NAMED_GAIN = re.compile(r"followers\.gains\.within_(\d+)_hours")
_EARLY = re.compile(r"momentum\.plays_per_hour\.(.+)")
_LIVE = re.compile(r"live\.(viewers|diamonds_per_minute)\.(.+)")
_KEY = re.compile(r"\b(?:trending|momentum|live|followers|warnings)(?:\.\w+|\[\d+\])+")


def words(key: str, tiers: Mapping[int, str] | None = None) -> str:
    """The words for a key of the file, of a field or of a difference; the key itself, if it is none that a file may have.

    `tiers` are the names of tiers by their place, from 0, as far as they are known.
    """
    if match := _PLACED_TIER.fullmatch(key):
        name = (tiers or {}).get(int(match[1]), "") or str(int(match[1]) + 1)
        return _of(f"Tier {name}", match[2], _TIER)
    if match := _NAMED_TIER.fullmatch(key):
        return _of(f"Tier {match[1]}", match[2], _TIER)
    if match := _PLACED_GAIN.fullmatch(key):
        return _of(f"Follower alert {int(match[1]) + 1}", match[2], _GAIN)
    if match := _NAMED_GAIN.fullmatch(key):
        return f"Follower alert within {match[1]} h: {_GAIN['gained']}"
    if match := _EARLY.fullmatch(key):
        return f"Alerts within the hour, tier {match[1]}: from {_RATE}"
    if match := _LIVE.fullmatch(key):
        return f"LIVE rooms, tier {match[2]}: from ({match[1].replace('_per_', ' within a ')})"
    return _FIXED.get(key, key)


def in_words(sentence: str, tiers: Mapping[int, str] | None = None) -> str:
    """A reason, or what is allowed, with the words in the place of keys."""
    told = _KEY.sub(lambda match: _QUOTED.format(words(match[0], tiers)), sentence)
    for name, said in (*_TIER.items(), *_GAIN.items()):
        if "_" in name:
            told = re.sub(rf"\b{name}\b", _QUOTED.format(said), told)
    return told


def _of(thing: str, field: str | None, names: Mapping[str, str]) -> str:
    return f"{thing}: {names.get(field, field)}" if field else thing
