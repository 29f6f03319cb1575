"""A person who is forgotten: no byte of any name or id is left in topics and tables, and every hour adds up as before."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from connectors.clickhouse.client import connect
from connectors.kafka.log import partition_offsets
from connectors.kafka.topics import load_topics
from polling.landing.responses import Row
from polling.landing.table import insert_into
from polling.personal.forgotten import Forgotten
from polling.personal.pseudonyms import Pseudonyms
from polling.watching.handles import KeptHandle, handle_file
from simulator.settings import SimulationSettings
from simulator.upstream.server import FakeUpstream
from tests.privacy.hiding import OTHERS, OWN, Somebody, left, somebody, tikapi_comment, tikapi_post, tikliveapi_post
from tests.waiting import until

from .records import messages, producing, write_in_transactions
from .stack_process import Stack, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

POSTS, USERS, COMMENTS, CURSORS = "tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events", "tiktok.poller.cursors"
START_MS = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000
USER, HANDLE, OLD_HANDLE, NICKNAME, SECUID = (
    "6900000000000000777",
    "petra.paulsen",
    "petra_old",
    "Petra Pé",
    "MS4wLjABAAAApaulsen77",
)
THEIRS = ("7900000000000000101", "7900000000000000102")
# Known from a look-up of a poller alone.
LOOKED_UP = "petra.looked.up"
ABORTED, COMMENT, SAID = "7900000000000000103", "7990000000000000011", "Petra here, I live in Kiel"
OTHER, OTHERS_HANDLE, OTHERS_POST = "6900000000000000888", "olga.other", "7900000000000000201"
MARTS = {
    **{"engagement_hourly": "window_start", "hashtag_hourly": "window_start", "post_observations": "ingested_at"},
    **{"fact_post_engagement": "snapshot_date", "fact_follower_snapshot": "snapshot_date", "user_observations": "observed_at"},
    **{"comments_enriched": "ingested_at", "dead_letters": "failed_at"},
}
OBSERVED = ("aweme_id", "author_id", "title", "play_count", "digg_count", "ingested_at")
# Bodies with the person in all kinds of places. The mark stands in every word and address that is hidden there.
SEEDS, MARK = 200, "zqkx"
# Everything that may be left nowhere, in any spelling of the letters.
TRACES = [one.lower() for one in (USER, HANDLE, OLD_HANDLE, LOOKED_UP, NICKNAME, SECUID, *THEIRS, ABORTED, COMMENT, SAID, MARK)]


def post(aweme_id: str, author: str, hour: int, plays: int, title: str) -> dict[str, Any]:
    counters = dict.fromkeys(("digg_count", "comment_count", "share_count", "download_count", "collect_count"), plays // 10)
    address = f"https://v.example/{HANDLE}/{aweme_id}.mp4" if author == USER else f"https://v.example/{aweme_id}.mp4"
    fixed = {"region": "DE", "duration": 9, "play": address, "wmplay": address, "hdplay": None, "create_time": START_MS // 1000}
    at = START_MS + hour * HOUR_MS + 60_000
    return {"aweme_id": aweme_id, "author_id": author, "title": title, "play_count": plays, "ingested_at": at, **fixed, **counters}


def profile(userid: str, handle: str, nickname: str, secuid: str, hour: int) -> dict[str, Any]:
    user = {"id": userid, "uniqueId": handle, "nickname": nickname, "secUid": secuid, "verified": False, "privateAccount": False}
    stats = {"followerCount": 1_000 + hour, "followingCount": 1, "heartCount": 2, "videoCount": 3, "diggCount": 4}
    return {"userid": userid, "user": {**user, "region": None}, "stats": stats, "ingested_at": START_MS + hour * HOUR_MS}


def comment(own: str, video: str, text: str, userid: str, handle: str, nickname: str, parent: str | None = None) -> dict[str, Any]:
    user = {"id": userid, "uniqueId": handle, "nickname": nickname, "region": None}
    fixed = {"create_time": START_MS // 1000, "digg_count": 1, "reply_total": 0, "parent_id": parent}
    return {"id": own, "video_id": video, "text": text, "user": user, "ingested_at": START_MS + HOUR_MS, **fixed}


def cursor(userid: str) -> dict[str, Any]:
    times = {"round_started_ms": 1, "polled_ms": 2, "moved_ms": 3, "moved": 4}
    return {"feed_key": f"tikliveapi/posts/{userid}", "cursor": None, "pages": 1, **times}


def made_by(who: Somebody, key: str) -> dict[str, Any]:
    """An item of the list `key` of an upstream's page."""
    if key == "videos":
        return tikliveapi_post(who, who.post(), f"{who.words()} #fyp")
    if key == "itemList":
        return tikapi_post(who, who.post(), f"{who.words()} #fyp")
    return tikapi_comment(who, who.comment(), OTHERS_POST, who.words())


