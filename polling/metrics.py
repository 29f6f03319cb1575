"""Every metric of the pollers: name, kind, labels and meaning in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from connectors.errors import TokpulseError

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)


@dataclass(frozen=True)
class Metric:
    """One metric."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str


_UP = ("upstream",)
_END = ("upstream", "endpoint")
METRICS: tuple[Metric, ...] = (
    Metric(
        "tokpulse_poll_requests_total", "counter", (*_END, "status"), "Requests; status is the HTTP one, or none without an answer"
    ),
    Metric("tokpulse_poll_request_seconds", "histogram", _END, "Time from request to the end of its answer"),
    Metric(
        "tokpulse_poll_refusals_total", "counter", (*_END, "failure", "reason"), "Answers that are no page, by class and reason"
    ),
    Metric("tokpulse_poll_retries_total", "counter", _END, "Requests that will be made again after a back-off"),
    Metric(
        "tokpulse_poll_given_up_total", "counter", ("upstream", "feed"), "Rounds left until they are due again, after all attempts"
    ),
    Metric(
        "tokpulse_poll_rounds_total",
        "counter",
        ("upstream", "feed", "end"),
        "Rounds by how they ended; cursor_repeats is a warning",
    ),
    Metric("tokpulse_poll_breaker_state", "gauge", _END, "0 closed, 1 half open, 2 open"),
    Metric("tokpulse_poll_breaker_transitions_total", "counter", (*_END, "to"), "Changes of a breaker's state"),
    Metric("tokpulse_poll_credits_left", "gauge", _UP, "Balance at the upstream: the last answer less what was spent since"),
    Metric("tokpulse_poll_credits_slow_below", "gauge", _UP, "The balance below which polling slows, from the watchlist"),
    Metric("tokpulse_poll_credits_spent_total", "counter", _UP, "Credits spent by this process"),
    Metric("tokpulse_poll_credits_spent_today", "gauge", _UP, "Credits of the UTC day, those of earlier processes included"),
    Metric("tokpulse_poll_credits_per_day", "gauge", _UP, "The budget of this shard"),
    Metric("tokpulse_poll_credits_per_kept_record", "gauge", _UP, "Credits spent for each fresh observation, by this process"),
    Metric("tokpulse_poll_paused", "gauge", _UP, "1 while the whole upstream is left alone"),
    Metric("tokpulse_poll_pauses_total", "counter", ("upstream", "reason"), "Answers and balances that paused the whole upstream"),
    Metric("tokpulse_poll_probes_total", "counter", ("upstream", "outcome"), "Requests for the balance"),
    Metric(
        "tokpulse_poll_observations_total",
        "counter",
        ("upstream", "topic", "outcome"),
        "Observations: fresh, repeat or refused (DLQ)",
    ),
    Metric(
        "tokpulse_poll_fields_total",
        "counter",
        ("upstream", "topic", "what", "field"),
        "Fields of items: left_out or unreadable (their default was taken), or new (never seen before), by name",
    ),
    Metric("tokpulse_poll_batch_errors_total", "counter", _UP, "Pages that Kafka did not take; they are written again"),
    Metric("tokpulse_poll_cursor_age_seconds", "gauge", _UP, "Age of the oldest round that is under way"),
    Metric("tokpulse_poll_due_feeds", "gauge", _UP, "Feeds that are due and wait"),
    Metric("tokpulse_poll_feeds", "gauge", _UP, "Feeds that are polled"),
    Metric("tokpulse_poll_in_flight", "gauge", _UP, "Requests that wait for their answer"),
    Metric("tokpulse_poll_found_feeds_refused_total", "counter", _UP, "Feeds found on pages that are beyond the limit"),
    Metric(
        "tokpulse_poll_handles",
        "gauge",
        ("upstream", "state"),
        "Handles on the watchlist: waiting, known, moved (to another account), vanished, unknown (nobody had it) or forgotten",
    ),
    Metric("tokpulse_poll_followed", "gauge", ("upstream", "what"), "Posts and people that are followed without being watched"),
    Metric(
        "tokpulse_poll_fresh_snapshots",
        "gauge",
        ("upstream", "of"),
        "Share of the post_hours and of the comments of this process whose author or writer had a fresh snapshot",
    ),
    Metric("tokpulse_poll_watchlist_errors_total", "counter", _UP, "Edits of the watchlist that were refused"),
    Metric("tokpulse_live_events_total", "counter", ("event",), "LIVE events written to Kafka, by upstream's name"),
    Metric("tokpulse_live_repeats_total", "counter", (), "LIVE events that came before, and were left out"),
    Metric("tokpulse_live_refused_total", "counter", ("why",), "LIVE frames and records that went to the dead letters"),
    Metric("tokpulse_live_closes_total", "counter", ("name",), "Ends of LIVE connections, by the name of their code"),
    Metric("tokpulse_live_requests_total", "counter", ("path", "status"), "Requests of LIVE; status as in poll_requests_total"),
    Metric("tokpulse_live_sockets", "gauge", (), "LIVE sockets that are open or being opened"),
    Metric("tokpulse_live_creators", "gauge", ("state",), "Creators whose LIVE is watched, and those who are on air"),
    Metric("tokpulse_live_caption_minutes_left", "gauge", (), "Minutes of captions that today's budget still has"),
    Metric("tokpulse_landing_rows_total", "counter", (), "Responses written to raw_api_responses"),
    Metric("tokpulse_landing_lost_total", "counter", ("why",), "Responses that were not: overflow, refused, unreachable"),
    Metric("tokpulse_landing_waiting_bytes", "gauge", (), "Responses that wait to be written"),
    Metric("tokpulse_consumer_lag_seconds", "gauge", ("group", "topic"), "Age of the oldest event that the group has not read"),
    Metric("tokpulse_schema_violation", "gauge", ("subject",), "1 where the registry would refuse the schema of this version"),
    Metric(
        "tokpulse_heap_in_use", "gauge", ("job",), "Share of the fullest TaskManager's heap that no collection of garbage frees"
    ),
    Metric(
        "tokpulse_ledger_records",
        "gauge",
        ("job", "topic", "outcome"),
        "Records of the job's newest run: read, counted, late, beyond_bound, quarantined, unaccounted",
    ),
)
_KINDS = {"counter": Counter, "gauge": Gauge}


