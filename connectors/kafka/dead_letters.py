"""Dead letters as Kafka holds them, without those that were replayed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from connectors.errors import TokpulseError
from connectors.kafka.topics import DLQ_SUFFIX, Topics

# A record with this header is no letter: it names offsets of its partition whose letters are in their source topic again. It is
# written in the transaction that puts them there, and lives as long as letters do: consumer offsets expire before that, and could
# not leave one letter out.
REPLAYED_HEADER = "tokpulse.replayed"
NO_REASON = "no_reason"


class NoDeadLettersError(TokpulseError):
    """A topic without dead letters was named."""


@dataclass(frozen=True)
class DeadLetter:
    """One record of the dead-letter topic `topic`. `arrived_ms` is unix milliseconds, the broker's clock."""

    topic: str
    partition: int
    offset: int
    arrived_ms: int
    key: bytes | None
    value: bytes
    headers: Mapping[str, bytes]

    @property
    def error(self) -> str:
        """Code and detail, as whoever refused the record wrote them."""
        return self.headers.get("error", b"").decode("utf-8", "replace")

    @property
    def reason(self) -> str:
        """The code that letters are counted by."""
        return self.error.partition(":")[0].strip() or NO_REASON

    @property
    def source(self) -> str:
        """The topic that the record was in, or on its way to."""
        return self.topic.removesuffix(DLQ_SUFFIX)


def dlq_topics(topics: Topics, name: str = "") -> list[str]:
    """The dead-letter topics, or that of `name`, a topic or its dead-letter topic. Raises NoDeadLettersError, UnknownTopicError."""
    known = [topic.dlq for topic in topics if topic.dlq is not None]
    if not name:
        return known
    dlq = name if name in known else topics[name].dlq
    if dlq is None:
        raise NoDeadLettersError(f"topic {name} has no dead letters", "those that have: " + ", ".join(known))
    return [dlq]


def unreplayed(
    read: Callable[[], Iterable[Message]], select: Callable[[DeadLetter], bool] = lambda letter: True
) -> Iterator[DeadLetter]:
    """The letters that `select` wants and that were not replayed, in the order of the log.

    `read` gives the records of one topic, to its end, and is called twice: first for the marks of replays, which come after their
    letters. So none of the letters is held in memory.
    """
    replayed: dict[int, Spans] = defaultdict(Spans)
    for message in read():
        mark = _headers(message).get(REPLAYED_HEADER)
        if mark is not None:
            replayed[message.partition() or 0].add(parse_spans(mark.decode("ascii", "replace")))
    for message in read():
        headers = _headers(message)
        partition, offset = message.partition() or 0, message.offset() or 0
        if REPLAYED_HEADER in headers or offset in replayed[partition]:
            continue
        key, value = message.key(), message.value()
        letter = DeadLetter(
            topic=message.topic() or "",
            partition=partition,
            offset=offset,
            arrived_ms=message.timestamp()[1],
            key=key.encode() if isinstance(key, str) else key,
            value=value or b"",
            headers=headers,
        )
        if select(letter):
            yield letter


class Spans:
    """Offsets, as first and last of what lies together: a replay of a million letters takes no more room than one of two."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, spans: Iterable[tuple[int, int]]) -> None:
        """Adds offsets from first to last."""
        for first, last in spans:
            # What touches it becomes one with it.
            low, high = bisect_left(self._lasts, first - 1), bisect_right(self._firsts, last + 1)
            if low < high:
                first, last = min(first, self._firsts[low]), max(last, self._lasts[high - 1])
            self._firsts[low:high], self._lasts[low:high] = [first], [last]

    def __contains__(self, offset: int) -> bool:
        index = bisect_right(self._firsts, offset) - 1
        return index >= 0 and offset <= self._lasts[index]

    def __len__(self) -> int:
        return len(self._firsts)


def ranges(offsets: Iterable[int]) -> str:
    """`3-5,9` for 3, 4, 5 and 9."""
    spans: list[list[int]] = []
    for offset in sorted(offsets):
        if spans and spans[-1][1] == offset - 1:
            spans[-1][1] = offset
        else:
            spans.append([offset, offset])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def parse_spans(text: str) -> Iterator[tuple[int, int]]:
    """`ranges` as pairs of first and last. Anybody may write to the topic: what is no range says nothing."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal() and 0 <= int(last or first) - int(first) <= 1_000_000:
            yield int(first), int(last or first)


def _headers(message: Message) -> dict[str, bytes]:
    """The last of each name; a header without a value is an empty one."""
    headers: Any = message.headers()
    return {name: value or b"" for name, value in headers or ()}
