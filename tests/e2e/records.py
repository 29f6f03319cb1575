"""Records of the posts topic, written and read back without any code of the jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import fastavro
import httpx
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from connectors.endpoints import Endpoints
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from simulator.reference.engagement_hourly import EngagementHourly
from simulator.run import run
from simulator.settings import POSTS, SimulationSettings
from simulator.sinks import KafkaSink
from simulator.truth import Truth
from simulator.universe import build_universe
from tests.topics import defaults

from .stack_process import Stack

Post = dict[str, Any]
_HEADER_BYTES = 5
SILENCE_S = 30.0


@contextmanager
def producing(endpoints: Endpoints) -> Iterator[AvroProducer]:
    """The project's producer; everything is in Kafka when the context ends."""
    with (
        SchemaRegistry(endpoints.schema_registry_url) as registry,
        AvroProducer(ProducerSettings(endpoints.kafka_bootstrap_servers), registry) as producer,
    ):
        yield producer


def simulate_to(endpoints: Endpoints, settings: SimulationSettings) -> Truth:
    """Writes a universe through the project's producer and gives its ground truth."""
    with producing(endpoints) as producer:
        return run(settings, build_universe(settings), KafkaSink(producer, settings))


def registered_schema(endpoints: Endpoints, topic: str) -> tuple[int, Any]:
    """Id and parsed schema of a topic's values, by plain HTTP, as somebody else's client would ask."""
    response = httpx.get(f"{endpoints.schema_registry_url}/subjects/{topic}-value/versions/latest", timeout=10)
    response.raise_for_status()
    found = response.json()
    return int(found["id"]), fastavro.parse_schema(json.loads(found["schema"]))


def foreign_encoder(endpoints: Endpoints) -> Callable[[Post], bytes]:
    """Encodes a post as any Confluent client does, with nothing of the project's own."""
    schema_id, schema = registered_schema(endpoints, POSTS)
    prefix = b"\x00" + schema_id.to_bytes(4, "big")

    def encode(post: Post) -> bytes:
        buffer = BytesIO(prefix)
        buffer.seek(len(prefix))
        fastavro.schemaless_writer(buffer, schema, post)
        return buffer.getvalue()

    return encode


def write_in_transactions(endpoints: Endpoints, batches: Iterable[tuple[list[Post], bool]]) -> None:
    """Somebody else's producer: one transaction per batch of posts, aborted where the flag beside it says so."""
    encode = foreign_encoder(endpoints)
    producer = Producer({"bootstrap.servers": endpoints.kafka_bootstrap_servers, "transactional.id": "somebody-else"})
    producer.init_transactions(30)
    for posts, committed in batches:
        producer.begin_transaction()
        for post in posts:
            producer.produce(POSTS, key=post["aweme_id"].encode(), value=encode(post))
            producer.poll(0)
        # An aborted transaction counts only when its records had reached the log.
        assert producer.flush(60) == 0
        if committed:
            producer.commit_transaction(60)
        else:
            producer.abort_transaction(60)


