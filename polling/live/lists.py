"""What is asked for beside the events: rooms, rankings, hashtags."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from connectors.clock import SECOND_MS
from connectors.upstream import tiktools
from connectors.upstream import tiktools_events as events
from connectors.upstream.tiktools import ExcludedError
from connectors.upstream.tiktools_events import Frame, Room
from polling.live.api import ApiError, LiveApi
from polling.live.broadcast import Broadcast
from polling.live.session import Means

# Of records that no connection brought.
CONNECTION: Final = "list"
_STEP_S: Final = 5.0


class Lists:
    """Asks by its cadences. `casts` are the broadcasts of all creators."""

    def __init__(self, api: LiveApi, means: Means, casts: Callable[[], Iterable[Broadcast]]) -> None:
        self._api, self._means, self._casts = api, means, casts
        self._looked_up: dict[str, str] = {}
        self._refused: set[str] = set()
        self._ranked_ms: dict[tuple[str, str], int] = {}
        self._hashtags_ms = 0

    async def run(self) -> None:
        """Until it is cancelled. Raises KeyRefusedError."""
        while True:
            await self._rooms()
            await self._rankings()
            await self._hashtags()
            await asyncio.sleep(_STEP_S)

    async def _rooms(self) -> None:
        """Host, title and beginning of each new room, once."""
        for cast in list(self._casts()):
            room = cast.room
            if room is None or not cast.on_air or self._looked_up.get(cast.host) == room.room_id:
                continue
            self._looked_up[cast.host] = room.room_id
            data = await self._ask(tiktools.room_info(cast.host))
            if isinstance(data, Mapping) and str(data.get("room_id") or room.room_id) == room.room_id and cast.room is room:
                cast.know(*_room_facts(data))

    async def _rankings(self) -> None:
        options, now = self._means.options, self._means.now_ms()
        for cast in list(self._casts()):
            for rank_type in options.rank_types:
                due = self._ranked_ms.get((cast.host, rank_type), 0) + options.rankings_every_s * SECOND_MS
                if not cast.on_air or rank_type in self._refused or now < due:
                    continue
                self._ranked_ms[cast.host, rank_type] = now
                try:
                    data = await self._ask(tiktools.rankings(cast.host, rank_type))
                except ExcludedError as error:
                    # It will not be otherwise the next time.
                    self._refused.add(rank_type)
                    self._means.report.say(f"ranking {rank_type}: {error.message}")
                    continue
                if cast.room is not None and data is not None:
                    self._write(cast.room, list(events.ranking_frames(data, rank_type, uuid.uuid4().hex)))

    async def _hashtags(self) -> None:
        options, now = self._means.options, self._means.now_ms()
        if options.hashtags_every_s and now >= self._hashtags_ms + options.hashtags_every_s * SECOND_MS:
            self._hashtags_ms = now
            data = await self._ask(tiktools.hashtag_list(options.hashtags))
            self._write(Room(events.ROOMLESS, ""), list(events.hashtag_frames(data, uuid.uuid4().hex)))

    async def _ask(self, call: tiktools.LiveCall) -> Any:
        try:
            return await self._api.ask(call)
        except ApiError as error:
            self._means.report.say(error.message)
            return None

    def _write(self, room: Room, frames: list[Frame]) -> None:
        now = self._means.now_ms()
        for place, frame in enumerate(frames):
            list_id = frame.data.get("listId") or frame.data.get("list_id")
            self._means.sink.add(events.TOPIC, events.record_of(frame, room, f"l:{list_id}:{place}", CONNECTION, place, now))
            self._means.report.event(frame.event)


def _room_facts(data: Mapping[str, Any]) -> tuple[str, str, int | None, int | None]:
    """(host's id, title, beginning in Unix milliseconds, viewers); empty and None where it is not told."""
    owner = data.get("owner")
    owner = owner if isinstance(owner, Mapping) else {}
    number = owner.get("id") or owner.get("userId") or owner.get("id_str") or ""
    viewers = data.get("user_count")
    started = events.sent_at({"createTime": data.get("create_time")})
    return str(number), str(data.get("title") or ""), started, viewers if isinstance(viewers, int) else None
