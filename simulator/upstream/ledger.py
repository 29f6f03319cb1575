"""What the server really gave: every request, and every observation of a whole and well-formed answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from simulator.upstream.answers import Served


@dataclass
class Entry:
    """One request. `at_ms` is simulated time in unix milliseconds, `spells` are the kinds that hit it.

    `status` is None for a stall. `delivered` is False where what was sent is no whole and well-formed answer (cut, stalled, empty,
    HTML with status 200, or the client was gone); then `observations` is empty. Nobody can know whether the client read what was
    sent. `credits` is the balance after the request, of the dialect's key.
    """

    number: int
    at_ms: int
    dialect: str
    endpoint: str
    params: Mapping[str, str]
    status: int | None
    spells: tuple[str, ...]
    credits: int
    delivered: bool = True
    observations: tuple[Served, ...] = ()

    def as_json(self) -> str:
        """One line of a ledger's file."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


class Ledger:
    """Entries in the order of requests. With a `path` each is a line of that file, on disk when its answer has been sent.

    With `keep` False nothing stays in memory: for a server that runs for days. One thread writes, others may read.
    """

    def __init__(self, path: Path | None = None, keep: bool = True) -> None:
        self.entries: list[Entry] = []
        self._keep = keep
        self._file: IO[str] | None = path.open("w", encoding="utf-8") if path is not None else None

    def begin(self, entry: Entry) -> None:
        """Before the answer's last byte leaves, so that whoever has an answer finds it here."""
        if self._keep:
            self.entries.append(entry)

    def fail(self, entry: Entry) -> None:
        """The answer could not be sent."""
        entry.delivered, entry.observations = False, ()

    def end(self, entry: Entry) -> None:
        """Nothing of the entry changes any more."""
        if self._file is not None:
            print(entry.as_json(), file=self._file, flush=True)
            os.fsync(self._file.fileno())

    def observations(self) -> Iterator[Served]:
        """All that was served so far, in order; the same observation as often as it was served."""
        for entry in tuple(self.entries):
            yield from entry.observations

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def read_ledger(path: Path) -> list[Entry]:
    """The entries of a ledger's file, in the order of its lines; a last line that was cut off is none. Raises OSError."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [_entry(json.loads(line)) for line in lines]


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(**{**raw, "spells": tuple(raw["spells"]), "observations": tuple(Served(**one) for one in raw["observations"])})
