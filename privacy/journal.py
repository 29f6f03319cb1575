"""What a run must remember to go on after it was interrupted; gone when it has finished."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.files import replace_file
from privacy.person import Person

LOCK = "lock"


class JournalError(TokpulseError):
    """The file of an interrupted run cannot be read."""


class BusyError(TokpulseError):
    """Another run is at work."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keeps other runs out, for whomever: what is searched for, and which rows go, stands in tables that all runs use.

    Raises BusyError at once; the lock is gone with its process.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(folder / LOCK, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError("another `tokpulse forget` is running", "run this one after it has ended") from error
        yield


@dataclass
class Journal:
    """`secret` makes the tokens of this run, `run` names its transactions; neither outlives it."""

    path: Path
    person: Person
    secret: bytes = field(repr=False)
    run: str

    @classmethod
    def open(cls, folder: Path, userid: str) -> Journal:
        """That of an interrupted run for the same person, else a new one, not saved yet. Raises JournalError."""
        # The name of the file does not tell whom it is about.
        path = folder / f"{hashlib.sha256(userid.encode()).hexdigest()[:16]}.json"
        if not path.exists():
            return cls(path, Person(userid), secrets.token_bytes(32), secrets.token_hex(8))
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, Person.from_json(found["person"]), bytes.fromhex(found["secret"]), str(found["run"]))
        except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
            raise JournalError(
                f"cannot read {path}", "remove it to start again; what was already replaced stays replaced"
            ) from error

    def save(self) -> None:
        """Writes it, readable to its owner only; it is on disk on return."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = {"person": self.person.to_json(), "secret": self.secret.hex(), "run": self.run}
        replace_file(self.path, json.dumps(content), 0o600, durable=True)

    def remove(self) -> None:
        """Throws the secret away: from now on nobody can tell whose the tokens are."""
        # What a killed run has left half written has it, too; one run is alone in the folder.
        for file in (self.path, *self.path.parent.glob(f".{self.path.name}.*")):
            file.unlink(missing_ok=True)
