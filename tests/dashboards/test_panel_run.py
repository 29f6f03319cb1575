"""What reaches ClickHouse for a panel, and what comes back, against a client of the test's own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from connectors.clickhouse.client import ClickHouseUnavailableError, connect
from connectors.errors import TokpulseError
from dashboards.model import load_pages
from dashboards.run import (
    MAX_RANGE_MS,
    Boards,
    FilterError,
    Filters,
    QueryFailedError,
    QueryLimitError,
    UnknownPanelError,
    bound,
    moment,
    narrowed,
)
from tests.clickhouse_front.conftest import FrontProcess

HOUR = 3_600_000
URL = "http://reader:secret@127.0.0.1:1/tokpulse"


class Client:
    """Notes what it is asked, and answers with one row."""

    def __init__(self, row: tuple[Any, ...] = (1,), error: Exception | None = None) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._row, self._error = row, error

    def query(self, text: str, parameters: dict[str, Any]) -> Any:
        self.asked.append((text, parameters))
        if self._error:
            raise self._error
        names = tuple(f"c{number}" for number in range(len(self._row)))
        return SimpleNamespace(column_names=names, result_rows=[self._row], summary={"read_rows": "42"})


def boards(client: Client) -> Boards:
    return Boards(client, URL, load_pages())  # type: ignore[arg-type]


def test_only_what_the_query_asks_for_is_bound() -> None:
    client = Client()
    result = boards(client).run("trending", "trending_posts", Filters(HOUR, 25 * HOUR + 7, creator="c1", post="p1", limit=5))
    ((text, values),) = client.asked
    assert "FROM trending_hourly" in text
    assert values == {
        "time_from": "1970-01-01 01:00:00.000",
        "time_to": "1970-01-02 01:00:00.007",
        "creator": "c1",
        "hashtag": "",
        "region": "",
        "tier": "",
        "limit": 5,
    }
    assert (result.columns, result.rows, result.read_rows) == (("c0",), ((1,),), 42)


def test_a_page_without_a_filter_is_not_narrowed_down() -> None:
    client = Client()
    boards(client).run("health", "shrunk_posts", Filters(0, HOUR, creator="c1"))
    assert client.asked[0][1]["creator"] == ""


def test_a_required_filter_must_be_given() -> None:
    page = load_pages()["trending"]
    page = page.model_copy(update={"filters": (page.filters[0].model_copy(update={"required": True}),)})
    with pytest.raises(FilterError, match="page trending shows one creator"):
        narrowed(Filters(0, HOUR), page)
    assert narrowed(Filters(0, HOUR, creator="c1", post="p1"), page) == Filters(0, HOUR, creator="c1")


def test_values_are_ready_for_json() -> None:
    row = (
        datetime(1970, 1, 1, 0, 0, 1, 5000),
        datetime(1970, 1, 1, tzinfo=UTC),
        date(2026, 1, 2),
        float("nan"),
        [1.5, None],
        ("a",),
    )
    (found,) = boards(Client(row)).run("overview", "data_age", Filters(0, HOUR)).rows
    assert found == (1005, 0, "2026-01-02", None, [1.5, None], ["a"])


def test_unknown_names_and_a_silent_server() -> None:
    with pytest.raises(UnknownPanelError, match="no page 'sales'"):
        boards(Client()).run("sales", "x", Filters(0, HOUR))
    with pytest.raises(UnknownPanelError, match="page overview has no panel 'x'"):
        boards(Client()).run("overview", "x", Filters(0, HOUR))
    with pytest.raises(ClickHouseUnavailableError) as caught:
        boards(Client(error=DatabaseError("code 60"))).run("overview", "data_age", Filters(0, HOUR))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        (159, QueryLimitError, "panel data_age needs more time"),
        (241, QueryLimitError, "memory"),
        (396, QueryLimitError, "bytes to answer"),
        (47, QueryFailedError, "panel data_age: ClickHouse cannot run its query: no column, see http://reader:\\*\\*\\*@h"),
        (202, ClickHouseUnavailableError, "cannot be used"),
        (516, ClickHouseUnavailableError, "refuses the password"),
        (None, ClickHouseUnavailableError, "cannot be used"),
    ],
)
def test_what_clickhouse_refuses_tells_what_to_do(code: int | None, error: type[TokpulseError], told: str) -> None:
    failing = Client(error=DatabaseError("no column, see http://reader:secret@h\nand more", code=code))
    with pytest.raises(error, match=told) as caught:
        boards(failing).run("overview", "data_age", Filters(0, HOUR))
    assert "secret" not in str(caught.value)


@pytest.mark.clickhouse
def test_the_engine_names_the_limit_that_a_query_exceeds(golden_front: FrontProcess) -> None:
    limited = connect(golden_front.url())
    limited.set_client_setting("max_memory_usage", 1_000)
    with pytest.raises(QueryLimitError, match="panel trending_now needs more memory"):
        Boards(limited, URL, load_pages()).run("overview", "trending_now", Filters(0, HOUR))
    limited.close()


@pytest.mark.parametrize(
    "change",
    [
        {"time_from_ms": HOUR},
        {"time_from_ms": -1},
        {"time_to_ms": MAX_RANGE_MS + 1},
        {"time_to_ms": 10**15},
        {"limit": 0},
        {"limit": 1001},
        {"creator": "x" * 201},
        {"hashtag": "x" * 201},
    ],
)
def test_filters_out_of_bounds_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FilterError):
        Filters(**{"time_from_ms": 0, "time_to_ms": HOUR, **change})


def test_a_hashtag_may_be_typed_as_it_is_written() -> None:
    assert bound(Filters(0, HOUR, hashtag="#FürDich"))["hashtag"] == "fürdich"


def test_the_time_before() -> None:
    assert Filters(3 * HOUR, 5 * HOUR, post="p").before() == Filters(HOUR, 3 * HOUR, post="p")
    assert Filters(30 * HOUR, 32 * HOUR, post="p").before(by_ms=(24 * HOUR, 24 * HOUR)) == Filters(6 * HOUR, 8 * HOUR, post="p")


def test_an_earlier_day_has_the_same_closed_hours() -> None:
    """Asked at 10:37 for 3 hours: those from 8:00 and 9:00 have closed."""
    found = Filters(round(31.62 * HOUR), round(34.62 * HOUR)).before(3600, round(34.62 * HOUR), (24 * HOUR, 24 * HOUR))
    assert (found.time_from_ms, found.time_to_ms) == (8 * HOUR, 10 * HOUR)


@pytest.mark.parametrize(
    ("begin", "end", "now", "before"),
    [
        # Asked at 10:37 for 24 hours: 23 hours from 11:00 on have closed, 10:00 has not.
        (10.62, 34.62, 34.62, (-12, 11)),
        # At 10:01 the hour from 09:00 on is not closed either, at 10:02 it is.
        (10 + 1 / 60, 34 + 1 / 60, 34 + 1 / 60, (-11, 11)),
        (10 + 2 / 60, 34 + 2 / 60, 34 + 2 / 60, (-12, 11)),
        # All of a past range has closed: 10:00 begins in it.
        (10.62, 34.62, 100, (-13, 11)),
        (10, 34, 100, (-14, 10)),
    ],
)
def test_the_time_before_has_as_many_closed_hours(begin: float, end: float, now: float, before: tuple[int, int]) -> None:
    day = 24 * HOUR
    found = Filters(day + round(begin * HOUR), day + round(end * HOUR)).before(3600, day + round(now * HOUR))
    assert (found.time_from_ms - day, found.time_to_ms - day) == (before[0] * HOUR, before[1] * HOUR)


def test_no_time_before_where_no_hour_has_closed_or_none_was() -> None:
    with pytest.raises(FilterError):
        Filters(round(24.6 * HOUR), round(25.6 * HOUR)).before(3600, round(25.6 * HOUR))
    with pytest.raises(FilterError):
        Filters(HOUR, 3 * HOUR).before()


@pytest.mark.parametrize(
    ("hours", "step"), [(0.1, 10), (1, 30), (6, 300), (24, 600), (72, 1800), (24 * 7, 7200), (24 * 30, 21600), (24 * 400, 604800)]
)
def test_buckets_are_about_120_and_round(hours: float, step: int) -> None:
    assert Filters(0, int(hours * HOUR)).interval_s == step


def test_moments_keep_their_milliseconds() -> None:
    assert moment(1_767_225_599_999) == "2025-12-31 23:59:59.999"
