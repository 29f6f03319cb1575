"""Which offsets may be committed: all before the first record that some target still waits for."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from alerts.alert import Place

Partition = tuple[str, int]


class OffsetTracker:
    """Counts, per record read, the targets that have not settled it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[Partition, int] = {}
        self._held: dict[Partition, dict[int, int]] = {}

    def seen(self, place: Place, holders: int) -> None:
        """A record was read, and `holders` targets wait for it. Call it before any of them can release it."""
        with self._lock:
            partition = (place.topic, place.partition)
            self._next[partition] = place.offset + 1
            if holders:
                self._held.setdefault(partition, {})[place.offset] = holders

    def release(self, places: Iterable[Place]) -> None:
        """One target has settled each of `places`; places of forgotten partitions are ignored."""
        with self._lock:
            for place in places:
                held = self._held.get((place.topic, place.partition), {})
                if place.offset in held:
                    held[place.offset] -= 1
                    if not held[place.offset]:
                        del held[place.offset]

    def committable(self) -> dict[Partition, int]:
        """Partition -> offset to go on from after a restart."""
        with self._lock:
            return {partition: min(self._held.get(partition) or (end,)) for partition, end in self._next.items()}

    def forget(self, partitions: Collection[Partition]) -> None:
        """`partitions` belong to another consumer now."""
        with self._lock:
            for partition in partitions:
                self._next.pop(partition, None)
                self._held.pop(partition, None)
