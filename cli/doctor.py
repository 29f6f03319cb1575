"""`tokpulse doctor`: why is there no output?"""

from __future__ import annotations

import time
from collections.abc import Iterator

import typer

from cli import doctor_inputs, doctor_job, doctor_tables
from cli.doctor_findings import Finding, Level, guarded
from cli.progress import Waiting
from connectors.console import new_console, styled
from connectors.endpoints import Endpoints
from connectors.terminal import printable, say
from jobs.catalog import JOBS
from stack.kept_jobs import KeptJobs, now
from stack.settings import StackSettings

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def examine(settings: StackSettings, endpoints: Endpoints, now_s: float) -> Iterator[Finding]:
    """Every check from Kafka to the tables, each result as soon as it is known. Starts and changes nothing."""
    yield from guarded("tools", doctor_inputs.tools)
    yield from guarded("stack", lambda: doctor_inputs.services(settings, endpoints))
    yield from guarded("kept jobs", lambda: doctor_job.kept_jobs(KeptJobs(settings).all(), now()))
    yield from guarded("topics", lambda: doctor_inputs.topics(endpoints))
    yield from guarded("schemas", lambda: doctor_inputs.schemas(endpoints))
    yield from guarded("job", lambda: doctor_job.jobs(endpoints, JOBS, now_s))
    yield from guarded("clickhouse", lambda: doctor_tables.tables(endpoints, now_s))


def command() -> None:
    """Find out why there is no output.

    It checks each step from Kafka to the tables and prints one line for each: ok, WARN or FAIL, and what to do. The exit code is 1
    when a check FAILs. A WARN can be harmless, for instance after a backfill.
    """
    console = new_console()
    worst: list[Finding] = []
    with Waiting("examining") as waiting:
        for finding in examine(StackSettings.load(), Endpoints.from_env(), time.time()):
            waiting.at(f"the last thing was {finding.subject}")
            console.print(styled(printable(finding.line(), lines=False), _STYLES[finding.level]), soft_wrap=True)
            if finding.level is Level.FAIL:
                worst.append(finding)
    if worst:
        first = worst[0]
        say(f"\nstart with {first.subject}: {first.todo or first.text}", err=True)
        raise typer.Exit(1)
