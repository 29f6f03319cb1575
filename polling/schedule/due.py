"""The queue of feeds: by time until they are due, by worth among those that are."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from polling.schedule.feed_state import FeedState

# Up to so many due feeds are ranked for each request; more only now and then, for ranking costs more than it gains.
_FEW = 256
_RANK_EVERY_MS = 60_000


class DueQueue:
    """Feeds that wait. A feed is in it at most once; those that are `gone` fall out when their turn comes."""

    def __init__(self) -> None:
        self._later: list[tuple[int, int, FeedState]] = []
        self._ranked: list[FeedState] = []  # the best one last
        self._unranked: list[FeedState] = []
        self._ranked_ms = 0
        self._numbers = itertools.count()

    def put(self, state: FeedState, ready_ms: int) -> None:
        """`state` may be taken from `ready_ms` on."""
        heapq.heappush(self._later, (ready_ms, next(self._numbers), state))

    def pop(self, now_ms: int) -> FeedState | None:
        """The due feed with the highest score; None when none is due."""
        self._promote(now_ms)
        while self._ranked or self._unranked:
            few = len(self._ranked) + len(self._unranked) <= _FEW
            if few or not self._ranked or now_ms - self._ranked_ms >= _RANK_EVERY_MS:
                self._rank(now_ms)
            state = self._ranked.pop()
            if not state.gone:
                return state
        return None

    def depth(self, now_ms: int) -> int:
        """How many feeds are due and wait."""
        self._promote(now_ms)
        return len(self._ranked) + len(self._unranked)

    def next_ms(self) -> int | None:
        """When the next feed becomes due; None when no feed waits for its time."""
        return self._later[0][0] if self._later else None

    def __len__(self) -> int:
        return len(self._later) + len(self._ranked) + len(self._unranked)

    def _promote(self, now_ms: int) -> None:
        while self._later and self._later[0][0] <= now_ms:
            self._unranked.append(heapq.heappop(self._later)[2])

    def _rank(self, now_ms: int) -> None:
        if self._unranked or now_ms != self._ranked_ms:
            self._ranked += self._unranked
            self._unranked = []
            self._ranked.sort(key=lambda state: state.score(now_ms))
            self._ranked_ms = now_ms


class Lanes:
    """Where feeds wait: those of people beside the others, for they have credits of their own.

    `welcome` is asked about a person's feed whose turn has come; one that is not welcome is dropped.
    """

    def __init__(self, welcome: Callable[[FeedState], bool] = lambda state: True) -> None:
        self._feeds, self._people = DueQueue(), DueQueue()
        self.welcome = welcome

    def put(self, state: FeedState, ready_ms: int) -> None:
        """`state` may be taken from `ready_ms` on."""
        (self._feeds if state.person is None else self._people).put(state, ready_ms)

    def pop(self, now_ms: int, *, people: bool) -> FeedState | None:
        """What is due: with `people` they come first, as their credits bound them. None when nothing is."""
        while people and (state := self._people.pop(now_ms)) is not None:
            if self.welcome(state):
                return state
        return self._feeds.pop(now_ms)

    def depth(self, now_ms: int) -> int:
        """How many feeds are due and wait, without those of people."""
        return self._feeds.depth(now_ms)

    def people_due(self, now_ms: int) -> int:
        """How many people are due and wait."""
        return self._people.depth(now_ms)

    def next_ms(self, *, people: bool = False) -> int | None:
        """When the next feed becomes due, with `people` the next feed or person; None when nothing waits for its time."""
        lanes = (self._feeds, self._people) if people else (self._feeds,)
        return min((due for lane in lanes if (due := lane.next_ms()) is not None), default=None)

    def __len__(self) -> int:
        """How many feeds wait, without those of people: nobody waits for those."""
        return len(self._feeds)
