"""`tokpulse poll`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cli.poll_keys import read_key
from cli.poll_screen import Screen, line
from connectors.console import Console, new_console
from connectors.endpoints import Endpoints, data_dir
from connectors.errors import TokpulseError
from connectors.kafka.registry import SchemaRegistry
from connectors.terminal import log_handler, say
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.transport import new_client
from polling.clock import SystemClock
from polling.credits.reservations import ReservationFile
from polling.landing.responses import Landing
from polling.landing.table import insert_into
from polling.metrics import Metrics, serve
from polling.personal.forgotten import Forgotten, forgotten_file
from polling.personal.pseudonyms import Pseudonyms, load_pseudonyms
from polling.poller import http_source, poller
from polling.reports import Observers
from polling.schedule.feed_state import unpolled, wanted
from polling.schedule.options import Options
from polling.status import Status
from polling.watching.handles import handle_file
from polling.watchlist import WatchedFile, Watchlist
from polling.writing.writer import DEFAULT_PREFIX, WriterSettings, page_writer

_LOG_LINE_MS = 60_000


class PollError(TokpulseError):
    """An option has a value that is not allowed."""


def command(
    upstream: Annotated[str, typer.Option(help=f"Service to poll: {' or '.join(UPSTREAMS)}.")],
    watchlist: Annotated[Path, typer.Option(help="File that says what to poll; see watchlist.example.yaml.")] = Path(
        "watchlist.yaml"
    ),
    base_url: Annotated[str, typer.Option(help="Another address of the service, e.g. of tokpulse fake-upstream.")] = "",
    shard: Annotated[
        int, typer.Option(min=0, help="Number of this poller; a second poller with the same number stops the first.")
    ] = 0,
    shards: Annotated[int, typer.Option(min=1, max=1_000, help="How many pollers share the watchlist.")] = 1,
    once: Annotated[
        bool, typer.Option("--once", help="Read every feed of the watchlist once, then exit; code 1 if a feed could not be read.")
    ] = False,
    in_flight: Annotated[int, typer.Option(min=1, max=64, help="Most requests at the same time.")] = 4,
    raw_landing: Annotated[
        bool, typer.Option(help="Keep every response in the ClickHouse table raw_api_responses.  [default: no]", show_default=False)
    ] = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Serve /metrics on this port; 0 takes a free port.")
    ] = None,
    metrics_address: Annotated[str, typer.Option(help="Address on which /metrics is served.")] = "127.0.0.1",
) -> None:
    """Poll an upstream service into Kafka, by a watchlist.

    Each observation is written once. The API key comes from TOKPULSE_<UPSTREAM>_KEY, or from the file that
    TOKPULSE_<UPSTREAM>_KEY_FILE names. The first SIGTERM or Ctrl-C finishes open requests and then stops; the second stops at once.
    See docs/polling.md.
    """
    if upstream not in UPSTREAMS:
        raise PollError(f"--upstream: there is no {upstream!r}", f"known: {', '.join(sorted(UPSTREAMS))}")
    if shard >= shards:
        raise PollError(f"--shard {shard} of {shards}: shards are numbered from 0 to {shards - 1}")
    key = read_key(upstream, os.environ)
    names = load_pseudonyms(os.environ)
    forgotten = Forgotten(forgotten_file(os.environ), names.of if names is not None else None)
    watched = WatchedFile(watchlist, forgotten)
    _refuse_nothing(watched.current, upstream, watchlist, raw_kept=raw_landing)
    needed = ["KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", *(["CLICKHOUSE_URL"] if raw_landing else [])]
    endpoints = Endpoints.from_env().require(*needed)
    dialect, metrics, clock = UPSTREAMS[upstream], Metrics(), SystemClock()
    with ExitStack() as stack:
        console = new_console(stderr=True)
        show = _shows(stack, f"tokpulse poll: {upstream}, shard {shard} of {shards}", console)
        if metrics_port is not None:
            port, server = serve(metrics, metrics_port, metrics_address)
            stack.callback(server.shutdown)
            console.print(f"metrics: http://{metrics_address}:{port}/metrics")
        client = stack.enter_context(new_client())
        source = http_source(dialect, base_url or None, key, client)
        registry = stack.enter_context(SchemaRegistry(endpoints.schema_registry_url))
        # The shards of two upstreams do not fence each other.
        writing = WriterSettings(shard=shard, shards=shards, prefix=f"{DEFAULT_PREFIX}-{upstream}")
        writer = stack.enter_context(page_writer(endpoints.kafka_bootstrap_servers, registry, writing, forgotten=forgotten))
        file = ReservationFile(data_dir() / "polling", f"{upstream}-{shard}-of-{shards}")
        _refuse_other_shards(file, f"{upstream}-*-of-*", f"-of-{shards}-", clock.now_ms())
        observers = Observers(metrics, on_status=show)
        if raw_landing:
            secrets = {key, *dialect.authorization(key).values()}
            landing = Landing(
                upstream,
                insert_into(endpoints.clickhouse_url),
                metrics,
                _cleaner(secrets, names, forgotten),
                asked=names.question if names else str,
            )
            stack.callback(landing.close)
            observers = replace(observers, on_attempt=lambda fetched: landing.offer(fetched, clock.now_ms()))
        options = Options(in_flight=in_flight, once=once, shard=shard, shards=shards, clock=clock)
        source = replace(source, transform=names.page) if names else source
        rounds = poller(source, writer, watched, file, options, observers, kept=handle_file(data_dir()))
        _stop_on_signals(rounds.stop)
        rounds.run()


def _refuse_nothing(watchlist: Watchlist, upstream: str, path: Path, *, raw_kept: bool) -> None:
    """Says what is on the watchlist and not polled. Raises PollError where that is all of it."""
    feeds = UPSTREAMS[upstream].feeds
    lines = unpolled(watchlist, upstream, feeds.__contains__, raw_kept=raw_kept)
    if not any(wanted(watchlist, upstream, feeds.__contains__)):
        raise PollError(
            f"{path}: there is nothing to poll: {'; '.join(lines) or 'it names no creator, post or hashtag'}",
            "add entries, or feeds that the service has: docs/upstreams.md lists them",
        )
    for note in lines:
        say(f"note: {path}: {note}", err=True)


def _shows(stack: ExitStack, title: str, console: Console) -> Callable[[Status], None]:
    """A live table on a terminal, a line of the log every minute elsewhere."""
    log = logging.getLogger("polling")
    log.setLevel(logging.INFO)
    if console.is_terminal:
        log.setLevel(logging.ERROR)  # the screen has the last error; more would break its picture
        return stack.enter_context(Screen(title, console)).show
    handler = log_handler(sys.stderr)
    log.addHandler(handler)
    log.propagate = False
    stack.callback(log.removeHandler, handler)
    clock, last = SystemClock(), [0]

    def show(status: Status) -> None:
        now = clock.now_ms()
        if now - last[0] >= _LOG_LINE_MS:
            last[0] = now
            log.info("%s", line(status))

    return show


def _refuse_other_shards(file: ReservationFile, pattern: str, own: str, now_ms: int) -> None:
    """Raises PollError where pollers of another number of shards have reserved credits of today: together they would spend more."""
    folder, day = file.path(now_ms).parent, file.path(now_ms).name.rpartition("-of-")[2].partition("-")[2]
    others = sorted(path.name for path in folder.glob(f"{pattern}-{day}") if own not in path.name)
    if others:
        raise PollError(
            f"pollers with another number of shards have already spent credits today: {others[0]}",
            f"change the number after midnight UTC; or remove {folder / others[0]}, but then today's budget may be exceeded",
        )


def _cleaner(secrets: set[str], names: Pseudonyms | None, forgotten: Forgotten) -> Callable[[bytes], bytes]:
    """Bodies as they may be kept: a service may repeat the key that it was given."""
    hidden = sorted((secret.encode() for secret in secrets if secret), key=len, reverse=True)

    def clean(body: bytes) -> bytes:
        for secret in hidden:
            body = body.replace(secret, b"***")
        body = forgotten.body(body)
        return names.body(body) if names else body

    return clean


def _stop_on_signals(stop: Callable[[], None]) -> None:
    """The first signal asks for an end, the second one ends the process as usual."""

    def on_signal(number: int, _: object) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
