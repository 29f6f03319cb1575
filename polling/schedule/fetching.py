"""What polling needs of the way to an upstream, and the threads that use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from connectors.upstream.codes import BAD_REQUEST
from connectors.upstream.model import Answer, Ask, Call, Failure, Feed, Page, Refusal, Upstream

T = TypeVar("T")


class Fetched(Protocol):
    """One attempt: what was sent, what came, and what it means. `answer` is None when nothing came."""

    @property
    def call(self) -> Call:
        """The request."""

    @property
    def answer(self) -> Answer | None:
        """The response, as received."""

    @property
    def result(self) -> Page | Refusal:
        """The page, or why there is none."""

    @property
    def elapsed_s(self) -> float:
        """From the request to the last byte."""


# Makes exactly one attempt, in any thread. Raises nothing that an upstream can cause.
Fetch = Callable[[Ask], Fetched]


@dataclass(frozen=True)
class Source:
    """What is polled: `fetch` makes one attempt at a page, `probe` one at the balance; `transform` is applied to every page."""

    upstream: Upstream
    fetch: Fetch
    probe: Fetch
    transform: Callable[[Page], Page] = lambda page: page


BALANCE = Ask(Feed.PROFILE, "balance")


class BalanceProbe:
    """An upstream whose only page is the balance, as its cursor: so the same transport asks for it, with the same care."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self.name = upstream.name

    def call(self, ask: Ask) -> Call:
        """The request for the balance."""
        return self._upstream.credits_call()

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        """A page without observations whose cursor is the number of credits."""
        credits = self._upstream.read_credits(answer)
        return credits if isinstance(credits, Refusal) else Page((), str(credits))

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, Any]:
        """There are no items."""
        raise ValueError("a balance has no items")

    def creator(self, userid: str, sec_uid: str) -> str:
        """As the upstream's."""
        return self._upstream.creator(userid, sec_uid)

    def authorization(self, key: str) -> Mapping[str, str]:
        """As the upstream's."""
        return self._upstream.authorization(key)

    def credits_call(self) -> Call:
        """The same request."""
        return self._upstream.credits_call()

    def read_credits(self, answer: Answer) -> int | Refusal:
        """As the upstream's."""
        return self._upstream.read_credits(answer)


@dataclass(frozen=True)
class Crash:
    """A defect: a fetch that raised."""

    error: Exception


@dataclass(frozen=True)
class Done(Generic[T]):
    """The end of one request. `subject` is what the scheduling thread gave along."""

    subject: T
    fetched: Fetched | Crash


class Fetchers(Generic[T]):
    """Threads that fetch and put each result into `inbox`, where the scheduling thread finds it."""

    def __init__(self, threads: int, inbox: SimpleQueue[Done[T] | None]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="poll")
        self._inbox = inbox
        self.in_flight = 0

    def start(self, subject: T, fetch: Fetch, ask: Ask) -> None:
        """Begins a request."""
        self.in_flight += 1
        self._pool.submit(self._run, subject, fetch, ask)

    def taken(self) -> None:
        """A result was taken from the inbox."""
        self.in_flight -= 1

    def close(self) -> None:
        """No more requests; those under way are left to end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, subject: T, fetch: Fetch, ask: Ask) -> None:
        try:
            outcome: Fetched | Crash = fetch(ask)
        except Exception as error:  # the scheduling thread must hear of every request, or it would wait for ever
            outcome = Crash(error)
        self._inbox.put(Done(subject, outcome))


def is_failure(result: Page | Refusal) -> bool | None:
    """Whether the endpoint failed; None when the result says nothing about the endpoint but about the whole upstream."""
    if isinstance(result, Page):
        return False
    if result.failure is Failure.SKIP:
        # What nobody understands may be the poller's mistake: then every subject meets it, and the breaker ends that.
        return result.reason == BAD_REQUEST
    return True if result.failure is Failure.RETRY else None
