"""A broker that settles after its start has said nothing yet: a reader waits for it, and not for ever."""

from __future__ import annotations

from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError

from connectors.kafka.log import _NotEndedError, _records

SETTLING = (KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.FENCED_LEADER_EPOCH, KafkaError.NOT_LEADER_FOR_PARTITION)


class Said:
    """A message of partition 0: a record, or an error."""

    def __init__(self, offset: int = 0, error: int | None = None) -> None:
        self._offset, self._error = offset, None if error is None else KafkaError(error)

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def error(self) -> KafkaError | None:
        return self._error


class Broker:
    """Gives one batch after the other; the last one again and again."""

    def __init__(self, *batches: list[Said]) -> None:
        self._batches = list(batches)

    def consume(self, *_: object, **__: object) -> list[Said]:
        return self._batches.pop(0) if len(self._batches) > 1 else self._batches[0]


def read(broker: Broker, silence_s: float) -> list[int | None]:
    return [message.offset() for message in _records(cast(Consumer, cast(Any, broker)), "t", {0: 2}, silence_s)]


@pytest.mark.parametrize("code", SETTLING)
def test_records_that_come_once_the_broker_has_settled_are_read(code: int) -> None:
    assert read(Broker([Said(error=code)], [Said(0), Said(error=code), Said(1)]), 60) == [0, 1]


@pytest.mark.parametrize("code", SETTLING)
def test_a_broker_that_never_settles_is_given_up(code: int) -> None:
    with pytest.raises(_NotEndedError, match="nothing came"):
        read(Broker([Said(error=code)]), 0.0)
