"""The marts over observations, on the engine: golden rows in any order and after a replay, kept sums, hashtags of all scripts."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from connectors.hashtags import hashtags
from tests.golden.landed_reading import GROWTH_COUNTS, MARTS, expect, given
from tests.hashtags import CASES

from .conftest import FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "landed"
POSTS, USERS, GROWTH = "post_observations_log", "user_observations_log", "trending_hourly_log"
FILLED = (
    *(
        POSTS,
        USERS,
        GROWTH,
        "posts_newest",
        "fact_follower_snapshot_newest",
        "fact_post_engagement_maxima",
        "hashtag_hourly_posts",
    ),
    *("hashtag_hourly_written", "hashtag_hourly_kept", "hashtag_hourly_kept_hours"),
)
ORDER = {
    "dim_creator": "userid, valid_from",
    "hashtag_hourly": "hashtag, window_start",
    "follower_growth_weekly": "userid, week_start",
}
HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def client(front: FrontProcess) -> Iterator[Any]:
    url = front.migrated(DATABASE)
    made = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    for table in FILLED:
        made.command(f"TRUNCATE TABLE {table}")
    yield made
    made.close()


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def land_posts(client: Any, records: Sequence[dict[str, Any]]) -> None:
    names = ["aweme_id", "author_id", "title", "region", "duration", "play_count", "digg_count", "comment_count", "share_count"]
    names += ["download_count", "collect_count"]
    rows = [
        [*(record[name] for name in names), moment(record["create_time"] * 1000), moment(record["ingested_at"])]
        for record in records
    ]
    client.insert(POSTS, rows, column_names=[*names, "create_time", "ingested_at"])


def land_users(client: Any, records: Sequence[dict[str, Any]]) -> None:
    names = [
        "userid",
        "unique_id",
        "nickname",
        "sec_uid",
        "is_verified",
        "is_private",
        "region",
        "follower_count",
        "following_count",
    ]
    names += ["heart_count", "video_count", "digg_count", "observed_at"]
    rows = []
    for record in records:
        user, stats = record["user"], record["stats"]
        about = [user["uniqueId"], user["nickname"], user["secUid"], user["verified"], user["privateAccount"], user["region"]]
        counts = [stats[name] for name in ("followerCount", "followingCount", "heartCount", "videoCount", "diggCount")]
        rows.append([record["userid"], *about, *counts, moment(record["ingested_at"])])
    client.insert(USERS, rows, column_names=names)


def land_growth(client: Any, rows: Sequence[dict[str, Any]]) -> None:
    values = [[row["aweme_id"], moment(row["window_start"]), *(row[name] for name in GROWTH_COUNTS)] for row in rows]
    client.insert(GROWTH, values, column_names=["aweme_id", "window_start", *GROWTH_COUNTS])


def held(client: Any, mart: str) -> list[dict[str, Any]]:
    found = client.query(f"SELECT * FROM {mart} ORDER BY {ORDER.get(mart, '1, 2')}", column_formats={"DateTime64*": "int"})
    return [
        {name: round(value.timestamp() * 1000) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in found.named_results()
    ]


def test_of_the_revisions_of_one_insert_the_last_counts(client: Any) -> None:
    """As the sink inserts: ClickHouse merges nothing while it writes, and the table has no version but the order of rows."""
    keys, revisions = 500, 40
    rows = [[f"post {key:03}", HOUR, revision] for revision in range(revisions) for key in range(keys)]
    client.insert(GROWTH, rows, column_names=["aweme_id", "window_start", "delta_plays"], settings={"optimize_on_insert": 0})
    question = "SELECT count(), min(delta_plays), max(delta_plays) FROM trending_hourly"
    assert client.query(f"SELECT count() FROM {GROWTH}").result_rows == [(keys * revisions,)]
    assert client.query(question).result_rows == [(keys, revisions - 1, revisions - 1)]
    client.command(f"OPTIMIZE TABLE {GROWTH} FINAL")
    assert client.query(question).result_rows == [(keys, revisions - 1, revisions - 1)]


@pytest.mark.parametrize(("step", "batch"), [(1, 100), (-1, 1)])
def test_golden_rows_in_any_order_and_after_a_replay(client: Any, step: int, batch: int) -> None:
    posts, users, growth = given()
    for _ in range(2):
        for land, records in ((land_posts, posts), (land_users, users), (land_growth, growth)):
            ordered = records[::step]
            for begin in range(0, len(ordered), batch):
                land(client, ordered[begin : begin + batch])
        for mart in MARTS:
            assert held(client, mart) == expect(mart), mart
    for table in FILLED:
        client.command(f"OPTIMIZE TABLE {table} FINAL")
    for mart in MARTS:
        assert held(client, mart) == expect(mart), mart


@pytest.mark.parametrize("nulls", [0, 1])
def test_a_reader_may_want_nulls_of_joins(client: Any, nulls: int) -> None:
    posts, users, growth = given()
    land_posts(client, posts)
    land_users(client, users)
    land_growth(client, growth)
    client.set_client_setting("join_use_nulls", nulls)
    for mart in MARTS:
        assert held(client, mart) == expect(mart), mart


def test_versions_of_a_creator_neither_overlap_nor_leave_a_gap(client: Any) -> None:
    _, users, _ = given()
    land_users(client, users)
    broken = client.query(
        "SELECT userid FROM (SELECT userid, valid_from, valid_to, is_current,"
        " leadInFrame(toNullable(valid_from)) OVER (PARTITION BY userid ORDER BY valid_from"
        " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS following FROM dim_creator)"
        " WHERE valid_to IS DISTINCT FROM following OR valid_to <= valid_from OR is_current != (valid_to IS NULL)"
    )
    assert broken.result_rows == []
    current = client.query("SELECT userid, sum(is_current) FROM dim_creator GROUP BY userid ORDER BY userid").result_rows
    assert current == [("anna", 1), ("cleo", 1), ("emil", 1)]


def written(client: Any, at: datetime) -> None:
    """As if the last write to every hour had been at `at`."""
    hours = client.query("SELECT DISTINCT window_start FROM hashtag_hourly_posts").result_rows
    client.command("TRUNCATE TABLE hashtag_hourly_written")
    client.insert("hashtag_hourly_written", [[row[0].replace(tzinfo=UTC), at] for row in hours])


def keep(client: Any) -> int:
    """Lets the engine add up quiet hours now; how many rows are kept."""
    client.command("SYSTEM REFRESH VIEW hashtag_hourly_keeper")
    client.command("SYSTEM WAIT VIEW hashtag_hourly_keeper")
    return int(client.command("SELECT count() FROM hashtag_hourly_kept"))


def test_sums_are_kept_of_quiet_hours_only_and_hold_until_the_next_write(client: Any) -> None:
    posts, _, growth = given()
    land_posts(client, posts)
    land_growth(client, growth)
    assert keep(client) == 0, "every hour has just been written to"
    written(client, datetime.now(UTC) - timedelta(hours=1))
    assert keep(client) == len(expect("hashtag_hourly"))
    assert held(client, "hashtag_hourly") == expect("hashtag_hourly")
    # What is shown is what was kept: the view does not look at the posts of a quiet hour again.
    client.command("TRUNCATE TABLE hashtag_hourly_posts")
    assert held(client, "hashtag_hourly") == expect("hashtag_hourly")
    # A late post: its hour is added up anew, with all that is known of it.
    land_posts(client, posts)
    more = posts[0] | {"aweme_id": "late", "author_id": "dora", "title": "#fyp", "play_count": 7}
    land_posts(client, [more])
    late = [row for row in held(client, "hashtag_hourly") if (row["hashtag"], moment(row["window_start"])) == ("fyp", HOUR)]
    (before,) = [row for row in expect("hashtag_hourly") if (row["hashtag"], moment(row["window_start"])) == ("fyp", HOUR)]
    engagement = before["engagement_total"] + 13
    assert late == [before | {"posts": 2, "creators": 2, "play_count": before["play_count"] + 7, "engagement_total": engagement}]


def test_hashtags_are_those_of_the_python_function_in_every_script(client: Any) -> None:
    known = [chr(code) for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    # Each character within and at the end of a hashtag, many to a title.
    texts = ["".join(f"#a{char}b #{char} " for char in known[begin : begin + 200]) for begin in range(0, len(known), 200)]
    texts += ["#ΟΔΟΣ #ΑΣ #İI #STRASSE #ǅ", "x#y##z # #", "#a_b-c.d", "##", "", "#" * 100_000, "#a" * 20_000, *CASES]
    post = given()[0][0]
    land_posts(client, [post | {"aweme_id": f"{number:06}", "title": text} for number, text in enumerate(texts)])
    found = client.query("SELECT hashtags FROM posts ORDER BY aweme_id").result_columns[0]
    for text, tags in zip(texts, found, strict=True):
        assert tags == CASES.get(text, hashtags(text)), re.sub(r"\s.*", "", text)
    for table in ("hashtag_creator", "hashtag_hourly"):
        assert set(client.query(f"SELECT DISTINCT hashtag FROM {table}").result_columns[0]) == {
            tag for tags in found for tag in tags
        }


FLAT, NESTED = ("tikliveapi", "/user-posts/"), ("tikapi", "/public/posts")


@pytest.mark.parametrize(
    ("upstream", "fields", "tags"),
    [
        (NESTED, {"textExtra": [{"hashtagName": "台灣", "start": 0}, {"hashtagName": "", "userUniqueId": "somebody"}]}, ["台灣"]),
        (NESTED, {"contents": [{"textExtra": [{"hashtagName": "Über\u0303"}, {"hashtagName": "b"}]}]}, ["über\u0303", "b"]),
        (NESTED, {"challenges": [{"id": "1", "title": "#Cafe\u0301"}, {"id": "2", "title": "CAF\u00c9"}]}, ["caf\u00e9"]),
        (NESTED, {"textExtra": [{"hashtagName": "first"}], "challenges": [{"title": "second"}]}, ["first"]),
        (FLAT, {"text_extra": [{"hashtag_name": "c++"}]}, ["c++"]),
        (FLAT, {"cha_list": [{"cha_name": "lgbt🌈"}]}, ["lgbt🌈"]),
        # Nothing said of hashtags: the rule decides.
        (NESTED, {"textExtra": [{"hashtagName": "", "userUniqueId": "somebody"}], "challenges": []}, ["台灣🇹🇼", "c"]),
        (NESTED, {"textExtra": None, "challenges": "x", "contents": [1, {"textExtra": {}}]}, ["台灣🇹🇼", "c"]),
        (FLAT, {}, ["台灣🇹🇼", "c"]),
    ],
)
def test_the_list_of_the_upstream_wins_over_the_rule(
    client: Any, upstream: tuple[str, str], fields: dict[str, Any], tags: list[str]
) -> None:
    post = given()[0][0] | {"title": "#台灣🇹🇼 #c++"}
    said = {"id" if upstream is NESTED else "aweme_id": post["aweme_id"], **fields}
    respond(client, upstream, post["ingested_at"], [said, {"id": "other", "aweme_id": "other", "challenges": [{"title": "x"}]}])
    assert held(client, "posts") == [], "what was only answered was not observed"
    land_posts(client, [post])
    for _ in range(2):
        (row,) = held(client, "posts")
        assert row["hashtags"] == tags
        assert (row["author_id"], row["title"], row["first_observed_at"]) == (post["author_id"], post["title"], post["ingested_at"])
        assert {row["hashtag"] for row in held(client, "hashtag_creator")} == set(tags)
        client.command("OPTIMIZE TABLE posts_newest FINAL")
    # A title that came with no list is not that of an older one.
    land_posts(client, [post | {"title": "#new", "ingested_at": post["ingested_at"] + 1}])
    assert held(client, "posts")[0]["hashtags"] == ["new"]
    respond(client, upstream, post["ingested_at"] + 1, [said])
    respond(client, upstream, post["ingested_at"] + 2, [{name: value for name, value in said.items() if name not in fields}])
    assert held(client, "posts")[0]["hashtags"] == ["new"], "the newest response says nothing"


@pytest.mark.parametrize(
    "payload", ["", "{", "[]", "null", '{"itemList": 1}', '{"itemList": [null, 1, "x", {"id": null}, {"id": ""}]}']
)
def test_a_response_that_is_none_lands_too(client: Any, payload: str) -> None:
    # Not of long ago: responses have a TTL.
    request = uuid.uuid4()
    client.insert("raw_api_responses", [[datetime.now(UTC), *NESTED, "", 200, payload, request, 1]])
    assert client.command(f"SELECT count() FROM raw_api_responses WHERE request_id = '{request}'") == 1
    assert client.command("SELECT count() FROM posts_newest") == 0


def respond(client: Any, upstream: tuple[str, str], at_ms: int, posts: list[dict[str, Any]]) -> None:
    body = json.dumps({"videos": posts, "itemList": posts}, ensure_ascii=False)
    client.insert("raw_api_responses", [[moment(at_ms), *upstream, "", 200, body, uuid.uuid4(), 1]])


@pytest.mark.parametrize(
    "title",
    [
        "",
        " ",
        "x" * 100_000,
        "#مرحبا \u202eעולם\u202c \u2067#א\u2069",
        "\u200b\u200d\ufeff#a\u200bb",
        "#\0 \n\t\r",
        "👨\u200d👩\u200d👧" * 5_000,
    ],
)
def test_a_title_of_any_kind_is_shown_as_it_came(client: Any, title: str) -> None:
    post = given()[0][0] | {"title": title}
    land_posts(client, [post])
    assert [row["title"] for row in held(client, "posts")] == [title]
    assert client.query("SELECT title FROM post_observations").result_rows == [(title,)]
    assert [row["hashtag"] for row in held(client, "hashtag_creator")] == sorted(hashtags(title))


def test_a_day_that_does_not_begin_at_midnight_reads_the_granules_of_its_hours(client: Any) -> None:
    post = given()[0][0]
    begin_ms = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    times = [begin_ms + minute * 60_000 for minute in range(0, 30 * 24 * 60, 15)]
    land_posts(client, [post | {"aweme_id": f"p{at_ms % 7}", "ingested_at": at_ms} for at_ms in times])
    for table, column in ((POSTS, "ingested_at"), ("hashtag_hourly_posts", "window_start")):
        lines = client.query(
            f"EXPLAIN indexes = 1 SELECT count() FROM {table} FINAL"
            f" WHERE {column} >= '2026-03-10 13:00:00' AND {column} < '2026-03-11 13:00:00'"
        ).result_columns[0]
        first = next(match for line in lines if (match := re.search(r"Parts: (\d+)/(\d+)", line)))
        assert (int(first[1]), int(first[2])) == (2, 30), table
