"""`tokpulse down`."""

from __future__ import annotations

import shlex
from contextlib import suppress

from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest
from connectors.terminal import say
from stack.lifecycle import down
from stack.report import Report
from stack.settings import StackSettings


def command() -> None:
    """Stop the local stack; its data stays.

    Processes that a crash has left behind are stopped too. Topics, schemas, tables and checkpoints stay. A job that runs is stopped
    with it, and named with the command that continues it.
    """
    settings = StackSettings.load()
    jobs = running_jobs(settings)
    with Report() as report, report.step("stack", "stopping", "stopped"):
        stopped = down(settings)
    say("stopped: " + ", ".join(stopped) if stopped else "nothing was running")
    for line in jobs:
        say(line)


def running_jobs(settings: StackSettings) -> list[str]:
    """A line for each job that runs, with the command that goes on from its last checkpoint; none if Flink does not answer."""
    url = Endpoints.from_env(data=settings.data).values.get("FLINK_REST_URL")
    if not url:
        return []
    lines = []
    with suppress(TokpulseError), FlinkRest(url, timeout=3.0) as flink:
        for job in flink.jobs():
            if job.active:
                last = flink.checkpoints(job.id).path
                more = f" --from-savepoint {shlex.quote(last)}" if last else ""
                lines.append(f"job {job.name} ran; `tokpulse submit {job.name}{more}` goes on where it was")
    return lines
