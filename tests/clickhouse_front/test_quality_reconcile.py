"""Topics against tables: what is missing is named, and only that."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from connectors.errors import TokpulseError
from connectors.kafka.topics import load_topics
from quality.catalog import Dataset, load_catalog
from quality.checks import Moment
from quality.reconcile import reconcile
from quality.results import Result
from quality.run import Tables
from quality.topic import Held, Place

from .conftest import FrontProcess

pytestmark = pytest.mark.clickhouse

NOON = datetime(2026, 1, 8, 12, tzinfo=UTC)
POSTS, USERS, COMMENTS = "tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events"
MAXIMA = "aweme_id author_id window_start play_count"
LEDGER = "job run_id topic path kafka_partition bucket valid counted late beyond_bound quarantined"


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    url = front.migrated("reconcile")
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in (
        "engagement_hourly_maxima",
        "follower_snapshots_log",
        "comments_log",
        "dead_letters_log",
        "pipeline_ledger_entries",
    ):
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def ms(minutes: float) -> int:
    """So long after noon."""
    return round((NOON + timedelta(minutes=minutes)).timestamp() * 1000)


def write_run(
    client: Any, run_id: str, read: int, *, hours: tuple[int, ...] = (), late: int = 0, quarantined: int = 0, topic: str = POSTS
) -> None:
    """What a run has read, and the hours that have closed, in minutes since noon; the last has all that was counted."""
    entries = [["engagement", run_id, topic, "read", 0, 0, read, 0, 0, 0, 0]]
    for number, minutes in enumerate(hours, start=1):
        counted = read * (number == len(hours))
        entries.append(["engagement", run_id, topic, "hours", -1, ms(minutes) // 1000, 0, counted, late, 0, 0])
        late = 0
    entries += [["engagement", run_id, topic, "quarantine", 0, number, 0, 0, 0, 0, 1] for number in range(quarantined)]
    client.insert("pipeline_ledger_entries", entries, column_names=LEDGER.split())


def run(client: Any, dataset: str, held: Held) -> list[Result]:
    def read(topic: str, key_field: str, since_ms: int, until_ms: int) -> Held:
        assert until_ms - since_ms == 24 * 3_600_000 - 60_000
        return held

    return list(reconcile(Tables(client, ""), read, load_topics(), [load_catalog()[dataset]], Moment(ms(240)), settle_ms=60_000))


def of(client: Any, dataset: str, *observed: tuple[str, int, Place], unusable: tuple[Place, ...] = ()) -> tuple[str, int, str]:
    """Status, rows and what is said of the dataset."""
    result, _ = run(client, dataset, Held(len(observed) + len(unusable), list(observed), list(unusable)))
    assert (result.dataset, result.test, result.severity) == (dataset, "reconcile", "error")
    return result.status.value, result.failing_rows, result.detail


def test_post_hours(client: Any) -> None:
    posts = [(f"p{number}", ms(number), (number % 3, number)) for number in range(120)]
    rows = [[post, "a", NOON + timedelta(hours=number >= 60), 1] for number, (post, _, _) in enumerate(posts)]
    client.insert("engagement_hourly_maxima", rows, column_names=MAXIMA.split())
    again = ("p7", ms(9), (0, 500))
    assert of(client, "engagement_hourly", *posts, again) == (
        "pass",
        0,
        "all 120 rows of 121 records of tiktok.posts.events, 0 dead letters among them",
    )
    client.command("DELETE FROM engagement_hourly_maxima WHERE aweme_id IN ('p10', 'p64', 'p65')")
    assert of(client, "engagement_hourly", *posts) == (
        "fail",
        3,
        "lacks 3 of 120 rows of tiktok.posts.events: 2026-01-08 12:00 1, 2026-01-08 13:00 2; the first is aweme_id p10,"
        " partition 1 offset 10",
    )


def test_rows_of_the_same_number_but_of_others_are_no_match(client: Any) -> None:
    client.insert("engagement_hourly_maxima", [["x", "a", NOON, 1]], column_names=MAXIMA.split())
    assert of(client, "engagement_hourly", ("y", ms(1), (0, 0)))[:2] == ("fail", 1)


def test_dead_letters_are_accounted_for(client: Any) -> None:
    client.insert("dead_letters_log", [[POSTS, 0, number, "truncated", "", NOON] for number in (1, 2)])
    quarantined = ("p", ms(1), (0, 1))
    said = "all 0 rows of 2 records of tiktok.posts.events, 2 dead letters among them"
    assert of(client, "engagement_hourly", quarantined, unusable=((0, 2),)) == ("pass", 0, said)
    # Another record of the same hour, which is none.
    assert of(client, "engagement_hourly", quarantined, ("p", ms(2), (0, 3)))[:2] == ("fail", 1)
    assert of(client, "engagement_hourly", quarantined, unusable=((0, 2), (3, 4))) == (
        "fail",
        1,
        "1 unusable records of tiktok.posts.events are no dead letters, the first is partition 3 offset 4",
    )


def test_snapshots_by_their_moment(client: Any) -> None:
    client.insert("follower_snapshots_log", [["u", NOON, 5], ["u", NOON + timedelta(minutes=1), 6]])
    seen = (("u", ms(0), (0, 0)), ("u", ms(1), (0, 1)))
    assert of(client, "follower_snapshots", *seen)[:2] == ("pass", 0)
    status, rows, said = of(client, "follower_snapshots", *seen, ("u", ms(2), (0, 2)))
    assert (status, rows) == ("fail", 1)
    assert said.endswith("the first is userid u, partition 0 offset 2")


def test_comments_by_their_newest_observation(client: Any) -> None:
    def insert(comment: str, minutes: float) -> None:
        client.insert("comments_log", [[comment, NOON + timedelta(minutes=minutes)]], column_names=["comment_id", "ingested_at"])

    insert("again", 90)
    insert("once", 1)
    seen = (("again", ms(0), (0, 0)), ("once", ms(1), (0, 1)))
    # It was observed again, and that record has not been there long enough to be asked for.
    assert of(client, "comments_enriched", *seen)[:2] == ("pass", 0)
    insert("stale", 3)
    status, rows, said = of(
        client, "comments_enriched", *seen, ("stale", ms(3), (0, 2)), ("stale", ms(70), (0, 3)), ("new", ms(4), (1, 0))
    )
    assert (status, rows) == ("fail", 2)
    assert "2026-01-08 12:00 1, 2026-01-08 13:00 1" in said


def test_a_run_that_has_read_less_than_arrived_is_a_warning(client: Any) -> None:
    held = Held(3, [("p", ms(1), (0, 0)), ("p", ms(2), (0, 1)), ("p", ms(61), (0, 2))])
    _, ledger = run(client, "engagement_hourly", held)
    assert (ledger.dataset, ledger.column, ledger.severity) == ("pipeline_ledger", POSTS, "warn")
    assert (ledger.status, ledger.failing_rows) == ("warn", 3)
    assert ledger.detail == "no run has read tiktok.posts.events, which holds 3"
    write_run(client, "r", 1)
    _, ledger = run(client, "engagement_hourly", held)
    # The running hour is not in the ledger yet.
    assert (ledger.status, ledger.failing_rows) == ("warn", 1)
    assert ledger.detail == "r has read 1, and 2 records arrived of hours that have closed"
    write_run(client, "r", 2)
    assert run(client, "engagement_hourly", held)[1].status == "pass"


# Submitted an hour after noon, when all but the last of these had arrived.
SUBMITTED = "20260108T130000.123456Z"
ARRIVED = Held(
    4,
    [("p", ms(-70), (0, 0)), ("p", ms(2), (0, 1)), ("p", ms(58), (0, 2)), ("p", ms(61), (0, 3))],
    arrived=array("q", [ms(-70), ms(2), ms(59), ms(61)]),
)


def read_by(client: Any, held: Held = ARRIVED, dataset: str = "engagement_hourly") -> tuple[str, str, int, str]:
    _, found = run(client, dataset, held)
    return found.severity, found.status.value, found.failing_rows, found.detail


def test_a_run_that_was_at_the_end_of_a_topic_has_read_all_of_it(client: Any) -> None:
    write_run(client, SUBMITTED, 2, hours=(-120, 0))
    said = f"{SUBMITTED} has read 2 of the 3 valid records that had arrived when it was submitted"
    assert read_by(client) == ("error", "fail", 1, said)
    # Another run that has read them all is no excuse.
    write_run(client, "other", 9)
    assert read_by(client)[1] == "fail"
    write_run(client, SUBMITTED, 3, hours=(-120, 0))
    assert read_by(client)[1] == "pass"


def test_a_bad_record_is_read_but_is_none_of_those_that_count(client: Any) -> None:
    client.insert("dead_letters_log", [[POSTS, 0, 1, "negative", "", NOON]])
    write_run(client, SUBMITTED, 1, hours=(-120, 0), quarantined=1)
    assert read_by(client)[1:3] == ("fail", 1)
    write_run(client, SUBMITTED, 2, hours=(-120, 0))
    assert read_by(client)[1] == "pass"


@pytest.mark.parametrize(
    ("run_id", "hours", "late"),
    [
        # The hour from noon on is open: it may be at it.
        (SUBMITTED, (-120, -60), 0),
        # Nobody knows what had arrived when it began.
        ("nightly", (-120, 0), 0),
        ("99999999T999999Z", (-120, 0), 0),
        # What came late is in `read` with the next hour.
        (f"demo-{SUBMITTED[:15]}", (-120, 0), 1),
    ],
)
def test_a_run_that_may_be_at_it_has_not_failed(client: Any, run_id: str, hours: tuple[int, ...], late: int) -> None:
    write_run(client, run_id, 2, hours=hours, late=late)
    assert read_by(client)[:2] == ("warn", "warn")


def test_snapshots_of_an_open_hour_are_counted_so_nothing_is_certain_of_them(client: Any) -> None:
    write_run(client, SUBMITTED, 2, hours=(-120, 0), topic=USERS)
    assert read_by(client, dataset="follower_snapshots")[:2] == ("warn", "warn")


def test_a_table_that_is_not_there_fails_its_test_alone(client: Any) -> None:
    catalog = load_catalog()
    there, gone = catalog["follower_snapshots"], Dataset("follower_snapshots_of_mars", catalog["follower_snapshots"].about)
    held = Held(1, [("u", ms(0), (0, 0))])
    client.insert("follower_snapshots_log", [["u", NOON, 5]])
    results = list(reconcile(Tables(client, ""), lambda *_: held, load_topics(), [gone, there], Moment(ms(240)), settle_ms=0))
    assert [(one.dataset, one.status.value) for one in results[:2]] == [(gone.name, "fail"), (there.name, "pass")]
    assert results[0].detail == "cannot be tested: ClickHouse refuses with code 60 (UNKNOWN_TABLE)"


def test_an_error_of_kafka_fails_the_test_alone(client: Any) -> None:
    def read(topic: str, key_field: str, since_ms: int, until_ms: int) -> Held:
        if topic == USERS:
            raise TokpulseError("cannot read tiktok.users.snapshots")
        return Held()

    catalog = load_catalog()
    datasets = [catalog[name] for name in ("follower_snapshots", "comments_enriched")]
    results = list(reconcile(Tables(client, ""), read, load_topics(), datasets, Moment(ms(240)), settle_ms=0))
    assert [(one.dataset, one.status.value) for one in results] == [
        ("follower_snapshots", "fail"),
        ("comments_enriched", "pass"),
        ("pipeline_ledger", "pass"),
    ]
    assert results[0].detail == "cannot be tested: cannot read tiktok.users.snapshots"