def hide() -> tuple[list[tuple[str, list[dict[str, Any]]]], set[str]]:
    """Pages of both upstreams, each an item of the person and one of somebody else; and the ids of what the person made."""
    pages, ids = [], set[str]()
    for seed in range(SEEDS):
        dice = random.Random(seed)
        key = ("videos", "itemList", "comments")[seed % 3]
        petra, other = Somebody(dice, USER, HANDLE, NICKNAME, SECUID, MARK), somebody(dice)
        own, others = made_by(petra, key), made_by(other, key)
        for kind in dice.sample(sorted(OWN), 6):
            OWN[kind](petra, own)
        for kind in dice.sample(sorted(OTHERS), 3):
            OTHERS[kind](petra, others)
        pages.append((key, [own, others]))
        ids |= {*petra.posts, *petra.comments}
    return pages, ids


def plant_hidden(stack: Stack) -> set[str]:
    """Half of the pages in the raw landing, the items of the other half as dead letters; the ids of what the person made."""
    pages, ids = hide()
    at, rows = datetime.now(UTC), []
    plain = Producer({"bootstrap.servers": stack.endpoints.kafka_bootstrap_servers})
    reason = f"unmapped: desc: expected a string, found 'of {MARK} @{HANDLE}'".encode()
    for number, (key, items) in enumerate(pages):
        escaped = number % 4 < 2  # as half of the upstreams do with what is not ASCII
        if number % 2:
            upstream = "tikliveapi" if key == "videos" else "tikapi"
            body = json.dumps({key: items}, ensure_ascii=escaped).encode()
            rows.append(Row(at, upstream, "/hidden/", f"count=2&page={number}", 200, body, uuid.uuid4(), 1))
            continue
        for item in items:
            value = json.dumps(item, ensure_ascii=escaped).encode()
            plain.produce(f"{COMMENTS if key == 'comments' else POSTS}.dlq", value=value, headers=[("error", reason)])
    assert plain.flush(30) == 0
    insert_into(stack.endpoints.clickhouse_url)(rows)
    return ids


