"""Which thresholds judge what, from plain data: the reference of tiers and of versions that follow each other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

UNKNOWN = "unknown"


class ThresholdVersions:
    """Versions as dicts: `{version, sequence, effective_from_ms, tiers, unknown_authors, gains, momentum}`.

    `tiers` is a list of `{name, from_followers, below_followers, plays_per_hour}` (no `below_followers`, or None: no end),
    `unknown_authors` is `{plays_per_hour}`, `gains` a list of `{gained, within_hours}`, `momentum` None or
    `{plays_per_hour, least_observations, quiet_hours}` with plays per hour by the names of tiers and `unknown`; who needs no alerts
    may leave `gains` and `momentum` out.
    """

    def __init__(self, versions: Iterable[Mapping[str, Any]]) -> None:
        self._versions: list[Mapping[str, Any]] = []
        for version in sorted(versions, key=lambda version: version["sequence"]):
            while self._versions and self._versions[-1]["effective_from_ms"] >= version["effective_from_ms"]:
                self._versions.pop()
            self._versions.append(version)
        self._begins = [version["effective_from_ms"] for version in self._versions]

    def in_force(self, at_ms: int) -> Mapping[str, Any]:
        """The version with the highest sequence among those that begin at or before `at_ms`.

        Raises LookupError before the first one.
        """
        index = bisect_right(self._begins, at_ms)
        if index == 0:
            raise LookupError(f"no version is in force at {at_ms}")
        return self._versions[index - 1]

    def spans(self) -> list[int]:
        """Every `within_hours` of any version, rising."""
        return sorted({rule["within_hours"] for version in self._versions for rule in version.get("gains", ())})


def judge(version: Mapping[str, Any], followers: int | None) -> tuple[str, float]:
    """Tier and plays per hour of an author with `followers` followers (None: no snapshot). LookupError where no tier fits."""
    if followers is None:
        return UNKNOWN, version["unknown_authors"]["plays_per_hour"]
    for tier in version["tiers"]:
        below = tier.get("below_followers")
        if followers >= tier["from_followers"] and (below is None or followers < below):
            return tier["name"], tier["plays_per_hour"]
    raise LookupError(f"no tier for {followers} followers")
