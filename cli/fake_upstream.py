"""`tokpulse fake-upstream`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.times import parse_time_ms
from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from connectors.terminal import say
from connectors.upstream.catalog import UPSTREAMS
from simulator.settings import SimulationSettings
from simulator.upstream.clock import ScaledClock
from simulator.upstream.ledger import Ledger
from simulator.upstream.server import FakeUpstream, refuse_public
from simulator.upstream.service import DEMO_KEY, MILLION
from simulator.upstream.watchlist import write_watchlist


class LedgerFileError(TokpulseError):
    """A file that cannot be written."""


def command(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes any free port.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on; must be a loopback address.")] = "127.0.0.1",
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than real time simulated time passes.")] = 1.0,
    script: Annotated[str, typer.Option(help="Failures: quiet, rough, bad-day, or a file (docs/fake-upstream.md).")] = "quiet",
    seed: Annotated[int, typer.Option(help="The same seed and options give the same data.")] = 7,
    start: Annotated[str, typer.Option(help="Simulated time at the start: ISO 8601, Unix ms, now, -24h.")] = "-24h",
    hours: Annotated[int, typer.Option(min=1, help="For how many hours new posts and comments appear.")] = 26,
    creators: Annotated[int, typer.Option(min=1, help="Number of creators.")] = 50,
    posts: Annotated[int, typer.Option(min=1, help="Number of posts.")] = 400,
    audience: Annotated[int, typer.Option(min=1, help="Number of commenters.")] = 1_000,
    comments_per_post: Annotated[int, typer.Option(min=0, max=4_096, help="Most comments per post.")] = 120,
    credits: Annotated[int, typer.Option(min=0, help="Credits of each service's key.")] = MILLION,
    daily: Annotated[bool, typer.Option("--daily", help="Renew the credits every simulated UTC day.")] = False,
    ledger: Annotated[Path | None, typer.Option(help="Write every request and answer to this file, one JSON line each.")] = None,
    watchlist: Annotated[Path | None, typer.Option(help="Write a watchlist of simulated subjects to this YAML file.")] = None,
    watch_posts: Annotated[int, typer.Option(min=0, help="Number of posts in the watchlist.")] = 20,
    watch_hashtags: Annotated[int, typer.Option(min=0, help="Number of hashtags in the watchlist.")] = 5,
) -> None:
    """Serve simulated data as the upstream services do.

    It listens on this machine only, until Ctrl-C or SIGTERM.

    Example: `tokpulse fake-upstream --script bad-day --speed 60 --watchlist watchlist.yaml`.
    """
    refuse_public(host)
    start_ms = parse_time_ms(start, wall_clock_ms(), "--start")
    settings = SimulationSettings(seed=seed, start_ms=start_ms, hours=hours, creators=creators, posts=posts, audience=audience)
    try:
        book = Ledger(ledger, keep=False)
    except OSError as error:
        raise LedgerFileError(f"cannot write the ledger {ledger}: {error.strerror}", "give another --ledger") from error
    clock = ScaledClock(start_ms, speed)
    upstream = FakeUpstream(
        settings,
        script,
        clock,
        credits=credits,
        daily=daily,
        comments_per_post=comments_per_post,
        host=host,
        port=port,
        ledger=book,
    )
    if watchlist is not None:
        try:
            write_watchlist(upstream.world, watchlist, creators, watch_posts, watch_hashtags)
        except OSError as error:
            raise LedgerFileError(
                f"cannot write the watchlist {watchlist}: {error.strerror}", "give another --watchlist"
            ) from error
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with upstream:
        for dialect in upstream.service.dialects:
            (header,) = UPSTREAMS[dialect.name].authorization(DEMO_KEY)
            say(f"{dialect.name:<11} {upstream.url + next(iter(dialect.endpoints)) + ' ...':<46} header {header}: {DEMO_KEY}")
        some = [user.unique_id for user in upstream.world.universe.creators if not user.private][:3]
        say(f"creators    {' '.join(f'@{handle}' for handle in some)} ...")
        say(f"script {upstream.script.name}, simulated time from {start_ms} at speed {speed:g}; press Ctrl-C to stop")
        ended.wait()