def plant(stack: Stack) -> set[str]:
    """What pollers would have written of the person and of somebody who mentions the person; ids that are in bodies only."""
    hidden = plant_hidden(stack)
    own = [
        post(one, USER, hour, 1_000 * (hour + 2), f"mein Tag mit @{OTHERS_HANDLE} #kiel #fyp")
        for one in THEIRS
        for hour in range(3)
    ]
    others = [
        post(OTHERS_POST, OTHER, hour, 500 * (hour + 1), f"duet with @{HANDLE} and @{OTHERS_HANDLE} #fyp") for hour in range(3)
    ]
    with producing(stack.endpoints) as producer:
        for record in (*own, *others):
            producer.produce(POSTS, record)
        for hour, handle in enumerate((OLD_HANDLE, HANDLE, HANDLE)):
            producer.produce(USERS, profile(USER, handle, NICKNAME, SECUID, hour))
            producer.produce(USERS, profile(OTHER, OTHERS_HANDLE, "Other", "MS4wLjABAAAAother", hour))
        producer.produce(COMMENTS, comment(COMMENT, OTHERS_POST, SAID, USER, HANDLE, NICKNAME))
        producer.produce(
            COMMENTS, comment("7990000000000000022", THEIRS[0], f"love @{HANDLE.title()} !", OTHER, OTHERS_HANDLE, "Other", COMMENT)
        )
        for userid in (USER, OTHER, USER):
            producer.produce(CURSORS, cursor(userid))
    write_in_transactions(stack.endpoints, [([post(ABORTED, USER, 1, 9, "never committed")], False)])
    # A record that the job refuses, and a letter of a poller that could not read a response.
    plain = Producer({"bootstrap.servers": stack.endpoints.kafka_bootstrap_servers})
    plain.produce(POSTS, key=THEIRS[0].encode(), value=f"no record: {USER} {HANDLE} ".encode())
    letter = {"aweme_id": THEIRS[1], "author": {"id": USER, "uniqueId": HANDLE}, "title": SAID}
    plain.produce(
        f"{POSTS}.dlq",
        key=THEIRS[1].encode(),
        value=json.dumps(letter).encode(),
        headers=[("error", f"unmapped: {USER} ".encode())],
    )
    assert plain.flush(30) == 0
    bodies = {
        f"userid={USER}": {"user": {"id": USER, "uniqueId": HANDLE, "signature": SAID}},
        f"userid={OTHER}": {"videos": [{"aweme_id": OTHERS_POST, "title": f"duet with @{HANDLE} !", "author": {"id": OTHER}}]},
        "aweme_id=1": {"aweme_id": 1, "title": "of somebody else"},
    }
    at = datetime.now(UTC)
    rows = [Row(at, "tikliveapi", "/x/", asked, 200, json.dumps(body).encode(), uuid.uuid4(), 1) for asked, body in bodies.items()]
    insert_into(stack.endpoints.clickhouse_url)(rows)
    # As the other jobs would have written it, without waiting for them.
    with stack.clickhouse() as client:
        for one in (*own, *others):
            seen = [one[name] for name in OBSERVED[:-1]]
            client.insert(
                "post_observations_log", [[*seen, datetime.fromtimestamp(one["ingested_at"] / 1000, UTC)]], column_names=OBSERVED
            )
        for userid, handle, nickname, secuid in (
            (USER, OLD_HANDLE, NICKNAME, SECUID),
            (USER, HANDLE, NICKNAME, SECUID),
            (OTHER, OTHERS_HANDLE, "Other", "MS4wLjABAAAAother"),
        ):
            row = [userid, handle, nickname, secuid, 5, at - timedelta(hours=handle == OLD_HANDLE)]
            client.insert(
                "user_observations_log",
                [row],
                column_names=("userid", "unique_id", "nickname", "sec_uid", "follower_count", "observed_at"),
            )
        names = ("comment_id", "video_id", "user_id", "text", "create_time", "ingested_at", "digg_count", "reply_total")
        client.insert("comments_log", [[COMMENT, OTHERS_POST, USER, SAID, at, at, 1, 0]], column_names=names)
    return hidden


@contextmanager
def admin(stack: Stack) -> Iterator[Client]:
    client = connect(stack.endpoints.clickhouse_admin_url)
    try:
        yield client
    finally:
        client.close()


def tables(client: Client) -> list[str]:
    found = client.query(
        "SELECT database || '.' || name FROM system.tables WHERE database LIKE 'tokpulse%' AND engine LIKE '%MergeTree'"
    )
    return sorted(str(row[0]) for row in found.result_rows)


def raw_log(stack: Stack, topic: str) -> Iterator[bytes]:
    """Key, value and headers of every record that Kafka still gives out, of aborted transactions too."""
    consumer = Consumer(
        {
            "bootstrap.servers": stack.endpoints.kafka_bootstrap_servers,
            "group.id": "e2e-bytes",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,  # so long is the end of each partition held back
            "isolation.level": "read_uncommitted",
            "auto.offset.reset": "earliest",
            "log_level": 0,  # offset 0 is cut off, which is no news
        }
    )
    try:
        open_partitions = set(partition_offsets(stack.endpoints.kafka_bootstrap_servers, topic))
        consumer.assign([TopicPartition(topic, partition, 0) for partition in open_partitions])
        while open_partitions:
            for message in consumer.consume(1_000, timeout=0.2):
                error = message.error()
                if error is None:
                    yield b"%r %r %r" % (message.key(), message.value(), message.headers()) + bytes(message.value() or b"")
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    open_partitions.discard(message.partition())
    finally:
        consumer.close()


def traces(stack: Stack, wanted: Sequence[str] = TRACES) -> set[str]:
    """Where anything of the person is: topics from offset 0, every column of every table, and files of ours."""
    found = traces_in_tables(stack, wanted) | traces_in_files(stack, wanted)
    for topic in load_topics():
        if left(b"\n".join(raw_log(stack, topic.name)), wanted):
            found.add(topic.name)
    return found


