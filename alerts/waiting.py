"""Alerts that wait for one target, gathered into groups: no clock, no threads, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from alerts.alert import Alert, Place

# Long enough for what becomes true together, short enough for whoever wants to know at once.
URGENT_S = 2.0


@dataclass
class _Entry:
    alert: Alert
    arrived: float
    # More than one when the topic holds the alert again, or a partition is read again.
    places: list[Place] = field(default_factory=list)


class Waiting:
    """Alerts by kind in order of arrival. Times are seconds of any one clock.

    A group is what arrived within `group_seconds` of its first alert, of one kind, at most `most` alerts; of an urgent kind, within
    URGENT_S.
    """

    def __init__(self, group_seconds: float, most: int | None = None) -> None:
        self._group_seconds = group_seconds
        self._most = most
        self._waiting: dict[str, dict[str, _Entry]] = {}
        self._taken: dict[str, _Entry] = {}
        self.places = 0  # records that are waited for: what memory is bounded by

    def __len__(self) -> int:
        """Alerts that are not finished, those taken included."""
        return sum(map(len, self._waiting.values())) + len(self._taken)

    def __contains__(self, key: object) -> bool:
        """Whether an alert of this key waits or is taken."""
        return key in self._taken or any(key in group for group in self._waiting.values())

    def between(self, after: str, before: str) -> bool:
        """Whether an alert waits or is taken whose key is as long as these two and stands between them."""
        groups = (self._taken, *self._waiting.values())
        return any(after < key < before and len(key) == len(after) for group in groups for key in group)

    def add(self, alert: Alert, place: Place, now: float) -> None:
        """Adds an alert; one that waits or is taken already only gets a further place."""
        entry = self._taken.get(alert.key)
        if entry is None:
            entry = self._waiting.setdefault(alert.kind, {}).setdefault(alert.key, _Entry(alert, now))
        entry.places.append(place)
        self.places += 1

    def seconds_until_due(self, now: float) -> float | None:
        """Seconds until a group is complete, 0 when one is; None when nothing waits."""
        due = [at for at, _ in self._due()]
        return max(0.0, min(due) - now) if due else None

    def take(self, now: float, everything: bool = False) -> list[Alert]:
        """The group that has been complete for longest (or, with `everything`, would be first), in order of arrival; else [].

        Its alerts stay taken until `finish` or `put_back`.
        """
        due = self._due()
        if not due:
            return []
        at, kind = min(due)
        if not everything and now < at:
            return []
        group = self._waiting[kind]
        keys = list(group)[: self._most]
        for key in keys:
            self._taken[key] = group.pop(key)
        return [self._taken[key].alert for key in keys]

    def finish(self, alerts: Iterable[Alert]) -> list[Place]:
        """Forgets taken alerts; returns their places, which nothing waits for any more."""
        places = [place for alert in alerts for place in self._taken.pop(alert.key).places]
        self.places -= len(places)
        return places

    def put_back(self, alerts: Collection[Alert]) -> None:
        """Taken alerts wait again, as the first of their kind and due at once, together with what has come since."""
        for kind in {alert.kind for alert in alerts}:
            back = {alert.key: self._taken.pop(alert.key) for alert in alerts if alert.kind == kind}
            kept = {key: entry for key, entry in back.items() if entry.places}
            self._waiting[kind] = {**kept, **self._waiting.get(kind, {})}

    def forget(self, partitions: Collection[tuple[str, int]]) -> None:
        """Drops what waits because of records in `partitions` (topic, number) only: another consumer reads them now."""
        for entry in (*self._taken.values(), *(entry for group in self._waiting.values() for entry in group.values())):
            kept = [place for place in entry.places if (place.topic, place.partition) not in partitions]
            self.places -= len(entry.places) - len(kept)
            entry.places = kept
        for kind, group in self._waiting.items():
            self._waiting[kind] = {key: entry for key, entry in group.items() if entry.places}

    def _due(self) -> list[tuple[float, str]]:
        """When the group of each kind is complete."""
        return [
            (entry.arrived + min(self._group_seconds, URGENT_S if entry.alert.about.urgent else self._group_seconds), kind)
            for kind, group in self._waiting.items()
            for entry in _first(group)
        ]


def _first(group: dict[str, _Entry]) -> list[_Entry]:
    return [next(iter(group.values()))] if group else []
