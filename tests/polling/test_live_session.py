"""One connection, frame by frame: what comes before the room is known, and a room that changes on the way."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from polling.live.broadcast import Broadcast
from polling.live.options import LiveOptions
from polling.live.report import Report
from polling.live.session import Means, Session
from tests.polling.live_day import Kept

NOW = 1_796_083_200_000


class Line:
    """A socket that has these messages, and then is closed with `code`; silent for ever where that is None."""

    def __init__(self, *messages: Any, code: int | None = 4500) -> None:
        self._messages = [message if isinstance(message, str) else json.dumps(message) for message in messages]
        self._code = code
        self.close_code: int | None = None
        self.close_reason = "because"

    async def recv(self) -> str | bytes:
        if self._messages:
            return self._messages.pop(0)
        if self._code is None:
            await asyncio.Event().wait()
        self.close_code = self._code
        raise ConnectionClosed(None, None)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.close_code = code


def info(room: Any) -> dict[str, Any]:
    return {"event": "roomInfo", "roomId": room, "uniqueId": "ada", "connectedAt": "2026-12-01T00:00:00Z"}


def chat(number: int) -> dict[str, Any]:
    return {"event": "chat", "data": {"comment": "hi", "msgId": str(number)}}


def followed(line: Line, first_frame_s: float = 10.0) -> tuple[Kept, Any, Any]:
    kept, said = Kept(), list[str]()
    cast = Broadcast("ada", "", kept, lambda: NOW)
    means = Means(kept, LiveOptions(first_frame_s=first_frame_s), Report(say=said.append), lambda: NOW)

    async def run() -> tuple[Any, Any]:
        session = Session(line, cast, means)
        refused = await session.greet()
        return refused, None if refused else await session.read()

    refused, close = asyncio.run(run())
    return kept, refused, close


def test_events_before_the_room_is_known_wait_for_it() -> None:
    kept, _, close = followed(Line(chat(1), "{", chat(2), info(7), chat(3)))
    assert [(record["room_id"], record["event_id"]) for record in kept.events] == [("7", "m:1"), ("7", "m:2"), ("7", "m:3")]
    assert len(kept.rejected) == 1
    assert close.name == "TIKTOK_CLOSED"
    (gone,) = kept.changes("disconnected")
    assert (gone["events"], gone["reason"]) == (3, "because")


@pytest.mark.parametrize("room", [None, "", [], {"id": 7}])
def test_a_room_without_an_id_is_none(room: Any) -> None:
    kept, refused, _ = followed(Line(info(room), chat(1)))
    assert refused.name == "TIKTOK_CLOSED"
    assert kept.events == kept.rooms == []


def test_a_line_that_names_no_room_is_left() -> None:
    line = Line(chat(1), code=None)
    kept, refused, _ = followed(line, first_frame_s=0.01)
    assert refused.name == "NO_ROOM_INFO"
    assert line.close_code == 1000
    assert kept.events == []


def test_another_room_on_the_same_line_ends_the_first() -> None:
    kept, _, _ = followed(Line(info(7), chat(1), info(7), chat(2), info(8), chat(3)))
    assert [(record["room_id"], record["event_id"]) for record in kept.events] == [("7", "m:1"), ("7", "m:2"), ("8", "m:3")]
    ends = [(record["room_id"], record["change"], record["close_name"]) for record in kept.rooms if record["close_name"]]
    assert ends == [("7", "disconnected", "RENEWED"), ("7", "ended", "RESTARTED"), ("8", "disconnected", "TIKTOK_CLOSED")]
    assert len({record["connection_id"] for record in kept.events}) == 2
