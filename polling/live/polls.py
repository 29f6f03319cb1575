"""Events by requests instead of a socket: where none is free, none is left for the day, or the network lets none through."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from connectors.upstream import tiktools, tiktools_closes
from connectors.upstream.tiktools import LiveState
from connectors.upstream.tiktools_closes import Close, Next
from connectors.upstream.tiktools_events import ROOM_INFO, TOPIC, BadFrameError, frame_of
from polling.live.api import ApiError, LiveApi
from polling.live.broadcast import POLL, Broadcast
from polling.live.session import Means, Recording

_OVER = Close(None, "NOT_LIVE", Next.WAIT, "the creator is not on air")
_UNREADABLE = Close(None, "UNREADABLE", Next.WAIT, "the answer holds events in a form that is not decoded here")
_NO_ANSWER = Close(None, "NO_ANSWER", Next.RETRY, "requests for events had no answer")
_BY_SOCKET = Close(None, "SOCKET", Next.NONE, "a socket is free")
_FAILURES = 5


class Polls:
    """Of all creators that have no socket. They share the key's requests: the gate makes them wait for each other."""

    def __init__(self, api: LiveApi, means: Means) -> None:
        self._api, self._means = api, means
        self._open: dict[str, Recording] = {}

    def tick(self, cast: Broadcast, at_ms: int) -> None:
        """Says that the creator is being polled."""
        if (record := self._open.get(cast.host)) is not None:
            record.alive(at_ms)

    def forget(self, handle: str) -> None:
        """The room is over."""
        self._api.forget_room(handle)

    async def follow(self, cast: Broadcast, told: LiveState, take: Callable[[], bool]) -> bool:
        """Polls until `take` has taken a place for a socket (True), or until the broadcast is over or cannot be read (False)."""
        self._means.report.say(
            f"@{cast.host}: no socket is free: events are asked for every {self._means.options.poll_every_s:.0f} s"
        )
        record = Recording(cast, self._means, POLL)
        close = tiktools_closes.STOPPED
        try:
            close = await self._read(cast, record, told, take)
        finally:
            self._open.pop(cast.host, None)
            record.end(close, "")
        if close is not _BY_SOCKET:
            self._means.report.closed(cast.host, close, "", "the next live check decides")
        if close is _OVER:
            cast.end(_OVER.name, "", POLL, record.connection_id)
            self.forget(cast.host)
        return close is _BY_SOCKET

    async def _read(self, cast: Broadcast, record: Recording, told: LiveState, take: Callable[[], bool]) -> Close:
        cursor, failures = "", 0
        while not take():
            try:
                found = read_fetched(await self._api.ask(tiktools.fetch(cast.host, cursor)))
            except UnreadableError:
                return _UNREADABLE
            except ApiError as error:
                failures += 1
                self._means.report.say(f"@{cast.host}: {error.message}")
                if failures >= _FAILURES:
                    return _NO_ANSWER
            else:
                failures = 0
                if not found.alive:
                    return _OVER
                room_id = found.room_id or told.room_id or (await self._api.room(cast.host)).room_id
                if not room_id:
                    return _UNREADABLE
                if cast.room is None or cast.room.room_id != room_id or record.connected_ms is None:
                    record.end(tiktools_closes.RENEWED, "another room has followed")
                    cast.enter(room_id, POLL, told)
                    record.begin()
                    self._open[cast.host] = record
                self._events(record, found.messages)
                cursor = found.cursor or cursor
            await asyncio.sleep(self._means.options.poll_every_s)
        return _BY_SOCKET

    def _events(self, record: Recording, messages: Any) -> None:
        for message in messages:
            try:
                frame = frame_of(message)
            except BadFrameError as error:
                self._means.report.refused("bad_frame")
                room = record.cast.room.room_id if record.cast.room else ""
                self._means.sink.reject(TOPIC, room, {"room_id": room, "frame": message}, f"unmapped: {error}")
                continue
            if frame.event != ROOM_INFO:
                record.event(frame)


class UnreadableError(ValueError):
    """Events in TikTok's binary form, which only TikTok's own definitions decode."""


def read_fetched(data: object) -> tiktools.Fetched:
    """What the poll answered. The page shows `raw_data` in Base64, and calls it decoded: JSON is read, in either form.

    Raises UnreadableError, AnswerError.
    """
    if not isinstance(data, Mapping):
        raise ApiError("/webcast/fetch: the answer is no object")
    messages = data.get("events") or data.get("messages")
    raw = data.get("raw_data")
    if not isinstance(messages, list) and isinstance(raw, str) and raw:
        try:
            messages = json.loads(base64.b64decode(raw, validate=True))
        except (ValueError, RecursionError):
            raise UnreadableError from None
    return tiktools.Fetched(
        str(data.get("room_id") or ""),
        data.get("alive") is not False,
        str(data.get("cursor") or ""),
        messages if isinstance(messages, list) else [],
    )
