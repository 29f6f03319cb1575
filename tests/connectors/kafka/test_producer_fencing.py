"""A producer that is fenced says so, also when its client has lost the exception on the way."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors.kafka import clients
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.producer_errors import FencedProducerError


class Client:
    """As much of the client as a transaction needs; `flush` fails as the real one does when a log is read."""

    def __init__(self) -> None:
        self.abort_error: int | None = KafkaError._FENCED
        self.sent: list[Any] = []

    def init_transactions(self, timeout: float) -> None: ...

    def begin_transaction(self) -> None: ...

    def flush(self, timeout: float) -> int:
        raise SystemError("returned NULL without setting an exception")

    def abort_transaction(self, timeout: float) -> None:
        if self.abort_error is not None:
            raise KafkaException(KafkaError(self.abort_error))


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> AvroProducer:
    monkeypatch.setattr(clients, "producer", lambda servers, settings: Client())
    return AvroProducer(ProducerSettings("nowhere:1", transactional_id="shard-1"), lambda subject, schema: 1)


def test_a_lost_exception_is_asked_for(producer: AvroProducer) -> None:
    with pytest.raises(FencedProducerError, match="another producer uses transactional id 'shard-1'"), producer.transaction():
        pass


def test_what_nobody_knows_stays_what_it_was(producer: AvroProducer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer._channel.client, "abort_error", None)
    with pytest.raises(SystemError), producer.transaction():
        pass
