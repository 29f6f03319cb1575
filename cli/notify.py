"""`tokpulse notify`."""

from __future__ import annotations

import logging
import re
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from clickhouse_connect.driver.client import Client

from alerts.decode import Decoder
from alerts.kinds import TOPICS
from alerts.lane import Lane
from alerts.limit import TokenBucket
from alerts.lookup import ClickHouse, Lookup, Memory, NothingKnown
from alerts.message import Form
from alerts.notifier import Notifier, Rules
from alerts.offsets import OffsetTracker
from alerts.routes import FILE_NAME
from alerts.sending import Backoff, Sender, Timing
from alerts.settling import Settling
from alerts.source import KafkaSource
from alerts.state import STATE_FILE, State
from alerts.targets import WEBHOOK
from alerts.waiting import Waiting
from alerts.webhook import MAX_ALERTS
from cli import notify_history, notify_mute
from cli.notify_targets import NotifyError, targets_of
from cli.times import parse_time_ms
from connectors.clickhouse.client import connect
from connectors.clock import wall_clock_ms
from connectors.durations import parse_duration
from connectors.endpoints import Endpoints, data_dir
from connectors.errors import TokpulseError
from connectors.kafka.registry import SchemaRegistry
from connectors.preflight import check_topics
from connectors.terminal import log_handler, say

_LOG = logging.getLogger("alerts")
_LOOKUP_WITHIN_S = 10
app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(notify_mute.app, name="mute")
app.command("history")(notify_history.command)


class NotDeliveredError(TokpulseError):
    """`--once` ended with alerts that a target did not take."""


@app.callback(invoke_without_command=True)
def command(
    ctx: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Deliver what is there now, then exit; code 1 if a target did not accept something.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the messages; send and record nothing.")] = False,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Read the topics from the beginning again.")] = False,
    since: Annotated[str, typer.Option(help="Skip alerts before this event time: ISO 8601, Unix ms, or -2h.")] = "",
    max_age: Annotated[
        str, typer.Option(help="Skip alerts that are older than this when read: 90m, 24h, 7d.  [default: 24h]")
    ] = "",
    group_seconds: Annotated[
        float,
        typer.Option(min=0, max=3_600, help="Collect alerts for this many seconds into one message; urgent ones for at most 2."),
    ] = 30.0,
    per_minute: Annotated[int, typer.Option(min=1, max=60, help="Most messages per minute to each target.")] = 10,
    give_up_after: Annotated[
        str, typer.Option(help="Report a target that has failed for this long; --once then stops trying it.")
    ] = "15m",
    retry_refused: Annotated[bool, typer.Option("--retry-refused", help="Send again what a target has refused.")] = False,
    dashboard_url: Annotated[str, typer.Option(help="Address of the dashboard, for links in messages.")] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help=f"File with channels, routes and quiet hours.  [default: {FILE_NAME} of this directory, if any]"
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that remembers what was sent.  [default: notify.sqlite in the data directory]")
    ] = None,
) -> None:
    """Send alerts to Slack, Teams or any webhook.

    Addresses are secrets and come from the environment: TOKPULSE_SLACK_WEBHOOK, TOKPULSE_TEAMS_WEBHOOK, TOKPULSE_WEBHOOK, or each
    with _FILE appended for a file that holds the address. Every alert is sent once to each target, also after restarts and replays.
    """
    if ctx.invoked_subcommand:
        return
    if since and max_age:
        raise NotifyError("--since and --max-age are both given", "give one of them")
    rules = Rules(
        since_ms=parse_time_ms(since, wall_clock_ms(), "--since") if since else None,
        max_age_ms=_seconds(max_age or "24h", "--max-age") * 1000,
        retry_refused=retry_refused,
        once=once,
    )
    backoff = Backoff(give_up_after=_seconds(give_up_after, "--give-up-after"))
    _check_link(dashboard_url)
    targets, ways = targets_of(file, dry_run)
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
    check_topics(endpoints.kafka_bootstrap_servers, TOPICS)
    timing, tracker = Timing(_stop_on_signals()), OffsetTracker()
    _log_to_stderr()
    with (
        State(state or data_dir() / STATE_FILE, read_only=dry_run) as outcomes,
        SchemaRegistry(endpoints.schema_registry_url) as registry,
    ):
        lookup = _lookup(outcomes, timing)
        lanes = [
            Lane(
                Sender(target.name, poster, TokenBucket(float("inf") if dry_run else per_minute), backoff, timing, once),
                Waiting(group_seconds, MAX_ALERTS if target.format == WEBHOOK else None),
                Settling(target.name, outcomes, tracker.release, timing.now_ms, rules.final),
                timing,
                Form(target.format, dashboard_url),
                lookup,
                partial(ways.quiet_seconds, target.name),
            )
            for target, poster in targets
        ]
        source = KafkaSource(endpoints.kafka_bootstrap_servers, from_beginning=from_beginning, watch_only=dry_run)
        notifier = Notifier(source, Decoder(registry), lanes, outcomes, tracker, rules, timing, ways, lookup)
        notifier.run()
    say(summary(notifier, lanes), err=dry_run)
    if once and (lost := notifier.undelivered + sum(lane.tally.refused for lane in lanes)):
        raise NotDeliveredError(f"{lost:,} alert(s) were not delivered", "the lines above name the target and the reason")


def summary(notifier: Notifier, lanes: list[Lane]) -> str:
    """What was read and what became of it: one line, and one for each target."""
    tally = notifier.tally
    lines = [
        f"notify: {tally.read:,} records read, {tally.known:,} known, {tally.skipped:,} too old, {tally.unreadable:,} unreadable,"
        f" {tally.repeats:,} repeats"
    ]
    lines += [
        f"  {lane.name}: {lane.tally.sent:,} alerts in {lane.tally.messages:,} messages, "
        f"{lane.tally.refused:,} refused, {lane.tally.muted:,} muted, {len(lane):,} waiting"
        for lane in lanes
    ]
    return "\n".join(lines)


def _lookup(memory: Memory, timing: Timing) -> Lookup:
    """What ClickHouse knows, as the reader of the masked views; it need not answer."""
    if not Endpoints.from_env().values.get("CLICKHOUSE_READER_URL"):
        _LOG.warning("CLICKHOUSE_READER_URL is not set: messages say what alerts say, and nothing is muted")
        return NothingKnown()

    def connected() -> tuple[Client, str]:
        # Read again after an outage: a stack that was started anew may have other ports and passwords.
        url = Endpoints.from_env().clickhouse_reader_url
        return connect(url, _LOOKUP_WITHIN_S), url

    return Lookup(ClickHouse(connected, timing.now_ms), memory, timing.clock)


def _seconds(text: str, what: str) -> int:
    try:
        return int(parse_duration(text).total_seconds())
    except ValueError as error:
        raise NotifyError(f"{what}: {error}") from None


def _check_link(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = not url or (parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>|\"]", url))
    except ValueError:
        usable = False
    if not usable:
        raise NotifyError("--dashboard-url is not an address", "write http://host/path or https://host/path")


def _stop_on_signals() -> threading.Event:
    """An event that the first SIGTERM or Ctrl-C sets; the second one ends the process as usual."""
    stop = threading.Event()

    def on_signal(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


def _log_to_stderr() -> None:
    log = logging.getLogger("alerts")
    if not log.handlers:
        log.addHandler(log_handler(sys.stderr))
    log.setLevel(logging.INFO)
    log.propagate = False
