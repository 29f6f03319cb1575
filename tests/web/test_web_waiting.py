"""The dashboard's server answers within 2 s whatever ClickHouse does; what it has asked goes on, once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from connectors.clickhouse.client import ClickHouseUnavailableError
from dashboards.run import QueryLimitError
from dashboards.web.server import DashboardServer
from dashboards.web.waiting import Desk, StillAskingError
from tests.waiting import until

from .asking import FakeBoards, app_of, ask, source_of

RANGE = "from=1767571200000&to=1767657600000"
POSTS = f"/api/pages/small/panels/posts?{RANGE}"
MOST_S = 2.0


class Stopped:
    """What a query does while ClickHouse has stopped: nothing, until `go`; then it may fail."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.error: Exception | None = None

    def __call__(self) -> None:
        assert self.go.wait(60)
        if self.error:
            raise self.error


@pytest.fixture
def stopped() -> Iterator[Stopped]:
    made = Stopped()
    yield made
    made.go.set()


def waiting_s(answer: httpx.Response) -> float:
    assert answer.status_code == 202, answer.text
    return float(answer.json()["error"]["waiting_s"])


@contextmanager
def within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def test_a_question_that_is_not_answered_is_said_so_and_answered_when_it_is_asked_again(stopped: Stopped) -> None:
    boards = FakeBoards(during=stopped)
    app = app_of(source_of(boards))
    with within(MOST_S):
        first = waiting_s(ask(app, POSTS))
    assert 1.0 < first < MOST_S
    with within(MOST_S):
        assert waiting_s(ask(app, POSTS)) > first
    stopped.go.set()
    until(lambda: ask(app, POSTS).status_code == 200, 10, "the answer is there")
    assert [panel for _, panel, _ in boards.asked] == ["posts"], "asked once"


