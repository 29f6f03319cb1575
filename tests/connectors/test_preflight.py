"""What a preflight check says of a broker; librdkafka opens its sockets unseen, so a stand-in takes its place."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors import preflight
from connectors.kafka import clients


class Admin:
    """An AdminClient whose broker answers after `answers_after` seconds, which do not pass."""

    answers_after = 0.0

    def __init__(self, servers: str) -> None:
        pass

    def poll(self, timeout: float) -> int:
        return 0

    def list_topics(self, timeout: float) -> SimpleNamespace:
        if timeout < self.answers_after:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return SimpleNamespace(topics={"known": None})


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "admin", Admin)


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_a_broker_that_is_slow_to_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(Admin, "answers_after", seconds)
    preflight.check_topics("host:1", ["known"])


def test_a_dead_broker_is_given_up_after_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Admin, "answers_after", 5.1)
    with pytest.raises(preflight.PreflightError, match="no Kafka broker answers at host:1") as raised:
        preflight.check_topics("host:1", ["known"])
    assert "KAFKA_BOOTSTRAP_SERVERS" in raised.value.hint


def test_a_missing_topic_is_named() -> None:
    with pytest.raises(preflight.PreflightError, match="topic unknown does not exist at host:1"):
        preflight.check_topics("host:1", ["known", "unknown"])
