"""From what pollers saw to what arrives: duplicates, records out of order or late, and malformed ones, in order of arrival."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from simulator.dice import Dice
from simulator.malformed import KINDS, Malformed
from simulator.observations import Observation, observe
from simulator.settings import POSTS, SimulationSettings
from simulator.universe import Universe, build_universe


class Fate(StrEnum):
    """What happened to a record on its way. All but MALFORMED carry a valid observation."""

    ON_TIME = "on_time"
    OUT_OF_ORDER = "out_of_order"
    LATE = "late"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"


class Delivery(NamedTuple):
    """One arriving record. For a malformed one, `record` is the good observation that its bytes are made of."""

    due_ms: int
    topic: str
    key: str
    record: dict[str, Any]
    fate: Fate
    malformed: Malformed | None = None


def simulate(settings: SimulationSettings, universe: Universe | None = None) -> Iterator[Delivery]:
    """Every record of the universe in order of arrival: the one call that tests and sinks need."""
    return deliver(observe(settings, universe or build_universe(settings)), settings)


def deliver(observations: Iterable[Observation], settings: SimulationSettings) -> Iterator[Delivery]:
    """`observations` (by true time) as they arrive. Only what is delayed is held in memory.

    Each observation arrives once, plus one exact copy for those drawn as duplicates; exactly `settings.malformed` malformed ones
    are spread over the run, kinds in turn.
    """
    dice = Dice(settings.seed, "delivery")
    late_ppm = round(settings.late * 1_000_000)
    delayed_ppm = late_ppm + round(settings.out_of_order * 1_000_000)
    duplicate_ppm = round(settings.duplicates * 1_000_000)
    delayed: list[tuple[int, int, Delivery]] = []
    bad = _BadRecords(settings)
    serial = 0
    for now_ms, topic, key, record in observations:
        while delayed and delayed[0][0] <= now_ms:
            yield heapq.heappop(delayed)[2]
        if topic == POSTS:
            yield from bad.until(now_ms, key, record)
        draw = dice.below(1_000_000)
        if draw >= delayed_ppm:
            yield Delivery(now_ms, topic, key, record, Fate.ON_TIME)
        else:
            if draw < late_ppm:
                fate, wait_ms = Fate.LATE, dice.between(settings.min_lateness_ms, settings.max_lateness_ms)
            else:
                fate, wait_ms = Fate.OUT_OF_ORDER, dice.between(min(1, settings.max_shift_ms), settings.max_shift_ms)
            serial += 1
            heapq.heappush(delayed, (now_ms + wait_ms, serial, Delivery(now_ms + wait_ms, topic, key, record, fate)))
        if duplicate_ppm and dice.below(1_000_000) < duplicate_ppm:
            again_ms = now_ms + dice.between(0, settings.max_shift_ms)
            serial += 1
            heapq.heappush(delayed, (again_ms, serial, Delivery(again_ms, topic, key, record, Fate.DUPLICATE)))
    yield from bad.rest()
    while delayed:
        yield heapq.heappop(delayed)[2]


class _BadRecords:
    """Spreads the malformed records evenly over the run; each is made of the latest post observation."""

    def __init__(self, settings: SimulationSettings) -> None:
        self._count = settings.malformed
        self._start_ms = settings.start_ms
        self._span_ms = settings.end_ms - settings.start_ms
        self._made = 0
        self._last: tuple[int, str, dict[str, Any]] | None = None

    def until(self, now_ms: int, key: str, record: dict[str, Any]) -> Iterator[Delivery]:
        self._last = (now_ms, key, record)
        while self._made < self._count and self._start_ms + (self._made + 1) * self._span_ms // (self._count + 1) <= now_ms:
            yield self._next()

    def rest(self) -> Iterator[Delivery]:
        while self._last is not None and self._made < self._count:
            yield self._next()

    def _next(self) -> Delivery:
        assert self._last is not None
        now_ms, key, record = self._last
        kind = KINDS[self._made % len(KINDS)]
        self._made += 1
        return Delivery(now_ms, POSTS, key, record, Fate.MALFORMED, kind)
