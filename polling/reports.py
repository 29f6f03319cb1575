"""What a poller tells of itself: counters, gauges, the screen, and every attempt to whoever keeps responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.upstream.model import Page, Refusal
from connectors.upstream.records import COMMENTS, POSTS
from polling.metrics import Metrics
from polling.model import Written
from polling.schedule.fetching import Fetched
from polling.status import RequestRate, Status

_MOST_FIELDS = 200
# What observations of a topic are counted as, where followers judge them.
_OF = {POSTS: "post_hours", COMMENTS: "comments"}


@dataclass(frozen=True)
class Observers:
    """Who hears of what a poller does, and has no part in it.

    `on_attempt` gets every attempt, those for the balance too; it must not block and must not raise. `on_status` gets the status
    every second or so; without one the gauges follow less often.
    """

    metrics: Metrics = field(default_factory=Metrics)
    on_attempt: Callable[[Fetched], None] = lambda fetched: None
    on_status: Callable[[Status], None] | None = None


class Reports:
    """Counts for one upstream. Not thread-safe."""

    def __init__(self, observers: Observers, upstream: str) -> None:
        self._observers, self.upstream = observers, upstream
        self.rate = RequestRate()
        self.spent = self.kept = 0
        self.last_error = ""
        self._fields: set[str] = set()
        self._covered: dict[str, tuple[int, int]] = {}

    @property
    def on_screen(self) -> bool:
        """Whether somebody looks at the status."""
        return self._observers.on_status is not None

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Adds to a counter of this upstream's; `labels` are those after it."""
        self._observers.metrics.count(name, self.upstream, *labels, by=by)

    def set(self, name: str, *labels: str, to: float) -> None:
        """Sets a gauge of this upstream's."""
        self._observers.metrics.set(name, self.upstream, *labels, to=to)

    def credit_spent(self) -> None:
        """One credit less."""
        self.spent += 1
        self.count("tokpulse_poll_credits_spent_total")

    def attempt(self, fetched: Fetched, about: str) -> None:
        """A request ended; `about` says what it was for, in messages."""
        endpoint, result = fetched.call.endpoint, fetched.result
        self.count("tokpulse_poll_requests_total", endpoint, str(fetched.answer.status) if fetched.answer else "none")
        self._observers.metrics.observe("tokpulse_poll_request_seconds", self.upstream, endpoint, seconds=fetched.elapsed_s)
        if isinstance(result, Refusal):
            self.count("tokpulse_poll_refusals_total", endpoint, result.failure.value, result.reason)
            self.last_error = f"{about}: {result.reason}: {result.message}"
        self._observers.on_attempt(fetched)

    def committed(self, page: Page, written: Written) -> None:
        """A page is in Kafka."""
        topic = page.observations[0].topic if page.observations else "none"
        for outcome, number in (("fresh", written.fresh), ("repeat", written.repeats), ("refused", written.refused)):
            if number:
                self.count("tokpulse_poll_observations_total", topic, outcome, by=number)
        for seen in page.observations:
            for what, name in seen.notes:
                self.count("tokpulse_poll_fields_total", seen.topic, what, self._bounded(name) if what == "new" else name)
        self.kept += written.fresh
        if topic in _OF and (written.subjects or written.known):
            subjects, known = self._covered.get(topic, (0, 0))
            subjects, known = self._covered[topic] = subjects + written.subjects, known + written.known
            self.set("tokpulse_poll_fresh_snapshots", _OF[topic], to=known / max(1, subjects))

    def _bounded(self, name: str) -> str:
        """`name`, as long as there are not too many: whoever makes up fields must not fill the memory of what scrapes them."""
        if len(self._fields) < _MOST_FIELDS:
            self._fields.add(name)
        return name if name in self._fields else "(more)"

    def status(self, status: Status, slow_below: int) -> None:
        """Sets the gauges and shows the status. `slow_below` is the watchlist's."""
        status.export(self._observers.metrics, self.upstream, slow_below)
        if self._observers.on_status is not None:
            self._observers.on_status(status)
