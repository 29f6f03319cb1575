"""LIVE records to Kafka: in lots, without the names of people, and a room's record only behind the events it speaks of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from connectors.kafka.avro import Record
from connectors.kafka.topics import Topics
from connectors.kafka.validation import RecordError
from connectors.upstream.model import Observation, Page
from connectors.upstream.tiktools_events import TOPIC as EVENTS
from polling.live.broadcast import TOPIC as ROOMS
from polling.live.report import Report
from polling.personal.forgotten import Forgotten
from polling.personal.pseudonyms import Pseudonyms
from polling.writing.letters import NOT_ENCODABLE, TOO_LARGE, letter, reason

TOPICS: Final = (EVENTS, ROOMS)
_LOT: Final = 2_000
# Above this, whoever reads a socket waits: Kafka takes no more at the moment.
_FULL: Final = 50_000
_PAUSE_S: Final = 0.05


class LotsProducer(Protocol):
    """What the writer needs of AvroProducer."""

    def encode(self, topic: str, record: Record) -> bytes:
        """Raises RecordError."""

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        """Queues them."""

    def produce_encoded(self, topic: str, key: str | None, value: bytes, *, headers: Mapping[str, bytes] | None = None) -> None:
        """Queues one."""

    def flush(self) -> None:
        """Returns when all is in Kafka. Raises DeliveryError."""


class LiveWriter:
    """A sink of sessions. `run` carries what was added to Kafka, and raises what keeps it out; `close` carries the rest.

    Records are not written in transactions: a reader has them within a second, and repeats have the same `event_id`.
    """

    def __init__(
        self,
        producer: LotsProducer,
        topics: Topics,
        report: Report,
        now_ms: Callable[[], int],
        names: Pseudonyms | None = None,
        forgotten: Forgotten | None = None,
    ) -> None:
        self._producer, self._report, self._now_ms = producer, report, now_ms
        self._names, self._forgotten = names, forgotten
        self._limits = {name: topics[name].max_message_bytes for name in (*TOPICS, *(f"{name}.dlq" for name in TOPICS))}
        self._keys = {name: topics[name].key for name in TOPICS}
        self._waiting: list[Observation] = []
        self._is_ending = False
        self._has_some = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    @property
    def full(self) -> bool:
        """As Sink."""
        return len(self._waiting) >= _FULL

    async def relief(self) -> None:
        """As Sink."""
        self._has_room.clear()
        await self._has_room.wait()

    def add(self, topic: str, record: Mapping[str, Any]) -> None:
        """As Sink."""
        self._waiting.append(Observation(topic, record))
        self._has_some.set()

    def reject(self, topic: str, key: str, what: Any, why: str) -> None:
        """As Sink."""
        item = what if isinstance(what, Mapping) else {"frame": what}
        self._waiting.append(Observation(topic, item, problem=why))
        self._has_some.set()

    def end(self) -> None:
        """`run` returns when it has carried what it is about."""
        self._is_ending = True
        self._has_some.set()

    async def run(self) -> None:
        """Until `end`. It must not be cancelled: what it has in hand would be lost."""
        while not self._is_ending:
            await self._has_some.wait()
            await self.carry()
            await asyncio.sleep(_PAUSE_S)

    async def carry(self) -> None:
        """All that was added so far. Raises DeliveryError, ProducerError."""
        waiting, self._waiting = self._waiting, []
        self._has_some.clear()
        for start in range(0, len(waiting), _LOT):
            part = waiting[start : start + _LOT]
            self._send(EVENTS, part)
            rooms = [one for one in part if one.topic == ROOMS]
            if rooms:
                # Who reads that a connection was open until now can rely on its events.
                await asyncio.to_thread(self._producer.flush)
                self._send(ROOMS, rooms)
            await asyncio.sleep(0)
        self._has_room.set()

    async def close(self) -> None:
        """Returns when everything is in Kafka."""
        await self.carry()
        await asyncio.to_thread(self._producer.flush)

    def _send(self, topic: str, waiting: list[Observation]) -> None:
        lot = []
        for one in self._cleaned([one for one in waiting if one.topic == topic]):
            record, why = one.record, one.problem or ""
            if not why:
                try:
                    value = self._producer.encode(topic, record)
                except RecordError as error:
                    why = reason(error)
                except (ValueError, TypeError, OverflowError) as error:
                    # Text with half of a surrogate pair has no UTF-8.
                    why = f"{NOT_ENCODABLE}: {error}"
                else:
                    if len(value) <= self._limits[topic]:
                        lot.append({"key": record[self._keys[topic]], "value": value})
                        continue
                    why = f"{TOO_LARGE}: {len(value)} bytes are more than {self._limits[topic]}"
            self._report.refused(why.partition(":")[0])
            dead = letter(topic, self._keys[topic], record, why, self._now_ms(), self._limits[f"{topic}.dlq"])
            self._producer.produce_encoded(dead.topic, dead.key, dead.value, headers=dead.headers)
        if lot:
            self._producer.produce_batch(topic, lot)

    def _cleaned(self, found: list[Observation]) -> list[Observation]:
        if self._names is not None:
            found = list(self._names.page(Page(tuple(found), None)).observations)
        return self._forgotten.kept(found) if self._forgotten is not None else found
