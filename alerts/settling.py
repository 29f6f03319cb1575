"""What one target has settled: outcomes on record, and records of Kafka that it keeps from being committed no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from alerts.alert import Alert, Place
from alerts.state import Outcome, State


class Settling:
    """The outcomes of the target called `name`; after one of `final` it gets an alert no more.

    `release` gets the places of records that this target no longer waits for; `now_ms` is the time of the record.
    """

    def __init__(
        self,
        name: str,
        state: State,
        release: Callable[[Iterable[Place]], None],
        now_ms: Callable[[], int],
        final: Collection[str] = ("sent", "refused", "muted"),
    ) -> None:
        self._name, self._state, self._now_ms, self._final = name, state, now_ms, final
        self.release = release

    def is_final(self, alert: Alert) -> bool:
        """Whether the target gets the alert no more."""
        return self._state.outcomes(alert.key).get(self._name) in self._final

    def sent_between(self, after: str, before: str) -> bool:
        """Whether it was sent an alert whose key is as long as these two and stands between them."""
        return self._state.sent_between(after, before, self._name)

    def record(self, alerts: Sequence[Alert], outcome: Outcome, status: int | None, reason: str = "") -> None:
        """Puts the outcome of `alerts` on record; it is on disk on return."""
        self._state.record([(alert.key, self._name, outcome, status) for alert in alerts], self._now_ms(), reason)
