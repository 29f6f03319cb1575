"""`tokpulse doctor`: why is output missing, late or wrong?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer

from cli import (
    doctor_checkpoints,
    doctor_exam,
    doctor_job,
    doctor_kept,
    doctor_load,
    doctor_machine,
    doctor_records,
    doctor_schemas,
    doctor_services,
    doctor_tables,
    doctor_topics,
)
from cli.doctor_exam import Examination, Group, Limits
from cli.doctor_findings import Cause, Finding, Level, without_repeats
from cli.progress import Waiting
from connectors.console import new_console, styled
from connectors.durations import parse_duration
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.terminal import printable, say
from stack.settings import StackSettings

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}

# Every check, in the order in which its findings are shown. A new one is a function that yields findings, and a name here.
GROUPS = (
    Group("machine", (doctor_machine.tools, doctor_machine.disk, doctor_machine.jars, doctor_kept.kept_jobs)),
    Group(
        "kafka",
        (doctor_topics.topics, doctor_topics.records, doctor_topics.transactions, doctor_topics.newest_records),
        "kafka",
        doctor_topics.opened,
    ),
    Group("registry", (doctor_schemas.schemas,), "registry", doctor_schemas.opened),
    Group(
        "flink",
        (
            *(doctor_job.submitted, doctor_job.states, doctor_checkpoints.checkpoints, doctor_job.watermarks),
            *(doctor_job.jar, doctor_job.clock),
            *(doctor_load.lag, doctor_load.pressure, doctor_load.parallelism, doctor_load.silent_partitions, doctor_load.memory),
        ),
        "flink",
        doctor_job.opened,
    ),
    Group(
        "clickhouse",
        (
            *(doctor_tables.clock, doctor_tables.thresholds, doctor_tables.hours, doctor_tables.comments, doctor_tables.quarantine),
            *(doctor_tables.accounts, doctor_tables.lateness, doctor_tables.parts, doctor_tables.tests),
        ),
        "clickhouse",
        doctor_tables.opened,
    ),
)


class LimitError(TokpulseError):
    """An option that is no limit; the message names it."""


def examine(settings: StackSettings, endpoints: Endpoints, now_s: float, limits: Limits | None = None) -> Iterator[Finding]:
    """Every check from Kafka to the tables, in order. Starts and changes nothing, and ends within ten seconds.

    Services are asked first: checks that need one that does not answer are left out, because its silence is the cause.
    """
    began = time.monotonic()
    local = doctor_services.is_local(settings, endpoints)
    examination = Examination(settings, endpoints, now_s, limits or Limits(), local)
    answers = doctor_services.ask_all(endpoints)
    answering = frozenset(answer.service for answer in answers if not answer.kind)
    yield from doctor_services.services(examination, answers)
    left_s = doctor_exam.DEADLINE_S - (time.monotonic() - began)
    yield from without_repeats(doctor_exam.examine(GROUPS, replace(examination, answering=answering), max(1.0, left_s)))


def causes() -> list[Cause]:
    """Every cause that can be found."""
    return doctor_exam.causes_of(GROUPS, vars(doctor_records), vars(doctor_services), vars(doctor_exam))


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: all findings, with the names of causes.")] = False,
    idle_after: Annotated[str, typer.Option(help="A partition without records for so long is idle, while others get some.")] = "1h",
    disk_free: Annotated[float, typer.Option(min=0, help="Least free space of the data folder, in GiB.")] = 2.0,
) -> None:
    """Find out why output is missing, late or wrong.

    It checks each step from Kafka to the tables and prints one line for each: ok, WARN or FAIL, and what to do. The exit code is 1
    when a check FAILs. A WARN can be harmless, for instance after a backfill. docs/operations.md lists what it can find.
    """
    limits = Limits(disk_free_bytes=int(disk_free * 2**30), idle=_duration("--idle-after", idle_after))
    began = time.monotonic()
    found: list[Finding] = []
    console = new_console()
    with Waiting("examining") as waiting:
        for finding in examine(StackSettings.load(), Endpoints.from_env(), time.time(), limits):
            found.append(finding)
            waiting.at(f"the last thing was {finding.subject}")
            if not as_json:
                console.print(styled(printable(finding.line(), lines=False), _STYLES[finding.level]), soft_wrap=True)
    failed = [finding for finding in found if finding.level is Level.FAIL]
    if as_json:
        told = {
            "healthy": all(finding.level is Level.OK for finding in found),
            "seconds": round(time.monotonic() - began, 1),
            "findings": [finding.as_json() for finding in found],
        }
        say(json.dumps(told, indent=2))
    elif failed:
        say(f"\nstart with {failed[0].subject}: {failed[0].todo or failed[0].text}", err=True)
    if failed:
        raise typer.Exit(1)


def _duration(option: str, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise LimitError(f"{option}: {error}", "for instance `--idle-after 30m`") from None
