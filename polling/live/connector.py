"""All creators of a watchlist: looked for in bulk, and each followed while on air."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.asyncio.client import connect

from connectors.upstream import tiktools
from connectors.upstream.tiktools import LiveState
from polling.live.access import Access
from polling.live.api import ApiError, LiveApi
from polling.live.broadcast import Broadcast
from polling.live.captions import Captions
from polling.live.limits import DailyCount, RequestGate, Slots
from polling.live.lists import Lists
from polling.live.options import LiveOptions
from polling.live.polls import Polls
from polling.live.session import Means, Socket
from polling.live.watch import Lines, Opener, Watch

_MAX_FRAME: Final = 4 * 2**20
_QUEUED_FRAMES: Final = 512


def opener(options: LiveOptions, **transport: Any) -> Opener:
    """Opens WebSockets with a heartbeat; `transport` says how, where it is not by the address."""

    async def open_socket(url: str) -> Socket:
        # No proxy of the environment: it would decide who sees the key.
        return await connect(
            url,
            user_agent_header="tokpulse",
            proxy=None,
            ping_interval=options.heartbeat_s,
            ping_timeout=options.heartbeat_s,
            max_size=_MAX_FRAME,
            max_queue=_QUEUED_FRAMES,
            **transport,
        )

    return open_socket


class Connector:
    """Follows whom `watched` names: handle -> numeric id, empty where it is not known. It is asked again before each round.

    `client` reaches the service by its base URL. What is counted by the day is in files of `folder`.
    """

    def __init__(
        self,
        watched: Callable[[], Mapping[str, str]],
        client: httpx.AsyncClient,
        key: str,
        sockets_at: str,
        open_socket: Opener,
        folder: Path,
        means: Means,
    ) -> None:
        options, now_ms = means.options, means.now_ms
        self._watched, self._means = watched, means
        self.gate = RequestGate(options.requests, now_ms)
        self.api = LiveApi(client, key, self.gate, means.report, now_ms)
        self.slots = Slots(options.sockets)
        self._by_numbers: dict[str, str] = {}
        access = Access(sockets_at, key, now_ms, self.api, self._handles, max(1, self.slots.limit))
        if not options.use_jwt:
            access = Access(sockets_at, key, now_ms)
        connects = DailyCount(folder / "live-connects.json", options.connects, now_ms)
        self._captions = DailyCount(folder / "live-captions.json", options.caption_minutes_per_day, now_ms)
        self._lines = Lines(self.slots, connects, open_socket, access, Polls(self.api, means))
        self._lists = Lists(self.api, means, lambda: [watch.cast for watch in self.watches.values()])
        self.watches: dict[str, Watch] = {}
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}
        self._failed: asyncio.Future[None] | None = None

    async def run(self, stopped: asyncio.Event) -> None:
        """Until `stopped`, or until nothing can be followed: raises what a human has to correct. Ends all connections."""
        self._failed = asyncio.get_running_loop().create_future()
        self._start("", [self._check(), self._tick(), self._lists.run()])
        stopping = asyncio.create_task(stopped.wait())
        try:
            either: list[asyncio.Future[Any]] = [self._failed, stopping]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await asyncio.gather(*(self._end(name) for name in list(self._tasks)))
        if self._failed.done():
            self._failed.result()

    def fail(self, error: BaseException) -> None:
        """Ends `run` with this error."""
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)

    async def _check(self) -> None:
        await self._learn()
        while True:
            await self._take_over()
            idle = [name for name, watch in self.watches.items() if not watch.following and watch.given_up is None]
            for start in range(0, len(idle), self._means.options.bulk):
                part = idle[start : start + self._means.options.bulk]
                try:
                    states = await self.api.states(part)
                except ApiError as error:
                    self._means.report.say(f"live check: {error.message}")
                    continue
                for name in part:
                    if (watch := self.watches.get(name)) is not None and not watch.following:
                        watch.tell(states.get(name, LiveState(False)))
            self._means.report.rooms(len(self.watches), sum(watch.following for watch in self.watches.values()))
            await asyncio.sleep(self._means.options.check_every_s)

    async def _learn(self) -> None:
        """What the service allows the key, where that is less than what we would take."""
        try:
            tier, requests, sockets, in_use = tiktools.read_limits(await self.api.ask(tiktools.rate_limits()))
        except ApiError as error:
            self._means.report.say(f"limits: {error.message}")
            return
        if requests is not None and requests < self._means.options.requests:
            self._means.report.say(f"the service allows {requests} requests a minute (tier {tier}): fewer than was chosen")
            self.gate.tighten(requests)
        if sockets is not None and sockets < self.slots.limit:
            self._means.report.say(f"the service allows {sockets} sockets (tier {tier}): fewer than was chosen")
            self.slots.limit = sockets
        if in_use:
            self._means.report.say(f"another program uses the key: {in_use} sockets are open")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._means.options.alive_every_s)
            now = self._means.now_ms()
            for watch in list(self.watches.values()):
                await watch.tick(now)

    async def _take_over(self) -> None:
        """What the watchlist says now."""
        wanted = dict(self._watched())
        numbers = [name for name in wanted if name.isdigit()]
        if numbers:
            await self._resolve(numbers)
            for number in numbers:
                del wanted[number]
                if handle := self._by_numbers.get(number):
                    wanted[handle] = number
        for name in [name for name in self.watches if name not in wanted]:
            await self._end(name)
            del self.watches[name]
        for name, host_id in wanted.items():
            if name not in self.watches:
                cast = Broadcast(name, host_id, self._means.sink, self._means.now_ms)
                watch = self.watches[name] = Watch(cast, self._lines, self._means)
                also = [Captions(cast, self._lines, self._captions, self._means).run()] if self._is_captioned(name) else []
                self._start(name, [watch.run(), *also])

    async def _resolve(self, numbers: list[str]) -> None:
        try:
            found = await self.api.handles(numbers)
        except ApiError as error:
            self._means.report.say(f"creators by number: {error.message}")
            return
        for number, handle in found.items():
            if handle is None and number in self._by_numbers | {number: ""} and self._by_numbers.get(number) != "":
                self._means.report.say(f"creator {number}: the account is gone, or the service does not know it")
            self._by_numbers[number] = handle or ""

    def _is_captioned(self, name: str) -> bool:
        return name in self._means.options.captions

    def _handles(self) -> list[str]:
        return list(self.watches)

    def _start(self, name: str, works: list[Any]) -> None:
        self._tasks[name] = [asyncio.ensure_future(self._guarded(work)) for work in works]

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except Exception as error:
            self.fail(error)

    async def _end(self, name: str) -> None:
        tasks = self._tasks.pop(name, [])
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def seconds(options: LiveOptions, creators: int) -> float:
    """How long a round of live checks takes: the cadence, or longer where the limit of requests makes it so."""
    requests = -(-creators // options.bulk)
    return max(options.check_every_s, requests / options.requests * 60)
