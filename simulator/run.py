"""Runs a universe into a sink, at full speed or paced, keeping the ground truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from simulator.delivery import Delivery, simulate
from simulator.settings import SimulationSettings
from simulator.sinks import Sink
from simulator.truth import Truth
from simulator.universe import Universe

_REPORT_EVERY = 500

Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Pace:
    """How fast to send. `rate` bounds records/s (0: no bound). `speed` is simulated seconds per second (0: no bound).
    `live` sends each record when this machine's clock reaches it: what is already past goes out at once.
    """

    rate: float = 0.0
    speed: float = 0.0
    live: bool = False

    @property
    def free(self) -> bool:
        """True when nothing is ever waited for."""
        return not (self.rate or self.speed or self.live)


class _Metronome:
    def __init__(self, pace: Pace, start_ms: int) -> None:
        self._pace = pace
        self._start_ms = start_ms
        self._began = time.monotonic()

    def wait(self, sent: int, delivery: Delivery) -> None:
        ahead = 0.0
        elapsed = time.monotonic() - self._began
        if self._pace.rate:
            ahead = max(ahead, sent / self._pace.rate - elapsed)
        if self._pace.speed:
            ahead = max(ahead, (delivery.due_ms - self._start_ms) / 1000 / self._pace.speed - elapsed)
        if self._pace.live:
            ahead = max(ahead, delivery.due_ms / 1000 - time.time())
        if ahead > 0.001:
            time.sleep(ahead)


def run(
    settings: SimulationSettings,
    universe: Universe,
    sink: Sink,
    pace: Pace = Pace(),
    progress: Progress | None = None,
    keep_truth: bool = True,
) -> Truth:
    """Sends every record of `universe` to `sink` and gives the ground truth (only counts when not `keep_truth`).

    `progress(records, fraction)` is called every few hundred records, `fraction` being the part of the simulated time that is done.
    """
    truth = Truth(rows=keep_truth)
    metronome = None if pace.free else _Metronome(pace, settings.start_ms)
    span_ms = settings.end_ms - settings.start_ms
    with sink:
        for delivery in simulate(settings, universe):
            if metronome is not None:
                metronome.wait(truth.total, delivery)
            sink.write(delivery)
            truth.add(delivery)
            if progress is not None and truth.total % _REPORT_EVERY == 0:
                progress(truth.total, min(1.0, (delivery.due_ms - settings.start_ms) / span_ms))
    return truth
