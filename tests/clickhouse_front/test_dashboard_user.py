"""What the dashboard user can get at: planted names, texts and the key are searched for in every byte of every answer."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import clickhouse_connect
import httpx
import pytest

from quality.catalog import load_catalog
from stack.migrations import apply_migrations

from .conftest import ADMIN, READER, WRITER, FrontProcess

pytestmark = pytest.mark.clickhouse

AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
HANDLE, TEXT, AUTHOR = "planted.handle7", "planted words of a comment", "planted.editor"
NICKNAME, SECUID = "Planted Nickname", "MS4wLjABAAAAplanted"
SHARED = "tokpulse_shared"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Planted:
    """A front whose tables hold what must not be seen; `forms` are its spellings, among them those of the key."""

    front: FrontProcess
    forms: tuple[bytes, ...]

    def ask(
        self, sql: str, params: Mapping[str, str] = NOTHING, *, method: str = "POST", who: tuple[str, str] = READER
    ) -> httpx.Response:
        with self.front.http(who) as client:
            where = {"database": SHARED, **params}
            return client.request(method, "/", params={**where, "query": sql} if method == "GET" else where, content=sql)

    def seen(self, answer: httpx.Response) -> list[bytes]:
        """What of it an answer holds, in its headers too; compressed answers are unpacked by the client."""
        everything = b"\n".join(name + b":" + value for name, value in answer.headers.raw) + b"\n\n" + answer.content
        return [form for form in self.forms if form.lower() in everything.lower()]


@pytest.fixture(scope="module")
def planted(front: FrontProcess) -> Iterator[Planted]:
    apply_migrations(front.url(ADMIN))
    writer = clickhouse_connect.get_client(dsn=front.url(), autogenerate_session_id=False)
    comment = ("c1", "v1", "u1", TEXT, AT, AT, 1, 0, 0.5, "positive", "m", "en")
    names = ("comment_id", "video_id", "user_id", "text", "create_time", "ingested_at", "digg_count", "reply_total")
    scored = ("sentiment_compound", "sentiment_label", "sentiment_model", "language")
    writer.insert("comments_log", [comment], column_names=(*names, *scored))
    letter = ["tiktok.comments.events", 0, 7, f"bad_encoding: {HANDLE} in user.uniqueId", f"\0\0\0\0\1{HANDLE}{TEXT}", AT]
    writer.insert("dead_letters_log", [letter])
    version = ["v1-00000000", 1, AT, AT, AUTHOR, f"asked for by @{HANDLE}", "0" * 64, "{}"]
    writer.insert("threshold_versions_log", [version])
    raw = ["tikliveapi", "/userinfo-by-id/", "userid=1", 200, f'{{"user":{{"uniqueId":"{HANDLE}"}}}}', AT]
    writer.insert(
        "raw_api_responses", [raw], column_names=("upstream", "endpoint", "request_param", "http_status", "payload", "ingested_at")
    )
    for handle in (HANDLE, HANDLE.upper()):
        profile = ["u1", handle, NICKNAME, SECUID, len(handle), AT if handle == HANDLE else AT + timedelta(minutes=5)]
        attributes = ("userid", "unique_id", "nickname", "sec_uid", "follower_count", "observed_at")
        writer.insert("user_observations_log", [profile], column_names=attributes)
    title = f"with @{HANDLE}, {HANDLE}@example.org and https://example.org/@{HANDLE} #tag"
    writer.insert(
        "post_observations_log",
        [["v1", "u1", title, 5, AT]],
        column_names=("aweme_id", "author_id", "title", "play_count", "ingested_at"),
    )
    mute = ["v1", "", "", datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC), AUTHOR, f"asked for by @{HANDLE}"]
    writer.insert("alert_mutes_log", [mute])
    key = bytes.fromhex(front.post("SELECT hex(key) FROM tokpulse_private.pseudonym_key", user=ADMIN).text.strip())
    assert len(key) == 32
    # Of the raw key any eight bytes in a row: an answer may cut or escape the rest.
    pieces = {key[start : start + 8] for start in range(25)}
    words = (HANDLE, TEXT, AUTHOR, NICKNAME, SECUID)
    forms = (*(word.encode() for word in words), key.hex().encode(), base64.b64encode(key), *sorted(pieces))
    yield Planted(front, forms)
    writer.command("TRUNCATE TABLE comments_log")
    writer.command("TRUNCATE TABLE alert_mutes_log")
    writer.close()


# Refused: each asks for what the dashboard user has no right to.
READS = [
    "SELECT text FROM tokpulse.comments_enriched",
    "SELECT * FROM tokpulse.comments_log FINAL",
    "SELECT * FROM `tokpulse`.`raw_api_responses`",
    "SELECT raw FROM dead_letters",
    "SELECT raw FROM tokpulse.dead_letters",
    "SELECT key FROM tokpulse_private.pseudonym_key",
    "SELECT count() FROM tokpulse_private.pseudonym_key WHERE startsWith(hex(key), 'A')",
    "SELECT c.video_id, l.text FROM comments_enriched AS c JOIN tokpulse.comments_log AS l USING (comment_id)",
    "SELECT comment_id FROM comments_enriched WHERE comment_id IN "
    "(SELECT comment_id FROM tokpulse.comments_log WHERE text LIKE 'p%')",
    "SELECT (SELECT any(text) FROM tokpulse.comments_log)",
    "WITH hidden AS (SELECT text FROM tokpulse.comments_log) SELECT * FROM hidden",
    "SELECT comment_id FROM comments_enriched UNION ALL SELECT text FROM tokpulse.comments_log",
    "SELECT * FROM merge('tokpulse', '.*')",
    "SELECT * FROM merge('system', '^errors$')",
    "SELECT * FROM system . /* */ `errors`",
    'SELECT * FROM `system`."errors"',
    "SELECT * FROM `system.errors`",
    "SELECT 1 WHERE 1 IN (SELECT 1 FROM system.errors)",
    "SELECT * FROM merge(REGEXP('tokpulse.*'), '^(comments_log|pseudonym_key)$')",
    "SELECT * FROM view(SELECT text FROM tokpulse.comments_log)",
    "SELECT * FROM mergeTreeIndex('tokpulse', 'comments_log')",
    "SELECT * FROM mergeTreeIndex('tokpulse_private', 'pseudonym_key')",
    "SELECT dictGet('tokpulse.comments_log', 'text', 'c1')",
    "SELECT joinGet('tokpulse.comments_log', 'text', 'c1')",
    "SELECT * FROM remote('127.0.0.1', tokpulse.comments_log)",
    "SELECT * FROM file('comments_log', 'LineAsString')",
    "SELECT * FROM system.processes",
    "SELECT * FROM system.query_log",
    "SELECT * FROM system.errors",
    "SELECT * FROM system.text_log",
    "SELECT * FROM system.mutations",
    "SELECT * FROM system.users",
    "SELECT * FROM system.grants",
    "SELECT * FROM system.parts",
    "SELECT * FROM system.asynchronous_inserts",
    "SHOW CREATE TABLE tokpulse.comments_log",
    "SHOW CREATE TABLE tokpulse_private.pseudonym_key",
    "SHOW PROCESSLIST",
    "DESCRIBE TABLE tokpulse.comments_log",
    "EXISTS TABLE tokpulse_private.pseudonym_key",
    "EXPLAIN SELECT text FROM tokpulse.comments_log",
    "EXPLAIN ESTIMATE SELECT * FROM tokpulse.comments_log WHERE text = 'x'",
    "USE tokpulse",
    "EXECUTE AS default SELECT 1",
    "SELECT 1; SELECT text FROM tokpulse.comments_log",
]

# Served, for they show masked values only; among them errors that quote a value.
LOOKS = [
    "SELECT * FROM comments_enriched FORMAT JSON",
    "SELECT * FROM comments_enriched FORMAT Native",
    "SELECT * FROM dead_letters FORMAT Vertical",
    "SELECT * FROM user_observations FORMAT JSON",
    "SELECT * FROM dim_creator FORMAT Vertical",
    "SELECT * FROM posts",
    "SELECT toInt64(title), hashtags FROM post_observations",
    "SELECT toInt64(unique_id) FROM user_observations",
    "SELECT throwIf(1, sec_uid) FROM dim_creator",
    "EXPLAIN actions = 1 SELECT * FROM user_observations WHERE unique_id = 'x'",
    "EXPLAIN QUERY TREE SELECT * FROM dim_creator WHERE nickname = 'x'",
    "SHOW CREATE TABLE dim_creator",
    "SELECT * FROM threshold_versions FORMAT JSONEachRow",
    "SELECT toInt64(text) FROM comments_enriched",
    "SELECT throwIf(1, text) FROM comments_enriched",
    "SELECT throwIf(text LIKE '%planted%') FROM comments_enriched",
    "SELECT toDateTime(reason) FROM dead_letters",
    "SELECT comment_id FROM comments_enriched WHERE text LIKE '%planted%'",
    "SELECT toUInt8(comment) FROM threshold_versions",
    "SELECT CAST(author AS Enum8('x' = 1)) FROM threshold_versions",
    "SELECT JSONExtractString(text, 'x'), dumpColumnStructure(text), toTypeName(text) FROM comments_enriched",
    "SELECT * FROM viewIfPermitted(SELECT text FROM tokpulse.comments_log ELSE null('text String'))",
    "EXPLAIN actions = 1, indexes = 1 SELECT * FROM comments_enriched WHERE comment_id = 'c1'",
    "EXPLAIN QUERY TREE SELECT * FROM threshold_versions",
    "EXPLAIN PIPELINE SELECT * FROM threshold_versions",
    "SHOW CREATE TABLE comments_enriched",
    "SHOW TABLES",
    "SHOW DATABASES",
    "SELECT * FROM system.tables FORMAT Vertical",
    "SELECT * FROM system.columns FORMAT Vertical",
    "SELECT * FROM system.databases FORMAT Vertical",
    "SELECT name, value FROM system.settings FORMAT Vertical",
    "SELECT * FROM system.settings FORMAT Vertical",
    "SELECT currentUser(), currentRoles(), currentQueryID()",
    "SELECT text FROM {table:Identifier}",
]

WRITES = [
    "INSERT INTO comments_enriched (comment_id) VALUES ('x')",
    "INSERT INTO tokpulse.comments_log (comment_id) VALUES ('x')",
    "INSERT INTO tokpulse_private.pseudonym_key (key) VALUES ('x')",
    "INSERT INTO FUNCTION null('a String') SELECT text FROM tokpulse.comments_log",
    "ALTER TABLE comments_enriched MODIFY COMMENT 'x'",
    "ALTER TABLE tokpulse.comments_log DELETE WHERE 1",
    "CREATE TEMPORARY TABLE mine AS SELECT text FROM tokpulse.comments_log",
    "CREATE VIEW tokpulse_shared.mine AS SELECT text FROM tokpulse.comments_log",
    "CREATE OR REPLACE VIEW comments_enriched DEFINER = default SQL SECURITY DEFINER AS SELECT text FROM tokpulse.comments_log",
    "CREATE DICTIONARY tokpulse_shared.d (a UInt64) PRIMARY KEY a "
    "SOURCE(CLICKHOUSE(DB 'tokpulse' TABLE 'comments_log')) LAYOUT(FLAT())",
    "DROP TABLE comments_enriched",
    "RENAME TABLE tokpulse.comments_log TO tokpulse_shared.comments_log",
    "TRUNCATE TABLE tokpulse.comments_log",
    "KILL QUERY WHERE 1",
    "SET ROLE admin",
    "SET ROLE ALL",
    "SET DEFAULT ROLE admin TO default",
    "SET readonly = 0",
    "GRANT SELECT ON *.* TO default",
]


def test_every_read_view_has_a_masked_one(planted: Planted) -> None:
    """Those of raw responses and those that others are made of have none."""
    read = {name for name, one in load_catalog().items() if one.is_read_view}
    own = {name for name in read if not name.startswith("stg_")}
    shared = set(planted.ask("SHOW TABLES").text.split())
    assert own - shared == set()


@pytest.mark.parametrize("sql", READS)
def test_what_is_not_shared_is_refused(planted: Planted, sql: str) -> None:
    for method in ("POST", "GET"):
        answer = planted.ask(sql, method=method)
        assert answer.status_code >= 400, answer.text
        assert planted.seen(answer) == []


@pytest.mark.parametrize("sql", LOOKS)
def test_what_is_shared_is_masked(planted: Planted, sql: str) -> None:
    formats: list[dict[str, str]] = [{}, {"default_format": "RowBinary"}, {"default_format": "JSONCompact"}]
    for params in formats:
        answer = planted.ask(sql, {"param_table": "comments_enriched", **params})
        assert planted.seen(answer) == [], params


@pytest.mark.parametrize("sql", WRITES)
def test_nothing_can_be_written(planted: Planted, sql: str) -> None:
    before = planted.front.post("SELECT count(), sum(cityHash64(*)) FROM tokpulse.comments_log").text
    sessions: list[dict[str, str]] = [{}, {"session_id": "own"}]
    for params in sessions:
        answer = planted.ask(sql, params)
        assert answer.status_code >= 400, answer.text
        assert planted.seen(answer) == []
    assert planted.front.post("SELECT count(), sum(cityHash64(*)) FROM tokpulse.comments_log").text == before
    assert planted.ask("SELECT currentRoles()", {"session_id": "own"}).text == "['reader']\n"


@pytest.mark.parametrize(
    "params",
    [
        {"role": "admin"},
        {"role": "writer"},
        {"database": "tokpulse"},
        {"database": "system"},
        {"param_table": "system.errors"},
        {"database": "tokpulse_private"},
        {"param_table": "tokpulse.comments_log"},
        {"param_table": "tokpulse`.`comments_log"},
        {"additional_table_filters": "{'comments_log': '1'}"},
        {"additional_result_filter": "throwIf(text != '')"},
        {"default_view_definer": "default"},
        {"readonly": "0"},
        {"log_queries": "1"},
        {"user": WRITER[0]},
    ],
    ids=str,
)
def test_no_parameter_of_a_request_opens_more(planted: Planted, params: dict[str, str]) -> None:
    table = "{table:Identifier}" if "param_table" in params else "comments_enriched"
    for sql in (f"SELECT text FROM {table}", "SELECT text FROM tokpulse.comments_log"):
        answer = planted.ask(sql, params)
        assert planted.seen(answer) == []
        assert answer.status_code >= 400 or answer.text == "[redacted]\n"


def test_a_session_of_the_writers_is_not_the_dashboards(planted: Planted) -> None:
    for name in (WRITER, ADMIN):
        wanted = {"session_id": "one", "database": "tokpulse"}
        made = planted.ask(f"CREATE TEMPORARY TABLE kept AS SELECT '{TEXT}' AS text", wanted, who=name)
        assert made.status_code == 200, made.text
    answer = planted.ask("SELECT text FROM kept", {"session_id": "one"})
    assert answer.status_code >= 400
    assert planted.seen(answer) == []


def test_others_statements_and_errors_are_not_seen(planted: Planted) -> None:
    slow = f"SELECT sleepEachRow(0.2), '{TEXT}' FROM numbers(5) SETTINGS max_block_size = 1"
    running = threading.Thread(target=planted.front.post, args=(slow,))
    running.start()
    failed = planted.front.post(f"SELECT toInt64('{TEXT}')")
    assert TEXT in failed.text
    tables = planted.front.post("SELECT name FROM system.tables WHERE database = 'system' ORDER BY name").text.split()
    assert "processes" in tables
    shown = [name for name in tables if planted.seen(planted.ask(f"SELECT * FROM system.{name} LIMIT 1000 FORMAT Vertical"))]
    running.join()
    assert shown == []


def test_the_pseudonym_stays_and_tells_nothing(planted: Planted) -> None:
    assert apply_migrations(planted.front.url(ADMIN)) == [], "the key is made once"
    assert planted.ask("SELECT reason FROM dead_letters").text == "bad_encoding\n"
    found = planted.ask("SELECT DISTINCT unique_id, nickname, sec_uid FROM user_observations").text.split()
    assert len({len(word) for word in found}) == 1, "one person has one pseudonym of each kind, however the handle is spelled"
    assert len(set(found)) == 3 == len(found)
    assert len(found[0]) == 64
    assert planted.ask("SELECT title FROM posts").text == "with [name] [name] and [link] #tag\n"
    assert planted.ask("SELECT comment, author FROM threshold_versions").text == "asked for by [name]\t[redacted]\n"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT key FROM tokpulse_private.pseudonym_key",
        "INSERT INTO tokpulse_private.pseudonym_key (key) VALUES ('x')",
        "TRUNCATE TABLE tokpulse_private.pseudonym_key",
        "DROP DATABASE tokpulse_private",
        "USE tokpulse_private",
        "SHOW CREATE TABLE tokpulse_private.pseudonym_key",
        "DROP VIEW tokpulse_shared.comments_enriched",
        "CREATE VIEW tokpulse_shared.mine AS SELECT 1",
        "CREATE OR REPLACE VIEW tokpulse_shared.comments_enriched AS SELECT * FROM tokpulse.comments_enriched",
        "EXCHANGE TABLES tokpulse.comments_log AND tokpulse_private.pseudonym_key",
        "CREATE VIEW tokpulse.mine DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT * FROM tokpulse_private.pseudonym_key",
        "CREATE VIEW tokpulse.mine SQL SECURITY NONE AS SELECT * FROM tokpulse_private.pseudonym_key",
        "CREATE MATERIALIZED VIEW tokpulse.mine ENGINE = Memory AS SELECT key FROM tokpulse_private.pseudonym_key",
        "CREATE MATERIALIZED VIEW tokpulse.mine ENGINE = Memory AS SELECT key FROM merge(REGEXP('tokpulse.*'), '^pseudonym_key$')",
        "CREATE VIEW tokpulse.mine AS SELECT * FROM "
        "viewIfPermitted(SELECT key FROM tokpulse_private.pseudonym_key ELSE null('key String'))",
        "ALTER TABLE tokpulse.comments_log UPDATE text = (SELECT any(hex(key)) FROM tokpulse_private.pseudonym_key) WHERE 1",
        "CREATE TABLE tokpulse.mine (key FixedString(32)) ENGINE = Merge('tokpulse_private', 'pseudonym_key')",
        "CREATE TABLE tokpulse.mine (key FixedString(32)) ENGINE = "
        "Buffer('tokpulse_private', 'pseudonym_key', 1, 1, 1, 1, 1, 1, 1)",
        "CREATE DICTIONARY tokpulse.mine (made_at UInt64, key String) PRIMARY KEY made_at "
        "SOURCE(CLICKHOUSE(DB 'tokpulse_private' TABLE 'pseudonym_key')) LAYOUT(FLAT()) LIFETIME(0)",
        "SET ROLE admin",
    ],
)
def test_the_writer_neither_reads_the_key_nor_redefines_what_is_shared(planted: Planted, sql: str) -> None:
    for user in (WRITER, READER):
        answer = planted.front.post(sql, user=user, session_id="w")
        assert answer.status_code >= 400, answer.text
        assert planted.seen(answer) == []
    assert planted.ask("SELECT count() FROM comments_enriched WHERE text = '[redacted]'").text == "1\n"


def test_a_filter_reaches_the_table_through_the_masked_view(planted: Planted) -> None:
    """No more is read than by the same question to the view behind it."""
    writer = clickhouse_connect.get_client(dsn=planted.front.url(), autogenerate_session_id=False)
    rows = "SELECT toString(number % 2000), 'a', toDateTime64('2027-01-01 00:00:00', 3, 'UTC') + INTERVAL intDiv(number, 2000) HOUR"
    writer.command(
        "INSERT INTO engagement_hourly_maxima (aweme_id, author_id, window_start, play_count, is_final) "
        f"{rows}, 1, 1 FROM numbers(2000 * 720)"
    )
    reader = clickhouse_connect.get_client(dsn=planted.front.url(READER, SHARED), autogenerate_session_id=False)
    found = reader.query("SELECT count() FROM engagement_hourly WHERE window_start >= '2027-01-10' AND window_start < '2027-01-11'")
    assert found.result_rows == [(2000 * 24,)]
    inside = writer.query(
        "SELECT count() FROM engagement_hourly WHERE window_start >= '2027-01-10' AND window_start < '2027-01-11'"
    )
    assert found.summary["read_rows"] == inside.summary["read_rows"], "the masked view reads what the view reads"
    writer.command("TRUNCATE TABLE engagement_hourly_maxima")
    reader.close()
    writer.close()
