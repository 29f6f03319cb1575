"""Forgets one person: finds what names them, keeps them from coming back, rewrites topics and tables, and looks again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client

from connectors.errors import TokpulseError
from connectors.kafka.topics import Topics
from polling.personal.forgotten import Forgotten
from privacy import discovery
from privacy.journal import Journal
from privacy.logs import Logs
from privacy.messages import Messages
from privacy.rewriting import Rewriter
from privacy.tables import Tables, explained

# Of a poller or a job that is still at work something may come in between.
ROUNDS = 3


class StillThereError(TokpulseError):
    """Something of the person is still there after the last round."""


@dataclass
class Report:
    """What was found, and with `done` renamed: records per topic, rows per table. It names nobody."""

    done: bool = False
    identifiers: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """True when nothing of the person was there."""
        return not any(self.topics.values()) and not any(self.tables.values())


class Forgetting:
    """One run. `say` hears what is being done; nothing that it is told names the person.

    `pseudonym(kind, name)`, where pollers have a key for pseudonyms, finds the names that they ask by.
    """

    def __init__(
        self,
        journal: Journal,
        servers: str,
        client: Client,
        url: str,
        topics: Topics,
        schemas: Callable[[int], str],
        say: Callable[[str], None] = lambda text: None,
        pseudonym: Callable[[str, str], str] | None = None,
    ) -> None:
        self._journal = journal
        self._servers = servers
        self._client = client
        self._private = f"{urlsplit(url).path.strip('/')}_private"
        self._topics = topics
        self._messages = Messages(schemas)
        self._say = say
        self._pseudonym = pseudonym

    def look(self) -> Report:
        """What would be renamed; nothing is. Raises TablesError."""
        with explained():
            return self._look()

    def run(self, forgotten: Forgotten, last: Callable[[Rewriter], None] = lambda rewriter: None) -> Report:
        """Renames everything, `last` what the caller has to rename. Safe to repeat; after a kill the next call goes on.

        Raises StillThereError, TablesError, RewriteError.
        """
        with explained():
            return self._run(forgotten, last)

    def _look(self) -> Report:
        self._discover()
        logs, tables = self._parts()
        report = self._begun(Report())
        report.topics = {topic.name: sum(logs.affected(topic).values()) for topic in self._topics}
        try:
            tables.look_for(self._journal.person)
            report.tables = {table.name: tables.affected(table) for table in tables.known()}
        finally:
            tables.forget_search()
        return report

    def _run(self, forgotten: Forgotten, last: Callable[[Rewriter], None]) -> Report:
        report = Report(done=True)
        person = self._journal.person
        left = True
        for _ in range(ROUNDS):
            self._discover()
            self._journal.save()
            # First, and again with what else was found: what pollers bring in the meantime would have to be found again.
            forgotten.add(person.userid, person.handles, person.secuids, person.nicknames)
            logs, tables = self._parts()
            left = self._round(logs, tables, report)
            if not left:
                break
        logs.finish(self._topics)
        if left:
            raise StillThereError(
                f"records of the person kept coming in through {ROUNDS} rounds",
                "stop pollers and jobs, run the same command again, then start them",
            )
        self._parts()[1].withdraw()
        last(Rewriter(person, self._journal.secret))
        self._begun(report)
        self._journal.remove()
        return report

    def _round(self, logs: Logs, tables: Tables, report: Report) -> bool:
        """True if anything was there to rename: then one has to look once more."""
        found = False
        for topic in self._topics:
            self._say(f"topic {topic.name}")
            affected = logs.affected(topic)
            report.topics[topic.name] = report.topics.get(topic.name, 0) + sum(affected.values())
            if affected:
                found = True
                logs.rewrite(topic, sorted(affected))
        try:
            tables.look_for(self._journal.person)
            for table in tables.known():
                self._say(f"table {table.name}")
                renamed = tables.rewrite(table)
                report.tables[table.name] = report.tables.get(table.name, 0) + renamed
                found = found or renamed > 0
        finally:
            tables.forget_search()
        return found

    def _discover(self) -> None:
        self._say("looking for names and ids in topics and tables")
        person = self._journal.person
        # Of a run that was killed.
        self._parts()[1].forget_search()
        discovery.from_tables(person, self._client)
        discovery.from_topics(person, self._servers, self._topics, self._messages)
        if self._pseudonym is not None:
            discovery.from_pseudonyms(person, self._servers, self._topics, self._messages, self._client, self._pseudonym)

    def _parts(self) -> tuple[Logs, Tables]:
        rewriter = Rewriter(self._journal.person, self._journal.secret)
        logs = Logs(self._servers, self._messages, rewriter, self._journal.run)
        return logs, Tables(self._client, self._private, rewriter)

    def _begun(self, report: Report) -> Report:
        person = self._journal.person
        report.identifiers = {
            **{"handles": len(person.handles), "nicknames": len(person.nicknames), "secUids": len(person.secuids)},
            **{"posts": len(person.posts), "comments": len(person.comments)},
        }
        return report


def journal_folder(data: Path) -> Path:
    """Where interrupted runs are remembered."""
    return data / "forget"
