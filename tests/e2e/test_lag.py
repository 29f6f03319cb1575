"""Consumer lag as an age, against a real broker: events that wait, none that wait, and marks of transactions that are no events."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.clock import wall_clock_ms
from connectors.kafka.lag import LagReader
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from simulator.delivery import simulate
from simulator.settings import POSTS, SimulationSettings

from .stack_process import Stack

pytestmark = [pytest.mark.kafka, pytest.mark.e2e]
GROUP = "a-reader"


def test_the_oldest_unread_event_is_told_by_its_age(stack: Stack) -> None:
    endpoints = stack.endpoints
    servers = endpoints.kafka_bootstrap_servers
    settings = SimulationSettings(hours=1, creators=2, posts=4, audience=4, topics=(POSTS,))
    producing = ProducerSettings(servers, transactional_id="lag")
    before_ms = wall_clock_ms()
    with (
        SchemaRegistry(endpoints.schema_registry_url) as registry,
        AvroProducer(producing, registry) as producer,
        producer.transaction(),
    ):
        for delivery in simulate(settings):
            producer.produce_encoded(POSTS, "one-key", producer.encode(POSTS, delivery.record), partition=0)
    consumer, reader = Consumer({"bootstrap.servers": servers, "group.id": GROUP, "log_level": 0}), LagReader(servers)
    try:
        records = consumer.get_watermark_offsets(TopicPartition(POSTS, 0), timeout=30)[1] - 1
        assert records > 10

        def read_up_to(offset: int) -> None:
            consumer.commit(offsets=[TopicPartition(POSTS, 0, offset)], asynchronous=False)

        assert GROUP not in reader.groups()
        read_up_to(2)
        assert GROUP in reader.groups()
        (lag,) = reader.read(GROUP)
        assert (lag.group, lag.topic) == (GROUP, POSTS)
        assert lag.oldest_ms is not None
        assert before_ms <= lag.oldest_ms <= wall_clock_ms()
        assert records - 2 <= lag.unread <= records - 1
        # What is left is the mark of the commit: nobody waits for it.
        read_up_to(records)
        (lag,) = reader.read(GROUP)
        assert (lag.oldest_ms, lag.age_s(wall_clock_ms())) == (None, 0.0)
    finally:
        reader.close()
        consumer.close()
    told = stack.run("lag", "--group", GROUP, "--warn-above", "300")
    assert told.returncode == 0, told.stderr
    assert GROUP in told.stdout
