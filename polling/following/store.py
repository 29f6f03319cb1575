"""The plan on disk: a SQLite file of one shard, which a kill at any moment leaves as the last transaction made it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import TokpulseError
from polling.following.plan import Person, Post

SUFFIX = ".followed"
_QUERIES = {file.stem: file.read_text(encoding="utf-8") for file in Path(__file__).with_name("queries").glob("*.sql")}
_VERSION = 1


class PlanFileError(TokpulseError):
    """The file of what is followed cannot be used."""


class PlanFile:
    """Posts and people in `path`, readable to its owner only: it holds what people are asked by, pseudonyms or not.

    It is opened when it is first used. A file and not a topic: what a poller asks by must be in no topic.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: sqlite3.Connection | None = None

    def posts(self) -> list[Post]:
        """All of them. Raises PlanFileError, as the others do."""
        with self._database() as database:
            rows = database.execute(_QUERIES["posts"]).fetchall()
        return [
            Post(aweme_id, creator, plays, seen_ms, moved_ms, gain, bool(followed))
            for aweme_id, creator, plays, seen_ms, moved_ms, gain, followed in rows
        ]

    def people(self) -> list[Person]:
        """All of them; nobody is queued."""
        with self._database() as database:
            rows = database.execute(_QUERIES["people"]).fetchall()
        return [
            Person(userid, name, bool(author), seen, seen_ms, due_ms, bool(wanted))
            for userid, name, author, seen, seen_ms, due_ms, wanted in rows
        ]

    def write(
        self,
        posts: Iterable[Post] = (),
        people: Iterable[Person] = (),
        left_posts: Iterable[str] = (),
        left_people: Iterable[str] = (),
    ) -> None:
        """Keeps some and leaves others, by id, in one transaction."""
        with self._database() as database, database:
            database.executemany(_QUERIES["keep_post"], map(_values, posts))
            database.executemany(_QUERIES["keep_person"], map(_values, people))
            database.executemany(_QUERIES["leave_post"], [{"aweme_id": one} for one in left_posts])
            database.executemany(_QUERIES["leave_person"], [{"userid": one} for one in left_people])

    def forget(self, userid: str, posts: Iterable[str], names: Iterable[str]) -> int:
        """Leaves a person who is to be forgotten, and their posts, by id and by what a watchlist may call them; how many rows."""
        with self._database() as database, database:
            before = database.total_changes
            database.execute(_QUERIES["leave_person"], {"userid": userid})
            database.executemany(_QUERIES["leave_post"], [{"aweme_id": one} for one in posts])
            database.executemany(_QUERIES["leave_creator"], [{"creator": one} for one in (userid, *names)])
            left = database.total_changes - before
        with self._database() as database:
            # What was deleted must not stay in free pages, nor in the log beside the file.
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return left

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._open is None:
                self._open = self._opened()
            yield self._open
        except (sqlite3.Error, OSError) as error:
            raise PlanFileError(
                f"cannot use {self.path}: {error}",
                "check the disk, and the owner of the folder; without the file, what is followed is found again",
            ) from error

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        # Two pollers of a shard write it together while one takes over, each what it has read.
        database = sqlite3.connect(self.path, timeout=10.0, check_same_thread=False)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise PlanFileError(
                    f"{self.path} was written by another version of tokpulse", "remove it: what it holds is found again"
                )
            database.execute("PRAGMA journal_mode = WAL")
            # A kill loses nothing. A power cut may lose the last moments, which the next pages bring back.
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA secure_delete = ON")
            with database:
                for name in ("create_posts", "create_people"):
                    database.execute(_QUERIES[name])
                database.execute(f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            database.close()
            raise
        return database


def _values(one: Post | Person) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}
