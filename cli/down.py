"""`tokpulse down`."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

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
    for name, checkpoints in jobs:
        last = newest_checkpoint(checkpoints)
        more = f" --from-savepoint {shlex.quote(str(last))}" if last is not None else ""
        say(f"job {name} ran; `tokpulse submit {name}{more}` goes on where it was")


def running_jobs(settings: StackSettings) -> list[tuple[str, Path | None]]:
    """Each job that runs, by name, and the folder of its checkpoints; none if Flink does not answer."""
    # Those of this stack, whatever Flink the environment names.
    url = Endpoints.from_env({}, settings.data).values.get("FLINK_REST_URL")
    if not url:
        return []
    jobs: list[tuple[str, Path | None]] = []
    with suppress(TokpulseError), FlinkRest(url, timeout=3.0) as flink:
        for job in flink.jobs():
            if job.active:
                path = flink.checkpoints(job.id).path
                jobs.append((job.name, Path(urlsplit(path).path).parent if path else None))
    return jobs


def newest_checkpoint(folder: Path | None) -> Path | None:
    """The last one that is whole; to be asked for when the job has ended, for one more may have completed until then."""
    whole = [path.parent for path in folder.glob("chk-*/_metadata")] if folder is not None else []
    return max(whole, key=lambda path: int(path.name.removeprefix("chk-")), default=None)