def test_a_file_that_does_not_come_is_refused_for_now(stopped: Stopped, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser would save any answer of the 200s as the file."""
    monkeypatch.setattr("dashboards.web.app.DOWNLOAD_WITHIN_S", 0.05)
    answer = ask(app_of(source_of(FakeBoards(during=stopped))), f"{POSTS}&format=csv")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_search_does_not_wait_either(stopped: Stopped) -> None:
    with within(MOST_S):
        assert waiting_s(ask(app_of(source_of(FakeBoards(during=stopped))), "/api/search?text=cats")) > 0


def test_who_asks_later_is_told_how_long_it_has_been_silent(stopped: Stopped) -> None:
    """Two tabs: the first one's questions have gone unanswered, so the second one's are not waited for."""
    app = app_of(source_of(FakeBoards(during=stopped)))
    with AskedAtOnce(partial(ask, app), [f"{POSTS}&limit={number}" for number in range(1, 7)]) as answers:
        pass
    assert all(waiting_s(answer) > 1 for answer in answers)
    with within(1.0):
        later = waiting_s(ask(app, f"{POSTS}&limit=7"))
    assert later > 1.5


def test_a_failure_that_comes_late_is_told_to_who_asks_again(stopped: Stopped) -> None:
    app = app_of(source_of(FakeBoards(during=stopped)))
    stopped.error = QueryLimitError("panel posts needs more time", "choose a shorter range")
    waiting_s(ask(app, POSTS))
    stopped.go.set()
    until(lambda: ask(app, POSTS).status_code == 422, 10, "the refusal is there")


@pytest.mark.http
def test_pages_and_files_are_served_while_many_questions_wait(stopped: Stopped) -> None:
    """Each of them by a connection of its own, as a browser's tabs do."""
    app = app_of(source_of(FakeBoards(during=stopped)))
    limits, paths = httpx.Limits(max_connections=50), [f"{POSTS}&limit={number}" for number in range(1, 41)]
    with (
        DashboardServer(app, 0) as server,
        httpx.Client(base_url=server.url, limits=limits, timeout=20) as client,
        AskedAtOnce(client.get, paths) as answers,
    ):
        for path in ("/", "/small", "/api/pages", "/static/js/main.js", "/static/css/base.css"):
            with within(MOST_S):
                assert client.get(path).status_code == 200
    assert [answer.status_code for answer in answers] == [202] * 40


class AskedAtOnce:
    """Asks for all `paths` at the same time; the answers are there behind the context."""

    def __init__(self, asking: Callable[[str], httpx.Response], paths: list[str]) -> None:
        self._answers: list[httpx.Response] = []
        self._threads = [threading.Thread(target=self._ask, args=(asking, path)) for path in paths]

    def _ask(self, asking: Callable[[str], httpx.Response], path: str) -> None:
        self._answers.append(asking(path))

    def __enter__(self) -> list[httpx.Response]:
        for thread in self._threads:
            thread.start()
        return self._answers

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(20)


def test_one_slow_question_says_nothing_about_the_others(stopped: Stopped) -> None:
    now = [100.0]
    desk = Desk(lambda: now[0])

    async def scene() -> None:
        with pytest.raises(StillAskingError):
            await desk.ask("slow", stopped, 0.01)
        now[0] += 40
        assert await answered(desk, "quick", lambda: 7) == 7
        with pytest.raises(StillAskingError) as caught:
            await desk.ask("other", stopped, 0.01)
        assert caught.value.waiting_s == 0
        # Since the quick one nothing has come.
        now[0] += 6
        with pytest.raises(StillAskingError) as caught:
            await desk.ask("third", stopped, 0.01)
        assert caught.value.waiting_s == 6

    asyncio.run(scene())


def test_what_nobody_wants_any_more_is_not_asked_when_its_turn_comes(stopped: Stopped) -> None:
    now, asked = [0.0], list[str]()
    desk = Desk(lambda: now[0])

    async def scene() -> None:
        for number in range(4):
            with pytest.raises(StillAskingError):
                await desk.ask(number, stopped, 0.01)
        for name in ("left", "wanted"):
            with pytest.raises(StillAskingError):
                await desk.ask(name, lambda name=name: asked.append(name), 0.01)  # type: ignore[misc]
        now[0] = 30
        with pytest.raises(StillAskingError):
            await desk.ask("wanted", lambda: None, 0.01)
        stopped.go.set()
        await answered(desk, "wanted", lambda: None)

    asyncio.run(scene())
    assert asked == ["wanted"]


def test_who_still_waits_is_answered_and_what_was_dropped_takes_no_place(stopped: Stopped) -> None:
    now, asked = [0.0], list[str]()
    desk = Desk(lambda: now[0])

    async def scene() -> None:
        for number in range(4):
            with pytest.raises(StillAskingError):
                await desk.ask(number, stopped, 0.01)
        with pytest.raises(StillAskingError):
            await desk.ask("left", lambda: asked.append("left"), 0.01)
        # A file is waited for longer than a page's questions live.
        file = asyncio.create_task(desk.ask("file", lambda: asked.append("file"), 15.0))
        await asyncio.sleep(0)
        now[0] = 12
        stopped.go.set()
        await file
        async with asyncio.timeout(10):
            while "left" in desk._questions:
                await asyncio.sleep(0.01)
        # Whoever comes back asks anew, and is not told of the question that was dropped.
        await answered(desk, "left", lambda: asked.append("anew"))

    asyncio.run(scene())
    assert asked == ["file", "anew"]


async def answered(desk: Desk, key: str, work: Callable[[], object]) -> object:
    """The answer, however long it takes."""
    while True:
        try:
            return await desk.ask(key, work)
        except StillAskingError:
            pass


def test_a_refusal_of_the_connection_is_no_answer_of_clickhouse() -> None:
    now, hold = [0.0], threading.Event()
    desk = Desk(lambda: now[0])

    def refuse() -> None:
        raise ClickHouseUnavailableError("away", "wait")

    async def scene() -> None:
        for key in ("a", "b"):
            with pytest.raises(StillAskingError):
                await desk.ask(key, lambda: hold.wait(60), 0.01)
        now[0] = 30
        with pytest.raises(ClickHouseUnavailableError):
            await answered(desk, "c", refuse)
        with pytest.raises(StillAskingError) as caught:
            await desk.ask("d", lambda: hold.wait(60), 0.01)
        assert caught.value.waiting_s == 30

    try:
        asyncio.run(scene())
    finally:
        hold.set()