def traces_in_tables(stack: Stack, wanted: Sequence[str] = TRACES) -> set[str]:
    with admin(stack) as client:
        return {table for table in tables(client) if left(bytes(client.raw_query(f"SELECT * FROM {table} FORMAT TSVRaw")), wanted)}


def traces_in_files(stack: Stack, wanted: Sequence[str] = TRACES) -> set[str]:
    """Logs and state of this software; what the services keep of cut-off segments and old parts is theirs to delete."""
    services = {stack.data / "kafka", stack.data / "clickhouse", stack.data / "flink"}
    files = (path for path in stack.data.rglob("*") if path.is_file() and services.isdisjoint(path.parents))
    return {str(path.relative_to(stack.data)) for path in files if left(path.read_bytes(), wanted)}


def places(stack: Stack) -> dict[str, dict[int, tuple[int, int]]]:
    """The first offset and the end of every partition: whoever writes or cuts off moves one of them."""
    return {topic.name: partition_offsets(stack.endpoints.kafka_bootstrap_servers, topic.name) for topic in load_topics()}


def hours(stack: Stack) -> list[tuple[Any, ...]]:
    return stack.query(
        "SELECT window_start, count(), uniqExact(author_id), sum(play_count), sum(digg_count), sum(comment_count), "
        "sum(share_count), sum(engagement_total) FROM engagement_hourly GROUP BY window_start ORDER BY window_start"
    )


def sums(stack: Stack) -> dict[str, list[tuple[Any, ...]]]:
    """Of each mart that has rows here the rows and the sums of its whole numbers, by time."""
    found = {}
    for mart, time in MARTS.items():
        columns = stack.query(
            f"SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {mart!r} AND type LIKE '%Int%'"
        )
        assert columns, mart
        numbers = ", ".join(f"sum({name})" for (name,) in columns)
        found[mart] = stack.query(f"SELECT {time}, count(), {numbers} FROM {mart} GROUP BY {time} ORDER BY {time}")
        assert found[mart], mart
    return found


def empty_tables(stack: Stack) -> None:
    with admin(stack) as client:
        for table in tables(client):
            if not table.endswith((".schema_migrations", ".schema_views", ".pseudonym_key", ".threshold_versions_log")):
                client.command(f"TRUNCATE TABLE {table}")


def test_nothing_of_a_forgotten_person_is_left_and_every_hour_adds_up(stack: Stack) -> None:
    empty_tables(stack)
    hidden = plant(stack)
    kept = handle_file(stack.data)
    kept.keep(f"@{LOOKED_UP}", KeptHandle(USER, SECUID, START_MS, START_MS), lambda name, known: False)
    kept.keep("@olga.other", KeptHandle(OTHER, "", START_MS, START_MS), lambda name, known: False)
    stack.submit("engagement", "--bounded")
    before, summed, committed = hours(stack), sums(stack), sum(1 for _ in messages(stack.endpoints, POSTS))
    assert [row[1:3] for row in before] == [(3, 2)] * 3
    there = traces(stack)
    assert {POSTS, USERS, COMMENTS, CURSORS, f"{POSTS}.dlq", "tiktok.engagement.hourly", "tokpulse.raw_api_responses"} < there

    at = places(stack)
    shown = json.loads(stack.run("forget", USER, "--json").stdout)
    assert (shown["done"], shown["identifiers"]["handles"], shown["handles"]) == (False, 3, 1)
    assert shown["identifiers"]["posts"] + shown["identifiers"]["comments"] == 4 + len(hidden)
    assert {name for name, count in shown["topics"].items() if count} == {name for name in there if name.startswith("tiktok.")}
    assert places(stack) == at, "without --yes nothing is changed"
    assert traces_in_tables(stack) == {name for name in there if name.startswith("tokpulse")}

    servers = stack.endpoints.kafka_bootstrap_servers
    first = stack.start("forget", USER, "--yes", "--json")
    until(
        lambda: first.poll() is not None or any(low for low, _ in partition_offsets(servers, POSTS).values()),
        120,
        "a partition is cut off",
    )
    first.kill()
    first.communicate()
    second = ended(stack.start("forget", USER, "--yes", "--json"))
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["done"]
    assert list((stack.data / "forget").iterdir()) == [stack.data / "forget" / "lock"]

    assert traces(stack, [*TRACES, *hidden]) == set()
    assert list(kept.read()) == ["@olga.other"]
    assert Forgotten(stack.data / "forgotten.json").knows("handle", LOOKED_UP), "it may be on no watchlist any more"
    assert (hours(stack), sums(stack)) == (before, summed)
    with stack.clickhouse() as client:
        payloads = [
            json.loads(row[0])
            for row in client.query("SELECT payload FROM raw_api_responses WHERE endpoint = '/hidden/'").result_rows
        ]
    items = [item for page in payloads for one in page.values() for item in one]
    assert len(items) == SEEDS
    assert all(item.get("stats", item.get("digg_count")) is not None for item in items)
    assert sum(1 for _ in messages(stack.endpoints, POSTS)) == committed, "a kill made no record twice, and lost none"
    assert stack.query(f"SELECT uniqExact(author_id), countIf(author_id = {OTHER!r}) FROM engagement_hourly") == [(2, 3)]
    titles = {row[0] for row in stack.query("SELECT DISTINCT title FROM post_observations")}
    assert "#kiel #fyp" in titles, "hashtags count for others too"
    assert any(title.startswith("duet with @forgotten") and f"@{OTHERS_HANDLE}" in title for title in titles)
    assert stack.query("SELECT count() FROM raw_api_responses WHERE payload LIKE '%of somebody else%'") == [(1,)]
    assert [message.key() for message in messages(stack.endpoints, CURSORS)] == [f"tikliveapi/posts/{OTHER}".encode()]

    with admin(stack) as client:
        client.command("CREATE TABLE tokpulse.engagement_aside AS tokpulse.engagement_hourly_maxima")
        client.command("INSERT INTO tokpulse.engagement_aside SELECT * FROM tokpulse.engagement_hourly_maxima")
        try:
            stack.clear_tables()
            stack.submit("engagement", "--bounded")
            assert hours(stack) == before, "a replay fills an emptied database with the rewritten records"
            client.command("INSERT INTO tokpulse.engagement_hourly_maxima SELECT * FROM tokpulse.engagement_aside")
            assert hours(stack) == before, "and they are the same rows: as if it had been replayed over the renamed ones"
        finally:
            client.command("DROP TABLE tokpulse.engagement_aside")
    assert traces(stack) == set()


