"""What the fake LIVE service really sent: every frame and every end of a connection, on disk before it leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal


@dataclass(frozen=True)
class Line:
    """Of one connection. `at_ms` is the true clock; `frame` is what was sent, `code` that of a close (None: the line was cut)."""

    what: Literal["open", "frame", "close"]
    at_ms: int
    connection: str
    room_id: str
    host: str
    frame: Any = None
    code: int | None = None


class LiveLedger:
    """Lines in order. With a `path` they are in that file, too: written and synced before the call returns."""

    def __init__(self, path: Path | None = None) -> None:
        self.lines: list[Line] = []
        self._file: IO[str] | None = path.open("w", encoding="utf-8") if path is not None else None

    def add(self, lines: Iterable[Line]) -> None:
        """Before any of it is sent."""
        new = list(lines)
        if self._file is None:
            self.lines += new
            return
        for line in new:
            print(json.dumps(asdict(line), separators=(",", ":"), ensure_ascii=False), file=self._file)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def read_live_ledger(path: Path) -> list[Line]:
    """The lines of a file; a last one that was cut off is none. Raises OSError."""
    return [Line(**json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
