"""Reads alerts, hands them to the lanes of the targets, and commits what all of them have settled."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.alert import Alert, BadRecordError, Place
from alerts.facts import UNKNOWN, Facts
from alerts.lane import Lane
from alerts.lookup import Lookup, NothingKnown
from alerts.offsets import OffsetTracker, Partition
from alerts.routes import Routing
from alerts.sending import Timing
from alerts.state import Outcome, State
from connectors.errors import TokpulseError
from connectors.kafka.registry import RegistryUnavailableError

_LOG = logging.getLogger(__name__)
POLL_S, COMMIT_S, EXPIRE_S, REGISTRY_PAUSE_S = 0.5, 5.0, 3_600.0, 5.0
JOIN_S = 40.0
MAX_SKIPS = 1_000
# What is read at about the same time is looked up in one go.
GATHER_S, MAX_GATHERED = 0.2, 200


class SourceError(TokpulseError):
    """Kafka refused something."""


@dataclass(frozen=True)
class Record:
    """A Kafka record as it was read."""

    place: Place
    value: bytes | None


class Source(Protocol):
    """Where records come from. Every method may raise SourceError."""

    def poll(self, timeout: float) -> Record | None:
        """The next record, or None after at most `timeout` seconds; while paused it gives none."""

    def pause(self, paused: bool) -> None:
        """Stops or resumes reading; safe to repeat."""

    def lost(self) -> Collection[Partition]:
        """Partitions that were taken away since the last call, by `poll`: before the record that it gave, which may be of
        a new assignment of the same partitions."""

    def at_end(self) -> bool:
        """Whether each partition has been read up to an end that it had since the start."""

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Remembers where to go on after a restart."""

    def close(self) -> None:
        """Ends reading."""


class AlertDecoder(Protocol):
    """Makes alerts of Kafka values."""

    def alert(self, topic: str, value: bytes | None) -> Alert:
        """Raises BadRecordError or RegistryUnavailableError."""


@dataclass(frozen=True)
class Rules:
    """What is sent at all. Older alerts (event time) than `since_ms`, else than `max_age_ms` when read, are skipped."""

    since_ms: int | None = None
    max_age_ms: int = 24 * 3_600_000
    retry_refused: bool = False
    once: bool = False
    max_pending: int = 10_000

    def too_old(self, alert: Alert, now_ms: int) -> bool:
        """Whether the alert is skipped."""
        return alert.event_ms < (now_ms - self.max_age_ms if self.since_ms is None else self.since_ms)

    @property
    def final(self) -> tuple[str, ...]:
        """The outcomes after which a target gets an alert no more."""
        return ("sent", "muted") if self.retry_refused else ("sent", "refused", "muted")


@dataclass
class Tally:
    """Records read: those that were no alerts, those too old, those that all targets had settled before, and repeats.

    A repeat says what each target was sent a short time (event time) before: see `Lane.has_sent_like`.
    """

    read: int = 0
    unreadable: int = 0
    skipped: int = 0
    known: int = 0
    repeats: int = 0


