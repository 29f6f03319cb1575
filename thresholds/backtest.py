"""What other thresholds would have alerted over what ClickHouse holds, as if they had been in force all the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.clickhouse.client import connect
from connectors.clickhouse.queries import rows
from connectors.clock import HOUR_MS
from thresholds.model import UNKNOWN_TIER, Thresholds, ThresholdVersion, not_replaced
from thresholds.table import read_table
from thresholds.versions import milliseconds

# 1970 to the end of 2299: ClickHouse's times reach no further.
FROM_MS, TO_MS = 0, 10_413_705_600_000
LISTED = 20
NO_RULE = 2**63 - 1
# Plays per hour that no post gains: nothing is judged.
NO_RATE = 1e300
_LONG_AGO_MS = -(2**62)


@dataclass(frozen=True)
class Total:
    """Counts of one group: a tier, or a follower rule. `alerts_stored` as it was judged, `alerts_new` by the other thresholds."""

    group: str
    judged: int
    alerts_stored: int
    alerts_new: int
    gained: int
    lost: int


@dataclass(frozen=True)
class TrendingChange:
    """A post-hour that gains or loses its alert. `window_end_ms` is Unix milliseconds, rates are plays per hour."""

    gained: bool
    aweme_id: str
    author_id: str
    window_end_ms: int
    delta_plays_per_hour: float
    author_follower_count: int | None
    old_tier: str
    old_threshold: float
    new_tier: str
    new_threshold: float


@dataclass(frozen=True)
class MomentumChange:
    """An observation that gains or loses its alert. `tier` and `threshold` (plays per hour) are those of the other thresholds."""

    gained: bool
    aweme_id: str
    author_id: str
    observed_at_ms: int
    plays_per_hour: float
    author_follower_count: int | None
    tier: str
    threshold: float | None


@dataclass(frozen=True)
class FollowerChange:
    """A snapshot that gains or loses its alert under the rule for `within_hours`."""

    gained: bool
    userid: str
    t_now_ms: int
    within_hours: int
    gained_followers: int
    from_count: int
    curr_count: int


@dataclass(frozen=True)
class Backtest:
    """Totals are exact. Of the changes the newest are listed, up to the number asked for of each kind and each follower rule."""

    trending: tuple[Total, ...]
    momentum: tuple[Total, ...]
    followers: tuple[Total, ...]
    trending_changes: tuple[TrendingChange, ...]
    momentum_changes: tuple[MomentumChange, ...]
    follower_changes: tuple[FollowerChange, ...]

    @property
    def gained(self) -> int:
        """Alerts that would be new, of all kinds."""
        return sum(total.gained for total in (*self.trending, *self.momentum, *self.followers))

    @property
    def lost(self) -> int:
        """Alerts that would be gone, of all kinds."""
        return sum(total.lost for total in (*self.trending, *self.momentum, *self.followers))


def backtest(url: str, thresholds: Thresholds, from_ms: int = FROM_MS, to_ms: int = TO_MS, listed: int = LISTED) -> Backtest:
    """Judges again what ends (trending_hourly) or was observed (posts, follower_snapshots) in [from_ms, to_ms), Unix milliseconds.

    `url` is ClickHouse's DSN; `listed` bounds the changes kept of each kind and each follower rule. Trending and momentum are
    compared with what is stored, followers with the versions in force at each snapshot. Raises ClickHouseUnavailableError.
    """
    client = connect(url)
    try:
        versions = read_table(client, url)
        span = {"from_ms": _clamped(from_ms), "to_ms": _clamped(to_ms), "rows": listed}
        judging = _trending_parameters(thresholds) | span
        trending = rows(client, url, "backtest_trending_totals", **judging)
        changes = (
            rows(client, url, "backtest_trending_changes", **judging)
            if any(row["gained"] or row["lost"] for row in trending)
            else []
        )
        momentum = rows(client, url, "backtest_momentum", **_momentum_parameters(thresholds), **span)
        follower_totals: list[Total] = []
        follower_changes: list[FollowerChange] = []
        for hours in spans(thresholds, versions):
            total, moved = _followers(client, url, hours, follower_parameters(thresholds, versions, hours) | span)
            follower_totals.append(total)
            follower_changes += moved
    finally:
        client.close()
    return Backtest(
        tuple(_total(str(row["tier"]), row) for row in trending),
        tuple(_total(str(row["tier"]), row) for row in momentum),
        tuple(follower_totals),
        tuple(_trending_change(row) for row in changes),
        tuple(_momentum_changes(momentum, thresholds)[:listed]),
        tuple(follower_changes),
    )


def judged_since(url: str, from_ms: int) -> int:
    """How many stored post-hours end at `from_ms` or later. Raises ClickHouseUnavailableError."""
    client = connect(url)
    try:
        return int(rows(client, url, "trending_judged_since", from_ms=_clamped(from_ms))[0]["rows_held"])
    finally:
        client.close()


def spans(thresholds: Thresholds, versions: Sequence[ThresholdVersion]) -> list[int]:
    """The hours of every rule, new or published, ascending."""
    sets = [thresholds, *(version.thresholds for version in versions)]
    return sorted({rule.within_hours for content in sets for rule in content.follower_gains})


def follower_parameters(thresholds: Thresholds, versions: Sequence[ThresholdVersion], hours: int) -> dict[str, Any]:
    """The parameters of the follower queries: what the rule for `hours` was in each period, and what it would be."""
    periods = not_replaced(versions)
    return {
        "span_ms": hours * HOUR_MS,
        "begins_ms": [_LONG_AGO_MS, *(version.effective_from_ms for version in periods)],
        "old_limits": [NO_RULE, *(_limit(version.thresholds, hours) for version in periods)],
        "new_limit": _limit(thresholds, hours),
    }


def _clamped(time_ms: int) -> int:
    return min(max(time_ms, FROM_MS), TO_MS)


def _limit(thresholds: Thresholds, hours: int) -> int:
    return next((rule.gained for rule in thresholds.follower_gains if rule.within_hours == hours), NO_RULE)


def _trending_parameters(thresholds: Thresholds) -> dict[str, Any]:
    return {
        "tiers": [tier.name for tier in thresholds.tiers],
        "lower_bounds": [tier.from_followers for tier in thresholds.tiers],
        "thresholds": [tier.plays_per_hour for tier in thresholds.tiers],
        "unknown_authors": thresholds.unknown_authors,
    }


def _momentum_parameters(thresholds: Thresholds) -> dict[str, Any]:
    rule = thresholds.momentum
    tiers = [tier.name for tier in thresholds.tiers]
    rates = dict.fromkeys((*tiers, UNKNOWN_TIER), NO_RATE) if rule is None else dict(rule.plays_per_hour)
    return {
        "tiers": tiers,
        "lower_bounds": [tier.from_followers for tier in thresholds.tiers],
        "rates": [rates[tier] for tier in tiers],
        "unknown_rate": rates[UNKNOWN_TIER],
        "least_rate": min(rates.values()),
        "least_observations": 0 if rule is None else rule.least_observations,
        "quiet_ms": 0 if rule is None else rule.quiet_hours * HOUR_MS,
    }


def _momentum_changes(totals: Sequence[Mapping[str, Any]], thresholds: Thresholds) -> list[MomentumChange]:
    """Those of all tiers, newest first."""
    rule = thresholds.momentum
    changes = [
        MomentumChange(
            bool(is_new),
            str(aweme_id),
            str(author_id),
            int(at_ms),
            float(rate),
            None if followers is None else int(followers),
            str(row["tier"]),
            None if rule is None else rule.of(str(row["tier"])),
        )
        for row in totals
        for at_ms, aweme_id, author_id, rate, followers, is_new in row["changes"]
    ]
    return sorted(changes, key=lambda change: (-change.observed_at_ms, change.aweme_id))


def _followers(client: Client, url: str, hours: int, parameters: dict[str, Any]) -> tuple[Total, list[FollowerChange]]:
    total = _total(f"within {hours} h", rows(client, url, "backtest_followers_totals", **parameters)[0])
    if not total.gained and not total.lost:
        return total, []
    return total, [_follower_change(hours, row) for row in rows(client, url, "backtest_followers_changes", **parameters)]


def _total(group: str, row: Mapping[str, Any]) -> Total:
    return Total(group, *(int(row[name]) for name in ("judged", "alerts_stored", "alerts_new", "gained", "lost")))


def _trending_change(row: Mapping[str, Any]) -> TrendingChange:
    followers = row["author_follower_count"]
    return TrendingChange(
        row["change"] == "gained",
        str(row["aweme_id"]),
        str(row["author_id"]),
        _ms(row["window_end"]),
        float(row["delta_plays_per_hour"]),
        None if followers is None else int(followers),
        str(row["old_tier"]),
        float(row["old_threshold"]),
        str(row["new_tier"]),
        float(row["new_threshold"]),
    )


def _follower_change(hours: int, row: Mapping[str, Any]) -> FollowerChange:
    return FollowerChange(
        row["change"] == "gained",
        str(row["userid"]),
        _ms(row["t_now"]),
        hours,
        int(row["gained_followers"]),
        int(row["from_count"]),
        int(row["curr_count"]),
    )


def _ms(moment: Any) -> int:
    assert isinstance(moment, datetime)
    return milliseconds(moment)
