"""Rows of a person who is forgotten, on the engine: over many days, of nobody else, and never without saying what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from polling.personal.pseudonyms import Pseudonyms
from privacy.discovery import from_pseudonyms, from_tables
from privacy.messages import Messages
from privacy.person import Person
from privacy.rewriting import Rewriter
from privacy.tables import Table, Tables, TablesError, explained
from quality.catalog import load_catalog
from tests.waiting import until

from .conftest import FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "forgetting"
PRIVATE = f"{DATABASE}_private"
USER, HANDLE, OTHER = "6900000000000000777", "dance", "6900000000000000888"
PERSON = Person(USER, {HANDLE}, {"Anna"}, {"MS4wLjABAAAAbob"}, {"7900000000000000101"}, set())
SECRET = bytes(32)
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
# A server lets one insert fill 100 partitions; here it is three.
DAYS, LIMIT = 5, 3
PROFILE = ("userid", "unique_id", "nickname", "follower_count", "observed_at")


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Client]:
    url = front.migrated(DATABASE)
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    made.command("TRUNCATE TABLE user_observations_log")
    yield made
    made.close()


@pytest.fixture
def tables(client: Client) -> Tables:
    return Tables(client, PRIVATE, Rewriter(PERSON, SECRET))


def observe(client: Client, userid: str, handle: str, days: list[int]) -> None:
    rows = [[userid, handle, handle, 5, START + timedelta(days=day)] for day in days]
    client.insert("user_observations_log", rows, column_names=PROFILE)


def keep_responses(client: Client, payloads: dict[str, str]) -> None:
    """What was asked -> what came; now, as responses are kept for months only."""
    client.command("TRUNCATE TABLE raw_api_responses")
    columns = ("ingested_at", "upstream", "endpoint", "request_param", "http_status", "payload", "elapsed_ms")
    rows = [[datetime.now(UTC), "tikapi", "/public/posts", asked, 200, payload, 1] for asked, payload in payloads.items()]
    client.insert("raw_api_responses", rows, column_names=columns)


def profiles(tables: Tables) -> Table:
    return next(table for table in tables.known() if table.name == "user_observations_log")


def test_rows_of_more_days_than_one_insert_may_have_partitions(client: Client, tables: Tables) -> None:
    for day in range(DAYS):
        observe(client, USER, HANDLE, [day])
    client.set_client_setting("max_partitions_per_insert_block", LIMIT)
    tables.look_for(PERSON)
    try:
        assert tables.rewrite(profiles(tables)) == DAYS
        assert tables.rewrite(profiles(tables)) == 0
    finally:
        tables.forget_search()
    found = client.query("SELECT userid, unique_id, count(), uniqExact(observed_at) FROM user_observations_log GROUP BY ALL")
    token = Rewriter(PERSON, SECRET).token
    assert found.result_rows == [(token(USER), token(HANDLE), DAYS, DAYS)]


def test_other_people_stay_as_they_are_and_a_handle_goes_where_it_is_one(client: Client, tables: Tables) -> None:
    observe(client, USER, HANDLE, [1])
    observe(client, OTHER, "somebody", [1, 2])
    client.insert("user_observations_log", [[OTHER, "else", HANDLE, 5, START]], column_names=PROFILE)
    tables.look_for(PERSON)
    try:
        tables.rewrite(profiles(tables))
    finally:
        tables.forget_search()
    others = client.query(f"SELECT unique_id, nickname FROM user_observations_log WHERE userid = '{OTHER}' ORDER BY ALL")
    assert others.result_rows == [("else", HANDLE), ("somebody", "somebody"), ("somebody", "somebody")]
    assert client.query("SELECT count() FROM user_observations_log WHERE unique_id = 'dance'").result_rows == [(0,)]


@pytest.mark.parametrize(
    "spelled",
    [
        *("tiktok.com/%40dance", "%2540dance", "tiktok.com/%40%64%61nce", "&#64;dance", "@&#100;ance"),
        *("@d\u200bance", "\\u0040dance", "@\\u0064ance"),
    ],
)
def test_a_row_is_found_however_a_name_is_spelled(client: Client, tables: Tables, spelled: str) -> None:
    keep_responses(client, {"id=1": f'{{"cid":"8","text":"{spelled}"}}', "id=2": '{"cid":"9","text":"nobody 100% &amp; 👩‍👩‍👧"}'})
    tables.look_for(PERSON)
    try:
        responses = next(table for table in tables.known() if table.name == "raw_api_responses")
        assert tables.affected(responses) == 1
    finally:
        tables.forget_search()


def test_what_was_asked_by_a_name_is_found_behind_its_pseudonym(client: Client) -> None:
    names = Pseudonyms(b"k" * 32)
    asked = ("count=30&secUid=MS4wLjABAAAAbob", "count=30&secUid=MS4wLjABAAAAelse", f"username={HANDLE}", "userid=5")
    keep_responses(client, dict.fromkeys(asked, "{}"))
    person = Person(USER, {names.of("handle", HANDLE)}, set(), {names.of("secuid", "MS4wLjABAAAAbob")})
    from_pseudonyms(person, "nowhere:1", [], Messages(str), client, names.of)
    assert (HANDLE in person.handles, "MS4wLjABAAAAbob" in person.secuids, len(person.secuids)) == (True, True, 2)


def test_every_table_that_says_whose_a_post_is_tells_of_it(client: Client) -> None:
    query = (
        "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'author_id' AND table IN"
        " (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'aweme_id') AND table IN"
        " (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')"
    )
    tables = client.query(query).result_rows
    assert len(tables) > 5
    for number, (table,) in enumerate(tables):
        client.command(f"INSERT INTO {table} (aweme_id, author_id) SELECT 'post of {number}', '{USER}'")
    client.command(f"INSERT INTO comments_log (comment_id, video_id, user_id) VALUES ('theirs', 'a post', '{USER}')")
    observe(client, USER, HANDLE, [1])
    person = Person(USER)
    from_tables(person, client)
    assert person.posts == {f"post of {number}" for number in range(len(tables))}
    assert (person.comments, person.handles) == ({"theirs"}, {HANDLE})


def test_a_new_mart_is_searched_once_the_catalog_describes_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.command(
        "CREATE TABLE IF NOT EXISTS mart_of_tomorrow (aweme_id String, author_id String) ENGINE = MergeTree ORDER BY aweme_id"
    )
    client.command(f"INSERT INTO mart_of_tomorrow VALUES ('nowhere else', '{USER}')")
    try:
        described = {**load_catalog(), "mart_of_tomorrow": load_catalog()["hashtag_hourly_posts"]}
        monkeypatch.setattr("privacy.tables.load_catalog", lambda: described)
        person = Person(USER)
        from_tables(person, client)
        assert "nowhere else" in person.posts
    finally:
        client.command("DROP TABLE mart_of_tomorrow SYNC")


def test_what_a_deletion_reads_stays_until_it_has_ended(client: Client, tables: Tables) -> None:
    observe(client, OTHER, "somebody", [1])
    client.insert(f"{PRIVATE}.forget_rows", [[1]], column_names=["row"])
    client.command("SYSTEM STOP MERGES user_observations_log")
    condition = f"follower_count = 9 AND 9 IN (SELECT row FROM {PRIVATE}.forget_rows)"
    client.command(f"ALTER TABLE user_observations_log DELETE WHERE {condition} SETTINGS mutations_sync = 0")
    rows = f"SELECT count() FROM {PRIVATE}.forget_rows"
    try:
        with pytest.raises(TablesError, match="still deletes rows of user_observations_log"):
            tables.forget_search()
        assert client.query(rows).result_rows == [(1,)]
    finally:
        client.command("SYSTEM START MERGES user_observations_log")
    deletions = "SELECT countIf(NOT is_done) FROM system.mutations WHERE database = currentDatabase()"
    until(lambda: client.query(deletions).result_rows == [(0,)], 30, "the deletion has ended")
    tables.forget_search()
    assert client.query(rows).result_rows == [(0,)]


def test_a_refusal_is_one_line_that_says_what_to_do(client: Client) -> None:
    absent = Tables(client, "absent_private", Rewriter(PERSON, SECRET))
    with pytest.raises(TablesError, match="refuses with code 81") as refused, explained():
        absent.look_for(PERSON)
    assert "run the same command again" in str(refused.value.hint)
