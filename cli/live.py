"""`tokpulse live`: LIVE rooms into Kafka, and the acceptance without which nothing is asked of the service."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvloop

from cli.poll_keys import read_key
from connectors.clock import wall_clock_ms
from connectors.console import new_console
from connectors.endpoints import Endpoints, data_dir
from connectors.errors import TokpulseError
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.terminal import log_handler, say
from connectors.upstream.addresses import base_url_of
from connectors.upstream.tiktools import AUDIENCE, BASE_URL, NAME, RANK_TYPES, excluded
from connectors.upstream.tiktools_events import plain_digest
from connectors.upstream.tiktools_limits import SOCKETS_PER_IP, TIERS
from polling.live.alone import alone
from polling.live.connector import Connector, opener, seconds
from polling.live.options import LiveOptions
from polling.live.report import Report
from polling.live.session import Means
from polling.live.terms import FILE, TEXT, TermsLog
from polling.live.writer import TOPICS, LiveWriter
from polling.metrics import Metrics, serve
from polling.personal.forgotten import Forgotten, forgotten_file
from polling.personal.pseudonyms import load_pseudonyms
from polling.watching.entries import HANDLE_SIGN, is_handle
from polling.watchlist import WatchedFile, WatchlistError

_TIMEOUTS = httpx.Timeout(30.0, connect=15.0)
# A broker that restarts must not cost events: what waits in memory is sent when it is back.
_DELIVERY_MS = 600_000

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Follow LIVE rooms into Kafka, by a watchlist.")


class LiveError(TokpulseError):
    """An option has a value that is not allowed."""


@app.callback(invoke_without_command=True)
def follow(
    context: typer.Context,
    watchlist: Annotated[Path, typer.Option(help="File whose creators are followed; see watchlist.example.yaml.")] = Path(
        "watchlist.yaml"
    ),
    tier: Annotated[str, typer.Option(help=f"Tier of the account: {', '.join(TIERS)}.")] = "sandbox",
    sockets: Annotated[int | None, typer.Option(min=1, help="Most sockets at once.  [default: the tier's]")] = None,
    sockets_per_ip: Annotated[
        int, typer.Option(min=1, help="Most sockets of this address; TikTok bears about 4 per address.")
    ] = SOCKETS_PER_IP,
    no_sockets: Annotated[
        bool, typer.Option("--no-sockets", help="Only poll: where the network lets no WebSocket through.")
    ] = False,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="Most requests per minute.  [default: the tier's]")] = None,
    connects_per_day: Annotated[
        int | None, typer.Option(min=0, help="Most sockets opened per UTC day.  [default: the tier's]")
    ] = None,
    jwt: Annotated[
        bool, typer.Option("--jwt", help="Open sockets with tokens for the watched creators instead of the key.")
    ] = False,
    check_every: Annotated[int, typer.Option(min=10, help="Seconds between live checks of those who are not on air.")] = 60,
    captions: Annotated[
        list[str] | None, typer.Option(help="Also the captions of this creator, paid by the minute; repeat.")
    ] = None,
    captions_language: Annotated[str, typer.Option(help="Language that is spoken.  [default: detected]")] = "",
    captions_translate: Annotated[str, typer.Option(help="One language to translate captions to.")] = "",
    caption_minutes_per_day: Annotated[int, typer.Option(min=0, help="Budget of captions, in minutes per UTC day.")] = 60,
    rankings: Annotated[
        list[str] | None, typer.Option(help=f"Also this ranking: {', '.join((AUDIENCE, *RANK_TYPES))}; repeat.")
    ] = None,
    rankings_every: Annotated[int, typer.Option(min=60, help="Seconds between two looks at a ranking.")] = 300,
    hashtags_every: Annotated[int, typer.Option(min=0, help="Seconds between two looks at the hashtags of LIVE; 0: never.")] = 0,
    base_url: Annotated[str, typer.Option(help="Another address of the service, e.g. of tokpulse fake-live.")] = BASE_URL,
    socket_url: Annotated[str, typer.Option(help="Address of its sockets, as http(s).  [default: the same]")] = "",
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Serve /metrics on this port; 0 takes a free port.")
    ] = None,
    session_id: Annotated[str, typer.Option("--session-id", hidden=True, help="Refused: session cookies are out of scope.")] = "",
) -> None:
    """Follow LIVE rooms into Kafka, by a watchlist.

    Starts only after `tokpulse live accept-risk`. The API key comes from TOKPULSE_TIKTOOLS_KEY, or from the file that
    TOKPULSE_TIKTOOLS_KEY_FILE names. SIGTERM or Ctrl-C closes all connections and stops. See docs/live.md.
    """
    if context.invoked_subcommand is not None:
        return
    if session_id:
        raise excluded("a session cookie", "--session-id")
    TermsLog(data_dir() / FILE).require()
    if tier not in TIERS:
        raise LiveError(f"--tier: there is no {tier!r}", f"known: {', '.join(TIERS)}")
    unknown = sorted(set(rankings or ()) - {AUDIENCE, *RANK_TYPES})
    if unknown:
        raise LiveError(f"--rankings: there is no {unknown[0]!r}", f"known: {', '.join((AUDIENCE, *RANK_TYPES))}")
    options = LiveOptions(
        tier=TIERS[tier],
        requests_per_minute=requests_per_minute,
        sockets_at_once=sockets,
        sockets_per_ip=sockets_per_ip,
        connects_per_day=connects_per_day,
        sockets_possible=not no_sockets,
        use_jwt=jwt,
        check_every_s=check_every,
        captions=frozenset(name.removeprefix(HANDLE_SIGN).lower() for name in captions or ()),
        caption_language=captions_language,
        caption_translate=captions_translate,
        caption_minutes_per_day=caption_minutes_per_day,
        rank_types=frozenset(rankings or ()),
        rankings_every_s=rankings_every,
        hashtags_every_s=hashtags_every,
    )
    base = base_url_of(NAME, base_url)
    _run(watchlist, options, base, base_url_of(NAME, socket_url) if socket_url else base, metrics_port)


@app.command("accept-risk")
def accept_risk(
    by: Annotated[str, typer.Option(help="Who accepts: a person, and for whom.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Accept the text as it is shown.")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take the acceptance back: `tokpulse live` refuses to start.")
    ] = False,
) -> None:
    """Read and accept what LIVE polling means.

    Kept in a log that `tokpulse quality` shows. Without --yes it only shows the text.
    """
    log = TermsLog(data_dir() / FILE)
    if withdraw:
        say(log.add("withdrawn", by, wall_clock_ms()).line())
        return
    say(TEXT)
    say()
    if not yes:
        say(f"now: {log.summary()}")
        say("to accept: tokpulse live accept-risk --yes --by 'NAME, ORGANISATION'")
        return
    say(log.add("accepted", by, wall_clock_ms()).line())


def watched_of(file: WatchedFile, report: Report) -> Mapping[str, str]:
    """Handle or number of each creator -> number, empty for a handle. An edit that is refused is said, and not used."""
    try:
        file.reread()
    except WatchlistError as error:
        report.say(str(error))
    found: dict[str, str] = {}
    for entry in file.current.creators:
        if is_handle(entry.id):
            found[entry.id.removeprefix(HANDLE_SIGN).lower()] = ""
        elif entry.id.isdigit():
            found[entry.id] = entry.id
    return found


def _run(watchlist: Path, options: LiveOptions, base: str, sockets_at: str, metrics_port: int | None) -> None:
    key = read_key(NAME, os.environ)
    names = load_pseudonyms(os.environ)
    forgotten = Forgotten(forgotten_file(os.environ), names.of if names is not None else None)
    file = WatchedFile(watchlist, forgotten)
    _logs_to_stderr()
    report = Report(Metrics())
    watched = watched_of(file, report)
    if not watched:
        raise LiveError(f"{watchlist}: names no creator by handle or number", "LIVE rooms are found by a creator's handle")
    left_out = len(file.current.creators) - len(watched)
    if left_out:
        say(f"note: {watchlist}: {left_out} creators by secUid are not followed: LIVE needs handles or numbers", err=True)
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
    topics = load_topics()
    console = new_console(stderr=True)
    if metrics_port is not None:
        port, _ = serve(report.metrics, metrics_port)
        console.print(f"metrics: http://127.0.0.1:{port}/metrics")
    limits = f"{options.sockets} sockets, {options.requests} requests a minute (tier {options.tier.name})"
    say(f"following {len(watched)} creators: {limits}; looked up every {seconds(options, len(watched)):.0f} s", err=True)
    with alone(data_dir() / "polling"), SchemaRegistry(endpoints.schema_registry_url) as registry:
        settings = ProducerSettings(
            endpoints.kafka_bootstrap_servers,
            delivery_timeout_ms=_DELIVERY_MS,
            max_message_bytes=max(topic.max_message_bytes for topic in topics),
        )
        producer = AvroProducer(settings, registry, topics)
        producer.connect(*TOPICS, *(f"{name}.dlq" for name in TOPICS))
        writer = LiveWriter(producer, topics, report, wall_clock_ms, names, forgotten)
        digest = (lambda text: names.of("event", text)) if names is not None else plain_digest
        means = Means(writer, options, report, wall_clock_ms, digest)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_follow(lambda: watched_of(file, report), key, base, sockets_at, writer, means))


async def _follow(
    watched: Callable[[], Mapping[str, str]], key: str, base: str, sockets_at: str, writer: LiveWriter, means: Means
) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with httpx.AsyncClient(base_url=base, timeout=_TIMEOUTS, trust_env=False, follow_redirects=False) as client:
        connector = Connector(watched, client, key, sockets_at, opener(means.options), data_dir() / "polling", means)
        writing = asyncio.ensure_future(writer.run())

        def ended(task: asyncio.Future[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                connector.fail(error)

        writing.add_done_callback(ended)
        try:
            await connector.run(stopped)
        finally:
            writer.end()
            (failure,) = await asyncio.gather(writing, return_exceptions=True)
            if failure is None:
                # Else Kafka does not take it: it has been tried for long enough.
                await writer.close()


def _logs_to_stderr() -> None:
    log = logging.getLogger("polling")
    log.setLevel(logging.INFO)
    log.addHandler(log_handler(sys.stderr))
    log.propagate = False
    # The library names addresses, which have the key in them, only below this.
    logging.getLogger("websockets").setLevel(logging.ERROR)
