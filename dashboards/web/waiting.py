"""Answers in time: what ClickHouse has not answered yet goes on in the background, and whoever asks again gets it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.errors import TokpulseError

# A browser has six connections for all of its tabs: none of them is kept for longer.
WITHIN_S: Final = 1.5
# While nothing is answered, waiting would only keep connections.
AT_ONCE_S: Final = 0.1
# Files are downloaded, not asked for again.
DOWNLOAD_WITHIN_S: Final = 15.0
# How long an answer waits for who asked, and a question whose turn has not come for who asks again.
_KEPT_S: Final = 10.0
_WANTED_S: Final = 5.0
_MOST: Final = 96
_PARALLEL: Final = 4
T = TypeVar("T")


class StillAskingError(TokpulseError):
    """ClickHouse has not answered within the time of a request. `waiting_s`: for how long it has been asked."""

    def __init__(self, waiting_s: float) -> None:
        super().__init__("ClickHouse has not answered yet", "the question goes on: ask again for its answer")
        self.waiting_s = waiting_s


@dataclass
class _Question:
    """Asked at `begun`, waited for until `wanted`, answered at `ended`; as `clock` tells."""

    begun: float
    wanted: float
    answer: Future[Any] = field(default_factory=Future)
    ended: float | None = None


class Desk:
    """Runs each question in a thread of its own, once for all who ask it meanwhile. Event loops may share it.

    Threads are daemons: one that ClickHouse keeps waiting keeps no command from ending.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._questions: dict[Hashable, _Question] = {}
        self._turns = threading.BoundedSemaphore(_PARALLEL)
        # Since when questions have gone unanswered; None while there are none.
        self._quiet_from: float | None = None

    async def ask(self, key: Hashable, work: Callable[[], T], within_s: float = WITHIN_S) -> T:
        """What `work` gives; `key` says which question it is. Raises what `work` raises, and StillAskingError after `within_s`."""
        with self._lock:
            silent_s = self._silent_s()
            question = self._begun(key, work, within_s)
        if question is None:
            raise StillAskingError(silent_s)
        if silent_s > WITHIN_S and within_s <= WITHIN_S:
            within_s = AT_ONCE_S
        if not await _done(question.answer, within_s):
            with self._lock:
                raise StillAskingError(max(self._silent_s(), self._clock() - question.begun))
        with self._lock:
            if self._questions.get(key) is question:
                del self._questions[key]
        return cast(T, question.answer.result())

    def _begun(self, key: Hashable, work: Callable[[], Any], within_s: float) -> _Question | None:
        """The question, begun if it is not running yet; None where too many are."""
        now = self._clock()
        for other, known in list(self._questions.items()):
            if known.ended is not None and now - known.ended > _KEPT_S:
                del self._questions[other]
        question = self._questions.get(key)
        if question is None and len(self._questions) < _MOST:
            self._quiet_from = now if self._quiet_from is None else self._quiet_from
            question = self._questions[key] = _Question(now, now)
            threading.Thread(target=self._run, args=(key, question, work), name="question", daemon=True).start()
        if question is not None:
            question.wanted = max(question.wanted, now + within_s)
        return question

    def _run(self, key: Hashable, question: _Question, work: Callable[[], Any]) -> None:
        answer: Any = None
        error: BaseException | None = None
        with self._turns:
            # After an outage nobody waits for what was asked long before by pages that have gone.
            with self._lock:
                dropped = self._clock() - question.wanted > _WANTED_S
                if dropped:
                    del self._questions[key]
            try:
                if dropped:
                    raise ClickHouseUnavailableError("ClickHouse has not answered in time", "ask again")
                answer = work()
            except BaseException as caught:
                error = caught
        with self._lock:
            question.ended = self._clock()
            if not self._running():
                self._quiet_from = None
            elif not isinstance(error, ClickHouseUnavailableError):
                self._quiet_from = question.ended
        if error is None:
            question.answer.set_result(answer)
        else:
            question.answer.set_exception(error)

    def _running(self) -> int:
        return sum(question.ended is None for question in self._questions.values())

    def _silent_s(self) -> float:
        """For how long nothing has been answered. One question alone may be a slow one: it says nothing."""
        if self._quiet_from is None or self._running() < 2:
            return 0.0
        return self._clock() - self._quiet_from


async def _done(answer: Future[Any], within_s: float) -> bool:
    """Whether `answer` is there, at the latest after `within_s`. It is not cancelled with the waiting."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(_: Future[Any]) -> None:
        # The loop may have ended meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(over.set)

    answer.add_done_callback(tell)
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), within_s)
    return answer.done()
