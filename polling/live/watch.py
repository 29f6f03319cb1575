"""One creator: followed while on air, by a socket, or by polls where there is none to be had."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from websockets.exceptions import InvalidHandshake, InvalidStatus

from connectors.clock import MINUTE_MS, SECOND_MS
from connectors.errors import TokpulseError
from connectors.upstream import tiktools_closes as closes
from connectors.upstream.tiktools import LiveState
from connectors.upstream.tiktools_closes import RENEWED, Close, Next, refused
from polling.live.access import Access
from polling.live.api import ApiError
from polling.live.broadcast import CHECK, WEBSOCKET, Broadcast
from polling.live.limits import DailyCount, Slots
from polling.live.polls import Polls
from polling.live.session import Means, Session, Socket

Opener = Callable[[str], Awaitable[Socket]]
_JITTER: Final = 0.25
# How long polls take the place of sockets that do not open.
_NO_SOCKETS_MS: Final = 30 * MINUTE_MS


class LiveStoppedError(TokpulseError):
    """Nobody can be followed until somebody corrects something."""


@dataclass(frozen=True)
class Lines:
    """How sockets come about: places for them, how many a day may have, how they are opened, and by which right."""

    slots: Slots
    connects: DailyCount
    open: Opener
    access: Access
    polls: Polls


class Watch:
    """Follows one creator. `tell` says what a live check found; `run` ends with an error only."""

    def __init__(self, cast: Broadcast, lines: Lines, means: Means) -> None:
        self.cast = cast
        self.following = False
        self.given_up: Close | None = None
        self.session: Session | None = None
        self._lines, self._means = lines, means
        self._told = LiveState(False)
        self._is_live = asyncio.Event()

    @property
    def handle(self) -> str:
        """Without the sign."""
        return self.cast.host

    def tell(self, state: LiveState) -> None:
        """What a live check found of a creator who is not being followed."""
        self._told = state
        if state.alive:
            self._is_live.set()
        else:
            self.cast.end(closes.CLOSES[closes.NOT_LIVE].name, "a live check found nobody on air", CHECK)

    async def run(self) -> None:
        """Waits until the creator is on air, follows, and waits again. Raises LiveStoppedError."""
        while self.given_up is None:
            await self._is_live.wait()
            self.following = True
            try:
                await self._follow()
            finally:
                self.following = False
                self._is_live.clear()

    async def tick(self, at_ms: int) -> None:
        """Once in a while, with the time."""
        if self.session is not None:
            await self.session.tick(at_ms)
        self._lines.polls.tick(self.cast, at_ms)

    async def _follow(self) -> None:
        """Until the broadcast is over. A place for a socket is held while there is one."""
        failures = 0
        if not self._lines.slots.take() and not await self._polled(lambda: True):
            return
        while True:
            self._means.report.sockets(self._lines.slots.taken)
            begun_ms = self._means.now_ms()
            try:
                close, reason = await self._by_socket()
            finally:
                self._lines.slots.give_back()
                self._means.report.sockets(self._lines.slots.taken)
            if close is None:
                # The day's sockets are used up.
                goes_on = await self._polled(lambda: True)
            else:
                lived_s = (self._means.now_ms() - begun_ms) / SECOND_MS
                failures = 1 if lived_s >= self._means.options.settled_after_s else failures + 1
                goes_on = await self._after(close, reason, failures)
                if not goes_on and close.no_socket:
                    # The network may let no sockets through, but requests.
                    failures = 0
                    goes_on = await self._polled(partial(self._is_later, self._means.now_ms() + _NO_SOCKETS_MS))
                elif goes_on and not self._lines.slots.take():
                    # Somebody else took the place meanwhile.
                    goes_on = await self._polled(lambda: True)
            if not goes_on:
                return

    async def _polled(self, may: Callable[[], bool]) -> bool:
        """Polls until a socket `may` be opened and a place for it is taken (True), or until the broadcast is over."""

        def take() -> bool:
            return may() and self._lines.connects.left != 0 and self._lines.slots.take()

        return await self._lines.polls.follow(self.cast, self._told, take)

    def _is_later(self, than_ms: int) -> bool:
        return self._means.now_ms() >= than_ms

    async def _after(self, close: Close, reason: str, failures: int) -> bool:
        """What follows a close; True to connect again. Raises LiveStoppedError."""
        report, options = self._means.report, self._means.options
        if close.code == closes.INVALID_AUTH and self._lines.access.renew():
            report.closed(self.handle, close, reason, "the token has expired: a new one is asked for")
            return True
        if close.next is Next.RETRY:
            if failures > options.reconnects:
                then = "polls for half an hour" if close.no_socket else "the next live check decides"
                report.closed(self.handle, close, reason, f"{options.reconnects} reconnects in a row failed; {then}")
                return False
            wait_s = self._wait_s(close, failures)
            report.closed(self.handle, close, reason, f"reconnect {failures} of {options.reconnects} in {wait_s:.0f} s")
            await asyncio.sleep(wait_s)
            return True
        if close.next is Next.NONE:
            return True
        if close.next is Next.WAIT:
            report.closed(self.handle, close, reason, "waiting until the creator is on air")
            if close.code in (closes.STREAM_END, closes.NOT_LIVE):
                self.cast.end(close.name, reason, WEBSOCKET)
            self._lines.polls.forget(self.handle)
            return False
        if close.next is Next.FATAL:
            self.given_up = close
            report.closed(self.handle, close, reason, "not followed any more; the others are")
            return False
        report.closed(self.handle, close, reason, "the connector stops")
        raise LiveStoppedError(f"tiktools: {close.code} {close.name}: {close.message}", close.hint)

    def _wait_s(self, close: Close, failures: int) -> float:
        options = self._means.options
        wait_s = max(close.least_wait_s, min(options.longest_wait_s, options.first_wait_s * 2.0 ** (failures - 1)))
        return float(wait_s * (1 + _JITTER * random.random()))

    async def _by_socket(self) -> tuple[Close | None, str]:
        """Follows by sockets, one after the other, until one ends that no other has replaced: how, and what the service said.

        (None, "") where the day has no socket left.
        """
        opened = await self._opened()
        if not isinstance(opened, Session):
            return opened, ""
        current, began_ms = opened, self._means.now_ms()
        reading = asyncio.ensure_future(current.read())
        self.session = current
        try:
            while True:
                due_s = self._means.options.renew_after_s - (self._means.now_ms() - began_ms) / SECOND_MS
                done, _ = await asyncio.wait({reading}, timeout=max(0.0, due_s))
                if done:
                    return reading.result(), current.reason
                successor = await self._successor(current)
                if successor is None:
                    if reading.done():
                        return reading.result(), current.reason
                    # No second socket to be had: the gap is as short as a connect.
                    await current.close(RENEWED)
                    return await reading, ""
                began_ms, overlapped = self._means.now_ms(), reading
                successor.record.overlaps = True
                reading = asyncio.ensure_future(successor.read())
                self.session = successor
                await current.close(RENEWED)
                await overlapped
                successor.record.overlaps = False
                self._lines.slots.give_back()
                self._means.report.sockets(self._lines.slots.taken)
                current = successor
        finally:
            self.session = None
            if not reading.done():
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _successor(self, current: Session) -> Session | None:
        """A second connection, which has a place of its own until the first has given its place up."""
        if not self._lines.slots.take():
            return None
        self._means.report.sockets(self._lines.slots.taken)
        opened: Session | Close | None = None
        try:
            opened = await self._opened()
        finally:
            if not isinstance(opened, Session):
                self._lines.slots.give_back()
        return opened if isinstance(opened, Session) else None

    async def _opened(self) -> Session | Close | None:
        """A session whose room is known, or why there is none; None where the day has no socket left."""
        if not self._lines.connects.use():
            self._means.report.say(
                f"@{self.handle}: the day's {self._lines.connects.limit} sockets are used up: polls until midnight UTC"
            )
            return None
        try:
            socket = await self._lines.open(await self._lines.access.socket_url(self.handle))
        except InvalidStatus as error:
            return refused(error.response.status_code)
        except ApiError as error:
            self._means.report.say(f"@{self.handle}: no token: {error.message}")
            return closes.NO_SOCKET
        except (OSError, TimeoutError, InvalidHandshake) as error:
            self._means.report.say(f"@{self.handle}: no socket: {type(error).__name__}")
            return closes.NO_SOCKET
        session = Session(socket, self.cast, self._means)
        close = await session.greet()
        return session if close is None else close
