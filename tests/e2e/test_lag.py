"""Consumer lag as an age, against a real broker: events that wait, none that wait, and marks of transactions that are no events."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connectors.clock import wall_clock_ms
from connectors.kafka.lag import LagReader
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.paths import REPOSITORY
from simulator.delivery import simulate
from simulator.settings import POSTS, SimulationSettings
from stack import kafka
from stack.settings import StackSettings
from tests.waiting import until

from .stack_process import PORTS, Stack

pytestmark = [pytest.mark.kafka, pytest.mark.e2e]
GROUP = "a-reader"


def test_a_group_is_asked_for_while_its_coordinator_is_being_made(tmp_path: Path) -> None:
    """On a new broker the first questions come too early. The admin client's ended the process, so this is one of its own."""
    settings = StackSettings.load({f"TOKPULSE_{name}_PORT": "0" for name in PORTS}, tmp_path).with_free_ports()
    kafka.prepare(settings)
    service = kafka.service(settings)
    with service.log.open("wb") as log:
        broker = subprocess.Popen(service.argv, cwd=service.cwd, env=dict(service.env), stdout=log, stderr=log)
    try:
        until(lambda: not service.probe(), 60, "the broker answers")
        admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
        admin.create_topics([NewTopic("t", 2, 1)])["t"].result(30)
        script = "import sys; from connectors.kafka.lag import LagReader; print(LagReader(sys.argv[1]).read('never seen'))"
        argv = [sys.executable, "-c", script, settings.kafka_bootstrap_servers]
        done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
    finally:
        broker.kill()
        broker.wait(30)


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
