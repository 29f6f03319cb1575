"""`tokpulse stop JOB`."""

from __future__ import annotations

import shlex
import time
from contextlib import nullcontext
from typing import Annotated

import typer

from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest, FlinkRestError, Job, SavepointError
from connectors.terminal import say
from jobs.catalog import JOBS
from stack import process, supervisor
from stack.kept_jobs import LOOK_S, KeptJob, KeptJobs
from stack.settings import StackSettings
from stack.submission import is_local

_END_S = 60.0


class StopError(TokpulseError):
    """There is nothing to end, or no one way to end it."""


def command(
    job: Annotated[str, typer.Argument(help="Job, or the id of one where several of a name run.")],
    cancel: Annotated[bool, typer.Option("--cancel", help="Without a savepoint: for a job that cannot take one.")] = False,
) -> None:
    """End a job for good, with a savepoint.

    It prints the savepoint's path, and the command that goes on from it. The stack does not start the job again.
    """
    settings = StackSettings.load()
    endpoints = Endpoints.from_env().require("FLINK_REST_URL")
    store = KeptJobs(settings) if is_local(endpoints, settings) else None
    with FlinkRest(endpoints.flink_rest_url) as flink:
        name = next((one.name for one in _known(flink, settings, store) if one.id == job), job)
        if name not in JOBS:
            raise StopError(f"no job {name!r}", f"jobs are {', '.join(JOBS)}; `tokpulse jobs` shows the ids of those that run")
        with store.held(name, LOOK_S) if store else nullcontext():
            kept = store.read(name) if store else None
            running = _running(_known(flink, settings, store), job, kept)
            if running is None and kept is None:
                raise StopError(f"no job {job!r} runs, and none should", "`tokpulse jobs` lists them")
            goes_on = _end(flink, running, cancel=cancel) if running else ""
            if store and kept and (running is None or running.id in kept.ids):
                goes_on = goes_on or str(next(iter(store.checkpoints(kept)), kept.savepoint))
                store.remove(name)
    say(f"job {name} has ended{'' if running else ': it did not run, and will not be started again'}")
    if goes_on:
        given = [f"{variable}={shlex.quote(value)}" for variable, value in kept.environment.items()] if kept else []
        words = ["tokpulse", "submit", name, *(options(kept) if kept else []), "--from-savepoint", goes_on]
        say(f"{'checkpoint' if cancel or not running else 'savepoint'}: {goes_on}")
        say(f"go on: {' '.join([*given, shlex.join(words)])}")


def options(kept: KeptJob) -> list[str]:
    """The options of `tokpulse submit` that a kept job was submitted with."""
    return [*(["--parallelism", str(kept.parallelism)] if kept.parallelism is not None else []), *kept.arguments]


def _known(flink: FlinkRest, settings: StackSettings, store: KeptJobs | None) -> list[Job]:
    """The jobs that Flink knows: none when the local stack does not run. Raises FlinkRestError when it runs and does not answer."""
    try:
        return flink.jobs()
    except FlinkRestError:
        if store is None or process.running(settings.run / supervisor.PID_FILE):
            raise
        return []


def _running(known: list[Job], asked: str, kept: KeptJob | None) -> Job | None:
    """The one job that is meant: by id, else the kept one, else the only one of its name."""
    active = [one for one in known if one.active and (one.id == asked or one.name == asked) and one.name in JOBS]
    meant = [one for one in active if kept and one.id == kept.id] or active
    if len(meant) > 1:
        raise StopError(f"{len(meant)} jobs are called {asked}: {', '.join(one.id for one in meant)}", "give the id of one")
    return meant[0] if meant else None


def _end(flink: FlinkRest, job: Job, *, cancel: bool) -> str:
    """Ends the job; gives the path of the savepoint, or of the newest checkpoint of a job that is cancelled."""
    if not cancel:
        say(f"job {job.name} ({job.id}): taking a savepoint ...")
        try:
            return flink.stop(job.id)
        except SavepointError as error:
            raise SavepointError(
                f"{error.message}; the job goes on", f"`tokpulse stop {job.name} --cancel` ends it with its newest checkpoint"
            ) from None
        except FlinkRestError as error:
            raise FlinkRestError(f"{error.message}; the job may still end", "`tokpulse jobs` shows whether it has") from None
    flink.cancel(job.id)
    deadline = time.monotonic() + _END_S
    while any(one.id == job.id and one.active for one in flink.jobs()):
        if time.monotonic() > deadline:
            raise StopError(f"job {job.name} ({job.id}) does not end within {_END_S:.0f} s", "`tokpulse status`")
        time.sleep(0.2)
    return flink.checkpoints(job.id).path
