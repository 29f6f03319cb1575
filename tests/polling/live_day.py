"""A LIVE day in one process: real WebSockets over the file system's sockets, and a clock that jumps to the next thing to do."""

from __future__ import annotations

import asyncio
import json
import random
import selectors
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.server import unix_serve

from connectors.clock import SECOND_MS
from connectors.upstream.tiktools_limits import Tier
from polling.live.connector import Connector, opener
from polling.live.options import LiveOptions
from polling.live.report import Report
from polling.live.session import Means
from simulator.live.script import Act, LiveScript
from simulator.live.service import KEY, LiveService
from simulator.live.sockets import Rooms
from simulator.live.web import Web
from simulator.live.world import LiveWorld

START_MS = 1_796_083_200_000  # 2026-12-01T00:00:00Z
EVENTS, ROOMS = "tiktok.live.events", "tiktok.live.rooms"
WIDE = Tier("wide", requests=60, sockets=50, lifetime_s=8 * 3600, connects_per_day=None, bulk=50)


class _Jumping(selectors.DefaultSelector):
    loop: JumpingLoop

    def select(self, timeout: float | None = None) -> Any:
        # What the other end of a local socket has sent is there when `send` returns: without a ready socket nothing is under way.
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None:
            return super().select(1)
        self.loop.now += timeout
        return []


class JumpingLoop(asyncio.SelectorEventLoop):
    """Never waits for time to pass: with nothing to do it is the time of the next timer."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


@dataclass
class Kept:
    """A sink that keeps records."""

    events: list[dict[str, Any]] = field(default_factory=list)
    rooms: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[tuple[Any, str]] = field(default_factory=list)
    full: bool = False

    def add(self, topic: str, record: Mapping[str, Any]) -> None:
        (self.events if topic == EVENTS else self.rooms).append(dict(record))

    def reject(self, topic: str, key: str, what: Any, why: str) -> None:
        self.rejected.append((what, why))

    async def relief(self) -> None:
        return

    def before(self, end_ms: int) -> list[dict[str, Any]]:
        """Events that came before we stopped: at that moment itself the service may have sent what nobody read."""
        return [record for record in self.events if record["ingested_at"] < end_ms]

    def changes(self, change: str) -> list[dict[str, Any]]:
        return [record for record in self.rooms if record["change"] == change]


@dataclass
class Day:
    """What came of it: what was kept, said and counted, and the service."""

    service: LiveService
    kept: Kept
    said: list[str]
    report: Report
    connector: Connector
    end_ms: int
    error: Exception | None = None

    def sent(self, host: str | None = None) -> list[Any]:
        """Frames of rooms that the service sent before we stopped, but for roomInfo and captions, in order."""
        return [
            line.frame
            for line in self.service.ledger.lines
            if line.what == "frame"
            and line.connection[0] in "sp"
            and line.at_ms < self.end_ms
            and (host is None or line.host == host)
            and not (isinstance(line.frame, dict) and line.frame.get("event") == "roomInfo")
        ]

    def said_of(self, text: str) -> list[str]:
        return [line for line in self.said if text in line]


def live_day(
    acts: list[Act] | None = None,
    *,
    seconds: float = 600,
    tier: Tier = WIDE,
    served: Tier | None = None,
    creators: int = 1,
    minutes: int = 30,
    shows: int = 2,
    per_minute: int = 12,
    watched: Mapping[str, str] | None = None,
    key: str = KEY,
    caption_credits: int = 1_000,
    folder: Path | None = None,
    before: Callable[[LiveService, Connector], None] | None = None,
    seed: int = 11,
    **options: Any,
) -> Day:
    """Runs the connector against the fake for `seconds` of their time. `served` is the tier by which the fake counts."""
    world = LiveWorld(seed, START_MS, creators=creators, minutes=minutes, shows=shows, per_minute=per_minute)
    chosen = replace(LiveOptions(tier=tier, sockets_per_ip=50, check_every_s=10.0), **options)
    random.seed(seed)  # of the jitter
    said: list[str] = []
    loops: list[JumpingLoop] = []

    def factory() -> JumpingLoop:
        loops.append(JumpingLoop())
        return loops[-1]

    def now_ms() -> int:
        return START_MS + round(loops[0].now * SECOND_MS)

    service = LiveService(world, served or tier, now_ms, LiveScript(acts=acts or []), key=KEY, caption_credits=caption_credits)
    kept, report = Kept(), Report(say=said.append)
    names = dict.fromkeys(world.handles, "") if watched is None else watched

    with tempfile.TemporaryDirectory() as own, asyncio.Runner(loop_factory=factory) as runner:
        path = f"{own}/ws"

        async def run() -> Day:
            rooms = Rooms(service)
            server = await unix_serve(rooms, path, process_request=rooms.refuse, ping_interval=None)
            transport = httpx.ASGITransport(app=Web(service).app())
            async with httpx.AsyncClient(transport=transport, base_url="http://fake") as client:
                connector = Connector(
                    lambda: names,
                    client,
                    key,
                    "http://fake",
                    opener(chosen, unix=True, path=path),
                    folder or Path(own),
                    Means(kept, chosen, report, now_ms),
                )
                if before is not None:
                    before(service, connector)
                stopped = asyncio.Event()
                asyncio.get_running_loop().call_later(seconds, stopped.set)
                day = Day(service, kept, said, report, connector, START_MS + round(seconds * SECOND_MS))
                try:
                    await connector.run(stopped)
                except Exception as error:
                    day.error = error
            server.close()
            await server.wait_closed()
            return day

        return runner.run(run())


def content(frame: Any) -> str:
    """What makes two frames the same."""
    return json.dumps(frame, sort_keys=True)
