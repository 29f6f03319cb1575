"""One LIVE connector per data directory: two would open twice the sockets, and count the day's wrongly."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import TokpulseError


class NotAloneError(TokpulseError):
    """Another connector runs, or the folder cannot be written."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the lock; it ends with the process, however that ends. Raises NotAloneError."""
    path = folder / "live.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise NotAloneError(f"cannot write {path}: {error.strerror}", "check the owner of the data directory") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotAloneError(
                "another `tokpulse live` runs on this data directory", "stop it first, or give --data-dir of another account"
            ) from None
        yield
