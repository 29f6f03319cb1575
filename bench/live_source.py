"""A LIVE service that sends as much as a connector takes, up to a rate: `python -m bench.live_source ROOMS EVENTS_PER_SECOND`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from itertools import count
from urllib.parse import parse_qs, urlsplit

import uvloop
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from connectors.clock import wall_clock_ms
from connectors.upstream.tiktools_limits import TIERS
from simulator.live.server import serve_live
from simulator.live.service import LiveService
from simulator.live.sockets import Rooms
from simulator.live.world import LiveWorld

_MINUTES = 24 * 60
_SLICES_PER_S = 20
_PLACE = "%NUMBER%"


class Stream(Rooms):
    """Frames of a show over and over, each with a message id of its own: serialised once, so that sending is all there is to do."""

    def __init__(self, service: LiveService, per_second: float) -> None:
        super().__init__(service)
        self._per_slice = per_second / _SLICES_PER_S
        show = LiveWorld(3, 0, creators=1, minutes=10, per_minute=120).all[0]
        self._frames = [
            json.dumps({**frame, "data": {**frame["data"], "msgId": _PLACE}}).split(_PLACE)
            for _, frame in show.messages
            if frame["event"] != "control"
        ]

    async def __call__(self, socket: ServerConnection) -> None:
        """Until the other side has gone."""
        assert socket.request is not None
        handle = parse_qs(urlsplit(socket.request.path).query)["uniqueId"][0]
        room = f"7{handle.removeprefix('live.host'):0>6}"
        loop, numbers, owed = asyncio.get_running_loop(), count(), 0.0
        try:
            await socket.send(json.dumps({"event": "roomInfo", "roomId": room, "uniqueId": handle}))
            due = loop.time()
            while True:
                owed += self._per_slice
                for _ in range(int(owed)):
                    number = next(numbers)
                    head, tail = self._frames[number % len(self._frames)]
                    await socket.send(f"{head}{number}{tail}")
                owed -= int(owed)
                due += 1 / _SLICES_PER_S
                # Who takes less is not owed what was not taken.
                due = max(due, loop.time() - 1)
                await asyncio.sleep(max(0.0, due - loop.time()))
        except ConnectionClosed:
            return


async def main(rooms: int, per_second: int) -> None:
    world = LiveWorld(3, wall_clock_ms() - 1_000, creators=rooms, minutes=_MINUTES, shows=1, per_minute=1, apart_s=0)
    service = LiveService(world, TIERS["pro"], wall_clock_ms)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    stream = Stream(service, per_second / rooms)
    await serve_live(service, lambda *addresses: print(*addresses, flush=True), ended, rooms=stream)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2])))
