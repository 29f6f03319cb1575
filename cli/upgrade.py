"""`tokpulse upgrade JOB`."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from cli.doctor_findings import duration
from cli.submit import Keeping, submit
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest, SavepointError
from connectors.kafka.log import held, partition_offsets
from connectors.preflight import check_services
from connectors.terminal import say
from jobs.catalog import JOBS
from jobs.options import new_run_id
from stack.kept_jobs import LOOK_S, KeptJob, KeptJobs, jobmanager_life, now
from stack.settings import StackSettings
from stack.submission import Client, Fit, code_version, environment, flink_run_line, kept_environment

# Tables whose rows a replay writes with values of its own; rows of all other tables merge with what is there.
RESTATED = {"trending_hourly_log": "trending_hourly", "follower_deltas_log": "follower_deltas"}
# What the pipeline reads per second, live, on two cores: docs/figures.md.
_RECORDS_PER_S = 25_000
# Checkpoints that are compared with until one can be read.
_ATTEMPTS = 3
_LIVES_S = 120.0


class UpgradeError(TokpulseError):
    """The job cannot be replaced, or its successor does not live; the message says which."""


def command(
    job: Annotated[str, typer.Argument(help="A job that the stack keeps running.")],
    replay: Annotated[
        bool, typer.Option("--replay", help="Start from the topics' beginning where the state does not fit.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the state fits.")] = False,
) -> None:
    """Take a change of a job's SQL or functions over.

    It plans the job as it is now, beside the one that runs, and compares it with the state of its newest checkpoint. Where the
    state fits, the job is stopped with a savepoint and goes on from it. Where it does not, it says what a replay costs, changes
    nothing and exits with 1, unless --replay is given.
    """
    settings = StackSettings.load()
    endpoints = Endpoints.from_env({}, settings.data).require()
    store = KeptJobs(settings)
    with store.held(job, LOOK_S) as lock, FlinkRest(endpoints.flink_rest_url) as flink:
        kept = store.read(job)
        if kept is None:
            raise UpgradeError(f"no job {job!r} is kept running by the stack", "`tokpulse jobs` lists them")
        check_services(endpoints, JOBS[job].topics)
        reasons = compare(flink, Client(settings, threading.Event()), store, kept)
        if reasons:
            for text in (*(f"does not fit: {one}" for one in reasons), *costs(endpoints, job)):
                say(text)
            if not replay:
                say(f"nothing is changed; `tokpulse upgrade {job} --replay` starts it from the beginning of its topics")
        else:
            say(f"the state of job {job} fits the plan of now")
        if check or (reasons and not replay):
            raise typer.Exit(1 if reasons else 0)
        say(f"job {job} ({kept.id}): taking a savepoint ...")
        # Should this command die, or Flink take too long, the supervisor knows that the job shall go on.
        store.write(kept.model_copy(update={"replacing": now()}))
        try:
            savepoint = flink.stop(kept.id)
        except SavepointError:
            store.write(kept)
            raise
        say(f"savepoint: {savepoint}")
        # From here on the supervisor would start the successor, should this command die.
        successor = kept.model_copy(
            update={
                "savepoint": "" if reasons else savepoint,
                "had_checkpoint": not reasons,
                "replacing": None,
                "run_id": new_run_id() if reasons else kept.run_id,
                "submitted_at": now(),
                "ids": (),
                "jobmanager": "",
                "code": code_version(),
                "plan": "",
            }
        )
        store.write(successor)
        begun = successor.model_copy(update={"jobmanager": jobmanager_life(settings)})
        line = flink_run_line(
            endpoints,
            job,
            run_id=begun.run_id,
            bounded=False,
            parallelism=begun.parallelism,
            detached=True,
            arguments=begun.arguments,
            savepoint=begun.savepoint,
        )
        env = kept_environment(begun, environment(endpoints))
        submit(line, endpoints, kept=Keeping(store, begun, lock, attached=False), env=env)
        _await_life(flink, store, job)


def compare(flink: FlinkRest, client: Client, store: KeptJobs, kept: KeptJob) -> tuple[str, ...]:
    """Why the state of the running job does not fit the plan of now, a line each. Raises UpgradeError when it cannot be told."""
    state = next((one.state for one in flink.jobs() if one.id == kept.id), "lost")
    if state != "RUNNING":
        raise UpgradeError(f"job {kept.job} is {state}", "`tokpulse jobs` shows when it runs")
    tried: set[Path] = set()
    fit: Fit | None = None
    # Flink deletes a checkpoint when newer ones are complete, and the newest of a life before may be damaged.
    while len(tried) < _ATTEMPTS and (checkpoint := next((each for each in store.checkpoints(kept) if each not in tried), None)):
        tried.add(checkpoint)
        say("planning the job as it is now ...")
        fit = client.compare(kept, str(checkpoint), flink.operators(kept.id))
        if fit is None or not fit.problem:
            break
    if not tried:
        raise UpgradeError(f"job {kept.job} has not completed a checkpoint yet", "`tokpulse jobs` shows when it has one")
    if fit is None or fit.problem:
        raise UpgradeError(fit.problem if fit else "interrupted", "the job goes on as it was")
    return fit.reasons


def costs(endpoints: Endpoints, job: str) -> list[str]:
    """What a replay reads, how long that takes about, and what it writes anew. Raises PreflightError without Kafka."""
    definition = JOBS[job]
    records = sum(held(partition_offsets(endpoints.kafka_bootstrap_servers, topic)) for topic in definition.topics_read)
    once = {sink.name for sink in definition.sinks if "'kafka-once'" in sink.text}
    topics = [topic for sink, topic in zip(definition.sinks, definition.topics_written, strict=True) if sink.name not in once]
    tables = sorted({RESTATED[sink.table] for sink in definition.clickhouse if sink.table in RESTATED})
    lines = [f"a replay reads {records:,} records, which takes about {duration(max(1.0, records / _RECORDS_PER_S))} on two cores"]
    if tables:
        lines.append(f"it restates {', '.join(tables)}: rows get the values of the replay, revisions start at 0")
    if topics:
        lines.append(f"these topics get their records again: {', '.join(topics)}")
    return [*lines, "rows of other tables merge with what is there"]


def _await_life(flink: FlinkRest, store: KeptJobs, job: str) -> None:
    """Returns when the successor has completed a checkpoint. Raises UpgradeError when it fails before."""
    kept = store.read(job)
    assert kept is not None
    deadline = time.monotonic() + _LIVES_S
    while not flink.checkpoints(kept.id).completed:
        cause, _ = flink.root_cause(kept.id)
        if cause or time.monotonic() > deadline:
            back = f"put the former SQL and functions back, `tokpulse stop {job} --cancel`, and submit it from the savepoint"
            raise UpgradeError(
                f"job {job} ({kept.id}) has not completed a checkpoint: {cause or f'not within {_LIVES_S:.0f} s'}", back
            )
        time.sleep(0.5)
    say(f"job {job} runs as {kept.id}, and has completed a checkpoint")
