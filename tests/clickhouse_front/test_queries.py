"""The queries of `sql/clickhouse/queries/` on the migrated tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from connectors.clickhouse.queries import QUERIES_DIR, rows
from connectors.clock import wall_clock_ms

from .conftest import READER, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "queries"
START = datetime(2026, 1, 5, tzinfo=UTC)
MAXIMA = (
    *("aweme_id", "author_id", "window_start", "play_count", "digg_count"),
    *("comment_count", "share_count", "engagement_total", "is_final"),
)
# A value for every parameter of every query.
ANY: dict[str, Any] = {
    **{"since": START, "hours": 3, "run_id": "x", "job": "x", "from_ms": 0, "to_ms": 1, "rows": 3},
    **{"tiers": ["all"], "lower_bounds": [0], "thresholds": [1.5], "unknown_authors": 2.0},
    **{"rates": [1.5], "unknown_rate": 2.0, "least_rate": 1.5, "least_observations": 3, "quiet_ms": 1},
    **{"span_ms": 1, "begins_ms": [0], "old_limits": [1], "new_limit": 1},
    **{"posts": ["7"], "creators": ["8"], "handle": "x", "id": "7", "now_ms": 0},
}
GROWTH = (
    *("aweme_id", "author_id", "window_start", "window_end", "play_count", "prev_play_count", "prev_window_end", "gap_hours"),
    *("delta_plays", "delta_plays_per_hour", "author_follower_count", "snapshot_status", "tier", "threshold", "threshold_version"),
    "is_trending",
)
ENTRY = ("job", "run_id", "topic", "path", "kafka_partition", "bucket", "valid", "counted", "late", "beyond_bound", "quarantined")


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    url = front.url(database=DATABASE)
    front.migrated(DATABASE)
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in ("engagement_hourly_maxima", "trending_hourly_log", "dead_letters_log", "pipeline_ledger_entries"):
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def insert_plays(client: Any, *observed: tuple[str, int, int]) -> None:
    """(post, hour, plays)."""
    client.insert(
        "engagement_hourly_maxima",
        [[post, "author", START + timedelta(hours=hour), plays, 1, 1, 1, 3, 1] for post, hour, plays in observed],
        column_names=MAXIMA,
    )


def insert_growth(client: Any, *judged: tuple[str, int, float, float]) -> None:
    """(post, hour, plays per hour, threshold)."""
    client.insert(
        "trending_hourly_log",
        [
            [
                post,
                "author",
                hour_of(hour),
                hour_of(hour + 1),
                9,
                1,
                hour_of(hour),
                1,
                8,
                rate,
                None,
                "missing",
                "unknown",
                limit,
                "v1",
                rate > limit,
            ]
            for post, hour, rate, limit in judged
        ],
        column_names=GROWTH,
    )


def hour_of(number: int) -> datetime:
    return START + timedelta(hours=number)


def by_hour(client: Any, hours: int = 26) -> list[tuple[int, str, int]]:
    """(hour, post, trending posts of the hour), newest first."""
    found = rows(client, "", "trending_by_hour", since=START, hours=hours)
    return [
        ((row["window_start"].replace(tzinfo=UTC) - START) // timedelta(hours=1), row["aweme_id"], row["trending_posts"])
        for row in found
    ]


def test_each_hour_shows_the_post_furthest_beyond_its_threshold(client: Any) -> None:
    insert_growth(
        client, ("a", 1, 90.0, 100.0), ("b", 1, 30.0, 10.0), ("c", 1, 20.0, 10.0), ("a", 2, 50.0, 100.0), ("b", 2, -4.0, 10.0)
    )
    assert by_hour(client) == [(2, "a", 0), (1, "b", 2)]
    assert by_hour(client, hours=1) == [(2, "a", 0)]


def test_a_row_that_is_judged_again_counts_once(client: Any) -> None:
    insert_growth(client, ("a", 1, 90.0, 10.0))
    insert_growth(client, ("a", 1, 90.0, 10.0))
    assert by_hour(client) == [(1, "a", 1)]


def test_extent_of_an_empty_and_of_a_filled_table(client: Any) -> None:
    (empty,) = rows(client, "", "engagement_extent")
    assert (empty["rows_held"], empty["newest_start"], empty["newest_final_start"]) == (0, 0, 0)
    insert_plays(client, ("a", 0, 5), ("a", 1, 7), ("b", 1, 7))
    (filled,) = rows(client, "", "engagement_extent")
    assert (filled["rows_held"], filled["hours_held"]) == (3, 2)
    assert filled["newest_start"] == int((START + timedelta(hours=1)).timestamp())


def ledger(client: Any, *entries: list[Any], minutes: int = 0) -> None:
    """Entries that were written so many minutes ago."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    client.insert(
        "pipeline_ledger_entries",
        [[*entry, at] for entry in entries],
        column_names=(*ENTRY, "written_at"),
        # The client does not ask for the type of a column that fills itself.
        column_type_names=(*["String"] * 4, "Int32", "Int64", *["UInt64"] * 5, "DateTime64(3, 'UTC')"),
        settings={"insert_allow_materialized_columns": 1},
    )


