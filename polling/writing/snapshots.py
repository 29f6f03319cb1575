"""Whose followers are known when: the snapshots of people that are in Kafka, as far as they are fresh."""

from __future__ import annotations

from itertools import islice

from connectors.clock import SNAPSHOT_FRESH_MS

DEFAULT_CAPACITY = 500_000
# Both moments share one int; 42 bits hold milliseconds until 2109.
_TIME_BITS = 42
_TIME_MASK = (1 << _TIME_BITS) - 1
_KEY_MASK = (1 << 60) - 1


class Snapshots:
    """For each person since when there has been a fresh snapshot without a break, and the last one. Not thread-safe.

    Times in unix milliseconds, as in `ingested_at`. Bounded by `capacity` entries of about 130 bytes: the eldest leave first, and
    count as unknown.
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._spans: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._spans)

    def note(self, userid: str, at_ms: int) -> None:
        """A snapshot is in Kafka."""
        place = hash(userid) & _KEY_MASK
        since_ms, last_ms = self._span(place) or (at_ms, at_ms)
        if at_ms < last_ms:
            return  # one that came late opens no new span
        if at_ms - last_ms >= SNAPSHOT_FRESH_MS:
            since_ms = at_ms
        self._spans.pop(place, None)  # so that it goes to the end of the order
        self._spans[place] = since_ms << _TIME_BITS | at_ms
        if len(self._spans) > self._capacity:
            for elder in list(islice(self._spans, max(1, self._capacity // 16))):
                del self._spans[elder]

    def fresh_at(self, userid: str, at_ms: int) -> bool:
        """Whether a snapshot as of then was fresh; False also of a time before a break, of which nothing is kept."""
        span = self._span(hash(userid) & _KEY_MASK)
        return span is not None and span[0] <= at_ms < span[1] + SNAPSHOT_FRESH_MS

    def _span(self, place: int) -> tuple[int, int] | None:
        span = self._spans.get(place)
        return None if span is None else (span >> _TIME_BITS, span & _TIME_MASK)
