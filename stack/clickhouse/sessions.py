"""Sessions: connections that outlive a request, for SET and temporary tables."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from stack.clickhouse import errors
from stack.clickhouse.auth import User
from stack.clickhouse.engine import Connection, Engine, apply_settings, read_settings, use_database
from stack.clickhouse.errors import FrontError

DEFAULT_TIMEOUT_S: Final = 60
MAX_TIMEOUT_S: Final = 3600
MAX_SESSIONS: Final = 500


@dataclass(slots=True)
class Session:
    """A kept connection.

    Settings in a request's URL hold for that request only. `applied` are those in force now,
    left in place because clients repeat them; `original` holds what they replaced.
    """

    connection: Connection
    busy: bool = True
    expires: float = 0.0
    applied: dict[str, str] = field(default_factory=dict)
    original: dict[str, str] = field(default_factory=dict)


class Sessions:
    """All sessions of a front, by user and session id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, str], Session] = {}

    @contextmanager
    def lease(
        self,
        user: User,
        session_id: str,
        timeout_s: float,
        must_exist: bool,
        database: str,
        settings: Mapping[str, str],
        keeps: bool = False,
    ) -> Iterator[Connection]:
        """The connection to run one request on, with the request's settings applied.

        Without a session id it is a fresh one. A read-only user can neither SET nor create
        temporary tables, so it gets a fresh one too.
        Raises FrontError 373 if the session is in use, 372 if it had to exist.
        """
        if not session_id or user.reads_only:
            connection = self._engine.connect(user, database, settings)
            try:
                yield connection
            finally:
                connection.close()
            return
        session = self._enter(user, session_id, must_exist)
        try:
            prepare(session, database, settings, keeps)
            yield session.connection
        finally:
            with self._lock:
                session.busy = False
                session.expires = time.monotonic() + timeout_s

    def _enter(self, user: User, session_id: str, must_exist: bool) -> Session:
        key = (user.name, session_id)
        with self._lock:
            expired = self._take_expired()
            session = self._sessions.get(key)
            if session is not None:
                if session.busy:
                    raise FrontError(errors.SESSION_IS_LOCKED, f"Session {session_id} is locked by a concurrent client")
                session.busy = True
            elif must_exist:
                raise FrontError(errors.SESSION_NOT_FOUND, f"Session {session_id} not found")
            elif len(self._sessions) >= MAX_SESSIONS:
                raise FrontError(errors.TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many sessions: {MAX_SESSIONS} are open")
        for old in expired:
            old.connection.close()
        if session is None:
            session = Session(self._engine.connect(user, "", {}))
            with self._lock:
                if key in self._sessions:
                    session.connection.close()
                    raise FrontError(errors.SESSION_IS_LOCKED, f"Session {session_id} is locked by a concurrent client")
                self._sessions[key] = session
        return session

    def _take_expired(self) -> list[Session]:
        now = time.monotonic()
        keys = [key for key, s in self._sessions.items() if not s.busy and s.expires < now]
        return [self._sessions.pop(key) for key in keys]

    def end(self, user: User, session_id: str) -> None:
        """Forget a session (`close_session=1`)."""
        with self._lock:
            session = self._sessions.pop((user.name, session_id), None)
        if session is not None and not session.busy:
            session.connection.close()

    def close(self) -> None:
        """Close every session that is not in use."""
        with self._lock:
            idle = [s for s in self._sessions.values() if not s.busy]
            self._sessions.clear()
        for session in idle:
            session.connection.close()


def prepare(session: Session, database: str, settings: Mapping[str, str], keeps: bool) -> None:
    """Put a request's database and settings in force on a session's connection.

    `keeps` is True for SET: the session's own values come back first, for SET to change.
    """
    connection = session.connection
    parameters = {name: value for name, value in settings.items() if name.startswith("param_")}
    wanted = {} if keeps else {name: value for name, value in settings.items() if name not in parameters}
    back = {name: value for name, value in session.original.items() if name not in wanted}
    changed = {name: value for name, value in wanted.items() if session.applied.get(name) != value}
    new = [name for name in changed if name not in session.original]
    use_database(connection, database)
    if new:
        session.original |= read_settings(connection, new)
    for name in back:
        del session.original[name]
    session.applied = {}
    apply_settings(connection, back | changed | parameters)
    session.applied = wanted