class Notifier:
    """`run` does it all in this thread, but for the posting, which the lanes do in theirs. Set the stop of `timing` to end it."""

    def __init__(
        self,
        source: Source,
        decoder: AlertDecoder,
        lanes: Sequence[Lane],
        state: State,
        tracker: OffsetTracker,
        rules: Rules,
        timing: Timing,
        routing: Routing | None = None,
        lookup: Lookup | None = None,
    ) -> None:
        self.tally = Tally()
        self._routing = routing or Routing([lane.name for lane in lanes])
        self._lookup = lookup or NothingKnown()
        # Read, and not yet handed to lanes: the tracker holds them for each.
        self._gathered: list[tuple[Alert, Place, list[Lane]]] = []
        self._gathered_since = 0.0
        self._source, self._decoder, self._lanes, self._state = source, decoder, lanes, state
        self._tracker, self._rules, self._timing = tracker, rules, timing
        self._committed: dict[Partition, int] = {}
        self._skips: list[tuple[str, str, Outcome, int | None]] = []
        self._held: Record | None = None
        self._retry_at = self._commit_at = self._expire_at = 0.0
        self._full = False

    @property
    def undelivered(self) -> int:
        """Alerts that some target has neither accepted nor refused, counted per target; not those left to a later run."""
        return sum(len(lane) for lane in self._lanes if not lane.resting)

    def run(self) -> None:
        """Until `stop`, or with `once` until all is delivered or given up. Raises what a lane or the source failed with."""
        try:
            for lane in self._lanes:
                lane.start()
            while not self._timing.stop.is_set() and not self._finished():
                self.turn()
        finally:
            self._timing.stop.set()
            for lane in self._lanes:
                lane.join(JOIN_S)
            try:
                self.settle()
            finally:
                self._source.close()
        self._raise_failures()

    def turn(self) -> None:
        """One poll, and what is due beside it."""
        self._raise_failures()
        now = self._timing.clock()
        if self._held and now >= self._retry_at:
            held, self._held = self._held, None
            self._receive(held)
        pending = max((lane.places for lane in self._lanes), default=0) + len(self._gathered)
        # Resuming at half of it, so that reading is not switched with every message.
        self._full = pending >= (self._rules.max_pending // 2 if self._full else self._rules.max_pending)
        self._source.pause(self._full or self._held is not None)
        record = self._source.poll(min(POLL_S, GATHER_S) if self._gathered else POLL_S)
        self._leave_lost()
        if record:
            self._receive(record)
        if record is None or self._has_gathered():
            self._hand_over()
        if now >= self._expire_at:
            self._expire_at = now + EXPIRE_S
            self._state.expire(self._timing.now_ms())
        if now >= self._commit_at or len(self._skips) >= MAX_SKIPS:
            self._commit_at = now + COMMIT_S
            self.settle()

    def settle(self) -> None:
        """Writes what was skipped, then commits the offsets before which nothing is left to do."""
        # Here too: a poll that fails may have taken partitions away before.
        self._leave_lost()
        self._state.record(self._skips, self._timing.now_ms())
        self._skips = []
        offsets = {
            partition: offset
            for partition, offset in self._tracker.committable().items()
            if self._committed.get(partition) != offset
        }
        if offsets:
            try:
                self._source.commit(offsets)
            except SourceError as error:
                # The state file knows what was sent, so that reading it again does no harm.
                _LOG.warning("offsets were not committed: %s", error.message)
            else:
                self._committed |= offsets

    def _finished(self) -> bool:
        if not self._rules.once or self._held or not self._source.at_end():
            return False
        self._hand_over()
        for lane in self._lanes:
            lane.flush()
        return all(not len(lane) or lane.gave_up or lane.resting for lane in self._lanes)

    def _receive(self, record: Record) -> None:
        place = record.place
        try:
            alert = self._decoder.alert(place.topic, record.value)
        except RegistryUnavailableError as error:
            if self._rules.once:
                raise
            _LOG.warning("%s; reading waits", error.message)
            self._held, self._retry_at = record, self._timing.clock() + REGISTRY_PAUSE_S
            return
        except BadRecordError as error:
            _LOG.warning("%s partition %d offset %d is not an alert: %s", *place, error)
            self.tally.read += 1
            self.tally.unreadable += 1
            self._tracker.seen(place, 0)
            return
        self.tally.read += 1
        outcomes = self._state.outcomes(alert.key)
        lanes = [lane for lane in self._lanes if outcomes.get(lane.name) not in self._rules.final]
        if not lanes:
            self.tally.known += 1
        elif self._rules.too_old(alert, self._timing.now_ms()):
            self.tally.skipped += 1
            self._skips += [(alert.key, lane.name, "skipped", None) for lane in lanes if lane.name not in outcomes]
            lanes = []
        self._tracker.seen(place, len(lanes))
        if lanes:
            self._gathered_since = self._gathered_since if self._gathered else self._timing.clock()
            self._gathered.append((alert, place, lanes))

    def _has_gathered(self) -> bool:
        """Whether it is time to hand over: without a question to ask there is nothing to gather for."""
        full = len(self._gathered) >= MAX_GATHERED or self._timing.clock() >= self._gathered_since + GATHER_S
        return full or not self._routing.needs_lookup

    def _hand_over(self) -> None:
        """Gives what was gathered to the lanes that it goes to."""
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        known = self._lookup.look([alert for alert, _, _ in gathered]) if self._routing.needs_lookup else {}
        for alert, place, lanes in gathered:
            channels = self._routing.channels_of(Facts(alert, known.get(alert.key, UNKNOWN)))
            wanted = [lane for lane in lanes if lane.name in channels]
            repeated = [lane for lane in wanted if lane.has_sent_like(alert)]
            outcomes = self._state.outcomes(alert.key) if repeated else {}
            self._skips += [(alert.key, lane.name, "skipped", None) for lane in repeated if lane.name not in outcomes]
            self.tally.known += not wanted
            self.tally.repeats += bool(wanted) and len(repeated) == len(wanted)
            for lane in lanes:
                if lane in wanted and lane not in repeated:
                    lane.add(alert, place)
                else:
                    self._tracker.release([place])

    def _leave_lost(self) -> None:
        partitions = set(self._source.lost())
        if not partitions:
            return
        self._tracker.forget(partitions)
        self._gathered = [entry for entry in self._gathered if (entry[1].topic, entry[1].partition) not in partitions]
        for lane in self._lanes:
            lane.forget(partitions)
        for partition in partitions:
            self._committed.pop(partition, None)
        if self._held and (self._held.place.topic, self._held.place.partition) in partitions:
            self._held = None

    def _raise_failures(self) -> None:
        for lane in self._lanes:
            if lane.failure is not None:
                raise lane.failure