def messages(endpoints: Endpoints, topic: str) -> Iterator[Message]:
    """Every committed record of `topic`, partition by partition, to the end it has now."""
    consumer = Consumer(
        {
            "bootstrap.servers": endpoints.kafka_bootstrap_servers,
            "group.id": "e2e-reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 65_536,
            "fetch.wait.max.ms": 20,  # so long is the end of each partition held back
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        open_partitions = set(partitions)
        deadline = time.monotonic() + SILENCE_S
        while open_partitions:
            # It waits for the whole number or the whole time, whichever comes first, and the last batch is never whole.
            batch = consumer.consume(1000, timeout=0.2)
            if batch:
                deadline = time.monotonic() + SILENCE_S
            assert time.monotonic() < deadline, f"nothing more of {topic}, and partitions {sorted(open_partitions)} have not ended"
            for message in batch:
                error = message.error()
                if error is None:
                    yield message
                else:
                    # With these settings the only "error" that is not one: the end of a partition.
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    open_partitions.discard(message.partition())
    finally:
        consumer.close()


def decoded(endpoints: Endpoints, topic: str) -> Iterator[tuple[str, Post]]:
    """(key, record) of every committed record of `topic`, which must all bear the id of the subject's one schema."""
    registered = registered_schema(endpoints, topic)
    for message in messages(endpoints, topic):
        yield key_and_record(message, registered)


def key_and_record(message: Message, registered: tuple[int, Any]) -> tuple[str, Post]:
    """Of a message of the topic whose schema, with its id, is `registered`."""
    schema_id, schema = registered
    key, value = message.key(), message.value()
    assert isinstance(key, bytes)
    assert isinstance(value, bytes)
    assert (value[0], int.from_bytes(value[1:_HEADER_BYTES], "big")) == (0, schema_id)
    record = fastavro.schemaless_reader(BytesIO(value[_HEADER_BYTES:]), schema, None)
    assert isinstance(record, dict)
    return key.decode(), record


def recomputed(endpoints: Endpoints) -> tuple[int, list[dict[str, Any]]]:
    """How many records the posts topic has, and the rows of engagement_hourly that they must lead to."""
    reference, count = EngagementHourly(), 0
    for _, post in decoded(endpoints, POSTS):
        reference.add(post)
        count += 1
    return count, reference.rows()


def now_ms() -> int:
    """This machine's clock."""
    return time.time_ns() // 1_000_000


def observation(post: str, at_ms: int, plays: int) -> Post:
    """A whole record of a post with so many plays, a tenth as many likes, and one comment."""
    return {
        **defaults(POSTS),
        "aweme_id": post,
        "region": "DE",
        "title": "live",
        "duration": 15,
        "play": "",
        "wmplay": "",
        "hdplay": None,
        "play_count": plays,
        "digg_count": plays // 10,
        "comment_count": 1,
        "share_count": 0,
        "download_count": 0,
        "collect_count": 0,
        "create_time": at_ms // 1000 - 86_400,
        "author_id": f"author-{post}",
        "ingested_at": at_ms,
    }


def user_snapshot(userid: str, at_ms: int, followers: int) -> dict[str, Any]:
    """A whole record of a user with so many followers."""
    names = dict.fromkeys(("id", "uniqueId", "nickname", "secUid"), userid)
    stats = {"followerCount": followers, "followingCount": 1, "heartCount": 1, "videoCount": 1, "diggCount": 1}
    user = {**names, "verified": False, "privateAccount": False, "region": None}
    return {"userid": userid, "user": user, "stats": stats, "ingested_at": at_ms}


def comment_observation(
    comment: str, user: str, at_ms: int, text: str = "love it", likes: int = 0, post: str = "p"
) -> dict[str, Any]:
    """A whole record of a comment on `post` by `user`."""
    return {
        "id": comment,
        "video_id": post,
        "text": text,
        "create_time": 1_767_571_200,
        "digg_count": likes,
        "reply_total": 0,
        "parent_id": None,
        "user": {"id": user, "uniqueId": user, "nickname": user, "region": None},
        "ingested_at": at_ms,
    }


def row(stack: Stack, post: str, hour_ms: int) -> tuple[Any, ...]:
    """(play_count, is_final) of one post-hour, () while there is none."""
    sql = f"SELECT play_count, is_final FROM engagement_hourly WHERE aweme_id = '{post}'"
    rows = stack.query(f"{sql} AND toUnixTimestamp64Milli(window_start) = {hour_ms}")
    return rows[0] if rows else ()


def table(stack: Stack) -> list[dict[str, Any]]:
    """What a reader of the view engagement_hourly sees, in the reference's order and units (times in Unix milliseconds)."""
    times = ", ".join(f"toUnixTimestamp64Milli({name}) AS {name}" for name in ("window_start", "window_end"))
    with stack.clickhouse() as client:
        found = client.query(f"SELECT * REPLACE ({times}) FROM engagement_hourly ORDER BY aweme_id, window_start")
        return list(found.named_results())


def differences(
    have: Sequence[Mapping[str, Any]], want: Sequence[Mapping[str, Any]], key: Sequence[str] = ("aweme_id", "window_start")
) -> list[str]:
    """Their number and the first ten, none when the same rows are there once each."""

    def keyed(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        return {tuple(row[name] for name in key): row for row in rows}

    actual, wanted = keyed(have), keyed(want)
    both = wanted.keys() & actual.keys()
    found = [f"{len(have) - len(actual)} rows are there more than once"] if len(have) > len(actual) else []
    found += [f"missing: {wanted[place]}" for place in wanted.keys() - actual.keys()]
    found += [f"too many: {actual[place]}" for place in actual.keys() - wanted.keys()]
    found += [f"is {actual[place]}, expected {wanted[place]}" for place in both if actual[place] != wanted[place]]
    return [f"{len(found)} differences", *found[:10]] if found else []


def ledger(stack: Stack, run_id: str, topic: str = POSTS) -> dict[str, int]:
    """read, counted, late, beyond_bound, quarantined and unaccounted of one run and topic."""
    names = ("read", "counted", "late", "beyond_bound", "quarantined", "unaccounted")
    rows = stack.query(f"SELECT {', '.join(names)} FROM pipeline_ledger WHERE run_id = '{run_id}' AND topic = '{topic}'")
    return dict(zip(names, rows[0], strict=True)) if rows else dict.fromkeys(names, 0)
