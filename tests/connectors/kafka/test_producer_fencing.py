"""A producer that is fenced says so, also when its client has lost the exception on the way."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors.kafka import clients, transactions
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.producer_errors import (
    DeliveryError,
    DeliveryFailure,
    FencedProducerError,
    ProducerError,
    TransactionExpiredError,
)


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


@pytest.mark.parametrize(("open_ms", "error"), [(119_000, FencedProducerError), (150_000, TransactionExpiredError)])
def test_who_is_fenced_after_the_time_of_a_transaction_may_just_have_been_slow(
    producer: AvroProducer, monkeypatch: pytest.MonkeyPatch, open_ms: int, error: type[ProducerError]
) -> None:
    now = [1_800_000_000_000]
    monkeypatch.setattr(transactions, "wall_clock_ms", lambda: now[0])
    with pytest.raises(error), producer.transaction():
        now[0] += open_ms
    # The client cannot be used again, and goes on saying why.
    says = "another producer uses" if error is FencedProducerError else "was open for 150 s, and brokers abort it after 120 s"
    with pytest.raises(error, match=says), producer.transaction():
        pass


def test_records_that_waited_too_long_are_those_of_a_transaction_that_did(
    producer: AvroProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000_000]
    monkeypatch.setattr(transactions, "wall_clock_ms", lambda: now[0])
    undelivered = DeliveryError((DeliveryFailure("t", 0, "k", "Local: Message timed out"),), 1)

    def wait(open_ms: int) -> None:
        with producer.transaction():
            now[0] += open_ms
            raise undelivered

    with pytest.raises(TransactionExpiredError):
        wait(150_000)
    # Aborted in time, or not yet over: what failed is what it says.
    for open_ms, abort_error in ((150_000, None), (30_000, KafkaError._TRANSPORT)):
        monkeypatch.setattr(producer, "_transactions", transactions.Transactions(producer._channel, 120_000))
        monkeypatch.setattr(producer._channel.client, "abort_error", abort_error)
        with pytest.raises(DeliveryError):
            wait(open_ms)


def test_what_nobody_knows_stays_what_it_was(producer: AvroProducer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer._channel.client, "abort_error", None)
    with pytest.raises(SystemError), producer.transaction():
        pass
