"""Dead letters as Kafka holds them, without those that were replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from confluent_kafka import Message

from connectors.errors import TokpulseError
from connectors.topics import DLQ_SUFFIX, Topics

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
    found = name if name in known else topics[name].dlq
    if found is None:
        raise NoDeadLettersError(f"topic {name} has no dead letters", "those that have: " + ", ".join(known))
    return [found]


def unreplayed(
    messages: Iterable[Message], select: Callable[[DeadLetter], bool] = lambda letter: True, keep_values: bool = True
) -> list[DeadLetter]:
    """The letters that `select` wants and that were not replayed, by partition and offset.

    `messages` are those of one topic, to its end. `keep_values=False` leaves values empty, for those who only count.
    """
    letters: dict[tuple[int, int], DeadLetter] = {}
    for message in messages:
        headers = _headers(message)
        partition, offset = message.partition() or 0, message.offset() or 0
        if REPLAYED_HEADER in headers:
            for replayed in parse_ranges(headers[REPLAYED_HEADER].decode("ascii", "replace")):
                letters.pop((partition, replayed), None)
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
            letters[partition, offset] = letter if keep_values else replace(letter, value=b"")
    return [letters[place] for place in sorted(letters)]


def ranges(offsets: Iterable[int]) -> str:
    """`3-5,9` for 3, 4, 5 and 9."""
    found: list[list[int]] = []
    for offset in sorted(offsets):
        if found and found[-1][1] == offset - 1:
            found[-1][1] = offset
        else:
            found.append([offset, offset])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def parse_ranges(text: str) -> Iterator[int]:
    """The opposite of `ranges`. Anybody may write to the topic: what is no range says nothing."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal() and int(last or first) - int(first) <= 1_000_000:
            yield from range(int(first), int(last or first) + 1)


def _headers(message: Message) -> dict[str, bytes]:
    """The last of each name; a header without a value is an empty one."""
    found: Any = message.headers()
    return {name: value or b"" for name, value in found or ()}