def run_of(run_id: str, valid: int, counted: int, late: int = 0, beyond_bound: int = 0, job: str = "engagement") -> list[list[Any]]:
    """Counted at the source and behind the exchange."""
    return [
        [job, run_id, "posts", "read", 0, 0, valid, 0, 0, 0, 0],
        [job, run_id, "posts", "hours", -1, 3600, 0, counted, late, beyond_bound, 0],
    ]


def test_ledger_of_run(client: Any) -> None:
    ledger(client, *run_of("r", 9, 5, 2, 1), ["engagement", "r", "posts", "quarantine", 0, 17, 0, 0, 0, 0, 1])
    (run,) = rows(client, "", "ledger_of_run", run_id="r")
    assert run == {"topic": "posts", "read": 10, "counted": 5, "late": 2, "beyond_bound": 1, "quarantined": 1, "unaccounted": 1}


def test_a_job_goes_on_under_the_run_that_wrote_last(client: Any) -> None:
    assert rows(client, "", "ledger_newest_run", job="engagement") == []
    ledger(client, *run_of("before", 9, 9), minutes=10)
    ledger(client, *run_of("last", 9, 9), minutes=5)
    ledger(client, *run_of("of another job", 9, 9, job="trending"))
    assert rows(client, "", "ledger_newest_run", job="engagement") == [{"run_id": "last"}]


def unaccounted(client: Any) -> list[tuple[str, int]]:
    return [(row["run_id"], row["unaccounted"]) for row in rows(client, "", "ledger_unaccounted")]


def test_records_are_missing_once_both_counts_have_had_time_to_come(client: Any) -> None:
    ledger(client, *run_of("even", 10, 7, 2, 1), *run_of("lost", 10, 8, 1), minutes=6)
    ledger(client, *run_of("young", 10, 8, 1), minutes=4)
    ledger(client, ["comments", "words", "comments", "read", 0, 0, 10, 8, 1, 0, 0], minutes=6)
    assert unaccounted(client) == [("words", 1), ("lost", 1)]
    # That late records come all the time does not make the counts of the last hour young.
    ledger(client, ["engagement", "lost", "posts", "hours", -1, 7200, 0, 0, 0, 0, 0])
    assert ("lost", 1) in unaccounted(client)


def test_what_waits_for_the_next_hour_is_not_too_much(client: Any) -> None:
    ledger(client, *run_of("late", 10, 10, 3, 2), minutes=6)
    # Snapshots are counted as they come: three hours of ten, and four of the running one.
    users = [["followers", "users", "users", "hours", -1, 3600 * hour, 0, 10, 0, 0, 0] for hour in (1, 2, 3)]
    running = ["followers", "users", "users", "hours", -1, 3600 * 4, 0, 4, 1, 0, 0]
    ledger(client, ["followers", "users", "users", "read", 0, 0, 30, 0, 0, 0, 0], *users, running)
    assert unaccounted(client) == []
    ledger(client, [*running[:7], 4, 1, 0, 0], ["followers", "users", "users", "hours", -1, 3600 * 2, 0, 11, 0, 0, 0])
    assert unaccounted(client) == [("users", -6)]


