"""Reads the letters of a dead-letter topic, and what is known of their replays."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.dead_letters.letters import Letter, Selection
from connectors.dead_letters.progress import Progress
from connectors.errors import TokpulseError
from connectors.offsets import partition_offsets

# Its committed offsets say which letters have been replayed. Nothing else may commit under this name.
REPLAY_GROUP = "tokpulse-dlq-replay"
_TIMEOUT_S = 10.0
_SILENCE_S = 30.0
_BATCH = 500
# The client waits for the whole batch or the whole time, whichever comes first, and the last batch is never whole.
_WAIT_S = 0.2

# Broken connections show in our own errors, not on stderr.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())


class DeadLetterReadError(TokpulseError):
    """A dead-letter topic, or the offsets of its replays, cannot be read."""


@contextmanager
def replay_consumer(servers: str) -> Iterator[Consumer]:
    """A consumer of REPLAY_GROUP that subscribes to nothing and commits nothing by itself. KafkaException becomes ours."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": REPLAY_GROUP,
            "enable.auto.commit": False,
            # For records, and for offsets: those of a transaction that is still open are waited for.
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 65_536,
            "error_cb": lambda _: None,
            "log_level": 0,
        },
        logger=_LOG,
    )
    try:
        yield consumer
    except KafkaException as error:
        raise _unreadable(f"dead letters at {servers}", error.args[0].str()) from error
    finally:
        consumer.close()


def letters(servers: str, topic: str, selection: Selection | None = None) -> Iterator[Letter]:
    """The committed letters of `topic` that `selection` wants, each partition in its order, to the end that it has now.

    Raises DeadLetterReadError or OffsetsError.
    """
    selection = selection or Selection()
    ends = partition_offsets(servers, topic)
    if selection.partition is not None and selection.partition not in ends:
        raise DeadLetterReadError(f"{topic} has no partition {selection.partition}", f"it has 0 to {max(ends)}")
    with replay_consumer(servers) as consumer:
        starts = _starts(consumer, topic, ends, selection)
        consumer.assign(list(starts.values()))
        for message in _messages(consumer, topic, {partition: ends[partition][1] for partition in starts}, selection.to_offset):
            letter = Letter.of(message)
            if selection.wants(letter):
                yield letter


def replayed(consumer: Consumer, topic: str, offsets: Mapping[int, tuple[int, int]]) -> dict[int, Progress]:
    """What has been replayed of each partition. `offsets` are those of `partition_offsets`. Raises ProgressError."""
    asked = [TopicPartition(topic, partition) for partition in offsets]
    found = {}
    for committed in consumer.committed(asked, timeout=_TIMEOUT_S):
        where = f"group {REPLAY_GROUP}, {topic}[{committed.partition}]"
        if committed.error is not None:
            raise _unreadable(where, committed.error.str())
        progress = Progress.read(committed.offset, committed.metadata, where)
        # A topic that was deleted and made anew begins again at 0, and so does its memory.
        if progress.position > offsets[committed.partition][1]:
            progress = Progress()
        progress.forget_below(offsets[committed.partition][0])
        found[committed.partition] = progress
    return found


def replayed_letters(servers: str, topic: str) -> dict[int, Progress]:
    """What has been replayed of each partition of `topic`, now. Raises ProgressError, DeadLetterReadError or OffsetsError."""
    offsets = partition_offsets(servers, topic)
    with replay_consumer(servers) as consumer:
        return replayed(consumer, topic, offsets)


def _starts(consumer: Consumer, topic: str, ends: Mapping[int, tuple[int, int]], selection: Selection) -> dict[int, TopicPartition]:
    """Where to begin in each partition that can hold a wanted letter."""
    first = selection.from_offset or 0
    asked = [
        TopicPartition(topic, partition, max(start, first))
        for partition, (start, end) in ends.items()
        if max(start, first) < end
        and (selection.partition in (None, partition))
        and (selection.to_offset is None or start <= selection.to_offset)
    ]
    if selection.since_ms is not None and asked:
        times = [TopicPartition(topic, place.partition, max(0, selection.since_ms)) for place in asked]
        # A partition without a letter that new answers with its end, as a negative number.
        since = {found.partition: found.offset for found in consumer.offsets_for_times(times, timeout=_TIMEOUT_S)}
        later = [(place.partition, max(place.offset, since[place.partition])) for place in asked if since[place.partition] >= 0]
        asked = [TopicPartition(topic, partition, offset) for partition, offset in later if offset < ends[partition][1]]
    return {place.partition: place for place in asked}


def _messages(consumer: Consumer, topic: str, ends: dict[int, int], last: int | None) -> Iterator[Message]:
    """What is assigned, up to `ends` (exclusive) and to `last` (inclusive)."""
    deadline = time.monotonic() + _SILENCE_S
    while ends:
        batch: list[Message] = consumer.consume(_BATCH, timeout=_WAIT_S)
        if batch:
            deadline = time.monotonic() + _SILENCE_S
        elif time.monotonic() > deadline:
            raise _unreadable(topic, f"nothing came for {_SILENCE_S:.0f} s, and partitions {sorted(ends)} have not ended")
        for message in batch:
            partition, offset, error = message.partition() or 0, message.offset() or 0, message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise _unreadable(f"{topic}[{partition}] at offset {offset}", error.str())
                # Ends of transactions are never given out, and what is not committed neither: the end is where nothing more comes.
                ends.pop(partition, None)
                continue
            end = ends.get(partition)
            if end is None:
                continue
            if offset < end and (last is None or offset <= last):
                yield message
            if offset >= end - 1 or (last is not None and offset >= last):
                del ends[partition]


def _unreadable(what: str, reason: str) -> DeadLetterReadError:
    return DeadLetterReadError(f"cannot read {what}: {reason}", "`tokpulse status` shows the local broker")
