"""Which jobs should run: a JSON file for each in `<data>/jobs`.

`tokpulse submit` writes it once the job is accepted. `tokpulse stop` removes it, and so does the keeper of the supervisor when the
job ends by itself. Whoever starts, stops or replaces a job holds its lock meanwhile; without it nobody writes the file.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.flink.checkpoints import whole
from jobs.catalog import JOBS
from stack import process
from stack.settings import StackSettings

FOLDER = "jobs"
# The supervisor looks at a job for a moment every two seconds; commands wait until it has.
LOOK_S = 10.0
# How long `tokpulse status` and `doctor` tell of something that is over.
_TOLD_FOR = timedelta(hours=24)


class JobBusyError(TokpulseError):
    """Somebody else starts, stops or replaces the job at this moment."""


class KeptJobError(TokpulseError):
    """A file of `<data>/jobs` cannot be read, or no job has this name; the message names it."""


class KeptJob(BaseModel):
    """A job that should run, and how the supervisor fares with it.

    `arguments` are those of the job, with the tuning that the environment of `submit` had; `environment` has its sentiment
    settings. `savepoint` is what it was started from, until it has checkpoints enough of its own. `ids` are its Flink jobs whose
    checkpoints it may go on from, the current one last. `jobmanager` is the JobManager's life in which that one was submitted:
    another one does not know it. `failures` counts attempts to start it again since one lived. `had_checkpoint`: it must not
    start anew. `replacing` says since when `upgrade` has been ending it: its end is not for good. `code` is the version of what
    it was planned from, and `plan` what became of it in Flink's words, once it ran.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: str
    run_id: str
    parallelism: int | None = None
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    savepoint: str = ""
    submitted_at: datetime
    ids: tuple[str, ...]
    jobmanager: str
    code: str
    plan: str = ""
    restarts: int = 0
    failures: int = 0
    had_checkpoint: bool = False
    replacing: datetime | None = None
    waiting: str = ""
    given_up: str = ""
    alarm: str = ""
    alarm_at: datetime | None = None

    @property
    def id(self) -> str:
        """The Flink job that runs, or ran last; "" before the first."""
        return self.ids[-1] if self.ids else ""

    def awaited(self, known: Collection[str]) -> bool:
        """Whether it does not run, but will: Flink knows the jobs `known`."""
        return not self.given_up and (self.replacing is not None or self.id not in known)

    def notes(self, now: datetime) -> list[str]:
        """What a person should know of it: that it was given up, what it waits for, and alarms of the last day."""
        found = []
        if self.given_up:
            found.append(f"given up: {self.given_up}")
        elif self.waiting:
            found.append(f"waits: {self.waiting}")
        if self.alarm and self.alarm_at is not None and now - self.alarm_at < _TOLD_FOR:
            found.append(f"{self.alarm_at:%Y-%m-%d %H:%M} UTC: {self.alarm}")
        return found


class KeptJobs:
    """The files of one data directory."""

    def __init__(self, settings: StackSettings) -> None:
        self._folder = settings.data / FOLDER
        self._checkpoints = settings.flink_checkpoints

    def names(self) -> list[str]:
        """The jobs that should run, readable or not."""
        return sorted(path.stem for path in self._folder.glob("*.json") if not path.name.startswith("."))

    def all(self) -> tuple[list[KeptJob], list[str]]:
        """Every job that should run, and a line for each file that cannot be read."""
        found, unreadable = [], []
        for name in self.names():
            try:
                if kept := self.read(name):
                    found.append(kept)
            except KeptJobError as error:
                unreadable.append(f"{error.message}: {error.hint}")
        return found, unreadable

    def read(self, name: str) -> KeptJob | None:
        """The job `name`; None when it need not run. Raises KeptJobError."""
        path = self._path(name)
        try:
            kept = KeptJob.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise KeptJobError(
                f"cannot read {path}: {' '.join(str(error).split())[:200]}", "remove it, and submit the job again"
            ) from None
        if kept.job != name:
            raise KeptJobError(f"{path} is of job {kept.job!r}", "remove it, and submit the job again")
        return kept

    def write(self, kept: KeptJob) -> None:
        """Replaces the file of the job, on disk on return. Raises OSError."""
        replace_file(self._path(kept.job), kept.model_dump_json(indent=2) + "\n", mode=0o600, durable=True)

    def remove(self, name: str) -> None:
        """From now on the job need not run. Raises KeptJobError."""
        self._path(name).unlink(missing_ok=True)

    def checkpoints(self, kept: KeptJob) -> list[Path]:
        """What the job may go on from, the newest first."""
        return [path for job_id in reversed(kept.ids) for path in whole(self.folder(job_id))]

    def folder(self, job_id: str) -> Path:
        """Where Flink keeps the checkpoints of one of its jobs."""
        return self._checkpoints / job_id

    @contextmanager
    def held(self, name: str, wait_s: float = 0.0) -> Iterator[int]:
        """Nobody else starts, stops or replaces the job inside. Raises JobBusyError when somebody still does after `wait_s`,
        and KeptJobError for a name that is no job's.

        Gives the lock's descriptor: a child process that inherits it holds the lock too, unless `release` was called.
        """
        path = self._path(name).with_suffix(".lock")
        self._folder.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            deadline = time.monotonic() + wait_s
            while not _locked(file.fileno()):
                if time.monotonic() >= deadline:
                    raise JobBusyError(
                        f"job {name} is being started or stopped by somebody else", "`tokpulse jobs` shows when it runs"
                    )
                time.sleep(0.05)
            try:
                yield file.fileno()
            finally:
                release(file.fileno())

    def _path(self, name: str) -> Path:
        if name not in JOBS:
            raise KeptJobError(
                f"there is no job {name!r}", f"jobs are {', '.join(JOBS)}; no other file belongs into {self._folder}"
            )
        return self._folder / f"{name}.json"


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def release(descriptor: int) -> None:
    """Gives the lock up for all who have inherited it."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def jobmanager_life(settings: StackSettings) -> str:
    """Tells one JobManager of this stack from the next; "" when none was ever started."""
    own = process.read_pid_file(settings.run / "jobmanager.pid")
    return f"{own.pid} {own.started}" if own else ""


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)