def test_late_records_of_the_last_day_the_largest_share_first(client: Any) -> None:
    ledger(client, *run_of("old", 10, 5, 5), minutes=25 * 60)
    ledger(client, *run_of("some", 1000, 999, 1), *run_of("more", 1000, 988, 10, 2), *run_of("none", 10, 10))
    ledger(client, run_of("began", 0, 0, 5)[1])
    found = rows(client, "", "ledger_late")
    assert [(row["run_id"], row["read"], row["late"], row["beyond_bound"], row["late_share"]) for row in found] == [
        ("more", 1000, 10, 2, 0.012),
        ("some", 1000, 1, 0, 0.001),
    ]


def test_the_newest_run_of_each_job(client: Any) -> None:
    ledger(client, *run_of("old", 10, 10, job="landing"), minutes=25 * 60)
    ledger(client, *run_of("before", 10, 10), minutes=120)
    ledger(client, *run_of("now", 7, 4, 1, 1), *run_of("pipe", 5, 5, job="pipeline"))
    ledger(client, ["engagement", "now", "users", "read", 0, 0, 3, 3, 0, 0, 0], minutes=60)
    counts = ("read", "counted", "late", "beyond_bound", "quarantined", "unaccounted")
    assert [(row["job"], row["topic"], *(row[name] for name in counts)) for row in rows(client, "", "ledger_newest")] == [
        ("engagement", "posts", 7, 4, 1, 1, 0, 1),
        ("engagement", "users", 3, 3, 0, 0, 0, 0),
        ("pipeline", "posts", 5, 5, 0, 0, 0, 0),
    ]


def test_dead_letter_reasons_are_grouped_by_code(client: Any) -> None:
    now = datetime.now(UTC)
    reasons = (
        *(("truncated: after 3 bytes", START), ("truncated: after 9 bytes", START), ("truncated: after 4 bytes", START)),
        *(("bad_magic: 0x01", now - timedelta(hours=23)), ("bad_magic: 0x02", now - timedelta(hours=25))),
    )
    client.insert("dead_letters_log", [["posts", number, number, reason, "", at] for number, (reason, at) in enumerate(reasons)])
    found = rows(client, "", "dead_letter_reasons")
    assert [(row["code"], row["records"], row["of_last_day"], row["partitions"]) for row in found] == [
        ("bad_magic", 2, 1, [3]),
        ("truncated", 3, 0, []),
    ]
    assert found[0]["example"] == "bad_magic: 0x01"
    assert abs(found[0]["newest_ms"] - (now - timedelta(hours=23)).timestamp() * 1000) < 2


def test_the_clock_is_that_of_the_server(client: Any) -> None:
    before = wall_clock_ms()
    (found,) = rows(client, "", "clock")
    assert before <= found["now_ms"] <= wall_clock_ms()


# detached_parts is for whoever runs the server, and ledger_unaccounted reads a table of storage, as `tokpulse doctor` may.
@pytest.mark.parametrize(
    "name", sorted({path.stem for path in QUERIES_DIR.glob("*.sql")} - {"detached_parts", "ledger_unaccounted"})
)
def test_the_read_only_user_may_run_what_a_dashboard_shows(front: FrontProcess, client: Any, name: str) -> None:
    front.migrated("tokpulse")
    reader = clickhouse_connect.get_client(dsn=front.url(READER, "tokpulse_shared"), autogenerate_session_id=False)
    try:
        assert isinstance(rows(reader, "", name, **ANY), list)
    finally:
        reader.close()
