"""What upstreams began to send: counted where dead letters are, so that the daily look at those shows it before it hurts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from connectors.clock import HOUR_MS
from connectors.upstream.model import Observation

# Topic and path within its items.
Fields = Counter[tuple[str, str]]


def counted(observations: Iterable[Observation]) -> Fields:
    """How often each field came that no table has."""
    return Counter((seen.topic, name) for seen in observations for what, name in seen.notes if what == "new")


class NewFields:
    """Decides when counts are written: for a field at once, then for all at most once an hour. Not thread-safe."""

    def __init__(self) -> None:
        self._untold: Fields = Counter()
        self._told_ms: dict[tuple[str, str], int] = {}

    def marks(self, fresh: Fields, now_ms: int) -> Mapping[str, Mapping[str, int]]:
        """Topic -> field -> count, of what is to be written now. Changes nothing: it may not be committed."""
        due = {topic for topic, name in fresh if now_ms - self._told_ms.get((topic, name), -HOUR_MS) >= HOUR_MS}
        marks: dict[str, dict[str, int]] = {}
        for (topic, name), number in (self._untold + fresh).items():
            if topic in due:
                marks.setdefault(topic, {})[name] = number
        return marks

    def written(self, fresh: Fields, marks: Mapping[str, Mapping[str, int]], now_ms: int) -> None:
        """Both are committed."""
        self._untold += fresh
        for topic, names in marks.items():
            for name in names:
                del self._untold[topic, name]
                self._told_ms[topic, name] = now_ms
