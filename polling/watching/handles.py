"""The file that says whom the handles of watchlists lead to: ids are what topics carry, and what is polled."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from connectors.errors import TokpulseError
from connectors.files import replace_file


class HandleFileError(TokpulseError):
    """The file cannot be read or written."""


class HandleState(StrEnum):
    """What is known of a handle."""

    WAITING = "waiting"  # not asked for yet
    KNOWN = "known"
    MOVED = "moved"  # another account has it now; the first one is polled
    VANISHED = "vanished"  # no account has it any more; the one that had it is polled
    UNKNOWN = "unknown"  # no account had it, so nothing is polled
    FORGOTTEN = "forgotten"  # of somebody whom `tokpulse forget` has removed: nothing is polled, and nothing kept


# States of which somebody should hear.
_TROUBLES = (HandleState.MOVED, HandleState.VANISHED, HandleState.UNKNOWN)


@dataclass(frozen=True)
class KeptHandle:
    """`userid` had the handle when it was first asked for; empty where nobody had. Times in unix milliseconds.

    `now_of` is the other account that has it by now. `since_ms` is when the state was first seen, `checked_ms` the last look-up.
    """

    userid: str = ""
    sec_uid: str = ""
    checked_ms: int = 0
    since_ms: int = 0
    now_of: str = ""
    vanished: bool = False

    @property
    def state(self) -> HandleState:
        """What the last look-up found."""
        if not self.userid:
            return HandleState.UNKNOWN
        return HandleState.MOVED if self.now_of else HandleState.VANISHED if self.vanished else HandleState.KNOWN


_FILE = TypeAdapter(dict[str, KeptHandle])


class HandleFile:
    """Handles of all watchlists and upstreams of a data directory, for its owner only: names are personal.

    Pollers share it, so that a handle is looked up once for all of them. Every change is on disk when it returns. All methods raise
    HandleFileError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None

    def read(self) -> dict[str, KeptHandle]:
        """Handle, with its sign -> what is known of it."""
        self._stamp = self._stamped()
        try:
            return _FILE.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error) from error
        except ValidationError:
            raise HandleFileError(f"{self._path}: not a file of handles", "delete it; then each costs a credit again") from None

    def changed(self) -> bool:
        """Whether somebody else has written it since it was last read or written here."""
        return self._stamped() != self._stamp

    def keep(self, handle: str, kept: KeptHandle, drop: Callable[[str, KeptHandle], bool]) -> dict[str, KeptHandle]:
        """Writes what is known of one handle, and leaves out those for which `drop` holds; returns all."""

        def change(handles: dict[str, KeptHandle]) -> None:
            for name in [name for name, old in handles.items() if drop(name, old)]:
                del handles[name]
            handles[handle] = kept

        return self._changed(change)

    def remove(self, which: Callable[[str, KeptHandle], bool]) -> int:
        """Leaves out those for which `which` holds; returns how many."""
        if not any(which(name, kept) for name, kept in self.read().items()):
            return 0
        removed = 0

        def change(handles: dict[str, KeptHandle]) -> None:
            nonlocal removed
            names = [name for name, kept in handles.items() if which(name, kept)]
            removed = len(names)
            for name in names:
                del handles[name]

        self._changed(change)
        return removed

    def _changed(self, change: Callable[[dict[str, KeptHandle]], None]) -> dict[str, KeptHandle]:
        with self._locked():
            handles = self.read()
            change(handles)
            try:
                replace_file(self._path, _FILE.dump_json(handles, indent=1).decode(), 0o600, durable=True)
            except OSError as error:
                raise self._unusable(error) from error
            self._stamp = self._stamped()
            return handles

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._path.with_name(f"{self._path.name}.lock")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _stamped(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _unusable(self, error: OSError) -> HandleFileError:
        return HandleFileError(f"cannot use {self._path}: {error.strerror}", "check the disk, and the owner of the folder")


def handle_file(data: Path) -> HandleFile:
    """That of a data directory."""
    return HandleFile(data / "polling" / "handles.json")


def is_of(userid: str) -> Callable[[str, KeptHandle], bool]:
    """Tells the handles that lead, or led, to an account."""
    return lambda name, kept: userid in (kept.userid, kept.now_of)


def told(handle: str, kept: KeptHandle) -> str:
    """`@ada` with what is known of it, for messages."""
    match kept.state:
        case HandleState.KNOWN:
            return f"{handle}: {kept.userid}"
        case HandleState.MOVED:
            return f"{handle}: another account has this handle now, {kept.now_of}; {kept.userid}, which had it, is still polled"
        case HandleState.VANISHED:
            return f"{handle}: no account has this handle any more; {kept.userid}, which had it, is still polled"
    return f"{handle}: no account has this handle, so nothing is polled for it"


def troubles(handles: Mapping[str, KeptHandle]) -> list[str]:
    """A line for each handle of which somebody should hear."""
    return [told(name, kept) for name, kept in sorted(handles.items()) if kept.state in _TROUBLES]
