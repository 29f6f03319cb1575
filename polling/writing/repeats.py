"""Exact repeats: observations that say again what the last committed one of the same thing said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from hashlib import blake2b
from itertools import islice

from confluent_kafka import Message

from connectors.clock import DAY_MS, SNAPSHOT_FRESH_MS
from connectors.kafka.avro import HEADER_BYTES
from connectors.kafka.validation import EARLIEST_MS
from connectors.upstream.records import POSTS, USERS
from polling.schedule.cadence import REFRESH_MS
from polling.writing.snapshots import Snapshots

DEFAULT_CAPACITY = 2_000_000
# An unchanged profile is a snapshot all the same: it passes so often that those in Kafka stay fresh, and some time is left.
PROFILE_WINDOW_MS = (SNAPSHOT_FRESH_MS - REFRESH_MS) * 3 // 4
# Digest and time share one int: 128 bits, then 42 bits, which hold milliseconds until 2109. One object of 48 bytes.
_TIME_BITS = 42
_TIME_MASK = (1 << _TIME_BITS) - 1
_KEY_MASK = (1 << 60) - 1  # an int of 32 bytes; one bit more, and it is one of 48
_TIME_LENGTHS = (6, 7)  # bytes of ingested_at in Avro: 6 until 2039, then 7
_LATEST_MS = 1 << 42
# Leaving one by one would search through the gaps of those that left before, so they leave in lots.
_LOT = 16

Pending = dict[int, int]


class Verdict(Enum):
    """What an observation is beside the last committed one of its id."""

    MOVED = "moved"  # new or changed
    RENEWED = "renewed"  # unchanged, and the last one is older than the window, or nobody knew then whose it is: it passes
    REPEAT = "repeat"  # unchanged, and the last one is in the window: it does not


class Repeats:
    """The last committed observation of each id, as digests. Not thread-safe. Times in unix milliseconds, as in `ingested_at`.

    Bounded by `capacity` entries of about 130 bytes: when it is full the eldest leave first, and at worst a repeat passes. An entry
    is kept for twice `window_ms`, so that what is polled once a day is known to be unchanged.

    An observation is compared with what is `pending` in its transaction, too; `mark` takes that over after the commit, and a
    transaction that is aborted leaves nothing.
    """

    def __init__(self, window_ms: int = DAY_MS, capacity: int = DEFAULT_CAPACITY) -> None:
        if window_ms < 1 or capacity < _LOT:
            raise ValueError(f"a window of at least 1 ms and a capacity of at least {_LOT}, not {window_ms} and {capacity}")
        self.window_ms = window_ms
        self.capacity = capacity
        # In the order of their marking. A key that two ids share costs a repeat that passes: the digest covers the id.
        self._last: dict[int, int] = {}
        self._swept_ms = 0
        self.snapshots = Snapshots()

    def __len__(self) -> int:
        return len(self._last)

    @property
    def kept_ms(self) -> int:
        """How long an entry is kept."""
        return 2 * self.window_ms

    def last_ms(self, topic: str, key: str, pending: Pending) -> int | None:
        """When the last one of `key` was observed; None where none is known."""
        place = hash((topic, key)) & _KEY_MASK
        last = pending.get(place, self._last.get(place))
        return None if last is None else last & _TIME_MASK

    def compare(self, topic: str, key: str, value: bytes, at_ms: int, pending: Pending, writer: str | None = None) -> Verdict:
        """Compares an encoded observation with the last one of `key`, and notes it in `pending` when it passes.

        `value` is in the wire format; `at_ms` is its `ingested_at`. An unchanged one passes, too, where there is a fresh snapshot
        of its `writer` now and was none as of the last one: what is joined as of its observation would never be known otherwise.
        """
        place = hash((topic, key)) & _KEY_MASK
        entry = _entry(topic, value, at_ms)
        last = pending.get(place)
        if last is None:
            last = self._last.get(place)
        verdict = Verdict.MOVED
        if last is not None and last >> _TIME_BITS == entry >> _TIME_BITS:
            last_ms, window_ms = last & _TIME_MASK, min(self.window_ms, PROFILE_WINDOW_MS) if topic == USERS else self.window_ms
            unknown = writer is not None and not self.snapshots.fresh_at(writer, last_ms)
            if at_ms - last_ms < window_ms and not (unknown and writer is not None and self.snapshots.fresh_at(writer, at_ms)):
                return Verdict.REPEAT
            verdict = Verdict.RENEWED
        pending[place] = entry
        return verdict

    def mark(self, pending: Pending, now_ms: int) -> None:
        """Takes over what was committed. What is older than `kept_ms` at `now_ms` leaves, and the eldest beyond the capacity."""
        last = self._last
        for place in pending:
            last.pop(place, None)  # so that it goes to the end of the order
        last.update(pending)
        if len(last) > self.capacity:
            self._leave(islice(last, max(len(last) - self.capacity, self.capacity // _LOT)))
        if now_ms - self._swept_ms > self.window_ms // _LOT:
            self._swept_ms = now_ms
            self._expire(now_ms - self.kept_ms)

    def rebuild(self, messages: Iterable[Message], now_ms: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Marks what a log holds, oldest first; returns how many of its records are observations. `progress` hears of each lot."""
        count = 0
        pending: Pending = {}
        for message in messages:
            topic, key, value = message.topic(), message.key(), message.value()
            at_ms = observed_ms(value) if value else None
            if topic is None or not isinstance(key, bytes) or value is None or at_ms is None:
                continue
            # Without a verdict: whoever wrote it, the last one in the log is the last one.
            name = key.decode("utf-8", "replace")
            pending[hash((topic, name)) & _KEY_MASK] = _entry(topic, value, at_ms)
            if topic == USERS:
                self.snapshots.note(name, at_ms)
            count += 1
            if len(pending) >= 10_000:
                self.mark(pending, now_ms)
                pending = {}
                progress(count)
        self.mark(pending, now_ms)
        return count

    def _expire(self, before_ms: int) -> None:
        # Marked in the order of commits, which clocks follow closely: stop at the first that is young enough.
        elders = 0
        for entry in self._last.values():
            if entry & _TIME_MASK >= before_ms:
                break
            elders += 1
        self._leave(islice(self._last, elders))

    def _leave(self, places: Iterable[int]) -> None:
        for place in list(places):
            del self._last[place]


