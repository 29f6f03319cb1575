"""The fake service's WebSockets: rooms and captions, with all that a bad day does to them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from connectors.clock import MINUTE_MS, SECOND_MS
from simulator.live.ledger import Line
from simulator.live.script import Act
from simulator.live.service import LiveService
from simulator.live.world import Message, Show

# What a new connection begins with.
_REPLAY_MS: Final = 5 * SECOND_MS
# Frames that are due within it leave together: their lines of the ledger are one write.
_LOT_MS: Final = 20
_SILENT_MS: Final = 60 * SECOND_MS
_ABNORMAL: Final = 1006
_UNKNOWN: Final[dict[str, Any]] = {"event": "sparkleRain", "data": {"type": "sparkleRain", "drops": 7, "comment": "what is this"}}


class Rooms:
    """Handles connections. `speed` is how much faster than the machine's clock the service's runs."""

    def __init__(self, service: LiveService, speed: float = 1.0) -> None:
        self._service, self._speed = service, speed
        self._number = 0

    async def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """HTTP instead of a socket, while the script says so."""
        if self._service.script.holds("no_sockets", self._service.since_start()):
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "no sockets\n")
        return None

    async def __call__(self, socket: ServerConnection) -> None:
        """One connection, to its end."""
        assert socket.request is not None
        parts = urlsplit(socket.request.path)
        asked = dict(parse_qsl(parts.query))
        handle, token = asked.get("uniqueId", "").lower(), asked.get("jwtKey", "")
        code = self._service.admit(handle, asked.get("apiKey", ""), token)
        if code:
            await socket.close(code, "refused")
            return
        self._number += 1
        try:
            if parts.path.rstrip("/") == "/captions":
                await _Captions(socket, self._service, self, handle, f"c{self._number}", asked).run()
            else:
                await _Stream(socket, self._service, self, handle, f"s{self._number}", token).run()
        except ConnectionClosed:
            pass
        finally:
            self._service.leave(token)

    async def sleep_until(self, at_ms: int) -> None:
        """By the service's clock."""
        await asyncio.sleep(max(0.0, (at_ms - self._service.now_ms()) / SECOND_MS / self._speed))


class _Stream:
    def __init__(self, socket: ServerConnection, service: LiveService, rooms: Rooms, handle: str, name: str, token: str) -> None:
        found = service.on_air(handle)
        assert found is not None, "admitted"
        self.room_id: str = found[0]
        self.show: Show = found[1]
        self.socket, self.service, self.rooms, self.handle, self.name, self.token = socket, service, rooms, handle, name, token
        self.creator = service.world.handles.index(handle)
        self.sent: deque[Message] = deque(maxlen=200)
        self.held: list[Message] = []
        self.hold = 0
        self.mute_until_ms = 0
        self.mute_from_ms = 0
        self.closes = True

    async def run(self) -> None:
        service, opened = self.service, self.service.now_ms()
        self._note("open")
        at = datetime.fromtimestamp(service.shown_ms() / SECOND_MS, UTC).isoformat(timespec="milliseconds")
        await self.send([{"event": "roomInfo", "roomId": self.room_id, "uniqueId": self.handle, "connectedAt": at}])
        messages = self.show.messages
        place = next((n for n, (due, _) in enumerate(messages) if due > opened - _REPLAY_MS), len(messages))
        acted_ms = service.since_start()
        watching = asyncio.ensure_future(self.socket.wait_closed())
        try:
            while True:
                now = service.now_ms()
                lot = []
                while place < len(messages) and messages[place][0] <= now:
                    lot.append(messages[place][1])
                    place += 1
                if lot and now >= self.mute_until_ms:
                    await self.send(self._ordered(lot))
                upto = service.since_start()
                for act in service.script.between(self.creator, acted_ms, upto):
                    if await self._act(act):
                        return None
                acted_ms = upto
                if place >= len(messages):
                    return await self.close(4005)
                if now - opened >= service.tier.lifetime_s * SECOND_MS:
                    return await self.close(4555)
                if (
                    self.mute_until_ms
                    and self.closes
                    and _SILENT_MS <= now - self.mute_from_ms < self.mute_until_ms - self.mute_from_ms
                ):
                    return await self.close(4006)
                if watching.done():
                    self._note("close", code=self.socket.close_code)
                    return None
                pause = asyncio.ensure_future(self.rooms.sleep_until(self._next_ms(now, messages[place][0], opened)))
                await asyncio.wait({pause, watching}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
        except ConnectionClosed:
            self._note("close", code=self.socket.close_code)
            raise
        finally:
            watching.cancel()

    def _next_ms(self, now: int, message_ms: int, opened: int) -> int:
        """When there is something to do again."""
        service = self.service
        act_ms = service.script.next_after(self.creator, service.since_start())
        due = [message_ms, opened + service.tier.lifetime_s * SECOND_MS, now + 30 * SECOND_MS]
        if act_ms is not None:
            due.append(service.world.start_ms + act_ms)
        if self.mute_until_ms > now:
            due.append(self.mute_from_ms + _SILENT_MS)
        return max(now + _LOT_MS, min(due))

    async def send(self, frames: list[Any]) -> None:
        now = self.service.now_ms()
        self.service.ledger.add(Line("frame", now, self.name, self.room_id, self.handle, frame) for frame in frames)
        for frame in frames:
            if isinstance(frame, dict):
                self.sent.append(frame)
            await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame, separators=(",", ":")))

    async def close(self, code: int) -> None:
        self._note("close", code=code)
        await self.socket.close(code, "scripted" if code not in (4005, 4555) else "")

    def _ordered(self, lot: list[Message]) -> list[Message]:
        if self.hold:
            self.held += lot
            if len(self.held) < self.hold:
                return []
            lot, self.held, self.hold = self.held[::-1], [], 0
        return lot

    async def _act(self, act: Act) -> bool:
        """True where the connection is over."""
        if act.do == "close":
            if act.code == _ABNORMAL:
                return self._break(b"")
            if act.code != 4401 or self.token:
                await self.close(act.code)
                return True
        elif act.do == "restart":
            await self.close(4500)
            return True
        elif act.do == "cut":
            # The head of a text frame of 200 bytes, and some of them.
            return self._break(b"\x81\x7e\x00\xc8" + b'{"event":"chat","data":{"comm')
        elif act.do == "silence":
            self.mute_from_ms, self.closes = self.service.now_ms(), act.code != 0
            self.mute_until_ms = self.mute_from_ms + act.seconds * SECOND_MS
        elif act.do == "repeat":
            await self.send(list(self.sent)[-act.count :])
        elif act.do == "reorder":
            self.hold = act.count
        elif act.do == "unknown":
            await self.send([{**_UNKNOWN, "data": {**_UNKNOWN["data"], "msgId": f"{self.name}-{self.service.now_ms()}"}}])
        elif act.do == "garbage":
            await self.send(["this is {no JSON"])
        return False

    def _break(self, bytes_before: bytes) -> bool:
        self._note("close")
        if bytes_before:
            self.socket.transport.write(bytes_before)
        self.socket.transport.abort() if not bytes_before else self.socket.transport.close()
        return True

    def _note(self, what: Any, code: int | None = None) -> None:
        self.service.ledger.add([Line(what, self.service.now_ms(), self.name, self.room_id, self.handle, None, code)])


