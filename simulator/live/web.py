"""The fake service's requests over HTTP, as an ASGI application."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.live.ledger import Line
from simulator.live.service import LiveService

Answer = Callable[[Mapping[str, Any]], Any]
_SIGNED = {
    "action": "fetch_signed_url",
    "signed_url": "https://webcast.example.invalid/",
    "note": "POST with your sessionid cookie",
}


class Web:
    """Answers of the service. Each request is counted before anything else."""

    def __init__(self, service: LiveService) -> None:
        self._service = service
        self._answers: dict[str, Answer] = {
            "/webcast/bulk_live_check": self._bulk,
            "/webcast/room_id": self._room_id,
            "/webcast/room_info": self._room_info,
            "/webcast/rate_limits": lambda asked: {
                "tier": service.tier.name,
                "api": {"limit": service.tier.requests},
                "websocket": {"limit": service.tier.sockets, "current": service.open_sockets},
            },
            "/webcast/fetch": self._fetch,
            "/webcast/resolve_user_ids": self._resolve,
            "/webcast/rankings": self._rankings,
            "/webcast/ranklist/regional": lambda asked: _SIGNED,
            "/webcast/hashtag_list": self._hashtags,
            "/authentication/jwt": self._jwt,
        }

    def app(self) -> Starlette:
        """The application."""
        return Starlette(routes=[Route(path, self._serve, methods=["GET", "POST"]) for path in self._answers])

    async def _serve(self, request: Request) -> Response:
        path = request.url.path
        refused = self._service.request(path)
        headers = self._service.rate_headers()
        if refused:
            return JSONResponse({"status_code": refused, "message": "too many requests"}, refused, headers)
        if request.headers.get("x-api-key", request.query_params.get("apiKey")) != self._service.key:
            return JSONResponse({"status_code": 401, "message": "invalid key"}, 401, headers)
        asked: Mapping[str, Any] = request.query_params if request.method == "GET" else json.loads(await request.body())
        data = self._answers[path](asked)
        return JSONResponse(data if data is _SIGNED else {"status_code": 0, "data": data}, headers=headers)

    def _state(self, handle: str) -> dict[str, Any]:
        found = self._service.on_air(handle.lower())
        if found is None:
            return {"unique_id": handle, "room_id": "", "alive": False}
        room_id, show = found
        return {"unique_id": handle, "room_id": room_id, "alive": True, "title": f"{show.host} live", "userCount": 100}

    def _bulk(self, asked: Mapping[str, Any]) -> dict[str, bool]:
        handles = [str(name) for name in asked["unique_ids"]]
        counted = self._service.counted
        counted.most_in_bulk = max(counted.most_in_bulk, len(handles))
        return {handle: self._service.on_air(handle.lower()) is not None for handle in handles}

    def _room_id(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._state(str(asked.get("unique_id", ""))), "cached": False, "stale_fix": False}

    def _room_info(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        handle = str(asked.get("unique_id", "")).lower()
        found = self._service.on_air(handle)
        if found is None:
            return {"room_id": "", "alive": False}
        room_id, show = found
        owner = {"id": show.host_id, "uniqueId": handle, "nickname": handle}
        shown = {"title": f"{handle} live", "user_count": 100, "create_time": show.begin_ms // 1000, "like_count": 0}
        return {"room_id": room_id, "alive": True, "owner": owner, **shown}

    def _fetch(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        handle, now = str(asked.get("unique_id", "")).lower(), self._service.now_ms()
        found = self._service.on_air(handle)
        if found is None:
            return {"room_id": "", "alive": False, "message_count": 0, "raw_data": "", "cursor": ""}
        room_id, show = found
        cursor = asked.get("cursor")
        since = int(cursor) if cursor else now - 5_000
        due = [frame for at, frame in show.messages if since < at <= now]
        self._service.ledger.add(Line("frame", now, f"p-{handle}", room_id, handle, frame) for frame in due)
        raw = base64.b64encode(json.dumps(due).encode()).decode()
        return {"room_id": room_id, "alive": True, "message_count": len(due), "raw_data": raw, "cursor": str(now)}

    def _resolve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        names = {show.host_id: show.host for show in self._service.world.all}
        return {number: {"userId": number, "username": names.get(number), "cached": False} for number in asked["user_ids"]}

    def _rankings(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found = self._service.on_air(str(asked.get("unique_id", "")).lower())
        users = [{"id": str(7_000_000_000_000 + n), "uniqueId": f"viewer{n}", "nickname": f"Viewer {n}"} for n in range(5)]
        ranks = [{"rank": n + 1, "score": 500 - 100 * n, "user": user} for n, user in enumerate(users)]
        return {"room_id": found[0] if found else "", "rankings": ranks if found else []}

    def _hashtags(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        tags = ("gaming", "music", "asmr", "cooking")[: int(asked.get("count", 20))]
        return [{"id": str(900 + n), "title": f"#{tag}", "user_count": 15_000 - 1_000 * n} for n, tag in enumerate(tags)]

    def _jwt(self, asked: Mapping[str, Any]) -> dict[str, str]:
        creators = frozenset(str(name) for name in asked.get("allowed_creators", []))
        return {
            "token": self._service.new_token(int(asked.get("expire_after", 3600)), creators, int(asked.get("max_websockets", 1)))
        }
