"""Puts dead letters that are good now back into their topic, each once.

A transaction holds the records and, as offsets of REPLAY_GROUP, the memory that their letters are replayed: both are there or
neither, wherever the process dies. The transactional id is one per dead-letter topic, so a second replay ends the first one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from confluent_kafka import Consumer, TopicPartition

from connectors.dead_letters.letters import Letter, Selection, Source, reason_of
from connectors.dead_letters.progress import Progress
from connectors.dead_letters.reading import letters, replay_consumer, replayed
from connectors.dead_letters.verdict import Judge, StillFails, Usable
from connectors.offsets import partition_offsets
from connectors.producer import AvroProducer
from connectors.topics import DLQ_SUFFIX

# Whichever comes first ends a transaction; both bound what is held in memory.
BATCH_LETTERS = 500
BATCH_BYTES = 16 * 1024 * 1024
# Enough to see what is wrong, for each kind of error.
_EXAMPLES = 3

Report = Callable[["Outcome"], None]


@dataclass(frozen=True)
class Failing:
    """A letter that still fails, and why."""

    place: str
    error: str


@dataclass
class Outcome:
    """What became of the letters that were selected. In a dry run `replayed` counts what would be.

    `copies` are letters of a record that another letter has brought back: settled without being produced again.
    """

    replayed: int = 0
    copies: int = 0
    failing: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Failing]] = field(default_factory=dict)

    def fails(self, letter: Letter, error: str) -> None:
        """Counts a letter that still fails under the kind of its present error."""
        kind = reason_of(error)
        self.failing[kind] += 1
        shown = self.examples.setdefault(kind, [])
        if len(shown) < _EXAMPLES:
            shown.append(Failing(letter.place, error))


def transactional_id(dlq_topic: str) -> str:
    """Fences replays of the same dead letters against each other."""
    return f"tokpulse-dlq-replay-{dlq_topic}"


def dry_run(servers: str, dlq_topic: str, selection: Selection, judge: Judge, limit: int | None = None) -> Outcome:
    """What `replay` would do now. Writes nothing, and fences nobody. Raises as `replay` does."""
    with replay_consumer(servers) as consumer:
        progress = replayed(consumer, dlq_topic, partition_offsets(servers, dlq_topic))
    outcome = Outcome()
    for _ in _settled(servers, dlq_topic, selection, judge, progress, outcome, limit):
        pass
    return outcome


def replay(
    servers: str,
    dlq_topic: str,
    selection: Selection,
    judge: Judge,
    producer: AvroProducer,
    limit: int | None = None,
    report: Report = lambda _: None,
) -> Outcome:
    """Produces the selected letters that `judge` finds usable to their topic; those that still fail stay as they are.

    `producer` must have `transactional_id(dlq_topic)`. `limit` is the most letters to replay. `report` is called after each
    transaction. Raises FencedProducerError when another replay of the topic begins, DeliveryError or another ProducerError,
    ProgressError, DeadLetterReadError, OffsetsError or RegistryUnavailableError: what was reported until then is done, no more.
    """
    # Before the offsets are read: what an earlier replay left open is aborted now, and nobody else can commit after this.
    producer.take_over()
    with replay_consumer(servers) as consumer:
        progress = replayed(consumer, dlq_topic, partition_offsets(servers, dlq_topic))
        batch = _Batch(dlq_topic, producer, consumer, progress)
        outcome = Outcome()
        for letter, usable in _settled(servers, dlq_topic, selection, judge, progress, outcome, limit):
            batch.add(letter, usable)
            if batch.is_full:
                batch.commit()
                report(outcome)
        batch.commit()
        report(outcome)
    return outcome


def _settled(
    servers: str,
    dlq_topic: str,
    selection: Selection,
    judge: Judge,
    progress: Mapping[int, Progress],
    outcome: Outcome,
    limit: int | None,
) -> Iterator[tuple[Letter, Usable | None]]:
    """Each letter that is to be settled, with what is to be produced; None for a copy of one that was. Counts all in `outcome`."""
    if limit == 0:
        return
    sources = _replayed_sources(servers, dlq_topic, progress)
    next_offsets: dict[int, int] = {}
    # Not only the selected ones: offsets between two letters that follow each other are known to hold none.
    for letter in letters(servers, dlq_topic, replace(selection, reason=None)):
        settled = progress[letter.partition]
        settled.settle(range(next_offsets.get(letter.partition, letter.offset), letter.offset))
        next_offsets[letter.partition] = letter.offset + 1
        if letter.offset in settled or not selection.wants(letter):
            continue
        if letter.source is not None and letter.source in sources:
            outcome.copies += 1
            yield letter, None
            continue
        verdict = judge(letter)
        if isinstance(verdict, StillFails):
            outcome.fails(letter, verdict.error)
            continue
        if letter.source is not None:
            sources.add(letter.source)
        outcome.replayed += 1
        yield letter, verdict
        if outcome.replayed == limit:
            return


def _replayed_sources(servers: str, dlq_topic: str, progress: Mapping[int, Progress]) -> set[Source]:
    """Where the letters that are replayed came from. A job that restarts, or runs again, may quarantine the same record again."""
    if not any(settled.position or settled.has_beyond for settled in progress.values()):
        return set()
    done = (letter for letter in letters(servers, dlq_topic) if letter.offset in progress[letter.partition])
    return {letter.source for letter in done if letter.source is not None}


class _Batch:
    """Letters for one transaction."""

    def __init__(self, dlq_topic: str, producer: AvroProducer, consumer: Consumer, progress: Mapping[int, Progress]) -> None:
        self._dlq_topic = dlq_topic
        self._topic = dlq_topic.removesuffix(DLQ_SUFFIX)
        self._producer = producer
        self._consumer = consumer
        self._progress = progress
        self._letters: list[tuple[Letter, Usable | None]] = []
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return len(self._letters) >= BATCH_LETTERS or self._bytes >= BATCH_BYTES

    def add(self, letter: Letter, usable: Usable | None) -> None:
        """Takes a letter; None says that nothing has to be produced for it."""
        self._letters.append((letter, usable))
        self._bytes += len(letter.value or b"")
        self._progress[letter.partition].settle([letter.offset])

    def commit(self) -> None:
        """One transaction; none when there is nothing to settle."""
        if not self._letters:
            return
        # Encoded before the transaction begins, for the registry may not answer.
        values = [(letter, usable, self._value(usable)) for letter, usable in self._letters if usable is not None]
        offsets = [self._offset(partition) for partition in sorted({letter.partition for letter, _ in self._letters})]
        with self._producer.transaction():
            for letter, usable, value in values:
                # The reader of the topic can tell where it was meanwhile.
                headers = {"replayed.from": letter.place.encode()}
                self._producer.produce_encoded(self._topic, usable.key, value, headers=headers)
            self._producer.commit_offsets(offsets, self._consumer.consumer_group_metadata())
        self._letters, self._bytes = [], 0

    def _value(self, usable: Usable) -> bytes:
        return self._producer.encode(self._topic, usable.record) if usable.value is None else usable.value

    def _offset(self, partition: int) -> TopicPartition:
        offset, metadata = self._progress[partition].committed(f"{self._dlq_topic}[{partition}]")
        return TopicPartition(self._dlq_topic, partition, offset, metadata)
