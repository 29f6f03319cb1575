"""Many tabs, one query; and a ClickHouse that goes away and comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from connectors.clickhouse.client import ClickHouseUnavailableError
from dashboards.run import Boards, Filters
from dashboards.web.source import FRESH_S, SETTLED_FRESH_S, Source

from .asking import NOW_S, FakeBoards, source_of

NOW_MS = round(NOW_S * 1000)
LIVE = Filters(NOW_MS - 3_600_000, NOW_MS)
SETTLED = Filters(NOW_MS - 90_000_000, NOW_MS - 80_000_000)


def ask(source: Source, filters: Filters = LIVE, query: str = "posts") -> object:
    return source.ask("small", "posts", query, filters)


def test_tabs_that_ask_at_the_same_time_share_one_query() -> None:
    begun, go = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert go.wait(10)

    boards = FakeBoards(during=wait)
    source = source_of(boards)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask, source)
        assert begun.wait(10)
        others = [pool.submit(ask, source) for _ in range(7)]
        go.set()
        answers = {id(one.result(10)) for one in (first, *others)}
    assert len(boards.asked) == len(answers) == 1


@pytest.mark.parametrize(("filters", "fresh_s"), [(LIVE, FRESH_S), (SETTLED, SETTLED_FRESH_S)])
def test_an_answer_is_given_again_for_a_moment(filters: Filters, fresh_s: float) -> None:
    now = [NOW_S]
    boards = FakeBoards()
    source = source_of(boards, lambda: now[0])
    ask(source, filters)
    now[0] += fresh_s - 0.1
    ask(source, filters)
    assert len(boards.asked) == 1
    now[0] += 0.2
    ask(source, filters)
    assert len(boards.asked) == 2


def test_other_filters_and_other_queries_are_other_questions() -> None:
    boards = FakeBoards()
    source = source_of(boards)
    ask(source)
    ask(source, Filters(LIVE.time_from_ms, LIVE.time_to_ms, creator="1"))
    ask(source, query="other")
    assert len(boards.asked) == 3


def refusing(boards: FakeBoards, failing: list[bool], connections: list[int]) -> Callable[[], Boards]:
    def connect() -> Boards:
        connections.append(1)
        if failing[0]:
            raise ClickHouseUnavailableError("away", "wait")
        return cast(Boards, boards)

    return connect


def test_clickhouse_may_be_away_at_the_start_and_later() -> None:
    failing, connections = [True], list[int]()
    boards = FakeBoards()
    source = Source(refusing(boards, failing, connections), lambda: NOW_S)
    for _ in range(2):
        with pytest.raises(ClickHouseUnavailableError):
            ask(source)
    failing[0] = False
    ask(source)
    assert len(connections) == 3

    def lost() -> None:
        raise ClickHouseUnavailableError("lost", "wait")

    boards.during = lost
    with pytest.raises(ClickHouseUnavailableError):
        ask(source, SETTLED)
    boards.during = lambda: None
    # A failure is never given again, and the next question connects anew.
    ask(source, SETTLED)
    assert len(connections) == 4
