"""The embedded engine: opened once per process, one connection per request or session.

Every chdb connection is its own ClickHouse session (settings, current database, temporary
tables); opening one costs 0.1 ms, so requests do not share them.
"""

from __future__ import annotations

import fcntl
import functools
import logging
import re
import threading
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import IO, Protocol, cast
from xml.sax.saxutils import escape

from connectors.errors import TokpulseError
from stack.clickhouse.auth import User
from stack.clickhouse.errors import from_engine
from stack.clickhouse.policy import READER_DEFAULTS

log = logging.getLogger("tokpulse.clickhouse")


class Result(Protocol):
    """What chdb returns for a finished query or for one block of a running one."""

    def bytes(self) -> bytes:
        """The body in the format asked for."""
        ...

    def rows_read(self) -> int:
        """Rows of the result."""
        ...

    def bytes_read(self) -> int:
        """Bytes of the result, before formatting."""
        ...

    def rows_written(self) -> int:
        """Rows stored, those of materialized views included."""
        ...

    def bytes_written(self) -> int:
        """Bytes stored, uncompressed."""
        ...

    def storage_rows_read(self) -> int:
        """Rows read from tables."""
        ...

    def storage_bytes_read(self) -> int:
        """Bytes read from tables."""
        ...


class Stream(Protocol):
    """A running SELECT; `fetch` blocks for the next block and returns None at the end."""

    def fetch(self) -> Result | None:
        """The next block, or None at the end."""
        ...

    def cancel(self) -> None:
        """Stop early; harmless after the end."""
        ...


class InsertTotals(Protocol):
    """What an INSERT stored, materialized views included."""

    rows_written: int
    bytes_written: int


class Inserter(Protocol):
    """A running INSERT; nothing is promised before `finish` returns."""

    def append(self, data: bytes) -> None:
        """Add encoded data, cut anywhere."""
        ...

    def finish(self) -> InsertTotals:
        """Store what was appended; it is on disk when this returns."""
        ...

    def cancel(self) -> None:
        """Stop early; harmless after the end."""
        ...


class Connection(Protocol):
    """The part of chdb's connection that the front uses; errors are RuntimeError or ChdbError."""

    def query(self, query: str, format: str = ...) -> Result:
        """Run a statement to its end."""
        ...

    def send_query(self, query: str, format: str = ...) -> Stream:
        """Start a SELECT."""
        ...

    def send_insert(self, query: str, format: str = ...) -> Inserter:
        """Start an INSERT, given without VALUES and FORMAT."""
        ...

    def close(self) -> None:
        """End the ClickHouse session."""
        ...


@functools.cache
def sql(name: str) -> str:
    """The text of the .sql file `name` beside this module."""
    return resources.files("stack.clickhouse").joinpath(name).read_text()


def quote(value: str) -> str:
    """`value` as a ClickHouse string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(name: str) -> str:
    """`name` as a ClickHouse identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


