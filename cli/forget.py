"""`tokpulse forget`."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.table import Table

from alerts.state import STATE_FILE, State, StateError
from cli.progress import Waiting
from connectors.clickhouse.client import connect
from connectors.console import table_console
from connectors.endpoints import Endpoints, data_dir
from connectors.errors import TokpulseError
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.no_names import is_pseudonym
from connectors.terminal import say
from polling.following.store import SUFFIX, PlanFile, PlanFileError
from polling.personal.forgotten import Forgotten, forgotten_file
from polling.personal.pseudonyms import VARIABLE, load_pseudonyms
from polling.watching.entries import HANDLE_SIGN
from polling.watching.handles import handle_file, is_of
from privacy.forget import Forgetting, Report, journal_folder
from privacy.journal import Journal, alone
from privacy.person import Person
from privacy.rewriting import Rewriter

# What no command can reach, and what to do about it.
BEYOND = (
    "state and checkpoints of running jobs: cancel them and submit them again without a savepoint, then run this command again",
    "files of Kafka and ClickHouse: cut-off segments and old parts are deleted by the services themselves, within minutes to hours",
    "downstream copies: consumers of the topics, exports and screenshots of dashboards, messages in Slack or Teams",
    "backups, logs of other systems, captured responses in files, watchlists, privacy.yaml",
)

UNREAD = f"secUids in cursors: names are kept as pseudonyms, so run this command again with {VARIABLE}, as pollers have it"

# Rows of a table of years are deleted in one go: whoever gives up waiting would not know what became of it.
_ANSWER_WITHIN_S = 6 * 60 * 60


class ForgetError(TokpulseError):
    """The person cannot be forgotten as asked."""


def command(
    userid: Annotated[str, typer.Argument(help="Numeric id of the user, as in userid and author_id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this option, only show what would be changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Remove a person from topics and tables; counts stay.

    Names, texts and addresses of the user are removed. Ids of the user, their posts and their comments are replaced by random
    tokens, the same everywhere, so counts stay right. Pollers leave the user out from then on. It is safe to repeat, also after an
    interruption. See docs/privacy.md.
    """
    if not re.fullmatch(r"[0-9]{1,20}", userid):
        raise ForgetError(
            f"{userid!r} is not a numeric user id", "handles change hands; `unique_id` of user_observations leads to the id"
        )
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL")
    with alone(journal_folder(data_dir())), Waiting("reading topics and tables") as waiting:
        report, renamed, handles, left, unread = _forget(endpoints, userid, yes, waiting.at)
    beyond = [*_running(endpoints), *unread, *BEYOND]
    if as_json:
        others = {"alerts": renamed, "handles": handles, "followed": left, "beyond": beyond}
        say(json.dumps({**dataclasses.asdict(report), **others}, indent=2))
    else:
        _print(report, {"notifier's state": renamed, "pollers' handles": handles, "what pollers follow": left}, beyond)


def _forget(endpoints: Endpoints, userid: str, yes: bool, at: Callable[[str], None]) -> tuple[Report, int, int, int, list[str]]:
    """The report; how many alerts were renamed, handles dropped, and rows that pollers follow; and what could not be read."""
    journal = Journal.open(journal_folder(data_dir()), userid)
    file = handle_file(data_dir())
    kept = {name: handle for name, handle in file.read().items() if is_of(userid)(name, handle)}
    for name, handle in kept.items():
        # Whatever topics and tables know: it must be on no watchlist any more.
        journal.person.add_profile(name.removeprefix(HANDLE_SIGN), "", handle.sec_uid if handle.userid == userid else "")
    forgotten = Forgotten(forgotten_file(os.environ))
    url = endpoints.clickhouse_admin_url
    client = connect(url, _ANSWER_WITHIN_S)
    try:
        with SchemaRegistry(endpoints.schema_registry_url) as registry:
            servers = endpoints.kafka_bootstrap_servers
            names = load_pseudonyms(os.environ)
            pseudonym = names.of if names is not None else None
            work = Forgetting(journal, servers, client, url, load_topics(), registry.by_id, say=at, pseudonym=pseudonym)
            alerts, left = _Alerts(data_dir() / STATE_FILE), 0

            def last(rewriter: Rewriter) -> None:
                nonlocal left
                left = _leave_plans(journal.person, data_dir() / "polling")
                alerts.rename(rewriter)

            report = work.run(forgotten, last) if yes else work.look()
            if yes:
                file.remove(is_of(userid))
            hidden = pseudonym is None and any(is_pseudonym(name) for name in journal.person.secuids)
            return report, alerts.renamed, len(kept), left, [UNREAD] if hidden else []
    finally:
        client.close()


class _Alerts:
    """What the notifier remembers: it must know the alerts that it has sent by their new names."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.renamed = 0

    def rename(self, rewriter: Rewriter) -> None:
        if not self._path.exists():
            return
        try:
            with State(self._path) as state:
                self.renamed = state.rename(rewriter.text)
        except StateError as error:
            raise ForgetError(
                f"everything is renamed except the state file of the notifier: {error.message}",
                "stop `tokpulse notify`, then run the same command again",
            ) from error


def _leave_plans(person: Person, folder: Path) -> int:
    """Takes the person out of what pollers of this machine follow; how many rows. Running pollers read who is forgotten."""
    left = 0
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        plan = PlanFile(path)
        try:
            left += plan.forget(person.userid, person.posts, [*person.handles, *person.secuids])
        except PlanFileError as error:
            raise ForgetError(
                f"everything else is renamed except what pollers follow: {error.message}",
                "stop `tokpulse poll`, then run the same command again",
            ) from error
        finally:
            plan.close()
    return left


def _running(endpoints: Endpoints) -> list[str]:
    """A line if jobs run: what they hold cannot be reached."""
    if "FLINK_REST_URL" not in endpoints.values:
        return []
    try:
        jobs = httpx.get(f"{endpoints.flink_rest_url}/jobs/overview", timeout=5, trust_env=False).json()["jobs"]
    except (httpx.HTTPError, ValueError, KeyError):
        return []
    names = sorted(job["name"] for job in jobs if job["state"] == "RUNNING")
    return [f"running now: {', '.join(names)}"] if names else []


def _print(report: Report, others: dict[str, int], beyond: list[str]) -> None:
    table = Table(title="Renamed" if report.done else "Would be renamed", box=None, pad_edge=False, title_justify="left")
    table.add_column("where", no_wrap=True)
    table.add_column("records or rows", justify="right")
    for name, count in {**report.topics, **report.tables, **others}.items():
        if count:
            table.add_row(name, f"{count:,}")
    console = table_console()
    identifiers = ", ".join(f"{count:,} {kind}" for kind, count in report.identifiers.items())
    if report.empty and not any(others.values()):
        console.print(
            "Nothing of this user is in topics or tables." + (" Pollers leave the user out from now on." if report.done else "")
        )
    else:
        console.print(table)
    console.print(f"Known of the user: {identifiers}.", "Not reached:", *(f"- {line}" for line in beyond), sep="\n", soft_wrap=True)
    if not report.done:
        console.print("Nothing was changed: repeat it with --yes.", soft_wrap=True)
