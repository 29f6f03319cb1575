"""The demo's universe: which one it is, how far it has been sent, and sending it up to a given time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.producer import AvroProducer
from simulator.delivery import Delivery, simulate
from simulator.settings import HOUR_MS, SimulationSettings
from simulator.sinks import KafkaSink

# One hour more than is shown: gains need an hour before.
HOURS_BEFORE = 27
HOURS_AHEAD = 24
STATE_FILE = "demo.json"
_PROGRESS_EVERY = 500

Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class DemoState:
    """A universe, named by its first hour (Unix milliseconds, also its seed), and the time up to which Kafka has it."""

    start_ms: int
    sent_ms: int

    @property
    def end_ms(self) -> int:
        """When the universe ends."""
        return self.start_ms + (HOURS_BEFORE + HOURS_AHEAD) * HOUR_MS


def load_state(folder: Path, now_ms: int) -> DemoState:
    """The universe in `folder` when it has not ended yet, so that a later demo goes on with it; else a new one.

    A new one begins HOURS_BEFORE hours before the current UTC hour. An unreadable file counts as absent: what is sent again
    merges to the same rows.
    """
    fresh = DemoState(now_ms // HOUR_MS * HOUR_MS - HOURS_BEFORE * HOUR_MS, 0)
    try:
        raw = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        kept = DemoState(int(raw["start_ms"]), int(raw["sent_ms"]))
    except (OSError, ValueError, KeyError, TypeError):
        return fresh
    return kept if kept.start_ms <= fresh.start_ms and now_ms < kept.end_ms else fresh


def save_state(folder: Path, state: DemoState) -> None:
    """Replaces the file in one step."""
    partial = folder / f"{STATE_FILE}.tmp"
    partial.write_text(json.dumps({"start_ms": state.start_ms, "sent_ms": state.sent_ms}), encoding="utf-8")
    partial.replace(folder / STATE_FILE)


def demo_settings(state: DemoState) -> SimulationSettings:
    """A universe with a little of every trouble that the job must cope with."""
    hours = HOURS_BEFORE + HOURS_AHEAD
    return SimulationSettings(
        seed=state.start_ms // HOUR_MS,
        start_ms=state.start_ms,
        hours=hours,
        duplicates=0.02,
        out_of_order=0.05,
        late=0.01,
        malformed=2 * hours,
        # Just over what the format decodes; the default of 5 MB would be most of the demo's bytes.
        oversize_bytes=1_200_000,
    )


class DemoStream:
    """Sends a universe bit by bit. Each record goes out once per state: what `state.sent_ms` covers is skipped."""

    def __init__(self, state: DemoState, folder: Path, producer: AvroProducer, sink: KafkaSink) -> None:
        self.state = state
        self.sent = 0
        self._folder = folder
        self._producer = producer
        self._sink = sink
        self._deliveries: Iterator[Delivery] = simulate(demo_settings(state))
        self._next: Delivery | None = None

    def send_until(self, until_ms: int, progress: Progress | None = None) -> int:
        """Sends what is due before `until_ms`, waits until Kafka has it, and remembers that. Returns the number of records."""
        before, began_ms = self.sent, max(self.state.sent_ms, self.state.start_ms)
        while (delivery := self._next or next(self._deliveries, None)) is not None:
            if delivery.due_ms >= until_ms:
                self._next = delivery
                break
            self._next = None
            if delivery.due_ms < self.state.sent_ms:
                continue
            self._sink.write(delivery)
            self.sent += 1
            if progress is not None and self.sent % _PROGRESS_EVERY == 0:
                progress(self.sent - before, min(1.0, (delivery.due_ms - began_ms) / max(1, until_ms - began_ms)))
        self._producer.flush()
        self.state = replace(self.state, sent_ms=max(self.state.sent_ms, until_ms))
        save_state(self._folder, self.state)
        return self.sent - before
