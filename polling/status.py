"""What a poller says about itself, for its screen and its gauges."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.clock import MINUTE_MS
from polling.metrics import Metrics


class RequestRate:
    """Requests of the last minute."""

    def __init__(self) -> None:
        self._times: deque[int] = deque()

    def add(self, now_ms: int) -> None:
        """A request begins."""
        self._times.append(now_ms)
        self.per_minute(now_ms)

    def per_minute(self, now_ms: int) -> int:
        """How many began in the last minute."""
        while self._times and self._times[0] <= now_ms - MINUTE_MS:
            self._times.popleft()
        return len(self._times)


@dataclass(frozen=True)
class Status:
    """A moment of the poller. `paused` and `last_error` are empty when there is nothing to say."""

    feeds: int
    due: int
    in_flight: int
    per_minute: int
    credits_left: int | None
    spent_today: int
    per_day: int
    spent: int
    kept: int
    pending: int
    paused: str
    breakers: Mapping[str, str]
    last_error: str
    cursor_age_s: float
    handles: Mapping[str, int] = field(default_factory=dict)  # of the watchlist, by state

    def export(self, metrics: Metrics, upstream: str, slow_below: int) -> None:
        """Sets the gauges."""
        gauges: dict[str, float] = {
            "credits_slow_below": slow_below,
            "credits_spent_today": self.spent_today,
            "credits_per_day": self.per_day,
            "paused": bool(self.paused),
            "cursor_age_seconds": self.cursor_age_s,
            "due_feeds": self.due,
            "feeds": self.feeds,
            "in_flight": self.in_flight,
        }
        if self.credits_left is not None:
            gauges["credits_left"] = self.credits_left
        if self.kept:
            gauges["credits_per_kept_record"] = self.spent / self.kept
        for name, value in gauges.items():
            metrics.set(f"tokpulse_poll_{name}", upstream, to=value)
        for state, number in self.handles.items():
            metrics.set("tokpulse_poll_handles", upstream, state, to=number)
