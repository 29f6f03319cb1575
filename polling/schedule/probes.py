"""The file that says when the balance was last asked for, and what was answered: synced before each request for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.files import replace_file


class ProbeFileError(TokpulseError):
    """The time of the last probe cannot be read or written: without it, one that starts again and again would probe each time."""


@dataclass(frozen=True)
class LastProbe:
    """`left` credits were there at `as_of_ms`, None where they never were; at `asked_ms` they were asked for. Unix milliseconds."""

    asked_ms: int
    as_of_ms: int = 0
    left: int | None = None


class ProbeFile:
    """The last probe of one shard of one upstream, in one line of `path`. It holds over restarts, and over midnight."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> LastProbe | None:
        """None where there never was one. Raises ProbeFileError."""
        try:
            words = self._path.read_text(encoding="ascii").split()
            left = None if words[2] == "-" else int(words[2])
            return LastProbe(int(words[0]), int(words[1]), left)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error
        except (ValueError, IndexError):
            raise ProbeFileError(f"{self._path}: not a probe", "delete it; the balance is then requested at once") from None

    def write(self, probe: LastProbe) -> None:
        """Replaces what is known; it is on disk when this returns. Raises ProbeFileError."""
        try:
            line = f"{probe.asked_ms} {probe.as_of_ms} {'-' if probe.left is None else probe.left}\n"
            replace_file(self._path, line, durable=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> ProbeFileError:
        return ProbeFileError(f"cannot use {self._path}: {error.strerror}", "check the disk, and the owner of the folder")
