"""Which SQL file creates what, and reads what: the one graph that jobs, laws and pictures are made of.

Files of the numbered folders of `sql/` create or fill one object each. Those of `60_accounts` are templates: one instance for
each topic whose records `topics.yaml` names. In them `<records>` is that noun (`posts`), `<topic>` the topic (`posts_events`), both
also in capitals for parameters, and `<checked>` is where the topic's records have `error` set or not: the view `<records>_checked`
if there is one, else the source.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from connectors.kafka.topics import Topic, load_topics
from connectors.paths import SQL_DIR
from jobs.render import SqlFile, SqlFileError, load, read

ACCOUNTS = "60_accounts"
_STRING = re.compile(r"'(?:[^']|'')*'")
_REFERENCE = re.compile(r"\b(?:FROM|(?<!ARRAY )JOIN|TABLE)\s+`?([a-z_]\w*)`?(?!\w*\s*\()", re.IGNORECASE)
_CTE = re.compile(r"(?:\bWITH|,)\s+(\w+)\s+AS\s*\(", re.IGNORECASE)
_CALL = re.compile(r"\b(\w+)\s*\(")


def identifier(topic: str) -> str:
    """`posts_events` for tiktok.posts.events: a topic's name in file names and, in capitals, in SQL parameters."""
    return topic.removeprefix("tiktok.").replace(".", "_")


def masked(text: str) -> str:
    """`text` with every quoted string of the same length but empty of meaning."""
    return _STRING.sub(lambda match: "'" + "_" * (len(match.group()) - 2) + "'", text)


def tables_read(text: str) -> set[str]:
    """Names behind FROM, JOIN and TABLE in a view or an INSERT without comments; its own CTEs left out."""
    plain = masked(text)
    return {name for name in _REFERENCE.findall(plain) if name.upper() not in ("TABLE", "LATERAL")} - set(_CTE.findall(plain))


@dataclass(frozen=True)
class Graph:
    """`creators` by the object that they create, `inserts` by the sink that they fill, what `records` are called by source."""

    creators: Mapping[str, SqlFile]
    inserts: Mapping[str, SqlFile]
    records: Mapping[str, str]

    def reads(self, file: SqlFile) -> list[str]:
        """Tables and views that `file` reads, functions that it calls. Raises SqlFileError for a name that nobody creates."""
        tables = set() if file.kind == "TABLE" else tables_read(file.text)
        unknown = sorted(tables - self.creators.keys())
        if unknown:
            raise SqlFileError(
                f"sql/{file.path}: reads {unknown[0]}, which no file creates", "check its spelling: it must be the name of a file"
            )
        called = {name for name in _CALL.findall(masked(file.text)) if name in self.creators} - {file.name}
        return sorted(tables | {name for name in called if self.creators[name].kind == "FUNCTION"})

    def closure(self, names: Iterable[str]) -> tuple[SqlFile, ...]:
        """All that the objects `names` need, themselves included, in an order in which each comes behind what it reads.

        Raises SqlFileError for a name that nobody creates, and for views that read one another in a circle.
        """
        done: dict[str, SqlFile] = {}
        for name in names:
            if name not in self.creators:
                raise SqlFileError(f"no file below sql/ creates {name}", "a job names views, and the sinks that it fills")
            self._visit(name, (), done)
        return tuple(done.values())

    def _visit(self, name: str, above: tuple[str, ...], done: dict[str, SqlFile]) -> None:
        if name in done:
            return
        file = self.creators[name]
        if name in above:
            raise SqlFileError(
                f"sql/{file.path}: {' reads '.join((*above[above.index(name) :], name))}",
                "views must not read each other in a circle",
            )
        needed = self.reads(file) + (self.reads(self.inserts[name]) if name in self.inserts else [])
        for other in needed:
            self._visit(other, (*above, name), done)
        done[name] = file

    def unneeded(self, needed: Collection[SqlFile]) -> list[SqlFile]:
        """The files that are not among `needed`."""
        return [file for file in (*self.creators.values(), *self.inserts.values()) if file not in needed]


@cache
def graph() -> Graph:
    """The graph of `sql/`. Raises SqlFileError for a file that is malformed, or an object that two files create."""
    creators: dict[str, SqlFile] = {}
    inserts: dict[str, SqlFile] = {}
    records = {identifier(topic.name): topic.records for topic in load_topics() if topic.records is not None}
    for file in [*_files(), *_instances()]:
        into = inserts if file.kind == "INSERT" else creators
        if file.name in into:
            raise SqlFileError(f"sql/{file.path}: {file.name} is also in sql/{into[file.name].path}", "one object, one file")
        into[file.name] = file
    return Graph(creators, inserts, records)


def _files() -> Iterator[SqlFile]:
    for path in sorted(SQL_DIR.glob("[0-9][0-9]_*/*.sql")):
        if path.parent.name != ACCOUNTS:
            yield load(path.relative_to(SQL_DIR).as_posix())


def _instances() -> Iterator[SqlFile]:
    known = {path.stem for path in SQL_DIR.glob("20_staging/*.sql")}
    for topic in load_topics():
        if topic.records is not None:
            for path in sorted((SQL_DIR / ACCOUNTS).glob("*.sql")):
                yield _instance(path, topic, topic.records, known)


def _instance(path: Path, topic: Topic, records: str, views: Collection[str]) -> SqlFile:
    name = identifier(topic.name)
    checked = f"{records}_checked"
    words = {
        "<records>": records,
        "<RECORDS>": records.upper(),
        "<topic>": name,
        "<TOPIC>": name.upper(),
        "<checked>": checked if checked in views else name,
    }
    raw = path.read_text(encoding="utf-8")
    for word, value in words.items():
        raw = raw.replace(word, value)
    return read(path.relative_to(SQL_DIR), raw)
