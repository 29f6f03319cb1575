"""`tokpulse submit JOB`: checks what the job needs, prints the plain `flink run` line and runs it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated

import typer

from cli.job_watch import JobWatch
from cli.progress import Waiting
from connectors.clickhouse.client import connect
from connectors.clickhouse.outputs import Backfill, ClickHouseSink
from connectors.clickhouse.queries import rows
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest
from connectors.paths import REPOSITORY
from connectors.preflight import check_services
from connectors.terminal import say
from jobs.backfill import asked, check_held, told
from jobs.catalog import JOBS
from jobs.definition import topic_of
from jobs.failure import ERROR_PREFIX
from jobs.options import BACKFILL, BOUNDED, LIVE_RUN, RESTATE, RUN_ID, TUNING, new_run_id
from stack import process
from stack.kept_jobs import LOOK_S, KeptJob, KeptJobs, jobmanager_life, now, release
from stack.settings import StackSettings
from stack.submission import (
    code_version,
    environment,
    environment_to_keep,
    flink_run_line,
    foreign,
    is_local,
    reason,
    submitted_id,
    variables,
)


class SubmitError(TokpulseError):
    """`flink run` failed, or must not run; the message is the reason in one line."""


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
    begin: Annotated[str, typer.Option("--from", help=BACKFILL["from"])] = "",
    end: Annotated[str, typer.Option("--to", help=BACKFILL["to"])] = "",
    restate: Annotated[bool, typer.Option("--restate", help=RESTATE)] = False,
) -> None:
    """Submit a job with `flink run`, and print that line.

    Unless it is bounded, the local stack keeps it running: `tokpulse jobs` shows it, `tokpulse stop` ends it. Options override
    environment variables (TOKPULSE_WATERMARK_DELAY and so on): see docs/configuration.md.
    """
    if job not in JOBS:
        raise SubmitError(f"there is no job {job!r}", f"jobs are {', '.join(JOBS)}")
    backfill = asked(begin, end, restate=restate)
    if backfill and (from_savepoint or detached):
        raise SubmitError(
            f"a backfill {'is of the topics, not of a savepoint' if from_savepoint else 'waits for its end'}",
            f"leave out --{'from-savepoint' if from_savepoint else 'detached'}",
        )
    bounded = bounded or backfill is not None
    if bounded and detached:
        raise SubmitError("--bounded waits for the end of the job, --detached does not", "give only one of them")
    endpoints = Endpoints.from_env().require()
    arguments = [word for name in TUNING if (value := context.params[name]) for word in (f"--{name.replace('_', '-')}", value)]
    if backfill:
        arguments += ["--from", told(backfill.begin_ms), "--to", told(backfill.end_ms), *(["--restate"] if restate else [])]
    # What was counted before the savepoint is in its state: the same run goes on.
    continued = newest_run(endpoints, job) if from_savepoint and not run_id else ""
    name = run_id or continued or new_run_id()
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
    debug = bool(getattr(context.obj, "debug", False))
    settings = StackSettings.load()
    store = KeptJobs(settings)
    others = "" if bounded else foreign(endpoints, settings)
    if bounded or others:
        if backfill:
            check_backfill(endpoints, job, backfill)
        else:
            check(endpoints, job, store if is_local(endpoints, settings) else None, bounded=bounded)
        if others:
            say(f"not kept: {others}")
        submit(line, endpoints, debug=debug, bounded=bounded)
        return
    with store.held(job, LOOK_S) as lock:
        check(endpoints, job, store)
        wanted = KeptJob(
            job=job,
            run_id=name,
            parallelism=parallelism,
            # Whoever submits it again has another environment.
            arguments=(*arguments, *from_environment(arguments)),
            environment=environment_to_keep(),
            savepoint=from_savepoint,
            had_checkpoint=bool(from_savepoint),
            submitted_at=now(),
            ids=(),
            jobmanager=jobmanager_life(settings),
            code=code_version(),
        )
        submit(line, endpoints, debug=debug, kept=Keeping(store, wanted, lock, attached=not detached))


@dataclass(frozen=True)
class Keeping:
    """Writes down, when Flink has accepted the job, that it shall be kept running. `lock` is the descriptor of its lock."""

    store: KeptJobs
    wanted: KeptJob
    lock: int
    attached: bool

    def accepted(self, job_id: str) -> None:
        """The job runs as `job_id`. A client that waits for its end does not hold the lock so long."""
        self.store.write(self.wanted.model_copy(update={"ids": (job_id,)}))
        say(f"the stack keeps job {self.wanted.job} running: `tokpulse jobs` shows it, `tokpulse stop {self.wanted.job}` ends it")
        if self.attached:
            release(self.lock)


def check(endpoints: Endpoints, job: str, store: KeptJobs | None, *, bounded: bool = False) -> None:
    """Asks all services, and warns of what other jobs write. Raises TokpulseError when the job must not start.

    `store` has what should run, None for another Flink than the stack's. A live job must be the only copy of it.
    """
    with Waiting("asking the services"):
        check_services(endpoints, JOBS[job].topics)
        if store and not bounded:
            check_copies(endpoints, store, job)
        warnings = check_writers(endpoints, job, store)
    for warning in warnings:
        say(f"warning: {warning}", err=True)


def check_backfill(endpoints: Endpoints, job: str, backfill: Backfill) -> None:
    """Asks the services, and Kafka for the records of the range. Raises TokpulseError when the backfill must not start.

    It may run beside whatever else runs: it writes no topic.
    """
    topics = JOBS[job].backfilling(backfill).topics_read
    with Waiting("asking the services"):
        check_services(endpoints, topics)
        warnings = list(check_held(endpoints.kafka_bootstrap_servers, topics, backfill))
    for warning in warnings:
        say(f"warning: {warning}", err=True)


def from_environment(arguments: list[str]) -> list[str]:
    """Options of the job that the environment sets, and `arguments` do not."""
    given = {option: os.environ.get(variable, "") for variable, option in variables().items() if option not in arguments}
    return [word for option, value in given.items() if value for word in (option, value)]


def check_copies(endpoints: Endpoints, store: KeptJobs, job: str) -> None:
    """Raises SubmitError while another copy of the job runs, or waits to be started again: it would write everything twice."""
    kept = store.read(job)
    with FlinkRest(endpoints.flink_rest_url) as flink:
        known = flink.jobs()
        live = [other for other in known if other.active and other.name == job and flink.parameter(other.id, LIVE_RUN)]
    if live:
        raise SubmitError(
            f"job {job} ({live[0].id}) is {live[0].state} already",
            f"`tokpulse stop {job}` ends it, `tokpulse upgrade {job}` takes a change over",
        )
    if kept and kept.awaited({other.id for other in known}):
        raise SubmitError(f"job {job} is about to be started again by itself", f"`tokpulse stop {job}` first, or `tokpulse jobs`")


def newest_run(endpoints: Endpoints, job: str) -> str:
    """The run id under which `job` last wrote to the ledger, "" for none. Raises ClickHouseUnavailableError."""
    client = connect(endpoints.clickhouse_url)
    try:
        return next((str(row["run_id"]) for row in rows(client, endpoints.clickhouse_url, "ledger_newest_run", job=job)), "")
    finally:
        client.close()


def check_writers(endpoints: Endpoints, job: str, store: KeptJobs | None = None) -> list[str]:
    """A line for each job that writes what this one writes: it runs, or the stack is about to start it again.

    Raises SubmitError while another job writes a topic that this one writes in transactions.
    """
    # Whoever asked Flink first would miss a job that is submitted meanwhile.
    kept, _ = store.all() if store else ([], [])
    with FlinkRest(endpoints.flink_rest_url) as flink:
        known = flink.jobs()
    writers = [(other.name, f"job {other.name} ({other.id}) is {other.state}") for other in known if other.active]
    ids = {other.id for other in known}
    writers += [(one.job, f"job {one.job} is about to be started again by itself") for one in kept if one.awaited(ids)]
    writers = [(name, what) for name, what in writers if name in JOBS]
    for name, what in writers:
        shared = sorted(JOBS[job].transactional & JOBS[name].transactional)
        if shared:
            raise SubmitError(
                f"{what} and writes {shared[0]} in transactions:"
                f" a second writer would abort its transactions, or write everything twice",
                f"stop it first: `tokpulse stop {name}`",
            )
    return [
        f"{what}, and {told}: run the pipeline or single jobs (docs/operations.md)"
        for name, what in writers
        if (told := both_write(job, name))
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


def submit(
    line: list[str],
    endpoints: Endpoints,
    *,
    debug: bool = False,
    bounded: bool = False,
    kept: Keeping | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Runs a `flink run` line, passing its output on. Raises SubmitError with the job's own reason where it gives one.

    `kept` hears of the job as soon as Flink has accepted it. `env` is the client's environment, this process's by default.
    """
    client = subprocess.Popen(
        line,
        env=environment(endpoints) if env is None else env,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Should this process be killed, the client ends too, and until it has the job is not submitted once more.
        pass_fds=[kept.lock] if kept else [],
        preexec_fn=process.die_with_parent,
    )
    assert client.stdout is not None
    lines: list[str] = []
    quiet = False
    say("planning the job ...")
    with ExitStack() as planning, ExitStack() as watching:
        planning.enter_context(Waiting("planning the job"))
        for text in client.stdout:
            lines.append(text.rstrip("\n"))
            if job_id := submitted_id(text):
                planning.close()
                if kept:
                    kept.accepted(job_id)
                watching.enter_context(JobWatch(endpoints.flink_rest_url, job_id, say))
                if bounded:
                    watching.enter_context(Waiting("the job reads what is there", every_s=30.0))
            # From the first trace on, what follows is for --debug; the reason comes below.
            quiet = quiet or text.startswith((ERROR_PREFIX, "Traceback", "---", "Caused by", "java.", "org.apache.flink"))
            if debug or not quiet:
                say(text.rstrip("\n"))
        if client.wait() != 0:
            raise SubmitError(*reason(lines, client.returncode))
