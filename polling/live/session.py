"""One connection to one room: from its first frame to its end."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from websockets.exceptions import ConnectionClosed

from connectors.clock import SECOND_MS
from connectors.upstream import tiktools_events as events
from connectors.upstream.tiktools_closes import CONTROL_END, NO_ROOM, RENEWED, SILENT, STOPPED, Close, close_of
from connectors.upstream.tiktools_events import BadFrameError, Frame, plain_digest
from polling.live.broadcast import WEBSOCKET, Broadcast, Sink
from polling.live.options import LiveOptions
from polling.live.repeats import REPLAY_MS
from polling.live.report import Report

_MOST_HELD: Final = 10_000
_ENDED: Final = "3"


class Socket(Protocol):
    """What a session needs of a WebSocket."""

    @property
    def close_code(self) -> int | None:
        """None while it is open."""

    @property
    def close_reason(self) -> str | None:
        """What the other side said to it."""

    async def recv(self) -> str | bytes:
        """The next message. Raises ConnectionClosed."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Returns when both sides know."""


@dataclass(frozen=True)
class Means:
    """What all connections share. `digest` makes of an event's content what stands for it in Kafka."""

    sink: Sink
    options: LiveOptions
    report: Report
    now_ms: Callable[[], int]
    digest: Callable[[str], str] = plain_digest


class Recording:
    """Writes the events of one connection, and when it was open. The room is that of `cast` when the event comes."""

    def __init__(self, cast: Broadcast, means: Means, source: str) -> None:
        self.cast, self.means, self.source = cast, means, source
        self.connection_id = uuid.uuid4().hex
        self.connected_ms: int | None = None
        self.events = self.repeats = 0
        self.overlaps = False  # while another connection to the same room is open

    def begin(self, said_at: object = None) -> None:
        """From now on events count. `said_at` is the service's own time of it, which shows how far its clock is off."""
        self.connected_ms = self.means.now_ms()
        extra = {"connectedAt": said_at} if isinstance(said_at, str) else None
        self.cast.change("connected", self.source, None, extra, connection_id=self.connection_id, connected_at=self.connected_ms)

    def event(self, frame: Frame) -> None:
        """Writes it, unless it came before."""
        means, room, now = self.means, self.cast.room, self.means.now_ms()
        assert room is not None, "events come in rooms"
        event_id, content = events.identity(frame, now, means.digest)
        seq, self.events = self.events, self.events + 1
        replaying = self.overlaps or now - (self.connected_ms or now) <= REPLAY_MS
        if self.cast.repeats.is_repeat(event_id, content, self.connection_id, now, replaying=replaying):
            self.repeats += 1
            means.report.repeated()
            return
        record = events.record_of(frame, room, event_id, self.connection_id, seq, now)
        means.sink.add(events.TOPIC, record)
        means.report.event(frame.event)
        if frame.event == "roomUserSeq":
            self.cast.viewers, self.cast.total_viewers = record["viewer_count"], record["total_viewers"]
        elif frame.event == "control" and record["action"] == _ENDED:
            self.cast.end(CONTROL_END, "", self.source, self.connection_id)

    def alive(self, at_ms: int) -> None:
        """All that came until then is in Kafka."""
        if self.connected_ms is not None:
            self.cast.change("alive", self.source, **self._figures(at_ms))

    def end(self, close: Close, reason: str) -> None:
        """Until now."""
        if self.connected_ms is None:
            return
        now = self.means.now_ms()
        self.cast.change(
            "disconnected",
            self.source,
            now,
            **self._figures(now),
            close_code=close.code,
            close_name=close.name,
            outcome=close.next.value,
            reason=reason or None,
        )
        self.connected_ms = None

    def _figures(self, at_ms: int) -> dict[str, Any]:
        return {
            "connection_id": self.connection_id,
            "connected_at": self.connected_ms,
            "until_at": at_ms,
            "events": self.events,
            "repeats": self.repeats,
        }


class Session:
    """A recording that is fed by a socket."""

    def __init__(self, socket: Socket, cast: Broadcast, means: Means) -> None:
        self.record = Recording(cast, means, WEBSOCKET)
        self._socket, self._cast, self._means = socket, cast, means
        self._ours: Close | None = None
        self._held: list[Frame] = []
        self.heard_ms = means.now_ms()

    async def greet(self) -> Close | None:
        """Waits for the frame that names the room. None when it came, else how the connection ended.

        Frames that were before it on the way are kept for later.
        """
        try:
            async with asyncio.timeout(self._means.options.first_frame_s):
                while True:
                    frame = self._frame(await self._socket.recv())
                    if frame is not None and frame.event == events.ROOM_INFO:
                        if self._enter(frame):
                            self.record.begin(frame.data.get("connectedAt"))
                            return None
                    elif frame is not None and len(self._held) < _MOST_HELD:
                        self._held.append(frame)
        except TimeoutError:
            await self.close(NO_ROOM)
            return NO_ROOM
        except ConnectionClosed:
            return self._end()

    async def read(self) -> Close:
        """Records what comes until the connection ends."""
        for held in self._held:
            self.record.event(held)
        self._held = []
        try:
            async for message in self._messages():
                frame = self._frame(message)
                if frame is None:
                    continue
                if frame.event == events.ROOM_INFO:
                    self._moved(frame)
                else:
                    self.record.event(frame)
                    if self._means.sink.full:
                        await self._means.sink.relief()
        except asyncio.CancelledError:
            self._ours = self._ours or STOPPED
            with suppress(Exception):
                await self._socket.close()
            self._end()
            raise
        return self._end()

    async def close(self, close: Close) -> None:
        """Ends it from our side."""
        self._ours = self._ours or close
        await self._socket.close()

    async def tick(self, at_ms: int) -> None:
        """Says that the line is open, or closes one that says nothing, though the service has to close it."""
        if at_ms - self.heard_ms > self._means.options.silent_after_s * SECOND_MS:
            await self.close(SILENT)
        else:
            self.record.alive(at_ms)

    @property
    def reason(self) -> str:
        """What the service said when it closed."""
        return self._socket.close_reason or ""

    async def _messages(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                message = await self._socket.recv()
            except ConnectionClosed:
                return
            self.heard_ms = self._means.now_ms()
            yield message

    def _frame(self, message: str | bytes) -> Frame | None:
        try:
            return events.read_frame(message)
        except BadFrameError as error:
            self._means.report.refused("bad_frame")
            text = message if isinstance(message, str) else message.decode("utf-8", "replace")
            room = self._cast.room.room_id if self._cast.room else ""
            self._means.sink.reject(events.TOPIC, room, {"room_id": room, "frame": text}, f"unmapped: {error}")
            return None

    def _enter(self, info: Frame) -> bool:
        room_id = info.data.get("roomId")
        if not isinstance(room_id, str | int) or not str(room_id):
            return False
        self._cast.enter(str(room_id), WEBSOCKET)
        return True

    def _moved(self, info: Frame) -> None:
        """A second roomInfo: mostly the same; of another room, what was recorded was of the last one."""
        room = self._cast.room
        if room is not None and str(info.data.get("roomId") or room.room_id) != room.room_id:
            self.record.end(RENEWED, "another room has followed on the same line")
            if self._enter(info):
                self.record = Recording(self._cast, self._means, WEBSOCKET)
                self.record.begin()

    def _end(self) -> Close:
        close = self._ours or close_of(self._socket.close_code)
        self.record.end(close, self.reason)
        return close
