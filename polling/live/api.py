"""Requests to tik.tools over HTTP: through the gate, one attempt each, and answers kept as long as they hold."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

import httpx

from connectors.clock import SECOND_MS
from connectors.errors import TokpulseError
from connectors.upstream import tiktools
from connectors.upstream.tiktools import LiveCall, LiveState
from connectors.upstream.transport import reason_of
from polling.live.limits import RequestGate
from polling.live.report import Report

_MOST_KEPT: Final = 100_000
_MAX_BODY: Final = 32 * 2**20
V = TypeVar("V")


class ApiError(TokpulseError):
    """A request that had no usable answer; the next one may have."""


class KeyRefusedError(TokpulseError):
    """The service does not take the key: nothing works until somebody corrects it."""


class Kept(Generic[V]):
    """Values by name, each for `seconds`; the oldest go where there are too many."""

    def __init__(self, seconds: float, now_ms: Callable[[], int]) -> None:
        self._for_ms, self._now_ms = int(seconds * SECOND_MS), now_ms
        self._values: OrderedDict[str, tuple[int, V]] = OrderedDict()

    def get(self, name: str) -> V | None:
        """None where there is none, or none any more."""
        found = self._values.get(name)
        return found[1] if found is not None and found[0] > self._now_ms() else None

    def put(self, name: str, value: V) -> None:
        """From now on."""
        self._values.pop(name, None)
        self._values[name] = (self._now_ms() + self._for_ms, value)
        if len(self._values) > _MOST_KEPT:
            self._values.popitem(last=False)

    def drop(self, name: str) -> None:
        """Not true any more."""
        self._values.pop(name, None)


class LiveApi:
    """`client` has the base URL as its own. The key is a header, which no address in a log shows."""

    def __init__(self, client: httpx.AsyncClient, key: str, gate: RequestGate, report: Report, now_ms: Callable[[], int]) -> None:
        self._client, self._key, self._gate, self._report, self._now_ms = client, key, gate, report, now_ms
        self._rooms: Kept[LiveState] = Kept(tiktools.ROOM_ID_S, now_ms)
        self._handles: Kept[tuple[str | None]] = Kept(tiktools.USER_ID_S, now_ms)

    async def ask(self, call: LiveCall) -> Any:
        """The data of an answer. Raises ApiError, KeyRefusedError; ExcludedError for what is out of scope."""
        tiktools.refuse_excluded(call.path)
        async with self._gate.place():
            status, headers, body = await self._send(call)
        self._gate.learn(headers)
        self._report.requested(call.path, status)
        if status == 429:
            self._gate.refused()
            raise ApiError(f"{call.path}: HTTP 429: the service counts more requests than we do; nothing is asked for a minute")
        if status in (401, 403):
            raise KeyRefusedError(
                f"tiktools does not take the key (HTTP {status})", "correct TOKPULSE_TIKTOOLS_KEY: the account's page shows the key"
            )
        if status != 200:
            raise ApiError(f"{call.path}: HTTP {status}")
        try:
            return tiktools.data_of(json.loads(body), call.path)
        except tiktools.AnswerError as error:
            raise ApiError(error.message) from None
        except (ValueError, RecursionError):
            raise ApiError(f"{call.path}: the answer is not JSON") from None

    async def states(self, handles: Iterable[str]) -> dict[str, LiveState]:
        """Who of them is on air; MOST_IN_BULK at most. Whom the answer leaves out is not."""
        asked = list(handles)
        found = tiktools.read_states(await self.ask(tiktools.bulk_live_check(asked)))
        return {handle: found.get(handle, LiveState(False)) for handle in asked}

    async def room(self, handle: str) -> LiveState:
        """The room of a creator, up to 30 minutes old; a new one where the service says that it had a stale one."""
        kept = self._rooms.get(handle)
        if kept is None:
            kept = tiktools.read_state(await self.ask(tiktools.room_id(handle)))
            self._rooms.put(handle, kept)
            if kept.stale_fix:
                self._report.say(f"@{handle} has begun again: the service had another room, which is over")
        return kept

    def forget_room(self, handle: str) -> None:
        """It is over."""
        self._rooms.drop(handle)

    async def handles(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Handles of numeric ids, up to a day old; None for an account that is gone."""
        asked = list(ids)
        wanted = [one for one in asked if self._handles.get(one) is None]
        for start in range(0, len(wanted), tiktools.MOST_USER_IDS):
            part = wanted[start : start + tiktools.MOST_USER_IDS]
            found = tiktools.read_user_ids(await self.ask(tiktools.resolve_user_ids(part)))
            for one in part:
                self._handles.put(one, (found.get(one),))
        return {one: kept[0] for one in asked if (kept := self._handles.get(one)) is not None}

    async def _send(self, call: LiveCall) -> tuple[int, dict[str, str], bytes]:
        headers = {"x-api-key": self._key, "Accept": "application/json", "User-Agent": "tokpulse"}
        method = "GET" if call.body is None else "POST"
        try:
            async with self._client.stream(
                method, call.path, params=dict(call.params), json=call.body, headers=headers
            ) as response:
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _MAX_BODY:
                        raise ApiError(f"{call.path}: the answer is larger than {_MAX_BODY >> 20} MiB")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = reason_of(error)
            self._report.requested(call.path, reason)
            raise ApiError(f"{call.path}: no answer ({reason})") from None
        return response.status_code, {name.lower(): value for name, value in response.headers.items()}, bytes(body)
