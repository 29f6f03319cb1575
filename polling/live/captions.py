"""What is said on air, as text: a stream of its own, paid by the minute."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from connectors.clock import MINUTE_MS, SECOND_MS
from connectors.upstream import tiktools_events as events
from connectors.upstream.tiktools_closes import STOPPED, Close, Next, close_of
from connectors.upstream.tiktools_events import BadFrameError, Frame
from polling.live.api import ApiError
from polling.live.broadcast import CAPTIONS, Broadcast
from polling.live.limits import DailyCount
from polling.live.session import Means, Recording, Socket
from polling.live.watch import Lines

# The service ends a session after so many minutes, whatever is asked for.
LONGEST_SESSION: Final = 300
_KEPT: Final = frozenset({"caption", "translation", "credits", "credits_low"})
_MINUTE_S: Final = MINUTE_MS / SECOND_MS
# The last minute ends early, so that the service does not begin another one.
_BEFORE_END_S: Final = 2.0
_USED_UP: Final = Close(None, "BUDGET", Next.WAIT, "the day's minutes of captions are used up")
_NO_CREDITS: Final = Close(None, "NO_CREDITS", Next.WAIT, "the account has no caption credits left")
_ENDED: Final = Close(None, "ENDED", Next.NONE, "the session has ended")
_BROADCAST_OVER: Final = Close(None, "BROADCAST_OVER", Next.NONE, "the broadcast is over")


@dataclass
class _Heard:
    """Of one session: credits that remain, None before they were told; whether the low balance was said."""

    remaining: int | None = None
    said_low: bool = False
    errors: list[str] = field(default_factory=list)


class Captions:
    """Of one creator. A minute that begins is a minute of the budget, as it is a credit of the account."""

    def __init__(self, cast: Broadcast, lines: Lines, budget: DailyCount, means: Means) -> None:
        self._cast, self._lines, self._budget, self._means = cast, lines, budget, means

    async def run(self) -> None:
        """While the creator is on air and there are minutes left; never ends by itself."""
        while True:
            await asyncio.sleep(self._means.options.alive_every_s)
            if not self._cast.on_air or not self._lines.slots.take():
                continue
            try:
                close = await self._session()
            finally:
                self._lines.slots.give_back()
            if close is None:
                continue
            self._means.report.closed(f"{self._cast.host} captions", close, "", _THEN.get(close.name, "the next one in a moment"))
            if close in (_USED_UP, _NO_CREDITS):
                await asyncio.sleep(self._budget.until_midnight_s())
            elif close.next is Next.FATAL or close.next is Next.STOP:
                return

    async def _session(self) -> Close | None:
        """One stream, to its end; None where it could not begin now."""
        left = self._budget.left
        if left == 0:
            return _USED_UP
        options = self._means.options
        longest = min(options.caption_session_minutes, LONGEST_SESSION, left if left is not None else LONGEST_SESSION)
        asked = {"diarization": "true", "max_duration_minutes": str(longest)}
        if options.caption_language:
            asked["language"] = options.caption_language
        if options.caption_translate:
            asked["translate"] = options.caption_translate
        try:
            socket = await self._lines.open(await self._lines.access.socket_url(self._cast.host, "/captions", **asked))
        except (ApiError, OSError, TimeoutError, InvalidHandshake) as error:
            self._means.report.say(f"@{self._cast.host} captions: no socket: {type(error).__name__}")
            return None
        record = Recording(self._cast, self._means, CAPTIONS)
        record.begin()
        close = STOPPED
        try:
            close = await self._read(socket, record)
        finally:
            record.end(close, "")
        return close

    async def _read(self, socket: Socket, record: Recording) -> Close:
        heard, room = _Heard(), self._cast.room
        assert room is not None, "on air"
        paying = asyncio.create_task(self._pay())
        receiving = asyncio.create_task(_received(socket))
        try:
            while True:
                await asyncio.wait([paying, receiving], return_when=asyncio.FIRST_COMPLETED)
                if paying.done():
                    return paying.result()
                try:
                    message = receiving.result()
                except ConnectionClosed:
                    close = close_of(socket.close_code)
                    return _ENDED if close.code == 1000 else close
                receiving = asyncio.create_task(_received(socket))
                if (end := self._frame(message, record, heard)) is not None:
                    return end
                if not self._cast.on_air or self._cast.room is None or self._cast.room.room_id != room.room_id:
                    return _BROADCAST_OVER
        finally:
            paying.cancel()
            receiving.cancel()
            await asyncio.gather(paying, receiving, return_exceptions=True)
            await socket.close()

    async def _pay(self) -> Close:
        """Each minute before it begins; ends when there is none left, or the broadcast is over."""
        while self._cast.on_air:
            if not self._budget.use():
                return _USED_UP
            left = self._budget.left
            self._means.report.metrics.set("tokpulse_live_caption_minutes_left", to=-1 if left is None else left)
            await asyncio.sleep(_MINUTE_S if left != 0 else _MINUTE_S - _BEFORE_END_S)
        return _BROADCAST_OVER

    def _frame(self, message: str | bytes, record: Recording, heard: _Heard) -> Close | None:
        try:
            frame = events.read_frame(message)
        except BadFrameError:
            self._means.report.refused("bad_frame")
            return None
        if frame.event in _KEPT:
            record.event(frame)
        return self._told(frame, frame.data, heard)

    def _told(self, frame: Frame, data: Mapping[str, Any], heard: _Heard) -> Close | None:
        name = self._cast.host
        if frame.event in ("credits", "credits_low"):
            remaining = data.get("remaining")
            heard.remaining = remaining if isinstance(remaining, int) else heard.remaining
            if frame.event == "credits_low" and not heard.said_low:
                heard.said_low = True
                self._means.report.say(f"@{name} captions: credits are low: {heard.remaining} minutes remain")
            return _NO_CREDITS if heard.remaining is not None and heard.remaining <= 0 else None
        if frame.event == "error":
            self._means.report.say(f"@{name} captions: {data.get('code')}: {data.get('message')}"[:300])
        if frame.event == "status" and data.get("status") == "ended":
            return _ENDED
        return None


_THEN: Final = {
    _USED_UP.name: "again after midnight UTC",
    _NO_CREDITS.name: "again after midnight UTC",
    _BROADCAST_OVER.name: "again with the next broadcast",
}


async def _received(socket: Socket) -> str | bytes:
    return await socket.recv()
