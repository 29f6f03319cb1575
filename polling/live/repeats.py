"""Events that came before: a new connection begins with what the last one had, and two overlap while one replaces the other."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from connectors.clock import MINUTE_MS, SECOND_MS

KEPT_MS = 10 * MINUTE_MS
KEPT = 20_000
# What a service sends again it sends at the beginning.
REPLAY_MS = 10 * SECOND_MS
# Older events are not sent again.
REPLAYED_MS = 2 * MINUTE_MS


@dataclass
class _Seen:
    """Receipts of one content without an id, by connection: those that a later connection has not matched yet."""

    receipts: deque[tuple[int, str]] = field(default_factory=deque)


class Repeats:
    """Of one room. Events are known for 10 minutes, KEPT of them at most; memory does not grow beyond that."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, int] = OrderedDict()
        self._contents: OrderedDict[str, _Seen] = OrderedDict()

    def is_repeat(self, event_id: str, content: str, connection_id: str, received_ms: int, *, replaying: bool) -> bool:
        """Whether the event was here before; remembers it.

        `content` is empty where `event_id` comes from upstream. Without such an id the same content in the same second is one
        event, and what another connection had within two minutes, while this one is `replaying`, is a repeat: each receipt once,
        since a viewer may do the same again.
        """
        self._forget(received_ms)
        if content and replaying and self._matches(content, connection_id, received_ms):
            return True
        if event_id in self._ids:
            return True
        self._ids[event_id] = received_ms
        if content:
            seen = self._contents.setdefault(content, _Seen())
            while seen.receipts and seen.receipts[0][0] < received_ms - REPLAYED_MS:
                seen.receipts.popleft()
            seen.receipts.append((received_ms, connection_id))
            self._contents.move_to_end(content)
        return False

    def __len__(self) -> int:
        return len(self._ids)

    def _matches(self, content: str, connection_id: str, received_ms: int) -> bool:
        seen = self._contents.get(content)
        if seen is None:
            return False
        for at, (earlier_ms, of) in enumerate(seen.receipts):
            if of != connection_id and earlier_ms >= received_ms - REPLAYED_MS:
                del seen.receipts[at]
                # The connection that repeats it has it now: the next one may repeat it again.
                seen.receipts.append((received_ms, connection_id))
                return True
        return False

    def _forget(self, now_ms: int) -> None:
        while self._ids and (len(self._ids) > KEPT or next(iter(self._ids.values())) < now_ms - KEPT_MS):
            self._ids.popitem(last=False)
        while self._contents and (len(self._contents) > KEPT or self._last(next(iter(self._contents))) < now_ms - REPLAYED_MS):
            self._contents.popitem(last=False)

    def _last(self, content: str) -> int:
        receipts = self._contents[content].receipts
        return receipts[-1][0] if receipts else 0
