"""Never more than the service allows: requests per minute, sockets at once, and what is counted by the day."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from connectors.clock import DAY_MS, SECOND_MS
from connectors.files import replace_file
from connectors.upstream.tiktools_limits import WINDOW_S

_WINDOW_MS = WINDOW_S * SECOND_MS
# How far a limit of the service may lie ahead: a clock that goes wrong must not stop us for days.
_LONGEST_WAIT_MS = 10 * _WINDOW_MS


class RequestGate:
    """Lets requests through, `limit` per sliding minute as the server sees them.

    A request occupies its place from before it is sent until a minute after its answer came: the server received it in between,
    so that its own minute is never fuller, however slow the way is. What the server tells of its limit counts where it is tighter.
    """

    def __init__(self, limit: int, now_ms: Callable[[], int]) -> None:
        self.limit = limit
        self._now_ms = now_ms
        self._open = 0
        self._ended: deque[int] = deque()
        self._closed_until_ms = 0
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Waits for a place, in the order of asking, and keeps it."""
        async with self._turn:
            while (wait_ms := self._wait_ms()) > 0:
                await asyncio.sleep(wait_ms / SECOND_MS)
            self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._ended.append(self._now_ms())

    def learn(self, headers: Mapping[str, str]) -> None:
        """What `X-RateLimit-*` says: a smaller limit is taken over, and without requests left we wait for the reset."""
        limit, remaining, reset = (_number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset"))
        if limit:
            self.tighten(limit)
        if remaining == 0 and reset is not None:
            self.close_until(reset * SECOND_MS)

    def tighten(self, limit: int) -> None:
        """What the service allows, where that is less."""
        self.limit = max(1, min(self.limit, limit))

    def close_until(self, at_ms: int) -> None:
        """Nothing goes through until then."""
        self._closed_until_ms = max(self._closed_until_ms, min(at_ms, self._now_ms() + _LONGEST_WAIT_MS))

    def refused(self) -> None:
        """A 429: the server counts more than we do, so its whole window has to pass."""
        self.close_until(self._now_ms() + _WINDOW_MS)

    def _wait_ms(self) -> int:
        now = self._now_ms()
        while self._ended and self._ended[0] <= now - _WINDOW_MS:
            self._ended.popleft()
        if self._closed_until_ms > now:
            return self._closed_until_ms - now
        if self._open + len(self._ended) < self.limit:
            return 0
        # Those under way leave their place later than any that has ended.
        return self._ended[0] + _WINDOW_MS - now if self._ended else SECOND_MS // 10


class Slots:
    """Places for sockets. One is given back when the server knows that the socket is closed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    def take(self) -> bool:
        """False where none is free."""
        if self.taken >= self.limit:
            return False
        self.taken += 1
        return True

    def give_back(self) -> None:
        """Of one that was taken."""
        self.taken -= 1


class DailyCount:
    """How much of `limit` (None: no limit) a UTC day has used: in a small file, so that a restart forgets nothing."""

    def __init__(self, path: Path, limit: int | None, now_ms: Callable[[], int]) -> None:
        self._path, self.limit, self._now_ms = path, limit, now_ms
        self._day, self._used = 0, 0
        with suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._day, self._used = int(kept["day"]), int(kept["used"])

    @property
    def left(self) -> int | None:
        """What today may still use; None for any number."""
        self._turn()
        return None if self.limit is None else max(0, self.limit - self._used)

    def use(self, count: int = 1) -> bool:
        """Counts before it is done. False, and not counted, where it would be too much. Raises OSError."""
        left = self.left
        if left is not None and count > left:
            return False
        self._used += count
        replace_file(self._path, json.dumps({"day": self._day, "used": self._used}))
        return True

    def until_midnight_s(self) -> float:
        """Seconds to the next UTC day."""
        return (DAY_MS - self._now_ms() % DAY_MS) / SECOND_MS

    def _turn(self) -> None:
        day = self._now_ms() // DAY_MS
        if day > self._day:
            self._day, self._used = day, 0


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None
