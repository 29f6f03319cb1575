"""`tokpulse jobs`: what should run, and what does."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from cli.doctor_findings import duration
from connectors.console import table_console
from connectors.endpoints import Endpoints
from connectors.flink.checkpoints import completed_s
from connectors.flink.rest import FlinkRest, Job
from connectors.terminal import say
from jobs.catalog import is_known
from stack.kept_jobs import KeptJob, KeptJobs, now
from stack.settings import StackSettings
from stack.submission import is_local


@dataclass(frozen=True)
class JobLine:
    """One job. `should_run`: yes, no, or given up. `state` is Flink's; "lost" for one that it does not know.

    `started_again` counts how often the stack submitted it again, `restarts` those that Flink did by itself since. Times are Unix
    seconds, None where there is nothing to say.
    """

    job: str
    should_run: str
    state: str
    id: str
    since_s: float | None
    started_again: int
    restarts: int | None
    checkpoint: str
    checkpoint_s: float | None
    notes: tuple[str, ...]


def lines(flink: FlinkRest, store: KeptJobs | None, moment: datetime) -> tuple[list[JobLine], list[str]]:
    """What should run, and then what runs though nobody keeps it; and a line for each file that cannot be read.

    `store` is None for another Flink than the stack's. Raises FlinkRestError.
    """
    kept, unreadable = store.all() if store else ([], [])
    known = flink.jobs()
    by_id = {job.id: job for job in known}
    ours = {job_id for one in kept for job_id in one.ids}
    found = [_kept(flink, store, one, by_id.get(one.id), moment) for one in kept] if store else []
    others = [_other(flink, job) for job in known if job.active and is_known(job.name) and job.id not in ours]
    return found + others, unreadable


def _kept(flink: FlinkRest, store: KeptJobs, kept: KeptJob, job: Job | None, moment: datetime) -> JobLine:
    newest = next(iter(store.checkpoints(kept)), None)
    return JobLine(
        kept.job,
        "given up" if kept.given_up else "yes",
        job.state if job else "lost",
        kept.id,
        job.started_ms / 1000 if job and job.active else None,
        kept.restarts,
        flink.restarts(job.id) if job and job.active else None,
        str(newest or ""),
        completed_s(newest) if newest else None,
        tuple(kept.notes(moment)),
    )


def _other(flink: FlinkRest, job: Job) -> JobLine:
    checkpoints = flink.checkpoints(job.id)
    done_s = checkpoints.last_completed_ms / 1000 if checkpoints.completed else None
    return JobLine(
        job.name, "no", job.state, job.id, job.started_ms / 1000, 0, flink.restarts(job.id), checkpoints.path, done_s, ()
    )


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show which jobs should run, and which do.

    The stack keeps those running that `tokpulse submit` has started without --bounded, until `tokpulse stop`. The exit code is 1
    when one of them does not run, or its file cannot be read.
    """
    settings = StackSettings.load()
    endpoints = Endpoints.from_env().require("FLINK_REST_URL")
    with FlinkRest(endpoints.flink_rest_url) as flink:
        found, unreadable = lines(flink, KeptJobs(settings) if is_local(endpoints, settings) else None, now())
    for text in unreadable:
        say(f"warning: {text}", err=True)
    if as_json:
        say(json.dumps([asdict(line) for line in found], indent=2))
    elif not found and not unreadable:
        say("no job runs, and none should: `tokpulse submit pipeline` starts one")
    else:
        _print(found, time.time())
    if unreadable or any(one.should_run != "no" and one.state != "RUNNING" for one in found):
        raise typer.Exit(1)


def _print(found: Iterable[JobLine], now_s: float) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("job", "should run", "state", "since", "started again", "restarts", "checkpoint", "id"):
        table.add_column(title, overflow="fold")
    for line in found:
        since = f"{datetime.fromtimestamp(line.since_s, UTC):%m-%d %H:%M:%S}" if line.since_s is not None else "-"
        age = f"{duration(max(0.0, now_s - line.checkpoint_s))} ago" if line.checkpoint_s is not None else "none"
        restarts = "-" if line.restarts is None else str(line.restarts)
        table.add_row(line.job, line.should_run, line.state, since, str(line.started_again), restarts, age, line.id)
    table_console().print(table)
    for line in found:
        for note in line.notes:
            say(f"job {line.job}: {note}")
        if line.should_run == "given up" and line.checkpoint:
            again = shlex.join(["tokpulse", "submit", line.job, "--from-savepoint", line.checkpoint])
            say(f"job {line.job}: `{again}` goes on from its newest checkpoint")
