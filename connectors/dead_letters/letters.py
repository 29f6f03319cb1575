"""A dead letter: a Kafka value that could not be used, with headers that say why and where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from confluent_kafka import Message

from connectors.errors import TokpulseError
from connectors.topics import DLQ_SUFFIX, Topics

NO_REASON = "(no reason given)"
_REASON_LENGTH = 80
_CODE = re.compile(r"([a-z][a-z0-9_]*)(?=: |$)")
# What differs from letter to letter of one kind: quoted values, and numbers.
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?!\w)")

Source = tuple[str, int, int]


class PlaceError(TokpulseError):
    """A text that names no topic with dead letters, or no place in one."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One record of a dead-letter topic. `arrived_ms` is the broker's clock, unix milliseconds; -1 when it gives none.

    Headers that are absent or unreadable are "" or None. `source_offset` is None also for what never was in Kafka: an item that a
    poller could not map, whose `upstream` says which service it came from.
    """

    topic: str
    partition: int
    offset: int
    arrived_ms: int
    key: bytes | None = None
    value: bytes | None = field(default=None, repr=False)
    error: str = ""
    source_topic: str = ""
    source_partition: int | None = None
    source_offset: int | None = None
    failed_at: str = ""
    upstream: str = ""

    @classmethod
    def of(cls, message: Message) -> Letter:
        """The letter in a consumed record. Never raises: whoever wrote the headers may have written anything."""
        headers = {name: _text(value) for name, value in _pairs(message.headers())}
        return cls(
            topic=message.topic() or "",
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            arrived_ms=message.timestamp()[1],
            key=_bytes(message.key()),
            value=_bytes(message.value()),
            error=headers.get("error", ""),
            source_topic=headers.get("source.topic", ""),
            source_partition=_coordinate(headers.get("source.partition", "")),
            source_offset=_coordinate(headers.get("source.offset", "")),
            failed_at=headers.get("failed.at", ""),
            upstream=headers.get("upstream", ""),
        )

    @property
    def place(self) -> str:
        """`topic/partition/offset` of the letter itself, as `parse_place` reads it."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def source(self) -> Source | None:
        """Topic, partition and offset of the record that failed. Letters with the same source are copies of each other."""
        if not self.source_topic or self.source_partition is None or self.source_offset is None:
            return None
        return self.source_topic, self.source_partition, self.source_offset

    @property
    def reason(self) -> str:
        """What letters are counted by."""
        return reason_of(self.error)


def reason_of(error: str) -> str:
    """The kind of an error: its code (`bad_magic: ...`) when it has one, else its first line without values, of 80 characters."""
    text = error.strip()
    if code := _CODE.match(text):
        return code[1]
    # Only so much of it is looked at: an error may quote a whole item.
    first_line = text[: 8 * _REASON_LENGTH].splitlines()[0] if text else NO_REASON
    kind = _NUMBER.sub("N", _QUOTED.sub("'...'", first_line))
    return kind if len(kind) <= _REASON_LENGTH else kind[: _REASON_LENGTH - 3] + "..."


@dataclass(frozen=True)
class Selection:
    """Which letters are meant; None means any. Offsets are the letter's own and both inclusive, times unix milliseconds.

    `reason` is a reason as it is listed, or a pattern with `*` and `?`.
    """

    reason: str | None = None
    partition: int | None = None
    from_offset: int | None = None
    to_offset: int | None = None
    since_ms: int | None = None

    def wants(self, letter: Letter) -> bool:
        """Whether the letter is one of them."""
        return (
            (self.partition is None or letter.partition == self.partition)
            and (self.from_offset is None or letter.offset >= self.from_offset)
            and (self.to_offset is None or letter.offset <= self.to_offset)
            and (self.since_ms is None or letter.arrived_ms >= self.since_ms)
            and (self.reason is None or letter.reason == self.reason or fnmatchcase(letter.reason, self.reason))
        )


def dead_letter_topics(topics: Topics, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The dead-letter topics of `names`, each given with or without `.dlq`; all there are for no names. Raises PlaceError."""
    known = [topic.dlq for topic in topics if topic.dlq is not None]
    found = []
    for name in names:
        wanted = name if name.endswith(DLQ_SUFFIX) else name + DLQ_SUFFIX
        if wanted not in known:
            raise PlaceError(f"no dead letters are kept for {name!r}", "known: " + ", ".join(known))
        found.append(wanted)
    return tuple(dict.fromkeys(found)) or tuple(known)


def parse_place(text: str, topics: Topics) -> tuple[str, int | None, int | None]:
    """(dead-letter topic, partition, offset) of `TOPIC`, `TOPIC/PARTITION` or `TOPIC/PARTITION/OFFSET`. Raises PlaceError."""
    name, *numbers = text.split("/")
    if len(numbers) > 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise PlaceError(f"{text!r} is no place of dead letters", "write TOPIC, TOPIC/PARTITION or TOPIC/PARTITION/OFFSET")
    (topic,) = dead_letter_topics(topics, [name])
    partition, offset = [*map(int, numbers), None, None][:2]
    return topic, partition, offset


def _pairs(headers: Any) -> Iterable[tuple[str, str | bytes | None]]:
    # The client's type hints allow a mapping, too, for headers that are produced.
    return headers.items() if isinstance(headers, Mapping) else headers or ()


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def _coordinate(text: str) -> int | None:
    """A partition or an offset; None for "-1", which says that there is none, and for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
