"""`tokpulse submit JOB`: checks what the job needs, prints the plain `flink run` line and runs it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.job_watch import JobWatch
from cli.progress import Waiting
from connectors.clickhouse.client import connect
from connectors.clickhouse.outputs import ClickHouseSink
from connectors.clickhouse.queries import rows
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest
from connectors.paths import REPOSITORY
from connectors.preflight import check_services
from connectors.terminal import say
from jobs.catalog import JOBS
from jobs.definition import topic_of
from jobs.failure import ERROR_PREFIX, reported
from jobs.options import BOUNDED, RUN_ID, TUNING

_JOB_ID = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")


class SubmitError(TokpulseError):
    """`flink run` failed; the message is its reason in one line."""


def flink_run_line(
    endpoints: Endpoints,
    job: str,
    *,
    run_id: str,
    bounded: bool,
    parallelism: int | None,
    detached: bool,
    arguments: list[str],
    savepoint: str = "",
) -> list[str]:
    """The `flink run` command as a list of words. Endpoints reach the job through the environment, not through this line."""
    line = [str(endpoints.flink_home / "bin" / "flink"), "run"]
    if detached:
        line.append("--detached")
    if parallelism is not None:
        line += ["--parallelism", str(parallelism)]
    if savepoint:
        line += ["--fromSavepoint", savepoint]
    line += ["-pyclientexec", sys.executable, "-pyexec", sys.executable]
    line += ["-py", str(REPOSITORY / "jobs" / f"{job}.py"), "--run-id", run_id]
    if bounded:
        line.append("--bounded")
    if not detached:
        line.append("--wait")
    return line + arguments


def environment(endpoints: Endpoints) -> dict[str, str]:
    """What the client needs beside the line: the variables of `.stack/env`."""
    return {**os.environ, **endpoints.values}


def command(
    context: typer.Context,
    job: Annotated[str, typer.Argument(help=f"Job: {', '.join(JOBS)}.")],
    bounded: Annotated[bool, typer.Option("--bounded", help=BOUNDED)] = False,
    parallelism: Annotated[
        int | None, typer.Option(min=1, help="Subtasks per operator.  [default: as configured in Flink]")
    ] = None,
    detached: Annotated[bool, typer.Option("--detached", help="Return as soon as the job is accepted.")] = False,
    run_id: Annotated[
        str,
        typer.Option(help=f"{RUN_ID}.  [default: the time; with --from-savepoint, the name of the last run]"),
    ] = "",
    print_only: Annotated[bool, typer.Option("--print", help="Only print the command line.")] = False,
    partial_results: Annotated[str, typer.Option(help=TUNING["partial_results"])] = "",
    watermark_delay: Annotated[str, typer.Option(help=TUNING["watermark_delay"])] = "",
    late_bound: Annotated[str, typer.Option(help=TUNING["late_bound"])] = "",
    idle_timeout: Annotated[str, typer.Option(help=TUNING["idle_timeout"])] = "",
    max_ahead: Annotated[str, typer.Option(help=TUNING["max_ahead"])] = "",
    from_savepoint: Annotated[str, typer.Option(help="Continue from this savepoint or retained checkpoint (path).")] = "",
    stop_after_consecutive: Annotated[str, typer.Option(help=TUNING["stop_after_consecutive"])] = "",
    stop_ratio: Annotated[str, typer.Option(help=TUNING["stop_ratio"])] = "",
) -> None:
    """Submit a job with `flink run`, and print that line.

    Options override environment variables (TOKPULSE_WATERMARK_DELAY and so on): see docs/configuration.md.
    """
    if job not in JOBS:
        raise SubmitError(f"there is no job {job!r}", f"jobs are {', '.join(JOBS)}")
    if bounded and detached:
        raise SubmitError("--bounded waits for the end of the job, --detached does not", "give only one of them")
    endpoints = Endpoints.from_env().require()
    arguments = [word for name in TUNING if (value := context.params[name]) for word in (f"--{name.replace('_', '-')}", value)]
    # What was counted before the savepoint is in its state: the same run goes on.
    continued = newest_run(endpoints, job) if from_savepoint and not run_id else ""
    name = run_id or continued or datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    line = flink_run_line(
        endpoints,
        job,
        run_id=name,
        bounded=bounded,
        parallelism=parallelism,
        detached=detached,
        arguments=arguments,
        savepoint=from_savepoint,
    )
    say(f"set -a; . {shlex.quote(str(endpoints.env_file))}; set +a; {shlex.join(line)}")
    if print_only:
        return
    with Waiting("asking the services"):
        check_services(endpoints, JOBS[job].topics)
        warnings = check_writers(endpoints, job)
    for warning in warnings:
        say(f"warning: {warning}", err=True)
    submit(line, endpoints, debug=bool(getattr(context.obj, "debug", False)), bounded=bounded)


def newest_run(endpoints: Endpoints, job: str) -> str:
    """The run id under which `job` last wrote to the ledger, "" for none. Raises ClickHouseUnavailableError."""
    client = connect(endpoints.clickhouse_url)
    try:
        return next((str(row["run_id"]) for row in rows(client, endpoints.clickhouse_url, "ledger_newest_run", job=job)), "")
    finally:
        client.close()


def check_writers(endpoints: Endpoints, job: str) -> list[str]:
    """A line for each running job that writes what this one writes.

    Raises SubmitError while another job writes a topic that this one writes in transactions.
    """
    with FlinkRest(endpoints.flink_rest_url) as flink:
        running = [other for other in flink.jobs() if other.active and other.name in JOBS]
    for other in running:
        shared = sorted(JOBS[job].transactional & JOBS[other.name].transactional)
        if shared:
            raise SubmitError(
                f"job {other.name} ({other.id}) is {other.state} and writes {shared[0]} in transactions:"
                f" a second writer would abort its transactions, or write everything twice",
                f"stop it first: {endpoints.flink_home / 'bin' / 'flink'} stop {other.id}",
            )
    return [
        f"job {other.name} ({other.id}) is {other.state}, and {told}: run the pipeline or single jobs (docs/operations.md)"
        for other in running
        if (told := both_write(job, other.name))
    ]


def both_write(job: str, other: str) -> str:
    """What comes of two jobs side by side of which one does all that the other does; "" for others: they share a table at most."""
    one, two = set(JOBS[job].outputs), set(JOBS[other].outputs)
    if not (one <= two or two <= one):
        return ""
    shared = [output for output in JOBS[job].outputs if output in two]
    tables = [output.table for output in shared if isinstance(output, ClickHouseSink)]
    topics = [topic_of(output) for output in shared if isinstance(output, str)]
    told = [f"both write {', '.join(tables)}, where rows merge"] if tables else []
    told += [f"{', '.join(topics)} get{'s' if len(topics) == 1 else ''} each record twice"] if topics else []
    return ", and ".join(told)


def submit(line: list[str], endpoints: Endpoints, *, debug: bool = False, bounded: bool = False) -> None:
    """Runs a `flink run` line, passing its output on. Raises SubmitError with the job's own reason where it gives one."""
    process = subprocess.Popen(
        line,
        env=environment(endpoints),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    lines: list[str] = []
    quiet = False
    say("planning the job ...")
    with ExitStack() as planning, ExitStack() as watching:
        planning.enter_context(Waiting("planning the job"))
        for text in process.stdout:
            lines.append(text.rstrip("\n"))
            if match := _JOB_ID.search(text):
                planning.close()
                watching.enter_context(JobWatch(endpoints.flink_rest_url, match[1], say))
                if bounded:
                    watching.enter_context(Waiting("the job reads what is there", every_s=30.0))
            # From the first trace on, what follows is for --debug; the reason comes below.
            quiet = quiet or text.startswith((ERROR_PREFIX, "Traceback", "---", "Caused by", "java.", "org.apache.flink"))
            if debug or not quiet:
                say(text.rstrip("\n"))
        if process.wait() != 0:
            raise SubmitError(*reason(lines, process.returncode))


def reason(lines: list[str], code: int) -> tuple[str, str]:
    """Message and hint for a failed `flink run`: the job's own error, else the innermost cause, else the exit code."""
    if own := reported(lines):
        return own
    causes = [text.strip().removeprefix("Caused by: ") for text in lines if text.strip().startswith("Caused by: ")]
    # The client adds a chain of its own, which only says that the program has ended.
    informative = [text for text in causes if ": " in text and not re.search("ProgramAbortException|Python process exits", text)]
    if informative:
        return f"flink run failed: {informative[-1].split(': ', 1)[1][:500]}", "`tokpulse --debug submit` shows the whole trace"
    return f"flink run ended with exit code {code}", "`tokpulse --debug submit` shows what it printed"
