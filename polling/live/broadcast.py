"""Where a creator's broadcast stands: its room, and the records of `tiktok.live.rooms`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from connectors.upstream.tiktools import LiveState
from connectors.upstream.tiktools_closes import RESTARTED
from connectors.upstream.tiktools_events import Room
from polling.live.repeats import Repeats

TOPIC: Final = "tiktok.live.rooms"
WEBSOCKET, POLL, CAPTIONS, CHECK = "websocket", "poll", "captions", "check"


class Sink(Protocol):
    """Takes records on their way to Kafka."""

    @property
    def full(self) -> bool:
        """Whether whoever reads a socket should wait for `relief`."""

    def add(self, topic: str, record: Mapping[str, Any]) -> None:
        """In the order of calls, within a topic. A record of a room goes when all events that were added before are in Kafka."""

    def reject(self, topic: str, key: str, what: Any, why: str) -> None:
        """What cannot become a record: to the dead letters."""

    async def relief(self) -> None:
        """Returns when there is room."""


class Broadcast:
    """Of one creator. `room` is the newest room, None before the first; its events are told from repeats by `repeats`."""

    def __init__(self, host: str, host_id: str, sink: Sink, now_ms: Callable[[], int]) -> None:
        self.host, self.host_id = host, host_id
        self.room: Room | None = None
        self.repeats = Repeats()
        self.viewers: int | None = None
        self.total_viewers: int | None = None
        self._sink, self._now_ms = sink, now_ms
        self._is_over = True

    @property
    def on_air(self) -> bool:
        """Whether the room is not known to be over."""
        return self.room is not None and not self._is_over

    def enter(self, room_id: str, source: str, told: LiveState | None = None) -> Room:
        """The creator is on air in this room. Another one than before ends that."""
        if self.room is not None and self.room.room_id == room_id:
            # A room that was said to be over goes on.
            self._is_over = False
            return self.room
        if self.on_air:
            self.end(RESTARTED, f"room {room_id} has followed", source)
        self.room = Room(room_id, self.host, self.host_id)
        self.repeats = Repeats()
        self._is_over = False
        self.viewers, self.total_viewers = told.viewers if told else None, None
        self.change("started", source, title=told.title or None if told else None)
        return self.room

    def know(self, host_id: str, title: str, started_ms: int | None, viewers: int | None) -> None:
        """What a look-up told of the room later: a second `started`."""
        if self.room is not None and self.on_air:
            self.host_id = host_id or self.host_id
            self.room = Room(self.room.room_id, self.host, self.host_id)
            self.viewers = self.viewers if viewers is None else viewers
            self.change("started", CHECK, title=title or None, started_at=started_ms)

    def end(self, name: str, reason: str, source: str, connection_id: str | None = None) -> None:
        """The room is over; said once."""
        if self.on_air:
            self._is_over = True
            self.change("ended", source, connection_id=connection_id, close_name=name, reason=reason or None)

    def change(
        self, change: str, source: str, at_ms: int | None = None, extra: Mapping[str, Any] | None = None, **fields: Any
    ) -> None:
        """A record of the room; `at_ms` is now."""
        room = self.room
        assert room is not None, "a change is one of a room"
        record = dict.fromkeys(_NULLABLE)
        record |= {
            "room_id": room.room_id,
            "change": change,
            "host_id": self.host_id or None,
            "host_unique_id": self.host,
            "source": source,
            "viewer_count": self.viewers,
            "total_viewers": self.total_viewers,
            "payload": json.dumps(extra, separators=(",", ":")) if extra else "{}",
            "ingested_at": self._now_ms() if at_ms is None else at_ms,
            **fields,
        }
        self._sink.add(TOPIC, record)


_NULLABLE: Final = (
    "host_id",
    "connection_id",
    "close_code",
    "close_name",
    "outcome",
    "reason",
    "connected_at",
    "until_at",
    "events",
    "repeats",
    "started_at",
    "title",
    "viewer_count",
    "total_viewers",
)
