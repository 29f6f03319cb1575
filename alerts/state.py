"""What became of each alert at each target, in a SQLite file that survives restarts."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, NamedTuple, Self

from alerts.mutes import Mute, Subject
from connectors.errors import TokpulseError

Outcome = Literal["sent", "refused", "skipped", "muted"]
# The topics keep records for so long; what is older cannot be read again.
KEEP_DAYS = 90
STATE_FILE = "notify.sqlite"
_QUERIES = Path(__file__).with_name("queries")
_VERSION = 2


class StateError(TokpulseError):
    """The state file cannot be used."""


class Settled(NamedTuple):
    """What became of an alert at a target: when (Unix ms), the HTTP status where there was an answer, what muted it."""

    at_ms: int
    key: str
    target: str
    outcome: str
    status: int | None
    reason: str


class State:
    """The outcomes in `path` (created when absent). Thread-safe; one process at a time, which a lock file ensures.

    With `read_only` nothing is written: outcomes are kept in memory on top of what the file holds, if it exists.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._lock_file: IO[str] | None = None
        self._queries = {file.stem: file.read_text(encoding="utf-8") for file in _QUERIES.glob("*.sql")}
        self._database: sqlite3.Connection | None = None
        # Read before the file, and written instead of it.
        self._memory = self._set_up(sqlite3.connect(":memory:", check_same_thread=False)) if read_only else None
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._lock_file = _locked(path)
                self._database = self._open()
            elif path.exists():
                self._database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
                if (version := self._version(self._database)) == 1:
                    raise StateError(f"{path} is of an earlier version", "start `tokpulse notify` once, which brings it up to date")
                if not version:  # created this moment, and still empty
                    self._database.close()
                    self._database = None
        except OSError as error:
            raise StateError(f"cannot use {path}: {error.strerror}", "give another file with --state") from error
        except sqlite3.Error as error:
            self.close()
            raise self._failed(error) from error

    def outcomes(self, key: str) -> dict[str, str]:
        """Target -> outcome of an alert; targets that have none yet are absent."""
        outcomes: dict[str, str] = {}
        with self._using() as databases:
            for database in reversed(databases):
                outcomes |= dict(database.execute(self._queries["outcomes_of_key"], {"key": key}))
        return outcomes

    def sent_between(self, after: str, before: str, target: str) -> bool:
        """Whether `target` was sent an alert whose key is as long as these two and stands between them."""
        query, values = self._queries["sent_between"], {"after": after, "before": before, "target": target}
        with self._using() as databases:
            return any(database.execute(query, values).fetchone()[0] for database in databases)

    def newest(self, most: int, outcome: Outcome | None = None) -> list[Settled]:
        """What became of alerts last, the newest first; of one outcome or of any."""
        query, values = self._queries["newest_outcomes"], {"most": most, "outcome": outcome or ""}
        with self._using() as databases:
            return [Settled(*row) for database in databases[-1:] for row in database.execute(query, values)]

    def mutes(self) -> Sequence[Mute]:
        """The mutes that were kept last."""
        with self._using() as databases:
            found = [row for database in databases[-1:] for row in database.execute(self._queries["mutes"])]
        return [Mute(Subject(what, value), until_ms) for what, value, until_ms in found]

    def keep_mutes(self, mutes: Sequence[Mute]) -> None:
        """Keeps `mutes` in place of those before."""
        values = [{"what": mute.subject.what, "value": mute.subject.value, "until_ms": mute.until_ms} for mute in mutes]
        with self._using() as databases:
            for database in databases[:1]:
                with database:
                    database.execute(self._queries["clear_mutes"])
                    database.executemany(self._queries["keep_mute"], values)

    def record(self, outcomes: Iterable[tuple[str, str, Outcome, int | None]], at_ms: int, reason: str = "") -> None:
        """Records (key, target, outcome, HTTP status) tuples in one transaction; they are on disk on return."""
        values = [
            {"key": key, "target": target, "outcome": outcome, "status": status, "at_ms": at_ms, "reason": reason}
            for key, target, outcome, status in outcomes
        ]
        with self._using() as databases:
            if databases and values:
                with databases[0] as database:
                    database.executemany(self._queries["record_outcome"], values)

    def rename(self, change: Callable[[str], str]) -> int:
        """Gives every alert the key that `change` makes of its own; how many got another one. Mutes are read anew."""
        renamed = 0
        with self._using() as databases:
            for database in databases[:1]:
                with database:
                    database.execute(self._queries["clear_mutes"])
                    for (old,) in database.execute(self._queries["keys"]).fetchall():
                        if (new := change(old)) != old:
                            database.execute(self._queries["rename_key"], {"old": old, "new": new})
                            renamed += 1
                # Deleted rows stay in free pages, and in the log.
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return renamed

    def expire(self, now_ms: int) -> None:
        """Forgets outcomes recorded more than KEEP_DAYS ago."""
        with self._using() as databases:
            if databases:
                with databases[0] as database:
                    database.execute(self._queries["expire_outcomes"], {"before_ms": now_ms - KEEP_DAYS * 86_400_000})

    def close(self) -> None:
        """Closes the file and lets another process have it."""
        for database in self._databases:
            database.close()
        self._database = self._memory = None
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=10.0, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        # With WAL's usual NORMAL, a power cut could forget a message that was sent.
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON")
        return self._set_up(database)

    def _set_up(self, database: sqlite3.Connection) -> sqlite3.Connection:
        steps = ["create_outcomes", "create_outcomes_by_time", "create_mutes"]
        with database:
            database.execute("BEGIN IMMEDIATE")
            if self._version(database) == 1:
                steps = ["rename_outcomes_1", "create_outcomes", "copy_outcomes_1", "drop_outcomes_1", *steps[1:]]
            for name in steps:
                database.execute(self._queries[name])
            database.execute(f"PRAGMA user_version = {_VERSION}")
        return database

    def _version(self, database: sqlite3.Connection) -> int:
        """0 for a new file."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, 1, _VERSION):
            raise StateError(f"{self._path} was written by another version of tokpulse", "give another file with --state")
        return int(version)

    @property
    def _databases(self) -> list[sqlite3.Connection]:
        """What is open: the first one is written to."""
        return [database for database in (self._memory, self._database) if database is not None]

    @contextmanager
    def _using(self) -> Iterator[list[sqlite3.Connection]]:
        with self._lock:
            try:
                yield self._databases
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StateError:
        return StateError(f"state {self._path}: {error}", "check the disk and the file's owner, or give another file with --state")


def _locked(path: Path) -> IO[str]:
    file = path.with_name(path.name + ".lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StateError(f"another `tokpulse notify` uses {path}", "stop it, or give another file with --state") from None
    return file
