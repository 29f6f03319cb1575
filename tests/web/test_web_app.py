"""The web application, asked without a socket: what it serves, what it refuses, and in which words."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.dashboard_server import flink_page
from connectors.clickhouse.client import ClickHouseUnavailableError
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from dashboards.run import Filters, QueryFailedError, QueryLimitError, Result
from dashboards.web.app import create_app
from dashboards.web.guard import HEADERS

from .asking import HOST, NOW_S, PAGE, RESULTS, FakeBoards, app_of, ask, source_of

HOUR_MS = 3_600_000
RANGE = "from=1767571200000&to=1767657600000"
PANELS = "/api/pages/small/panels"


def error_of(path: str, status: int, **named: Any) -> dict[str, Any]:
    answer = ask(app_of(source_of(FakeBoards())), path, **named)
    assert answer.status_code == status, answer.text
    found = answer.json()["error"]
    assert found["message"]
    assert found["hint"]
    return dict(found)


def test_the_definitions_are_those_of_the_files() -> None:
    answer = ask(app_of(source_of(FakeBoards())), "/api/pages").json()
    assert answer["editor"] is False
    (page,) = answer["pages"]
    assert [panel["id"] for panel in page["panels"]] == ["gained", "posts", "growth"]
    assert "SELECT" not in str(answer)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("https://me:s3cret@flink.example", "https://flink.example"),
        ("", ""),
    ],
)
def test_flinks_page_is_named_without_a_password(address: str, shown: str) -> None:
    endpoints = Endpoints({"FLINK_REST_URL": address} if address else {}, Path())
    app = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), Path(), flink=lambda: flink_page(endpoints))
    assert ask(app, "/api/pages").json()["flink"] == shown


def test_a_table_has_the_columns_that_it_lists_and_no_other() -> None:
    boards = FakeBoards()
    answer = ask(app_of(source_of(boards)), f"{PANELS}/posts?{RANGE}&creator=68&limit=7").json()
    assert [column["name"] for column in answer["columns"]] == ["title", "plays", "seen_at", "by_hour"]
    assert answer["rows"] == [["=HYPERLINK(1)", -3, 1_767_571_200_250, [1, None, 2]], ['a "b",\nc', None, 0, []]]
    assert (answer["limit"], answer["read_rows"], answer["previous"]) == (7, 20, None)
    assert boards.asked == [("small", "posts", Filters(1_767_571_200_000, 1_767_657_600_000, creator="68", limit=7))]


@pytest.mark.parametrize("written", ["@Ada.L", "ada.l", "https%3A%2F%2Fwww.tiktok.com%2F%40ada.l%3Flang%3Dde"])
def test_a_creator_may_be_given_by_handle_or_link(written: str) -> None:
    boards = FakeBoards(found={"creator_of_handle": Result(("userid",), (("68",),), 1, 0.001)})
    source = source_of(boards)
    for _ in range(2):
        ask(app_of(source), f"{PANELS}/posts?{RANGE}&creator={written}")
    assert [filters.creator for _, _, filters in boards.asked] == ["68"]
    assert boards.searched == [("creator_of_handle", {"handle": "ada.l"})], "asked once for all panels of a page"


@dataclass
class PerCreator(FakeBoards):
    """Plays are the number of the creator, a hundred less at earlier times."""

    def run(self, page: str, panel_id: str, filters: Filters) -> Result:
        super().run(page, panel_id, filters)
        plays = int(filters.creator) - (0 if filters.time_from_ms >= 1_767_571_200_000 else 100)
        if panel_id == "gained":
            return Result(("plays",), ((plays,),), 1, 0.001)
        if panel_id == "growth":
            return Result(("bucket", "tier", "plays"), ((filters.time_from_ms, "small", plays),), 1, 0.001)
        return Result(("title", "plays", "seen_at", "by_hour"), (("same", plays, 0, []),), 1, 0.001)


def test_several_creators_side_by_side_are_one_answer() -> None:
    boards = PerCreator()
    app = app_of(source_of(boards))
    answer = ask(app, f"{PANELS}/growth?{RANGE}&creator=68,%2071,68&compare=yesterday").json()
    begin, day = 1_767_571_200_000, 24 * HOUR_MS
    assert [column["name"] for column in answer["columns"]] == ["beside", "bucket", "tier", "plays"]
    assert (answer["beside"], answer["columns"][0]["title"], answer["columns"][0]["link"]) == ("creator", "Creator", "creator")
    assert answer["rows"] == [["68", begin, "small", 68], ["71", begin, "small", 71]]
    assert answer["previous"] == [["68", begin - day, "small", -32], ["71", begin - day, "small", -29]]
    assert {filters.creator for _, _, filters in boards.asked} == {"68", "71"}, "each by the query of one, with a bound value"
    file = ask(app, f"{PANELS}/posts?{RANGE}&creator=68,71&format=csv").text.splitlines()
    assert (file[0], file[1][:10], file[2][:10]) == ("beside,title,plays,seen_at,by_hour", "68,same,68", "71,same,71")


@pytest.mark.parametrize("panel", ["gained", "posts"])
def test_a_figure_of_several_is_a_small_table(panel: str) -> None:
    app = app_of(source_of(PerCreator()))
    answer = ask(app, f"{PANELS}/{panel}?{RANGE}&creator=68,71").json()
    plays = [column["name"] for column in answer["columns"]].index("plays")
    assert [(row[0], row[plays]) for row in answer["rows"]] == [("68", 68), ("71", 71)]
    assert (answer["previous"], answer["longest"]) == (None, 1)
    answer = ask(app, f"{PANELS}/{panel}?{RANGE}&creator=68,71&compare=week").json()
    change = [column["name"] for column in answer["columns"]].index("plays_change")
    assert [row[change] for row in answer["rows"]] == [100, 100], "each compared with itself"


def test_what_does_not_know_creators_apart_is_asked_once() -> None:
    boards = FakeBoards()
    blind = PAGE.panels[1].model_copy(update={"takes": ()})
    app = app_of(source_of(boards), page=PAGE.model_copy(update={"panels": (blind,)}))
    answer = ask(app, f"{PANELS}/posts?{RANGE}&creator=68,71").json()
    assert (answer["beside"], len(boards.asked)) == (None, 1)


def test_a_handle_of_nobody_who_may_be_seen_finds_nothing() -> None:
    boards = FakeBoards()
    assert ask(app_of(source_of(boards)), f"{PANELS}/posts?{RANGE}&creator=%40somebody").status_code == 200
    assert [filters.creator for _, _, filters in boards.asked] == ["@somebody"]


def test_a_search_gives_creators_and_posts_by_name() -> None:
    found = {
        "creators": Result(("creator", "handle"), (("68", "ada"),), 1, 0.001),
        "posts": Result(("post", "title"), (("76", "=1+1 <b>"), ("77", "")), 2, 0.001),
    }
    boards = FakeBoards(found=found)
    answer = ask(app_of(source_of(boards)), "/api/search?text=%20Two%20%25%20cats")
    assert answer.json() == {
        "creators": [{"creator": "68", "handle": "ada"}],
        "posts": [{"post": "76", "title": "=1+1 <b>"}, {"post": "77", "title": ""}],
    }
    assert [query for query, _ in boards.searched] == ["creators", "posts"]
    values = boards.searched[0][1]
    assert (values["first"], values["second"], values["third"], values["limit"]) == ("%cats%", "%two%", r"%\%%", 8)


@pytest.mark.parametrize("text", ["", "a", "x" * 301, "https://vm.tiktok.com/ZMabc/"])
def test_a_search_for_too_little_is_refused(text: str) -> None:
    error_of(f"/api/search?text={text}", 400)


def test_a_stat_comes_with_the_time_before() -> None:
    boards = FakeBoards()
    answer = ask(app_of(source_of(boards)), f"{PANELS}/gained?{RANGE}").json()
    assert (answer["rows"], answer["previous"]) == ([[7]], [[7]])
    assert [filters.time_from_ms for _, _, filters in boards.asked] == [1_767_571_200_000, 1_767_484_800_000]
    assert ask(app_of(source_of(boards)), f"{PANELS}/gained?from=5&to=500").json()["previous"] is None


@pytest.mark.parametrize(("compare", "hours"), [("previous", 6), ("yesterday", 24), ("week", 168)])
@pytest.mark.parametrize("panel", ["gained", "growth"])
def test_an_earlier_time_may_be_chosen_for_stats_and_charts(panel: str, compare: str, hours: int) -> None:
    boards, earlier_ms = FakeBoards(), hours * HOUR_MS
    begin, end = 1_767_571_200_000, 1_767_571_200_000 + 6 * HOUR_MS
    answer = ask(app_of(source_of(boards)), f"{PANELS}/{panel}?from={begin}&to={end}&compare={compare}").json()
    assert (answer["previous"], answer["earlier_ms"]) == (answer["rows"], earlier_ms)
    before = boards.asked[1][2]
    assert (before.time_from_ms, before.time_to_ms) == (begin - earlier_ms, end - earlier_ms)


def test_a_day_earlier_is_as_long_as_the_clocks_of_the_reader_make_it() -> None:
    """Clocks have changed within the range: it began 25 h after the same time of the day before, and ended 24 h after."""
    boards = FakeBoards()
    app, hour_ms = app_of(source_of(boards)), 3_600_000
    begin, end = 1_767_571_200_000, 1_767_657_600_000
    asked = f"{PANELS}/growth?from={begin}&to={end}&compare=yesterday"
    then = f"earlier_from={begin - 25 * hour_ms}&earlier_to={end - 24 * hour_ms}"
    assert ask(app, f"{asked}&{then}").status_code == 200
    before = boards.asked[1][2]
    assert (before.time_from_ms, before.time_to_ms) == (begin - 25 * hour_ms, end - 24 * hour_ms)
    for wrong in (f"earlier_from={begin}&earlier_to={end}", f"earlier_from={begin - 24 * hour_ms}"):
        assert ask(app, f"{asked}&{wrong}").status_code == 400
    assert ask(app, f"{PANELS}/growth?{RANGE}&compare=previous&{then}").status_code == 400


def test_a_table_is_compared_with_the_rows_that_it_shows() -> None:
    boards = FakeBoards()
    ask(app_of(source_of(boards)), f"{PANELS}/posts?{RANGE}&compare=yesterday")
    assert [filters.keys for _, _, filters in boards.asked] == [(), ("=HYPERLINK(1)", 'a "b",\nc')]


def test_a_chart_has_no_earlier_line_that_nobody_asked_for() -> None:
    boards = FakeBoards()
    answer = ask(app_of(source_of(boards)), f"{PANELS}/growth?{RANGE}").json()
    assert (answer["previous"], answer["earlier_ms"], len(boards.asked)) == (None, None, 1)


def test_a_table_has_the_difference_of_each_row_beside_what_compares() -> None:
    """Rows are the same where the first column is; of one that was not there then, or has no number, nothing is known."""
    names = ("title", "plays", "seen_at", "by_hour")
    now = Result(names, tuple((title, plays, 0, []) for title, plays in (("b", 10), ("a", 3), ("new", 5), ("c", None))), 1, 0.0)
    then = Result(names, tuple((title, plays, 0, []) for title, plays in (("a", 4), ("b", 2), ("c", 1))), 1, 0.0)
    answers = iter([now, then])

    class Changing(FakeBoards):
        def run(self, page: str, panel_id: str, filters: Filters) -> Result:
            super().run(page, panel_id, filters)
            return next(answers)

    boards = Changing()
    app = app_of(source_of(boards))
    answer = ask(app, f"{PANELS}/posts?{RANGE}&compare=week&limit=4").json()
    assert [column["name"] for column in answer["columns"]] == ["title", "plays", "plays_change", "seen_at", "by_hour"]
    assert (answer["columns"][2]["title"], answer["columns"][2]["tone"]) == ("Plays vs a week earlier", "delta")
    assert [row[:3] for row in answer["rows"]] == [["b", 10, 8], ["a", 3, -1], ["new", 5, None], ["c", None, None]]
    assert answer["previous"] is None
    assert [filters.limit for _, _, filters in boards.asked] == [4, 1000], "what leads now need not have led then"
    answers = iter([now, then])
    text = ask(app_of(source_of(Changing())), f"{PANELS}/posts?{RANGE}&compare=week&format=csv").text
    assert text.splitlines()[:2] == ["title,plays,plays_change,seen_at,by_hour", "b,10,8,1970-01-01T00:00:00.000Z,[]"]


def test_a_stat_of_hours_that_close_is_compared_by_closed_hours() -> None:
    """Asked at 20:26:40 for the last 24 hours: 23 of them have closed, from 21:00 to 20:00."""
    boards = FakeBoards()
    hourly = PAGE.panels[0].model_copy(update={"closes_s": 3600})
    app = app_of(source_of(boards), page=PAGE.model_copy(update={"panels": (hourly,)}))
    now_ms = round(NOW_S * 1000)
    assert ask(app, f"{PANELS}/gained?from={now_ms - 24 * HOUR_MS}&to={now_ms}").json()["previous"] == [[7]]
    shown, before = (filters for _, _, filters in boards.asked)
    assert (shown.time_from_ms, shown.time_to_ms) == (now_ms - 24 * HOUR_MS, now_ms)
    first_ms = (shown.time_from_ms // HOUR_MS + 1) * HOUR_MS
    assert (before.time_from_ms, before.time_to_ms) == (first_ms - 23 * HOUR_MS, first_ms)


def test_a_chart_gives_time_series_and_value_with_units() -> None:
    answer = ask(app_of(source_of(FakeBoards())), f"{PANELS}/growth?{RANGE}").json()
    assert [(column["name"], column["unit"]) for column in answer["columns"]] == [
        ("bucket", "time"),
        ("tier", "text"),
        ("plays", "plays"),
    ]
    assert answer["interval_s"] == 600


def test_a_csv_file_has_the_rows_of_the_table_and_no_formula() -> None:
    answer = ask(app_of(source_of(FakeBoards())), f"{PANELS}/posts?{RANGE}&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="small-posts-20260105T0000Z-20260106T0000Z.csv"'
    assert list(csv.reader(io.StringIO(answer.text, newline=""))) == [
        ["title", "plays", "seen_at", "by_hour"],
        ["'=HYPERLINK(1)", "-3", "2026-01-05T00:00:00.250Z", "[1, null, 2]"],
        ['a "b",\nc', "", "1970-01-01T00:00:00.000Z", "[]"],
    ]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "from"),
        ("from=1&to=x", "to"),
        ("from=1&to=-1", "to"),
        ("from=10&to=5", "range"),
        ("from=1&to=99999999999999", "longer"),
        ("from=1&to=9999999999999999", "to"),
        (f"{RANGE}&limit=0", "limit"),
        (f"{RANGE}&limit=100000", "limit"),
        (f"{RANGE}&post=1", "no filter post"),
        (f"{RANGE}&query=SELECT+1", "query"),
        (f"{RANGE}&format=xml", "format"),
        (f"{RANGE}&compare=tomorrow", "compare"),
        (f"{RANGE}&creator={'x' * 201}", "creator"),
        (f"{RANGE}&creator=%00", "creator"),
        (f"{RANGE}&creator=1,2,3,4,5", "5 values of creator"),
        (f"{RANGE}&tier=small", "no filter tier"),
        (f"{RANGE}&creator=https%3A%2F%2Fvm.tiktok.com%2FZMabc%2F", "does not say which post or creator"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(query: str, named: str) -> None:
    assert named in error_of(f"{PANELS}/posts?{query}", 400)["message"]


@pytest.mark.parametrize(
    "path", ["/api/pages/none/panels/posts?", f"{PANELS}/none?", "/nowhere", "/static/none.js", "/static/../app.py"]
)
def test_what_does_not_exist_is_said_so(path: str) -> None:
    error_of(path + RANGE if path.endswith("?") else path, 404)


@pytest.mark.parametrize("path", ["/", "/small", "/api/pages", f"{PANELS}/none?{RANGE}", "/static/js/main.js", "/nowhere"])
def test_every_answer_has_the_strict_headers(path: str) -> None:
    headers = ask(app_of(source_of(FakeBoards())), path).headers
    assert {name: headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] in ("no-store", "no-cache")
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example:8050", "", "10.0.0.1:8050", "[::2]:8050"]
)
def test_another_name_for_this_machine_is_refused(host: str) -> None:
    error_of("/api/pages", 421, headers={"Host": host})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9999", "localhost:8050", "[::1]:8050", "[::1]"])
def test_every_name_of_loopback_is_served(host: str) -> None:
    assert ask(app_of(source_of(FakeBoards())), "/api/pages", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"])
def test_nothing_but_reading_is_served(method: str) -> None:
    error_of("/api/pages", 405, method=method)


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", f"https://{HOST}"])
def test_a_post_from_elsewhere_is_refused(origin: str | None) -> None:
    error_of("/api/pages", 403, method="POST", headers={} if origin is None else {"Origin": origin})


def test_a_post_of_the_own_page_finds_nothing_to_write_to() -> None:
    error_of("/api/pages", 405, method="POST", headers={"Origin": f"http://{HOST}"})


def test_another_site_may_link_here_but_not_read() -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    error_of("/api/pages", 403, headers={**headers, "Sec-Fetch-Mode": "no-cors"})
    assert ask(app_of(source_of(FakeBoards())), "/", headers={**headers, "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_clickhouse_that_is_away_is_a_503_with_what_to_do() -> None:
    def away() -> None:
        raise ClickHouseUnavailableError("ClickHouse at http://u:***@h does not answer", "`tokpulse status`")

    answer = ask(app_of(source_of(FakeBoards(during=away))), f"{PANELS}/posts?{RANGE}")
    assert answer.status_code == 503
    assert answer.json()["error"] == {"message": "ClickHouse at http://u:***@h does not answer", "hint": "`tokpulse status`"}


@pytest.mark.parametrize(("error", "status"), [(QueryLimitError, 422), (QueryFailedError, 500)])
def test_a_query_that_clickhouse_refuses_is_no_outage(error: type[TokpulseError], status: int) -> None:
    def refuse() -> None:
        raise error("panel posts needs more time", "choose a shorter range")

    answer = ask(app_of(source_of(FakeBoards(during=refuse))), f"{PANELS}/posts?{RANGE}")
    assert answer.status_code == status
    assert answer.json()["error"] == {"message": "panel posts needs more time", "hint": "choose a shorter range"}


def test_a_definition_that_lists_a_column_too_many_names_it() -> None:
    boards = FakeBoards({**RESULTS, "posts": Result(("title",), (("a",),), 0, 0.0)})
    answer = ask(app_of(source_of(boards)), f"{PANELS}/posts?{RANGE}")
    assert answer.status_code == 500
    assert "query posts gives no column plays" in answer.json()["error"]["message"]


def test_nothing_in_the_range_is_an_answer_with_columns_and_no_rows() -> None:
    """The client tells no columns of an empty answer."""
    app = app_of(source_of(FakeBoards(dict.fromkeys(RESULTS, Result((), (), 0, 0.0)))))
    answer = ask(app, f"{PANELS}/posts?{RANGE}").json()
    assert ([column["name"] for column in answer["columns"]], answer["rows"]) == (["title", "plays", "seen_at", "by_hour"], [])
    assert ask(app, f"{PANELS}/growth?{RANGE}").json()["rows"] == []
    assert ask(app, f"{PANELS}/posts?{RANGE}&format=csv").text == "title,plays,seen_at,by_hour\r\n"


def test_a_fault_of_ours_shows_no_trace_to_the_browser() -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    answer = ask(app_of(source_of(FakeBoards(during=broken))), f"{PANELS}/posts?{RANGE}")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
