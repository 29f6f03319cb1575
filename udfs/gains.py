"""Which rules about gained followers a user's snapshots break."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from udfs.thresholds import FollowerGain

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """More than `rule.gained` followers since `from_ms` (Unix milliseconds), when there were `from_count`."""

    rule: FollowerGain
    from_ms: int
    from_count: int
    gained: int


def broken_rules(times_ms: Sequence[int], counts: Sequence[int], rules: Sequence[FollowerGain]) -> Iterator[BrokenRule]:
    """The rules that the last of the snapshots breaks; `times_ms` (Unix milliseconds) rise and are parallel to `counts`.

    A gain is counted from the smallest count among the earlier snapshots of the rule's span, the most recent one of equals. A span
    without an earlier snapshot says nothing.
    """
    now_ms, count = times_ms[-1], counts[-1]
    for rule in rules:
        since_ms = now_ms - rule.within_hours * HOUR_MS
        first = bisect_left(times_ms, since_ms)
        span = [(counts[i], -times_ms[i]) for i in range(first, len(times_ms) - 1)]
        if span:
            least, negative_time = min(span)
            if count - least > rule.gained:
                yield BrokenRule(rule, -negative_time, least, count - least)
