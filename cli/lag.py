"""`tokpulse lag`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.progress import Waiting
from connectors.clickhouse.client import connect
from connectors.clickhouse.queries import rows
from connectors.clock import wall_clock_ms
from connectors.console import table_console
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest
from connectors.kafka.lag import GroupLag, LagReader
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.schema_check import violations
from connectors.kafka.topics import load_topics
from connectors.terminal import say
from jobs.catalog import JOBS
from polling.metrics import Metrics, serve

EVERY_S = 30.0
# Of `tokpulse_ledger_records`, by the columns of ledger_newest.sql.
OUTCOMES = ("read", "counted", "late", "beyond_bound", "quarantined", "unaccounted")

Violated = Callable[[], Mapping[str, str]]
Heaps = Callable[[], Mapping[str, float]]
Ledger = Callable[[], Sequence[Mapping[str, Any]]]


class TooLateError(TokpulseError):
    """A group is further behind than `--warn-above` allows."""


class UnknownGroupError(TokpulseError):
    """A group that has committed nothing."""


def command(
    group: Annotated[list[str] | None, typer.Option(help="Only this consumer group; repeat for more.  [default: all]")] = None,
    warn_above: Annotated[
        float | None, typer.Option(min=0, help="Exit with code 1 when an event waits longer than this, in seconds.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Keep running and serve /metrics on this port; 0 takes a free port.")
    ] = None,
    metrics_address: Annotated[str, typer.Option(help="Address on which /metrics is served.")] = "127.0.0.1",
) -> None:
    """Show how long each consumer group is behind.

    The lag is how long the oldest unread event of the group has been waiting.
    """
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS")
    reader = LagReader(endpoints.kafka_bootstrap_servers)
    try:
        if metrics_port is None:
            with Waiting("asking the broker"):
                lags = measure(reader, group or [])
            _refuse_unknown(group or [], lags)
            _print(lags, warn_above)
            return
        ledger, heaps = ledger_of(endpoints), heaps_of(endpoints)
        if endpoints.values.get("SCHEMA_REGISTRY_URL"):
            with SchemaRegistry(endpoints.schema_registry_url) as registry:
                _serve(
                    reader, group or [], lambda: violations(registry, load_topics()), ledger, heaps, metrics_port, metrics_address
                )
        else:
            _serve(reader, group or [], dict, ledger, heaps, metrics_port, metrics_address)
    finally:
        reader.close()


def measure(reader: LagReader, groups: list[str]) -> list[GroupLag]:
    """The lags of `groups`, of all when none is named."""
    return [lag for name in groups or reader.groups() for lag in reader.read(name)]


def ledger_of(endpoints: Endpoints) -> Ledger:
    """What asks for the rows of ledger_newest.sql, as the reader where there is one; no rows where ClickHouse is not known."""
    url = endpoints.values.get("CLICKHOUSE_READER_URL") or endpoints.values.get("CLICKHOUSE_URL")
    if not url:
        return list

    def ask() -> Sequence[Mapping[str, Any]]:
        client = connect(url)
        try:
            return rows(client, url, "ledger_newest")
        finally:
            client.close()

    return ask


def heaps_of(endpoints: Endpoints) -> Heaps:
    """What asks Flink how full the heap of each running job is, by its name; nothing where Flink is not known."""
    url = endpoints.values.get("FLINK_REST_URL")
    if not url:
        return dict

    def ask() -> Mapping[str, float]:
        with FlinkRest(url) as flink:
            shares = {job.name: flink.heap_in_use(job.id) for job in flink.jobs() if job.active and job.name in JOBS}
        return {name: share for name, share in shares.items() if share is not None}

    return ask


def _refuse_unknown(groups: list[str], lags: list[GroupLag]) -> None:
    """Says so when there is nothing to show. Raises UnknownGroupError for a group that was asked for and has read nothing."""
    if unknown := sorted(set(groups) - {lag.group for lag in lags}):
        raise UnknownGroupError(
            f"no offset of group {', '.join(unknown)} is in Kafka", "without --group, all groups that have one are listed"
        )
    if not lags:
        say("no consumer group has committed an offset yet", err=True)


def _print(lags: list[GroupLag], warn_above: float | None) -> None:
    now, console = wall_clock_ms(), table_console()
    table = Table("group", "topic", "oldest unread, s", "unread, at most")
    for lag in lags:
        table.add_row(lag.group, lag.topic, f"{lag.age_s(now):,.0f}", f"{lag.unread:,}")
    console.print(table)
    late = [lag for lag in lags if warn_above is not None and lag.age_s(now) > warn_above]
    if late:
        worst = max(late, key=lambda lag: lag.age_s(now))
        raise TooLateError(
            f"{len(late)} of {len(lags)} lag(s) are too long; {worst.group} on {worst.topic}: {worst.age_s(now):,.0f} s",
            "`tokpulse doctor` finds out why a job does not read",
        )


def _serve(reader: LagReader, groups: list[str], violated: Violated, ledger: Ledger, heaps: Heaps, port: int, address: str) -> None:
    metrics, stop = Metrics(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    port, server = serve(metrics, port, address)
    say(f"metrics: http://{address}:{port}/metrics")
    try:
        run(lambda: measure(reader, groups), violated, metrics, stop, ledger, heaps)
    finally:
        server.shutdown()


def run(
    measured: Callable[[], list[GroupLag]],
    violated: Violated,
    metrics: Metrics,
    stop: threading.Event,
    ledger: Ledger = list,
    heaps: Heaps = dict,
) -> None:
    """Sets the gauges every 30 s until `stop`. While a service does not answer, its own stay; an error is shown once."""

    def lags() -> str:
        current = measured()
        metrics.forget("tokpulse_consumer_lag_seconds")
        for lag in current:
            metrics.set("tokpulse_consumer_lag_seconds", lag.group, lag.topic, to=lag.age_s(wall_clock_ms()))
        return ""

    def schemas() -> str:
        reasons = violated()
        for subject, why in reasons.items():
            metrics.set("tokpulse_schema_violation", subject, to=float(bool(why)))
        return "; ".join(why for why in reasons.values() if why)

    def records() -> str:
        runs = ledger()
        metrics.forget("tokpulse_ledger_records")
        for row in runs:
            for outcome in OUTCOMES:
                metrics.set("tokpulse_ledger_records", row["job"], row["topic"], outcome, to=float(row[outcome]))
        return ""

    def memory() -> str:
        shares = heaps()
        metrics.forget("tokpulse_heap_in_use")
        for job, share in shares.items():
            metrics.set("tokpulse_heap_in_use", job, to=share)
        return ""

    updates = (lags, schemas, records, memory)
    shown = [""] * len(updates)
    while not stop.is_set():
        for index, update in enumerate(updates):
            try:
                problem = update()
            except TokpulseError as error:
                problem = str(error)
            if problem and problem != shown[index]:
                say(f"error: {problem}", err=True)
            shown[index] = problem
        stop.wait(EVERY_S)
