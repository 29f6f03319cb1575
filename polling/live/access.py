"""By which right sockets are opened: the key itself, or tokens that are renewed before they expire."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from connectors.clock import SECOND_MS
from connectors.upstream import tiktools
from polling.live.api import LiveApi

# A token is renewed so long before its end that a connect with it is over by then.
_MARGIN_S: Final = 300


class Access:
    """Addresses of sockets. With `creators` each socket gets a token for these creators alone; without, the key."""

    def __init__(
        self,
        base_url: str,
        key: str,
        now_ms: Callable[[], int],
        api: LiveApi | None = None,
        creators: Callable[[], Collection[str]] | None = None,
        max_websockets: int = 1,
    ) -> None:
        self._base_url, self._key, self._now_ms = base_url, key, now_ms
        self._api, self._creators, self._max = api, creators, max_websockets
        self._token = ""
        self._valid_until_ms = 0
        self._allowed: frozenset[str] = frozenset()

    async def socket_url(self, handle: str, path: str = "", **params: str) -> str:
        """The address of a socket to this creator. Raises ApiError, KeyRefusedError."""
        return tiktools.socket_url(self._base_url, path, {"uniqueId": handle, **await self._right(), **params})

    def renew(self) -> bool:
        """A token was refused. False where there is none, or where it is new: then another one would not help."""
        if not self._token or self._valid_until_ms - self._now_ms() > (tiktools.JWT_S - _MARGIN_S - 60) * SECOND_MS:
            return False
        self._token = ""
        return True

    async def _right(self) -> dict[str, str]:
        if self._api is None or self._creators is None:
            return {"apiKey": self._key}
        wanted = frozenset(self._creators())
        if not self._token or self._now_ms() >= self._valid_until_ms or not wanted <= self._allowed:
            asked_ms = self._now_ms()
            self._token = tiktools.read_jwt(await self._api.ask(tiktools.jwt(wanted, self._max)))
            self._valid_until_ms = asked_ms + (tiktools.JWT_S - _MARGIN_S) * SECOND_MS
            self._allowed = wanted
        return {"jwtKey": self._token}
