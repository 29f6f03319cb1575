"""`tokpulse down`."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.checkpoints import whole
from connectors.flink.rest import FlinkRest
from connectors.terminal import say
from stack.kept_jobs import KeptJobs
from stack.lifecycle import down
from stack.report import Report
from stack.settings import StackSettings


def command() -> None:
    """Stop the local stack; its data stays.

    Processes that a crash has left behind are stopped too. Topics, schemas, tables and checkpoints stay. Jobs are stopped with it:
    the next `tokpulse up` starts those again that `tokpulse submit` has started, and each other one is named with the command that
    continues it.
    """
    settings = StackSettings.load()
    store = KeptJobs(settings)
    jobs = running_jobs(settings)
    with Report() as report, report.step("stack", "stopping", "stopped"):
        stopped = down(settings)
    say("stopped: " + ", ".join(stopped) if stopped else "nothing was running")
    kept, unreadable = store.all()
    for line in unreadable:
        say(f"warning: {line}", err=True)
    for one in kept:
        say(f"job {one.job}: the next `tokpulse up` starts it again where it was; `tokpulse stop {one.job}` keeps it from that")
    ours = {(one.job, job_id) for one in kept for job_id in one.ids}
    for name, job_id, checkpoints in jobs:
        if (name, job_id) in ours:
            continue
        last = next(iter(whole(checkpoints)), None) if checkpoints is not None else None
        more = f" --from-savepoint {shlex.quote(str(last))}" if last is not None else ""
        say(f"job {name} ran; `tokpulse submit {name}{more}` goes on where it was")


def running_jobs(settings: StackSettings) -> list[tuple[str, str, Path | None]]:
    """Name and id of each job that runs, and the folder of its checkpoints; none if Flink does not answer."""
    # Those of this stack, whatever Flink the environment names.
    url = Endpoints.from_env({}, settings.data).values.get("FLINK_REST_URL")
    if not url:
        return []
    jobs: list[tuple[str, str, Path | None]] = []
    with suppress(TokpulseError), FlinkRest(url, timeout=3.0) as flink:
        for job in flink.jobs():
            if job.active:
                path = flink.checkpoints(job.id).path
                jobs.append((job.name, job.id, Path(urlsplit(path).path).parent if path else None))
    return jobs
