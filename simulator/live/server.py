"""The fake LIVE service as a server: requests on one port, sockets on another, on this machine alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from websockets.asyncio.server import serve

from connectors.clock import MINUTE_MS
from simulator.live.service import LiveService
from simulator.live.sockets import Rooms
from simulator.live.web import Web
from simulator.upstream.server import FakeUpstreamError, refuse_public


class _Web(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the caller's."""
        yield


async def serve_live(
    service: LiveService,
    listening: Callable[[str, str], None],
    ended: asyncio.Event,
    host: str = "127.0.0.1",
    port: int = 0,
    speed: float = 1.0,
    rooms: Rooms | None = None,
) -> None:
    """Serves until `ended`. `listening` is told both addresses, as `http://`; sockets are on the next free port.

    `rooms` is another handler of sockets than the service's own.

    Raises FakeUpstreamError for an address that is not loopback, or that is taken.
    """
    refuse_public(host)
    for show in service.world.all:
        if show.begin_ms <= service.now_ms() + MINUTE_MS:
            # Made before somebody waits for it: a busy hour takes seconds.
            _ = show.messages
    rooms = rooms or Rooms(service, speed)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise FakeUpstreamError(
            f"cannot serve on {host} port {port}: {error}", "give another --port; 0 takes any free one"
        ) from error
    config = uvicorn.Config(Web(service).app(), log_level="error", lifespan="off", ws="none", access_log=False)
    web = _Web(config)
    async with serve(rooms, host, 0, process_request=rooms.refuse, ping_interval=None) as sockets:
        serving = asyncio.ensure_future(web.serve([listener]))
        shown = f"[{host}]" if ":" in host else host
        port_of_sockets = next(iter(sockets.sockets)).getsockname()[1]
        listening(f"http://{shown}:{listener.getsockname()[1]}", f"http://{shown}:{port_of_sockets}")
        await ended.wait()
        web.should_exit = True
        await serving
    service.ledger.close()
