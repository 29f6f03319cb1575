"""Which view an operator computes: told from small plans that are written down by hand."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.catalog import JOBS
from jobs.naming import Operator, operator_names

SOURCE = Operator(1, "posts_events[1]", "[1]:TableSourceScan(table=[[default_catalog, default_database, posts_events]])")


def names(job: str, plan: Sequence[Operator]) -> dict[int, str]:
    """The views; behind each stands what the planner says."""
    found = operator_names(JOBS[job], plan)
    given = {operator.id: operator.name for operator in plan}
    assert all(name.endswith(f": {given[number]}") for number, name in found.items())
    return {number: name.partition(":")[0] for number, name in found.items()}


def function(number: int, call: str, *inputs: int) -> Operator:
    return Operator(number, f"ProcessTableFunction[{number}]", f"[{number}]:ProcessTableFunction(invocation=[{call}])", inputs)


def calc(number: int, *inputs: int) -> Operator:
    return Operator(number, f"Calc[{number}]", f"[{number}]:Calc(select=[aweme_id])", inputs)


def sink(number: int, table: str, *inputs: int) -> Operator:
    return Operator(number, f"{table}[{number}]", f"[{number}]:Sink(table=[{table}])", inputs)


def test_a_function_is_the_view_that_calls_it_and_sources_and_sinks_keep_their_tables() -> None:
    plan = [
        SOURCE,
        calc(2, 1),
        function(3, "hourly_maxima(TABLE(#0) PARTITION BY($0), DEFAULT(), _UTF-16LE'post_hours_of_counters')", 2),
        calc(4, 3),
        sink(5, "engagement_hourly_topic", 4),
    ]
    assert names("engagement", plan) == {2: "posts_observed", 3: "post_hours", 4: "engagement_hourly_results"}


def test_what_two_sinks_share_is_the_last_view_that_both_need() -> None:
    plan = [
        SOURCE,
        function(3, "post_growth(TABLE(#0), 'trending_hourly_from_bases')", 1),
        calc(4, 3),
        calc(5, 4),
        calc(6, 4),
        sink(7, "clickhouse_trending_hourly", 5),
        sink(8, "trending_alerts_topic", 6),
    ]
    # Each sink takes its rows from the verdicts; one of them by way of a view of its own.
    assert names("trending", plan) == {
        3: "post_verdicts",
        4: "trending_hourly_verdicts",
        5: "trending_hourly",
        6: "trending_hourly_verdicts",
    }


def test_each_branch_of_a_union_is_named_by_what_it_reads() -> None:
    users = Operator(10, "users_snapshots[10]", "")
    plan = [
        SOURCE,
        users,
        calc(2, 1),
        function(3, "hourly_maxima(..., 'post_hours_of_counters')", 2),
        calc(4, 3),
        calc(5, 1),
        calc(11, 10),
        function(6, "post_growth(..., 'trending_hourly_from_bases')", 4, 5, 11),
        calc(7, 10),
        sink(8, "clickhouse_follower_snapshots", 7),
    ]
    found = names("trending", plan)
    assert {found[4], found[5], found[11]} == {"hours_and_snapshots"}
    assert found[7] == "follower_snapshots"
    assert found[2] == "posts_observed"


def test_windows_and_tallies_are_those_of_the_topic_that_they_count() -> None:
    users = Operator(10, "users_snapshots[10]", "")
    plan = [
        SOURCE,
        users,
        calc(2, 1),
        Operator(3, "LocalWindowAggregate[3]", "window=[CUMULATE(...)]", (2,)),
        Operator(4, "GlobalWindowAggregate[4]", "window=[CUMULATE(...)]", (3,)),
        calc(5, 4),
        calc(6, 1),
        sink(7, "clickhouse_posts_ledger", 5, 6),
        calc(12, 10),
        Operator(13, "LocalWindowAggregate[13]", "window=[CUMULATE(...)]", (12,)),
        calc(15, 13),
        sink(17, "clickhouse_users_ledger", 15),
        function(20, "tally(TABLE(#0), 'posts_counts')", 2),
        calc(21, 20),
        sink(22, "clickhouse_posts_counts", 21),
    ]
    found = names("trending", plan)
    assert (found[3], found[4], found[13]) == ("posts_tally", "posts_tally", "users_tally")
    assert (found[5], found[6], found[15]) == ("posts_ledger", "posts_ledger", "users_ledger")
    assert (found[20], found[21]) == ("posts_counts", "posts_counts")


def test_a_python_function_is_the_view_that_calls_it() -> None:
    plan = [
        Operator(1, "comments_events[1]", ""),
        calc(2, 1),
        Operator(3, "PythonCalc[3]", "[3]:PythonCalc(select=[id, comment_sentiment(id, text) AS f0])", (2,)),
        calc(4, 3),
        calc(5, 4),
        calc(6, 4),
        sink(7, "clickhouse_comments_dead_letters", 5),
        function(8, "latest_snapshot(..., 'comments_with_snapshots')", 6),
    ]
    found = names("comments", plan)
    assert (found[3], found[4]) == ("comments_scored", "comments_checked")
    assert (found[5], found[6]) == ("comments_dead_letters", "comments_and_snapshots")
    assert found[2] == "comments_events", "it only prepares what the function is given"


def test_what_no_one_thing_stands_for_keeps_its_name() -> None:
    users = Operator(10, "users_snapshots[10]", "")
    assert names("trending", [SOURCE, users, calc(2, 1, 10), sink(3, "somewhere_else", 2)]) == {}


def test_two_windows_over_one_source_differ_by_their_kind() -> None:
    source = Operator(1, "live_events[1]", "[1]:TableSourceScan(table=[[default_catalog, default_database, live_events]])")
    kinds = {
        2: "CUMULATE(time_col=[event_time], step=[1 min])",
        3: "TUMBLE(time_col=[event_time], size=[1 min])",
    }
    windows = [
        Operator(number, f"LocalWindowAggregate[{number}]", f"[{number}]:LocalWindowAggregate(window=[{kind}])", (1,))
        for number, kind in kinds.items()
    ]
    assert names("live", [source, *windows]) == {2: "live_tally", 3: "live_minutes_closed"}
