"""Rewrites partitions of topics: Kafka cannot take single records away, so what may stay is written again and the rest cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.kafka.dead_letters import unreplayed
from connectors.kafka.log import bounds, read
from connectors.kafka.topic_configs import set_configs, settle
from connectors.kafka.topics import DLQ_SUFFIX, Topic
from polling.writing.cursors import TOPIC as CURSORS
from privacy.messages import Messages
from privacy.rewriting import Rewriter

_TIMEOUT_S = 60.0


class RewriteError(TokpulseError):
    """A partition could not be rewritten; what was there is there still."""


class Logs:
    """Finds and rewrites partitions. `run` names this run's transactions: a run that was interrupted goes on under its name."""

    def __init__(self, servers: str, messages: Messages, rewriter: Rewriter, run: str) -> None:
        self._servers = servers
        self._messages = messages
        self._rewriter = rewriter
        self._admin = clients.admin(servers)
        self._group = f"tokpulse-forget-{run}"
        self._producer: Producer | None = None

    def affected(self, topic: Topic) -> dict[int, int]:
        """Partition -> how many of its records would change, those of aborted transactions included."""
        found: dict[int, int] = {}
        for message in read(self._servers, topic.name, bounds(self._servers, topic.name), aborted=True):
            if self._messages.rewritten(message, self._rewriter).changed:
                partition = message.partition() or 0
                found[partition] = found.get(partition, 0) + 1
        return found

    def rewrite(self, topic: Topic, partitions: list[int]) -> None:
        """Writes the records of `partitions` that stay behind the others and cuts off what was there. Safe to repeat.

        The copy of a partition and the note that it was made are one transaction: after a kill at any point, either there is no
        copy, or the cut is all that is left to do.
        """
        marks = clients.reader(self._servers, self._group)
        try:
            with self._open_for_rewriting(topic):
                for partition in partitions:
                    self._rewrite_one(topic, partition, marks)
        except KafkaException as error:
            raise RewriteError(
                f"{topic.name}: {clients.reason_of(error)}", "run the same command again: it continues where it stopped"
            ) from error
        finally:
            marks.close()

    def finish(self, topics: Iterable[Topic]) -> None:
        """Takes away the notes of this run, and what a killed one may have left of settings."""
        try:
            settle(self._admin, list(topics))
            for future in self._admin.delete_consumer_groups([self._group]).values():
                try:
                    future.result(_TIMEOUT_S)
                except KafkaException:
                    continue  # where no partition was rewritten there is none
        except KafkaException as error:
            raise RewriteError(f"settings of topics: {clients.reason_of(error)}", "run the same command again") from error

    def _rewrite_one(self, topic: Topic, partition: int, marks: Consumer) -> None:
        place = TopicPartition(topic.name, partition)
        start, now = bounds(self._servers, topic.name).get(partition, (0, 0))
        if start == now:
            return
        # First: what a killed run had under way is decided by this.
        producer = self._transactional()
        (noted,) = marks.committed([place], timeout=_TIMEOUT_S)
        end = noted.offset
        # A note of a cut that was made is spent: what is behind it has come since, or was not known as the person's then.
        if end <= start:
            end = now
            producer.begin_transaction()
            for message in self._staying(topic, partition, start, end):
                self._copy(producer, message)
            note = [TopicPartition(topic.name, partition, end)]
            producer.send_offsets_to_transaction(note, marks.consumer_group_metadata(), _TIMEOUT_S)
            producer.commit_transaction(_TIMEOUT_S)
        cut = self._admin.delete_records([TopicPartition(topic.name, partition, end)], request_timeout=_TIMEOUT_S)
        for future in cut.values():
            future.result(_TIMEOUT_S)

    def _staying(self, topic: Topic, partition: int, start: int, end: int) -> Iterator[Message]:
        """The committed records that are to be there afterwards, in their order."""

        def within() -> Iterator[Message]:
            return read(self._servers, topic.name, {partition: (start, end)})

        if topic.name.endswith(DLQ_SUFFIX):
            # Notes of replays name offsets, which change: letters that were replayed go, and the notes with them.
            keep = {letter.offset for letter in unreplayed(within)}
            yield from (message for message in within() if message.offset() in keep)
        elif "delete" not in topic.cleanup_policy:
            # Of a topic that keeps the newest record of each key, an older one must not come behind a newer one.
            newest: dict[object, int] = {}
            everything = list(read(self._servers, topic.name, bounds(self._servers, topic.name)))
            for message in everything:
                if message.partition() == partition:
                    newest[message.key()] = message.offset() or 0
            for message in everything:
                mine = (
                    message.partition() == partition and newest[message.key()] == message.offset() and (message.offset() or 0) < end
                )
                if mine and message.value() is not None and not self._is_their_feed(topic, message):
                    yield message
        else:
            yield from within()

    def _is_their_feed(self, topic: Topic, message: Message) -> bool:
        # How far the person's feeds were read is of no use to anybody.
        return topic.name == CURSORS and self._messages.rewritten(message, self._rewriter).key != message.key()

    def _copy(self, producer: Producer, message: Message) -> None:
        kept = self._messages.rewritten(message, self._rewriter)
        while True:
            try:
                producer.produce(
                    message.topic() or "",
                    partition=message.partition() or 0,
                    key=kept.key,
                    value=kept.value,
                    headers=[*kept.headers],
                    timestamp=message.timestamp()[1],
                )
                break
            except BufferError:
                producer.poll(0.1)

    def _transactional(self) -> Producer:
        if self._producer is None:
            settings = {
                "transactional.id": self._group,
                "transaction.timeout.ms": 900_000,
                "compression.type": "zstd",
                "message.max.bytes": 24 * 1024 * 1024,
            }
            self._producer = clients.producer(self._servers, settings)
            self._producer.init_transactions(_TIMEOUT_S)
        return self._producer

    @contextmanager
    def _open_for_rewriting(self, topic: Topic) -> Iterator[None]:
        """Copies keep the time of their arrival, from which retention counts; a compacted topic lets its beginning be cut off."""
        usual = topic.configs()
        for_now = {"message.timestamp.type": "CreateTime"}
        if "delete" not in topic.cleanup_policy:
            for_now |= {"cleanup.policy": "compact,delete", "retention.ms": "-1"}
        set_configs(self._admin, topic.name, for_now)
        try:
            yield
        finally:
            set_configs(self._admin, topic.name, {name: usual[name] for name in for_now})
