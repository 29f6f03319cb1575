"""Expected records of `tiktok.followers.alerts`: a user who gained more than a rule allows for, within the rule's hours.

For each snapshot and each rule of the version in force at its time: the baseline is the smallest count among the user's earlier
snapshots at most `within_hours` old then that are bases, and not 0 where the snapshot's count is large. No such snapshot, no alert,
and none for a snapshot that is no base itself; equal to the rule's gain is not above it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.reference.bases import LARGE, Seen, with_bases
from simulator.reference.engagement_hourly import HOUR_MS
from simulator.reference.follower_deltas import FollowerDeltas
from simulator.reference.threshold_versions import ThresholdVersions


def follower_alerts(snapshots: FollowerDeltas, versions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`{userid, t_from, t_now, gained, from_count, curr_count, within_hours, threshold, threshold_version}`, times in Unix ms.

    By userid, t_now, within_hours and threshold. `versions` are as ThresholdVersions describes them, with `gains`.
    Raises LookupError for a snapshot before the first version.
    """
    known = ThresholdVersions(versions)
    spans = known.spans()
    alerts = []
    for userid, series in snapshots.series():
        bases = series[:1] + [now for now, _, away in with_bases(series) if not away]
        baselines = {span: list(_baselines(bases, span * HOUR_MS)) for span in spans}
        for index, (t_now, count) in enumerate(bases):
            version = known.in_force(t_now)
            for rule in sorted(version["gains"], key=lambda rule: (rule["within_hours"], rule["gained"])):
                baseline = baselines[rule["within_hours"]][index]
                if baseline is not None and count - baseline[1] > rule["gained"]:
                    alerts.append(
                        {
                            "userid": userid,
                            "t_from": baseline[0],
                            "t_now": t_now,
                            "gained": count - baseline[1],
                            "from_count": baseline[1],
                            "curr_count": count,
                            "within_hours": rule["within_hours"],
                            "threshold": rule["gained"],
                            "threshold_version": version["version"],
                        }
                    )
    return alerts


def _baselines(series: list[Seen], span_ms: int) -> Iterator[Seen | None]:
    """Per base: (time, count) of the smallest one in the `span_ms` before it, of equal ones the latest; None without any."""
    for t_now, count in series:
        since = bisect_left(series, (t_now - span_ms, 0))
        earlier = [(other, -at_ms) for at_ms, other in series[since:] if at_ms < t_now and (other or count < LARGE)]
        yield (-min(earlier)[1], min(earlier)[0]) if earlier else None