def _entry(topic: str, value: bytes, at_ms: int) -> int:
    # ingested_at is the last field: what is before it says whether anything changed.
    end = len(value) - (6 if at_ms < 1 << 41 else 7)
    digest = blake2b(digest_size=16)
    if topic == POSTS:
        begin, after = _addresses(value)
        digest.update(value[HEADER_BYTES:begin])
        digest.update(value[after:end])
    else:
        digest.update(value[HEADER_BYTES:end])
    return int.from_bytes(digest.digest(), "little") << _TIME_BITS | at_ms


def _addresses(value: bytes) -> tuple[int, int]:
    """Where the addresses of a post's media are in its value: play, wmplay and hdplay, which follow each other.

    Services sign them anew for each answer: with them no post would ever be the same. (HEADER_BYTES, HEADER_BYTES) for a value that
    does not have the fields of the topic's schema in their order.
    """
    try:
        place = _after_text(value, HEADER_BYTES)  # aweme_id
        place = _after_text(value, place + 1) if value[place] else place + 1  # region, null or a string
        begin = _after_number(value, _after_text(value, place))  # title, duration
        place = _after_text(value, _after_text(value, begin))  # play, wmplay
        after = _after_text(value, place + 1) if value[place] else place + 1  # hdplay, null or a string
    except IndexError:
        return HEADER_BYTES, HEADER_BYTES
    return (begin, after) if after < len(value) else (HEADER_BYTES, HEADER_BYTES)


def _after_number(value: bytes, place: int) -> int:
    while value[place] & 0x80:
        place += 1
    return place + 1


def _after_text(value: bytes, place: int) -> int:
    length = shift = 0
    while True:
        byte = value[place]
        place += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return place + (length >> 1)
        shift += 7


def observed_ms(value: bytes) -> int | None:
    """The `ingested_at` at the end of an encoded observation; None when there is no such time."""
    for length in _TIME_LENGTHS:
        tail = value[-length:]
        if len(value) < HEADER_BYTES + length or tail[-1] & 0x80 or any(not byte & 0x80 for byte in tail[:-1]):
            continue
        number = 0
        for byte in reversed(tail):
            number = number << 7 | byte & 0x7F
        # Zigzag. A longer time cut short gives one before 2016, a shorter one with bytes before it one beyond the range.
        time_ms = (number >> 1) ^ -(number & 1)
        if EARLIEST_MS <= time_ms < _LATEST_MS:
            return time_ms
    return None