class _Captions:
    def __init__(
        self, socket: ServerConnection, service: LiveService, rooms: Rooms, handle: str, name: str, asked: dict[str, str]
    ) -> None:
        self.socket, self.service, self.rooms, self.handle, self.name, self.asked = socket, service, rooms, handle, name, asked

    async def run(self) -> None:
        service, found = self.service, self.service.on_air(self.handle)
        assert found is not None, "admitted"
        room_id, show = found
        begun, number, charged, told_ms = service.now_ms(), 0, 0, 0
        longest = min(300, int(self.asked.get("max_duration_minutes", "60"))) * MINUTE_MS
        service.ledger.add([Line("open", begun, self.name, room_id, self.handle)])
        await self._send(room_id, {"type": "status", "status": "transcribing", "message": ""})
        while self.socket.close_code is None:
            now = service.now_ms()
            while charged <= (now - begun) // MINUTE_MS:
                charged += 1
                service.credits_left = max(0, service.credits_left - 1)
            if service.script.happened("no_credits", service.since_start()):
                service.credits_left = 0
            if now - told_ms >= 30 * SECOND_MS:
                told_ms = now
                left, total = service.credits_left, service.credits_total
                await self._send(room_id, {"type": "credits", "total": total, "used": total - left, "remaining": left})
                if left * 5 <= total:
                    await self._send(room_id, {"type": "credits_low", "remaining": left, "percentage": 100 * left // total})
            if service.credits_left == 0 or now - begun >= longest or now >= show.end_ms:
                await self._send(room_id, {"type": "status", "status": "ended", "message": ""})
                service.ledger.add([Line("close", now, self.name, room_id, self.handle, None, 1000)])
                return await self.socket.close(1000)
            text, speaker = service.world.spoken(show, number), f"Speaker {1 + number % 2}"
            number += 1
            for end, final in ((len(text) // 2, False), (len(text), True)):
                await self._send(
                    room_id,
                    {"type": "caption", "text": text[:end], "speaker": speaker, "isFinal": final, "language": "en", "n": number},
                )
            if target := self.asked.get("translate"):
                said = {
                    "type": "translation",
                    "text": f"[{target}] {text}",
                    "speaker": speaker,
                    "targetLanguage": target,
                    "n": number,
                }
                await self._send(room_id, said)
            await self.rooms.sleep_until(now + 3 * SECOND_MS)
        service.ledger.add([Line("close", service.now_ms(), self.name, room_id, self.handle, None, self.socket.close_code)])
        return None

    async def _send(self, room_id: str, frame: Message) -> None:
        self.service.ledger.add([Line("frame", self.service.now_ms(), self.name, room_id, self.handle, frame)])
        await self.socket.send(json.dumps(frame, separators=(",", ":")))