class Engine:
    """The engine of one data directory."""

    def __init__(self, path: Path) -> None:
        """Open `path`, creating it. Raises TokpulseError if another process has it."""
        self._path = path.resolve()
        self._lock = threading.Lock()
        self._lock_file = _lock_directory(self._path)
        self._url = f"{self._path}?config-file={_write_config(self._path)}"
        try:
            self._anchor = self._open()
        except RuntimeError as exc:
            self._lock_file.close()
            raise TokpulseError(
                f"the engine cannot open {self._path}: {from_engine(exc)}", "check whether another process uses it"
            ) from exc
        self._make_default_ordinary()
        self._anchor.query(sql("database_create.sql"), "Null")
        self.display_name, self.timezone = self._rows("server_info.sql")[0]
        self.table_functions = frozenset(row[0] for row in self._rows("table_functions.sql"))

    def _open(self) -> Connection:
        from chdb.state.sqlitelike import Connection as ChdbConnection  # costs 0.4 s and 500 MB of mapping

        with self._lock:
            return cast(Connection, ChdbConnection(self._url))

    def _make_default_ordinary(self) -> None:
        """Replace chdb's `default` database, in which every name is a file, by an ordinary one."""
        self._anchor.query(sql("default_detach.sql"), "Null")
        kept = self._path / "metadata" / "default.sql"
        if _has_tables(self._path, kept):
            self._anchor.query(sql("default_attach.sql"), "Null")
        else:
            # The engine cannot attach an empty database again; there is nothing in it to keep.
            kept.unlink(missing_ok=True)
        self._anchor.query(sql("default_create.sql"), "Null")

    def _rows(self, file: str) -> list[list[str]]:
        text = self._anchor.query(sql(file), "TabSeparated").bytes().decode()
        return [line.split("\t") for line in text.splitlines()]

    def connect(self, user: User, database: str, settings: Mapping[str, str]) -> Connection:
        """A new connection in the user's role with `settings` applied, unable to write if the user only reads.

        Raises FrontError, e.g. 115 for an unknown setting, 81 for an unknown database.
        """
        connection = self._open()
        try:
            # First, and for good: the guard lets no SET ROLE through.
            _run(connection, f"SET ROLE {quote_name(user.role)}")
            use_database(connection, database)
            if user.reads_only:
                apply_settings(connection, {**READER_DEFAULTS, **settings})
                # Last: from here on the engine itself refuses writes and further settings.
                apply_settings(connection, {"readonly": "1"})
            else:
                apply_settings(connection, settings)
        except BaseException:
            connection.close()
            raise
        return connection

    def kill(self, tag: str) -> None:
        """Stop the running statement whose log_comment is `tag`."""
        connection = self._open()
        try:
            apply_settings(connection, {"param_tag": tag})
            connection.query(sql("kill_query.sql"), "Null")
        except RuntimeError as exc:
            log.warning("cannot stop query %s: %s", tag, exc)
        finally:
            connection.close()

    def report_detached_parts(self) -> int:
        """Log one warning per part the engine set aside; returns their number."""
        rows = self._rows("detached_parts.sql")
        for database, table, name, reason in rows:
            log.warning(
                "table %s.%s: part %s was set aside at start (%s): its rows are missing; replay them from Kafka",
                *(database, table, name, reason or "no reason given"),
            )
        return len(rows)

    def close(self) -> None:
        """Close the engine: flushes what it holds and frees the directory."""
        self._anchor.close()
        self._lock_file.close()


def use_database(connection: Connection, database: str) -> None:
    """Make `database` current. Raises FrontError 81 if there is none of that name."""
    if database:
        _run(connection, f"USE {quote_name(database)}")


def apply_settings(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set each of `settings` on the connection. Raises FrontError 115 for an unknown one."""
    if settings:
        pairs = ", ".join(f"{quote_name(name)} = {quote(value)}" for name, value in settings.items())
        _run(connection, f"SET {pairs}")


def read_settings(connection: Connection, names: list[str]) -> dict[str, str]:
    """The present values of the settings `names`; those the engine does not know are left out."""
    array = "[" + ", ".join(quote(name) for name in names) + "]"
    apply_settings(connection, {"param_names": array})
    text = connection.query(sql("settings.sql"), "TabSeparatedRaw").bytes().decode()
    return dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)


def _run(connection: Connection, statement: str) -> None:
    try:
        connection.query(statement, "Null")
    except RuntimeError as exc:
        raise from_engine(exc) from exc
    except Exception as exc:  # ChdbError derives from Exception only
        raise from_engine(exc) from exc


def _has_tables(path: Path, metadata: Path) -> bool:
    """True if the database described by the file `metadata` holds tables."""
    match = re.search(r"UUID '([0-9a-f-]{36})'", metadata.read_text()) if metadata.exists() else None
    return match is not None and any((path / "store" / match.group(1)[:3] / match.group(1)).glob("*.sql"))


def _lock_directory(path: Path) -> IO[str]:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    (path / "front").mkdir(exist_ok=True)
    handle = (path / "front" / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise TokpulseError(f"another process serves {path}", "stop it first, or give another --path") from exc
    return handle


def _write_config(path: Path) -> Path:
    """Write the engine's configuration into the data directory (it takes absolute paths only)."""
    front = path / "front"
    users = front / "users.xml"
    users.write_text(resources.files("stack.clickhouse").joinpath("users.xml").read_text())
    config = front / "config.xml"
    config.write_text(
        "<clickhouse>\n"
        f"  <users_config>{escape(str(users))}</users_config>\n"
        # An empty list allows no host at all: whatever slips through cannot call out.
        "  <remote_url_allow_hosts></remote_url_allow_hosts>\n"
        "  <display_name>tokpulse</display_name>\n"
        "</clickhouse>\n"
    )
    return config