def test_under_pseudonyms_the_sec_uid_that_was_watched_goes_and_is_refused(stack: Stack, tmp_path: Path) -> None:
    empty_tables(stack)
    key = tmp_path / "key"
    key.write_text("k" * 64)
    key.chmod(0o600)
    names, watchlist, now = Pseudonyms(b"k" * 64), tmp_path / "watchlist.yaml", int(datetime.now(UTC).timestamp() * 1000)
    universe = SimulationSettings(seed=7, start_ms=now - 24 * HOUR_MS, hours=23, creators=4, posts=40, audience=20)
    with FakeUpstream(universe, "quiet", lambda: now) as fake:
        them, other = [user for user in fake.world.universe.creators if not user.private][:2]

        def poll(*creators: str) -> CompletedProcess[str]:
            watchlist.write_text(json.dumps({"creators": creators}))
            argv = (
                "poll",
                "--upstream",
                "tikapi",
                "--watchlist",
                str(watchlist),
                "--base-url",
                fake.url,
                "--once",
                "--raw-landing",
            )
            return stack.run(*argv, TOKPULSE_TIKAPI_KEY=fake.key, TOKPULSE_PSEUDONYM_KEY_FILE=str(key))

        done = poll(them.sec_uid, other.userid)
        assert done.returncode == 0, done.stderr
        assert traces(stack, [them.sec_uid]) == {CURSORS}, "it is what is asked by, and nothing more"
        pseudonym = names.of("secuid", them.sec_uid)
        assert {USERS, "tokpulse.raw_api_responses"} <= traces(stack, [pseudonym])
        done = stack.run("forget", them.userid, "--yes", TOKPULSE_PSEUDONYM_KEY_FILE=str(key))
        assert done.returncode == 0, done.stderr
        gone = [them.userid, them.sec_uid, pseudonym, names.of("handle", them.unique_id)]
        assert traces(stack, gone) == set()
        again = poll(them.sec_uid, other.userid)
        assert again.returncode == 1
        assert f"{them.sec_uid} was forgotten" in again.stderr
        rest = poll(other.userid)
        assert rest.returncode == 0, rest.stderr
        assert traces(stack, gone) == set()
        assert traces(stack, [other.userid]) >= {CURSORS, USERS}
