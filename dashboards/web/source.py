"""Answers to the page's questions: few connections to ClickHouse, one query for many tabs, new ones after an outage."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from connectors.clickhouse.client import ClickHouseUnavailableError
from dashboards.run import Boards, Filters, Result

# How long an answer is given again. Shorter than any page's refresh, long enough that tabs that ask together share one query.
FRESH_S: Final = 1.5
# What has ended well before now changes only by late data.
SETTLED_FRESH_S: Final = 30.0
_SETTLED_MS = 3_600_000
_KEPT = 512
_PARALLEL = 4
Found = TypeVar("Found")


@dataclass(frozen=True)
class Answer:
    """A result, and the Unix milliseconds at which it was asked for."""

    result: Result
    at_ms: int


@dataclass
class _Asked:
    answer: Future[Answer]
    until: float


class Source:
    """Runs panels' queries. Threads share it: the same question asked at the same time, or shortly after, is one query.

    `connect` gives the Boards of a reachable ClickHouse; it is called at the first question, and again after an outage, because a
    restarted stack may have another port.
    """

    def __init__(self, connect: Callable[[], Boards], clock: Callable[[], float] = time.time) -> None:
        self._connect = connect
        self._clock = clock
        self._boards: Boards | None = None
        self._connecting = threading.Lock()
        self._asked: OrderedDict[tuple[str, Filters], _Asked] = OrderedDict()
        # Handle -> id, empty for nobody's, and until when that is taken for true.
        self._ids: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._running = threading.BoundedSemaphore(_PARALLEL)

    def ask(self, page: str, panel_id: str, query: str, filters: Filters) -> Answer:
        """The rows of a panel; panels with the same `query` share them. Raises what Boards.run and `connect` raise."""
        now, key = self._clock(), (query, filters)
        with self._lock:
            known = self._asked.get(key)
            if known is not None and (not known.answer.done() or now < known.until):
                future, own = known.answer, False
            else:
                future, own = Future[Answer](), True
                self._asked[key] = _Asked(future, 0.0)
                self._asked.move_to_end(key)
                while len(self._asked) > _KEPT:
                    self._asked.popitem(last=False)
        if not own:
            return future.result()
        try:
            answer = Answer(*self._run(lambda boards: boards.run(page, panel_id, filters)))
        except BaseException as error:
            # Whoever waits gets the same error; who asks later, asks anew.
            future.set_exception(error)
            raise
        fresh_s = SETTLED_FRESH_S if filters.time_to_ms < answer.at_ms - _SETTLED_MS else FRESH_S
        with self._lock:
            self._asked[key] = _Asked(future, self._clock() + fresh_s)
        future.set_result(answer)
        return answer

    def why(self, page: str, panel_id: str, filters: Filters) -> str:
        """Why a panel has no rows, in a sentence. Raises what Boards.why and `connect` raise."""
        return self._run(lambda boards: boards.why(page, panel_id, filters))[0]

    def find(self, query: str, values: Mapping[str, Any]) -> Result:
        """The rows of a query of the search. Raises what Boards.find and `connect` raise."""
        return self._run(lambda boards: boards.find(query, values))[0]

    def by_id(self, filters: Filters) -> Filters:
        """`filters` with the id of the creator, where a handle was given of somebody who was opted in. Raises as `find` does."""
        handle = filters.creator.removeprefix("@").lower()
        if not handle or handle.isdecimal():
            return filters
        now = self._clock()
        with self._lock:
            userid, until = self._ids.get(handle, ("", 0.0))
        if now >= until:
            rows = self.find("creator_of_handle", {"handle": handle}).rows
            userid = str(rows[0][0]) if rows else ""
            with self._lock:
                if len(self._ids) >= _KEPT:
                    self._ids.clear()
                self._ids[handle] = (userid, self._clock() + SETTLED_FRESH_S)
        return replace(filters, creator=userid) if userid else filters

    def _run(self, work: Callable[[Boards], Found]) -> tuple[Found, int]:
        """What `work` finds, and the Unix milliseconds at which it was asked."""
        with self._running:
            at_ms, boards = round(self._clock() * 1000), self._connected()
            try:
                return work(boards), at_ms
            except ClickHouseUnavailableError:
                with self._connecting:
                    if self._boards is boards:
                        self._boards = None
                raise

    def _connected(self) -> Boards:
        with self._connecting:
            if self._boards is None:
                self._boards = self._connect()
            return self._boards
