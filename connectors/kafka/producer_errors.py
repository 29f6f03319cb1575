"""What can go wrong on the way into Kafka."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import TokpulseError


class ProducerError(TokpulseError):
    """Kafka refused something."""


class BrokerUnavailableError(ProducerError):
    """No broker answers."""


class MissingTopicError(ProducerError):
    """A topic that the broker does not have."""


class FencedProducerError(ProducerError):
    """Another producer took over this transactional id."""


class TransactionExpiredError(ProducerError):
    """The broker aborted a transaction that was open for too long, or another producer took over: nothing is committed."""


class OutcomeUnknownError(ProducerError):
    """A commit was sent and not answered: the transaction may or may not be committed. Only the log can tell."""


@dataclass(frozen=True)
class DeliveryFailure:
    """One record that Kafka did not take. `partition` is -1 when none had been chosen."""

    topic: str
    partition: int
    key: str
    reason: str


class DeliveryError(ProducerError):
    """Records that were given to the producer and are not in Kafka: `failures` holds the first ones, `count` is all of them."""

    def __init__(self, failures: tuple[DeliveryFailure, ...], count: int) -> None:
        first = failures[0]
        where = f"{first.topic}[{first.partition}]" if first.partition >= 0 else first.topic
        super().__init__(
            f"{count} record(s) not delivered; the first to {where}, key {first.key!r}: {first.reason}",
            "check that the broker is up (`tokpulse status`) and takes records of this size, then run it again",
        )
        self.failures = failures
        self.count = count
