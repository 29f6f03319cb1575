"""The fake LIVE service without its wires: who may do what, how much of it, and what is so at a moment. Limits count here."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.clock import DAY_MS, MINUTE_MS, SECOND_MS
from connectors.upstream.tiktools_limits import Tier
from simulator.live.ledger import LiveLedger
from simulator.live.script import LiveScript
from simulator.live.world import LiveWorld, Show

KEY = "demo-key"


@dataclass(frozen=True)
class Token:
    """A JWT of ours."""

    expires_ms: int
    made_ms: int
    creators: frozenset[str]
    max_websockets: int


@dataclass
class Counted:
    """The most that was seen at once, for whoever asks whether a client keeps the limits."""

    requests_in_a_minute: int = 0
    sockets: int = 0
    connects: Counter[int] = field(default_factory=Counter)  # by UTC day
    requests: Counter[str] = field(default_factory=Counter)  # by path
    refused: Counter[str] = field(default_factory=Counter)
    most_in_bulk: int = 0


class LiveService:
    """The state. `now_ms` is the true clock; what the service shows of it is off while the script says so."""

    def __init__(
        self,
        world: LiveWorld,
        tier: Tier,
        now_ms: Callable[[], int],
        script: LiveScript | None = None,
        ledger: LiveLedger | None = None,
        *,
        key: str = KEY,
        caption_credits: int = 1_000,
    ) -> None:
        self.world, self.tier, self.now_ms = world, tier, now_ms
        self.script = script or LiveScript()
        self.ledger = ledger or LiveLedger()
        self.key = key
        self.counted = Counted()
        self.credits_total = self.credits_left = caption_credits
        self.tokens: dict[str, Token] = {}
        self._requests: deque[int] = deque()
        self._open = 0
        self._open_by_token: Counter[str] = Counter()

    def since_start(self) -> int:
        """Milliseconds of the script."""
        return self.now_ms() - self.world.start_ms

    def shown_ms(self) -> int:
        """What the service takes for the time."""
        act = self.script.holds("skew", self.since_start())
        return self.now_ms() + (act.seconds * SECOND_MS if act else 0)

    def on_air(self, handle: str) -> tuple[str, Show] | None:
        """(room, show) of a creator who is."""
        show = self.world.show_at(handle, self.now_ms())
        if show is None:
            return None
        begun = show.begin_ms - self.world.start_ms
        creator = self.world.handles.index(handle)
        again = self.script.happened("restart", self.since_start(), creator) - self.script.happened("restart", begun, creator)
        return str(int(show.room_id) + again), show

    # Requests

    def request(self, path: str) -> int:
        """Counts a request: the HTTP status it is to be refused with, or 0."""
        now = self.now_ms()
        while self._requests and self._requests[0] <= now - MINUTE_MS:
            self._requests.popleft()
        self._requests.append(now)
        self.counted.requests[path] += 1
        self.counted.requests_in_a_minute = max(self.counted.requests_in_a_minute, len(self._requests))
        if len(self._requests) > self.tier.requests or self.script.holds("refuse_requests", self.since_start()):
            self.counted.refused["429"] += 1
            return 429
        return 0

    def rate_headers(self) -> dict[str, str]:
        """What every answer has; the reset is when the oldest request leaves the window."""
        now = self.now_ms()
        oldest = self._requests[0] if self._requests else now
        return {
            "X-RateLimit-Limit": str(self.tier.requests),
            "X-RateLimit-Remaining": str(max(0, self.tier.requests - len(self._requests))),
            "X-RateLimit-Reset": str(-(-(oldest + MINUTE_MS) // SECOND_MS)),
        }

    def new_token(self, seconds: int, creators: frozenset[str], max_websockets: int) -> str:
        """A JWT."""
        text = f"eyJ.{secrets.token_hex(12)}"
        self.tokens[text] = Token(self.now_ms() + seconds * SECOND_MS, self.now_ms(), creators, max_websockets)
        return text

    # Sockets

    def admit(self, handle: str, key: str, token: str) -> int:
        """The close code with which a socket is refused, or 0: then it is counted until `leave`."""
        now = self.now_ms()
        self.counted.connects[now // DAY_MS] += 1
        code = self._refusal(handle, key, token)
        if code == 0:
            self._open += 1
            self._open_by_token[token] += 1
            self.counted.sockets = max(self.counted.sockets, self._open)
        else:
            self.counted.refused[str(code)] += 1
        return code

    @property
    def open_sockets(self) -> int:
        """Now."""
        return self._open

    def leave(self, token: str) -> None:
        """The socket is closed."""
        self._open -= 1
        self._open_by_token[token] -= 1

    def is_valid(self, token: str) -> bool:
        """Of a JWT, now."""
        known = self.tokens.get(token)
        expired_ms = self.world.start_ms + self.script.last("expire_tokens", self.since_start())
        return known is not None and self.now_ms() < known.expires_ms and known.made_ms > expired_ms

    def _refusal(self, handle: str, key: str, token: str) -> int:
        if not handle or not (key or token):
            return 4400
        known = self.tokens.get(token)
        if token:
            if not self.is_valid(token) or known is None:
                return 4401
            if handle not in known.creators:
                return 4403
            if self._open_by_token[token] >= known.max_websockets:
                return 4429
        elif key != self.key:
            return 4401
        per_day = self.tier.connects_per_day
        if self._open >= self.tier.sockets or (per_day is not None and self.counted.connects[self.now_ms() // DAY_MS] > per_day):
            return 4429
        return 0 if self.on_air(handle) else 4404
