"""Pages and dead letters on a real Kafka: exactly once over aborts, fenced pollers, dead replays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connectors.kafka.dead_letters import unreplayed
from connectors.kafka.log import committed
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.producer_errors import FencedProducerError
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.upstream.model import Ask, Feed, Observation, Origin, Page
from polling.model import FeedKey, Progress, ReadPage, Written
from polling.writing.replay import replay
from polling.writing.writer import KafkaPageWriter, WriterSettings, page_writer

from .records import messages, now_ms, observation
from .stack_process import Stack

pytestmark = [pytest.mark.kafka, pytest.mark.e2e, pytest.mark.timeout(300)]

POSTS = "tiktok.posts.events"
DLQ = f"{POSTS}.dlq"
KEY = FeedKey("tikliveapi", Feed.POSTS, "6800")


class Killed(BaseException):
    """What a kill looks like from inside."""


@contextmanager
def poller(stack: Stack, shard: int = 0, shards: int = 1) -> Iterator[KafkaPageWriter]:
    """A started writer, as a process that begins; left without closing, as one that dies."""
    endpoints = stack.endpoints
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        writer = page_writer(endpoints.kafka_bootstrap_servers, registry, WriterSettings(shard, shards))
        writer.start()
        yield writer


def page(*posts: tuple[str, int], cursor: str | None = None) -> Page:
    # Of a fixed age: `observation` makes posts that are a day old whenever they are observed.
    written = {"create_time": 1_767_557_521}
    return Page(tuple(Observation(POSTS, observation(post, now_ms(), plays) | written) for post, plays in posts), cursor)


def write(writer: KafkaPageWriter, key: FeedKey, page: Page, received_ms: int, before: Progress | None) -> tuple[Written, Progress]:
    return writer.write_many([ReadPage(key, page, received_ms, before)])[0]


def visible(stack: Stack, topic: str = POSTS) -> list[str]:
    """Keys of what a read_committed reader sees, sorted."""
    return sorted(key.decode() for message in messages(stack.endpoints, topic) if isinstance(key := message.key(), bytes))


def test_pages_are_there_once_with_their_progress_whatever_dies(stack: Stack) -> None:
    with poller(stack) as first:
        counts, progress = write(first, KEY, page(("a", 1), ("b", 1), cursor="c1"), now_ms(), None)
        assert counts == Written(2, 0, 0)
        producer: Any = first._producer
        send = producer.produce_batch

        def die(topic: str, lot: list[dict[str, Any]]) -> None:
            send(topic, lot)
            producer._channel.client.flush(30)
            raise Killed

        producer.produce_batch = die
        with pytest.raises(Killed):
            write(first, KEY, page(("c", 1), ("a", 2), cursor="c2"), now_ms(), progress)
        # The page may come again: nothing of it is known.
        producer.produce_batch = send
        assert write(first, KEY, page(("c", 1), ("a", 2), cursor="c2"), now_ms(), progress)[0] == Written(2, 0, 0)
    assert visible(stack) == ["a", "a", "b", "c"]

    # The next process knows what the last one committed, observations as well as cursors.
    with poller(stack) as second:
        (key, found), *others = second.progress().items()
        assert (key, others) == (KEY, [])
        assert (found.cursor, found.pages, found.moved) == ("c2", 2, 4)
        counts, after = write(second, KEY, page(("a", 2), ("b", 1), ("c", 5)), now_ms(), found)
        assert counts == Written(fresh=1, repeats=2, refused=0)
        assert (after.cursor, after.pages) == (None, 3)
    assert visible(stack) == ["a", "a", "b", "c", "c"]


def interrupted(stack: Stack, older: KafkaPageWriter) -> None:
    """The older poller has a page under way when a younger one begins."""
    with older._producer.transaction():
        older._producer.produce_batch(POSTS, [{"key": "lost", "value": b"lost"}])
        with poller(stack) as younger:
            known = younger.progress()
            assert known[KEY].cursor == "c1"
            assert write(younger, KEY, page(("a", 1), ("b", 1)), now_ms(), known[KEY])[0] == Written(1, 1, 0)


def test_the_older_of_two_pollers_stops_and_leaves_nothing(stack: Stack) -> None:
    with poller(stack) as older:
        write(older, KEY, page(("a", 1), cursor="c1"), now_ms(), None)
        with pytest.raises(FencedProducerError):
            interrupted(stack, older)
        with pytest.raises(FencedProducerError, match="another poller took over shard 0 of 1"):
            write(older, KEY, page(("z", 1)), now_ms(), None)
        # Another shard is another matter.
        with poller(stack, 1, 2) as neighbour:
            assert write(neighbour, KEY, page(("n", 1)), now_ms(), None)[0].fresh == 1
    assert visible(stack) == ["a", "b", "n"]


def test_a_letter_goes_back_once_though_a_replay_dies_between(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    servers, topics = stack.endpoints.kafka_bootstrap_servers, load_topics()
    bad = observation("poison", now_ms(), 5) | {"play_count": "many"}
    with poller(stack) as writer:
        # As the upstream has it: what an older version could not map, and this one can.
        item = observation("mapped", 1, 5) | {"create_time": 1_767_557_521}
        del item["ingested_at"], item["author_id"]
        problem = "play_count is missing"
        unmapped = (Observation(POSTS, {"id": 1}, problem=problem), Observation(POSTS, item, problem=problem))
        origin = Origin("tikliveapi", "/user-posts/", Ask(Feed.POSTS, "6800", "35"), now_ms())
        whole = Page((*page(("a", 1)).observations, Observation(POSTS, bad), *unmapped), None, origin=origin)
        counts, _ = write(writer, KEY, whole, now_ms(), None)
        assert counts == Written(fresh=1, repeats=0, refused=3)
    # Good all along: as after a fix of what had refused it.
    with SchemaRegistry(stack.endpoints.schema_registry_url) as registry:
        with AvroProducer(ProducerSettings(servers), registry) as producer:
            good = producer.encode(POSTS, observation("avro", now_ms(), 1))
            for key, value in (("avro", good), ("json", json.dumps(observation("json", now_ms(), 1)).encode())):
                producer.produce_encoded(DLQ, key, value, headers={"error": b"event_time_in_future: ingested_at"})

        listed = json.loads(stack.run("dlq", "list", "--json").stdout)
        assert {row["reason"]: row["letters"] for row in listed} == {"event_time_in_future": 2, "wrong_type": 1, "unmapped": 2}
        over = stack.run("dlq", "sweep", "--warn-above", "4")
        assert (over.returncode, "5 dead letter(s) since -1d: more than 4" in over.stdout) == (1, True)
        assert stack.run("dlq", "sweep", "--warn-above", "5").returncode == 0
        shown = stack.run("dlq", "show", POSTS, "--reason", "wrong_type").stdout
        assert "wrong_type: play_count is str, not long" in shown
        assert '"play_count": "many"' in shown

        shown = stack.run("dlq", "show", POSTS, "--reason", "unmapped").stdout
        for line in ("poll.endpoint: /user-posts/", "poll.feed: posts", "poll.subject: 6800", "poll.cursor: 35"):
            assert shown.count(line) == 2

        dry = stack.run("dlq", "replay", POSTS, "--dry-run").stdout
        assert "3 of 5 dead letter(s) would be replayed" in dry
        assert "still not mapped: play_count: expected an integer, found nothing" in dry
        assert visible(stack) == ["a"]

        commit = AvroProducer.transaction

        @contextmanager
        def dies(self: AvroProducer, timeout: float = 60.0) -> Iterator[None]:
            with commit(self, timeout):
                yield
                self._channel.client.flush(30)
                raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(AvroProducer, "transaction", dies)
            with pytest.raises(Killed):
                replay(servers, registry, topics, DLQ, lambda letter: True)
        assert visible(stack) == ["a"]

        for went_back in (3, 0):
            outcomes = replay(servers, registry, topics, DLQ, lambda letter: True)
            assert sum(one.problem is None for one in outcomes) == went_back
            assert visible(stack) == ["a", "avro", "json", "mapped"]
    left = unreplayed(lambda: committed(servers, DLQ))
    assert sorted(one.reason for one in left) == ["unmapped", "wrong_type"]


def test_progress_of_others_is_not_ours(stack: Stack) -> None:
    keys = [FeedKey("tikapi", Feed.POSTS, str(number)) for number in range(20)]
    with poller(stack) as writer:
        for key in keys:
            write(writer, key, Page((), "c"), now_ms(), None)
    found: dict[FeedKey, Progress] = {}
    for shard in range(2):
        with poller(stack, shard, 2) as writer:
            mine = writer.progress()
            assert not found.keys() & mine.keys()
            found |= mine
    assert set(found) == set(keys)
