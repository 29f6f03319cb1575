"""Counts of dead letters by topic and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.dead_letters.letters import Letter
from connectors.dead_letters.progress import Progress


@dataclass
class Tally:
    """Letters of one reason. Times are unix milliseconds of arrival; `example` is the newest letter's place."""

    topic: str
    reason: str
    open: int = 0
    replayed: int = 0
    oldest_ms: int = 0
    newest_ms: int = 0
    example: str = ""

    @property
    def letters(self) -> int:
        """All of them, replayed or not."""
        return self.open + self.replayed

    def add(self, letter: Letter, is_replayed: bool) -> None:
        """Counts one letter."""
        if not self.letters or letter.arrived_ms < self.oldest_ms:
            self.oldest_ms = letter.arrived_ms
        if not self.letters or letter.arrived_ms >= self.newest_ms:
            self.newest_ms, self.example = letter.arrived_ms, letter.place
        if is_replayed:
            self.replayed += 1
        else:
            self.open += 1


def tally(letters: Iterable[Letter], replayed: Mapping[str, Mapping[int, Progress]]) -> list[Tally]:
    """A tally per topic and reason, by topic, most letters first. `replayed` is by topic and partition; values are not kept."""
    found: dict[tuple[str, str], Tally] = {}
    for letter in letters:
        group = letter.topic, letter.reason
        if group not in found:
            found[group] = Tally(*group)
        found[group].add(letter, is_replayed(letter, replayed.get(letter.topic, {})))
    return sorted(found.values(), key=lambda tally: (tally.topic, -tally.letters, tally.reason))


def is_replayed(letter: Letter, replayed: Mapping[int, Progress]) -> bool:
    """Whether the letter has been replayed, by the progress of its partition."""
    progress = replayed.get(letter.partition)
    return progress is not None and letter.offset in progress