class MetricsServerError(TokpulseError):
    """The address for `/metrics` cannot be used."""


class Metrics:
    """The metrics above in a registry of their own. Thread-safe, as prometheus_client is."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[str, Any] = {}
        for metric in METRICS:
            if metric.kind == "histogram":
                made: Any = Histogram(metric.name, metric.meaning, metric.labels, registry=self.registry, buckets=_SECONDS)
            else:
                made = _KINDS[metric.kind](metric.name, metric.meaning, metric.labels, registry=self.registry)
            self._known[metric.name] = made

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Adds to a counter. Raises KeyError for a name that is not in METRICS, as the others do."""
        self._child(name, labels).inc(by)

    def set(self, name: str, *labels: str, to: float) -> None:
        """Sets a gauge."""
        self._child(name, labels).set(to)

    def forget(self, name: str) -> None:
        """Drops all labels of a metric: what is gone is not shown with its last value."""
        self._known[name].clear()

    def observe(self, name: str, *labels: str, seconds: float) -> None:
        """Adds to a histogram."""
        self._child(name, labels).observe(seconds)

    def value(self, name: str, *labels: str) -> float:
        """The value of a counter or gauge; 0 when it was never touched."""
        names = next(metric.labels for metric in METRICS if metric.name == name)
        return self.registry.get_sample_value(name, dict(zip(names, labels, strict=True))) or 0.0

    def _child(self, name: str, labels: tuple[str, ...]) -> Any:
        return self._known[name].labels(*labels) if labels else self._known[name]


def serve(metrics: Metrics, port: int, address: str = "127.0.0.1") -> tuple[int, Any]:
    """Serves `/metrics` from a thread; returns the port (a free one for 0) and the server. Raises MetricsServerError."""
    try:
        server, _ = start_http_server(port, address, metrics.registry)
    except OSError as error:
        raise MetricsServerError(
            f"cannot serve metrics at {address}:{port}: {error.strerror}", "choose another --metrics-port, or 0 for a free one"
        ) from None
    return int(server.server_port), server
