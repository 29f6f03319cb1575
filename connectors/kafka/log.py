"""Reads topics from where they begin, or from a time, to the end that they have now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from connectors.kafka import clients

# Of a request; who waits for its answer waits longer, so that it is Kafka that says what is wrong.
_TIMEOUT_S = 10.0
_SILENCE_S = 30.0
# Longer than an open transaction lives without its producer.
_OPEN_S = 150.0
# Of a broker that has just started, or a client that knew the one before it: it passes.
_SETTLING = (
    *(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.OFFSET_NOT_AVAILABLE),
    *(KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.FENCED_LEADER_EPOCH),
)
_BATCH = 2_000
# The client waits for the whole batch or the whole time, whichever comes first, and the last batch is never whole.
_WAIT_S = 0.2
_HINT = "`tokpulse status` shows the local broker"

Span = tuple[int, int]
"""First offset, and the offset behind the last record."""


class LogReadError(TokpulseError):
    """A topic cannot be read to its end, or Kafka does not tell where that is."""


def partition_offsets(servers: str, topic: str) -> dict[int, Span]:
    """Partition -> (earliest offset, offset of the next record), of all partitions. Raises LogReadError.

    The difference bounds the number of records from above: compaction and transaction markers leave holes.
    """
    earliest, latest = _listed(servers, topic, OffsetSpec.earliest(), OffsetSpec.latest())
    return {partition: (earliest[partition], latest[partition]) for partition in sorted(earliest)}


def gone_before(servers: str, topic: str) -> dict[int, int]:
    """Partition -> when its oldest record arrived (Unix milliseconds), of the partitions whose beginning has been deleted.

    That of one of which nothing is left is now. Raises LogReadError.
    """
    starts, oldest = _answers(servers, topic, OffsetSpec.earliest(), OffsetSpec.for_timestamp(0))
    now = wall_clock_ms()
    return {
        partition: int(found.timestamp) if (found := oldest[partition]).offset >= 0 else now
        for partition, start in starts.items()
        if start.offset > 0
    }


def stable_ends(servers: str, topic: str) -> dict[int, int]:
    """Partition -> the offset that readers of committed records get to: the end, or where an open transaction begins.

    Raises LogReadError.
    """
    (ends,) = _listed(servers, topic, OffsetSpec.latest(), level=IsolationLevel.READ_COMMITTED)
    return ends


def held(offsets: Mapping[int, Span]) -> int:
    """Records between the earliest and the next offset of all partitions, at most."""
    return sum(end - start for start, end in offsets.values())


def bounds(servers: str, topic: str) -> dict[int, Span]:
    """As `partition_offsets`, of the partitions that hold anything."""
    return {partition: span for partition, span in partition_offsets(servers, topic).items() if span[0] < span[1]}


def committed(servers: str, topic: str, since_ms: int | None = None, *, whole: bool = False) -> Iterator[Message]:
    """Every record of a committed transaction, in the order of its partition; partitions take turns.

    Begins with the first record that arrived at `since_ms` (Unix milliseconds, the broker's clock), or with the first that there
    is. Ends before the first transaction of a partition that is open when the reading begins: what others committed behind it is
    not shown. With `whole` it waits for such transactions, up to the time after which brokers abort them, and ends where the topic
    ended when the reading began: for those who must know all of what they committed themselves. Raises LogReadError.
    """
    level = IsolationLevel.READ_UNCOMMITTED if whole else IsolationLevel.READ_COMMITTED
    starts, ends = _listed(servers, topic, OffsetSpec.earliest(), OffsetSpec.latest(), level=level)
    if since_ms is not None:
        starts = _at(servers, topic, ends, since_ms)
    spans = {partition: (start, ends[partition]) for partition, start in starts.items() if start < ends[partition]}
    return read(servers, topic, spans, silence_s=_OPEN_S if whole else _SILENCE_S)


def read(
    servers: str, topic: str, spans: Mapping[int, Span], *, aborted: bool = False, silence_s: float = _OPEN_S
) -> Iterator[Message]:
    """Every record of the partitions of `spans` within these, in the order of each; of open transactions once they are over.

    With `aborted` those of aborted and open transactions, too. Raises LogReadError, also when nothing comes for `silence_s`.
    """
    if not spans:
        return
    level = "read_uncommitted" if aborted else "read_committed"
    consumer = clients.reader(servers, "tokpulse-log", isolation_level=level)  # commits nothing
    try:
        consumer.assign([TopicPartition(topic, partition, start) for partition, (start, _) in spans.items()])
        yield from _records(consumer, topic, {partition: end for partition, (_, end) in spans.items()}, silence_s)
    except KafkaException as error:
        raise _unreadable(servers, topic, clients.reason_of(error)) from error
    except _NotEndedError as error:
        raise _unreadable(servers, topic, str(error)) from None
    finally:
        consumer.close()


class _NotEndedError(Exception):
    """The reason as text."""


def _is_settling(message: Message) -> bool:
    """Whether it is no record, but word of a broker that settles: nothing has come then."""
    error = message.error()
    return error is not None and error.code() in _SETTLING


def _records(consumer: Consumer, topic: str, open_ends: dict[int, int], silence_s: float) -> Iterator[Message]:
    deadline = time.monotonic() + silence_s
    while open_ends:
        batch = [message for message in consumer.consume(_BATCH, timeout=_WAIT_S) if not _is_settling(message)]
        if batch:
            deadline = time.monotonic() + silence_s
        elif time.monotonic() > deadline:
            raise _NotEndedError(f"nothing came for {silence_s:.0f} s, and partitions {sorted(open_ends)} have not ended")
        for message in batch:
            partition, offset, error = message.partition() or 0, message.offset() or 0, message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                # Control records at the end are never given out: the end is where nothing more comes. A place before it is where an
                # open transaction begins.
                if offset >= open_ends.get(partition, 0):
                    open_ends.pop(partition, None)
                continue
            end = open_ends.get(partition)
            if end is None:
                continue
            if offset < end:
                yield message
            if offset >= end - 1:
                del open_ends[partition]


def _passes(error: BaseException) -> bool:
    """Whether the broker says that it may answer yet: a topic that has just been made has no leader for a moment."""
    return isinstance(error, KafkaException) and bool(error.args[0].retriable() or error.args[0].code() in _SETTLING)


def _listed(servers: str, topic: str, *specs: Any, level: IsolationLevel = IsolationLevel.READ_UNCOMMITTED) -> list[dict[int, int]]:
    """Of each of `specs`: partition -> offset."""
    answers = _answers(servers, topic, *specs, level=level)
    return [{partition: int(answer.offset) for partition, answer in each.items()} for each in answers]


def _answers(
    servers: str, topic: str, *specs: Any, level: IsolationLevel = IsolationLevel.READ_UNCOMMITTED
) -> list[dict[int, Any]]:
    """Of each of `specs`: partition -> what Kafka answers, with offset and timestamp."""
    admin = clients.admin(servers)
    patiently = Retrying(
        retry=retry_if_exception(_passes), stop=stop_after_delay(_TIMEOUT_S), wait=wait_fixed(_WAIT_S), reraise=True
    )
    try:
        return patiently(_listed_now, admin, servers, topic, specs, level)
    except KafkaException as error:
        raise _unreadable(servers, topic, clients.why(admin, error)) from error


def _listed_now(admin: AdminClient, servers: str, topic: str, specs: Sequence[Any], level: IsolationLevel) -> list[dict[int, Any]]:
    # Without this, a broker that is away looks like a topic that does not end.
    known = admin.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
    if known.error is not None:
        raise _unreadable(servers, topic, known.error.str())
    asked = [
        admin.list_offsets(
            {TopicPartition(topic, partition): spec for partition in known.partitions},
            isolation_level=level,
            request_timeout=_TIMEOUT_S,
        )
        for spec in specs
    ]
    return [{place.partition: future.result(2 * _TIMEOUT_S) for place, future in each.items()} for each in asked]


def _at(servers: str, topic: str, ends: Mapping[int, int], since_ms: int) -> dict[int, int]:
    """Partition -> offset of the first record that arrived at `since_ms` or later, of those that have one."""
    consumer = clients.reader(servers, "tokpulse-log")
    try:
        asked = [TopicPartition(topic, partition, max(0, since_ms)) for partition in ends]
        places = consumer.offsets_for_times(asked, timeout=_TIMEOUT_S) if asked else []
    except KafkaException as error:
        raise _unreadable(servers, topic, clients.reason_of(error)) from error
    finally:
        consumer.close()
    # A partition without a record that new answers with its end, as a negative number.
    return {place.partition: place.offset for place in places if place.offset >= 0}


def _unreadable(servers: str, topic: str, reason: str) -> LogReadError:
    return LogReadError(f"cannot read {topic} at {servers}: {reason}", _HINT)
