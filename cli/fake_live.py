"""`tokpulse fake-live`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from cli.times import parse_time_ms
from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from connectors.terminal import say
from connectors.upstream.tiktools_limits import TIERS
from simulator.live.ledger import LiveLedger
from simulator.live.script import SHIPPED, load_live_script
from simulator.live.server import serve_live
from simulator.live.service import KEY, LiveService
from simulator.live.world import LiveWorld
from simulator.upstream.clock import ScaledClock


class FakeLiveError(TokpulseError):
    """An option has a value that is not allowed, or a file cannot be written."""


def command(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the requests; 0 takes any free port.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on; must be a loopback address.")] = "127.0.0.1",
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than real time simulated time passes.")] = 1.0,
    script: Annotated[str, typer.Option(help=f"Failures: {', '.join(SHIPPED)}, or a file (docs/live.md).")] = "quiet",
    seed: Annotated[int, typer.Option(help="The same seed and options give the same rooms.")] = 7,
    start: Annotated[str, typer.Option(help="When the first room begins: ISO 8601, Unix ms, now, -10m.")] = "now",
    creators: Annotated[int, typer.Option(min=1, help="Number of creators, live.host0 and so on.")] = 3,
    minutes: Annotated[int, typer.Option(min=1, help="How long each broadcast is.")] = 30,
    shows: Annotated[int, typer.Option(min=1, help="How many broadcasts each creator has.")] = 2,
    per_minute: Annotated[int, typer.Option(min=1, help="Events of a room per minute, without those of combos.")] = 60,
    tier: Annotated[str, typer.Option(help=f"Whose limits are kept: {', '.join(TIERS)}.")] = "pro",
    ledger: Annotated[Path | None, typer.Option(help="Write all that is sent to this file, one JSON line each, synced.")] = None,
    watchlist: Annotated[Path | None, typer.Option(help="Write a watchlist of the creators to this YAML file.")] = None,
) -> None:
    """Serve simulated LIVE rooms as tik.tools does.

    It listens on this machine only, until Ctrl-C or SIGTERM.
    """
    if tier not in TIERS:
        raise FakeLiveError(f"--tier: there is no {tier!r}", f"known: {', '.join(TIERS)}")
    start_ms = parse_time_ms(start, wall_clock_ms(), "--start")
    world = LiveWorld(seed, start_ms, creators=creators, minutes=minutes, shows=shows, per_minute=per_minute)
    try:
        book = LiveLedger(ledger)
        if watchlist is not None:
            lines = "".join(f'  - "@{handle}"\n' for handle in world.handles)
            watchlist.write_text(f"creators:\n{lines}", encoding="utf-8")
    except OSError as error:
        raise FakeLiveError(f"cannot write {error.filename}: {error.strerror}", "give another file") from error
    clock = ScaledClock(wall_clock_ms(), speed)
    service = LiveService(world, TIERS[tier], clock, load_live_script(script), book)

    def listening(requests: str, sockets: str) -> None:
        say(f"key {KEY}: tokpulse live --base-url {requests} --socket-url {sockets}")
        say(f"creators {' '.join(f'@{handle}' for handle in world.handles[:3])} ...; script {script}; press Ctrl-C to stop")

    async def run() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await serve_live(service, listening, ended, host, port, speed)

    asyncio.run(run())
