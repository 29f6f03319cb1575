"""The way to one target: its queue and its thread. One slow target does not hold up another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from alerts.alert import Alert, Place
from alerts.facts import Known
from alerts.lookup import Lookup, NothingKnown
from alerts.message import Form, Message
from alerts.posting import RefusedError, TryAgainError
from alerts.sending import Sender, StoppedError, Timing
from alerts.settling import Settling
from alerts.state import Outcome
from alerts.waiting import Waiting

_LOG = logging.getLogger(__name__)
# The clock may be set, or somebody may be told to stop, while a channel is quiet.
_QUIET_STEP_S = 30.0


@dataclass
class Tally:
    """What a target got: accepted messages and the alerts in them, alerts that it refused, and alerts that were muted."""

    messages: int = 0
    sent: int = 0
    refused: int = 0
    muted: int = 0


class Lane:
    """Delivers to one target. `add`, `flush`, `forget` and `wake` may be called from any thread.

    `form` is that of its messages; `lookup` gives what they say beyond the alerts, and what is muted; `quiet` gives for how many
    seconds from a time (Unix ms) nothing is sent. `failure` is an error that is not the target's: it has ended the thread.
    """

    def __init__(
        self,
        sender: Sender,
        waiting: Waiting,
        settling: Settling,
        timing: Timing,
        form: Form | None = None,
        lookup: Lookup | None = None,
        quiet: Callable[[int], float] = lambda now_ms: 0.0,
    ) -> None:
        self.name = sender.name
        self.tally = Tally()
        self.failure: Exception | None = None
        self._sender, self._waiting, self._settling = sender, waiting, settling
        self._timing, self._quiet = timing, quiet
        self._form, self._lookup = form or Form(sender.name), lookup or NothingKnown()
        self._changed = threading.Condition()
        self._poked = self._everything = False
        self._thread = threading.Thread(target=self.run, name=f"notify-{self.name}", daemon=True)

    @property
    def gave_up(self) -> bool:
        """Whether the target has taken nothing for longer than the back-off's limit."""
        return self._sender.gave_up

    @property
    def resting(self) -> bool:
        """Whether what waits is left to a later run: with `once`, in quiet hours."""
        return self._sender.once and self._quiet(self._timing.now_ms()) > 0

    @property
    def places(self) -> int:
        """Records that this target keeps from being committed."""
        with self._changed:
            return self._waiting.places

    def __len__(self) -> int:
        """Alerts that are not delivered."""
        with self._changed:
            return len(self._waiting)

    def add(self, alert: Alert, place: Place) -> None:
        """Queues an alert; one that is queued or under way already is sent once."""
        with self._changed:
            # An alert leaves the queue after its outcome is on record, so that one that is in neither is new.
            if alert.key in self._waiting or not self._settling.is_final(alert):
                self._waiting.add(alert, place, self._timing.clock())
                self.wake()
                return
        self._settling.release([place])

    def has_sent_like(self, alert: Alert) -> bool:
        """Whether another alert of its series, less than its span away, was sent or is about to be."""
        if not alert.span_ms:
            return False
        after, before = alert.span_keys()
        with self._changed:
            # First the queue, as in `add`. An alert that waits itself was found to be the one to send.
            if alert.key in self._waiting:
                return False
            return self._waiting.between(after, before) or self._settling.sent_between(after, before)

    def flush(self) -> None:
        """Nothing more is to come: groups need not wait any longer."""
        with self._changed:
            self._everything = True
        self.wake()

    def forget(self, partitions: Collection[tuple[str, int]]) -> None:
        """Drops what another consumer reads from now on."""
        with self._changed:
            self._waiting.forget(partitions)

    def wake(self) -> None:
        """Lets the thread look again at what there is to do."""
        with self._changed:
            self._poked = True
            self._changed.notify_all()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Waits for the end of the thread, which comes after the stop event with the answer to the last request."""
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        self._sender.close()

    def run(self) -> None:
        """Delivers until the stop event. An error that is not the target's ends it and is kept in `failure`."""
        try:
            while not self._timing.stop.is_set():
                seconds = self.step()
                with self._changed:
                    if not self._poked and not self._timing.stop.is_set():
                        self._changed.wait(seconds)
        except StoppedError:
            pass
        except Exception as error:  # handed to the main thread, which ends the process
            self.failure = error

    def step(self) -> float | None:
        """Delivers at most one message. Seconds until there may be another one; None when nothing waits."""
        with self._changed:
            self._poked = False
            now = self._timing.clock()
            due = self._waiting.seconds_until_due(now)
            if due is None or (self._sender.once and self.gave_up):
                return None
            if quiet := self._quiet(self._timing.now_ms()):
                return min(quiet, _QUIET_STEP_S)
            if due and not self._everything:
                return due
            if wait := self._sender.bucket.wait(now):
                return wait
            group = self._waiting.take(now, self._everything)
        known = self._lookup.look(group)
        if audible := self._leave_muted(group, known):
            self._deliver(self._form.message(audible, known))
        return 0.0

    def _leave_muted(self, group: Sequence[Alert], known: Mapping[str, Known]) -> list[Alert]:
        """Settles those of `group` that are muted; the others."""
        audible = []
        now_ms = self._timing.now_ms()
        for alert in group:
            mute = self._lookup.muted_by(alert, known[alert.key], now_ms)
            if mute is None:
                audible.append(alert)
                continue
            subject = mute.subject
            self._settling.record([alert], "muted", None, str(subject) if subject.what == "hashtag" else subject.what)
            with self._changed:
                places = self._waiting.finish([alert])
                self.tally.muted += 1
            self._settling.release(places)
        if len(audible) < len(group):
            _LOG.info("%s: %d alert(s) muted", self.name, len(group) - len(audible))
        return audible

    def _deliver(self, what: Message) -> None:
        outcome: Outcome = "sent"
        count = len(what.alerts)
        try:
            status = self._sender.send(what)
        except RefusedError as error:
            outcome, status = "refused", error.status
            _LOG.error("%s refuses %d alert(s) permanently (%s): %s", self.name, count, error, what.title)
        except (TryAgainError, StoppedError) as error:
            self._put_back(what.alerts)
            if isinstance(error, StoppedError):
                raise
            self._sender.hold(error)
            self._note_giving_up(error)
            return
        # Right after the answer: what a crash cuts off between the two is sent again.
        self._settling.record(what.alerts, outcome, status)
        with self._changed:
            places = self._waiting.finish(what.alerts)
            if outcome == "sent":
                self.tally.messages += 1
                self.tally.sent += count
                _LOG.info("%s: sent %s", self.name, what.title)
            else:
                self.tally.refused += count
            self._sender.gave_up = False
        self._settling.release(places)

    def _note_giving_up(self, error: TryAgainError) -> None:
        if not self.gave_up:
            _LOG.error(
                "%s accepts nothing within %.0f s (%s); %s",
                self.name,
                self._sender.backoff.give_up_after,
                error,
                "giving up" if self._sender.once else f"{len(self)} alert(s) wait, still trying",
            )
        self._sender.gave_up = True

    def _put_back(self, alerts: Sequence[Alert]) -> None:
        with self._changed:
            self._waiting.put_back(alerts)
