"""Keeps the jobs running that should run: submits those again that the JobManager has lost, from their newest good checkpoint.

It runs in a thread of the supervisor, so that no service waits for it. What should run is in `stack/kept_jobs.py`. It acts only on
what a JobManager says: one that does not answer has lost nothing yet.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.backoff import JOB_RESUME_S, Doubling
from connectors.endpoints import mask_password
from connectors.errors import TokpulseError
from connectors.flink.checkpoints import whole
from connectors.flink.rest import SAVEPOINT_S, FlinkRest, FlinkRestError, Job, innermost
from jobs.catalog import JOBS
from jobs.failure import BROKEN
from jobs.options import LIVE_RUN
from stack.kept_jobs import JobBusyError, KeptJob, KeptJobs, jobmanager_life, now
from stack.settings import StackSettings
from stack.submission import Client, code_version

EVERY_S = 2.0
# Attempts in a row, each with everything there that the job needs.
ATTEMPTS = 6
# So many checkpoints of its own, and a job needs none of those from before.
_OWN_CHECKPOINTS = 3
_END_S = 60.0
# What Flink's errors say when bytes of a state are not what they were when they were written ...
_UNREADABLE = (BROKEN, "Could not restore", "Failed to restore", "Error while restoring")
# ... but not for want of room, which is no fault of the checkpoint ...
_NO_ROOM = ("No space left", "OutOfMemoryError")
# ... and when they are, but another program wrote them.
_MISFIT = ("Cannot map checkpoint/savepoint state", "StateMigrationException", "The max parallelism", "maximum parallelism")
_CHANGED = "its state does not fit the SQL and functions of now; put the former back, or `tokpulse submit` reads its topics again"
log = logging.getLogger("supervisor")


@dataclass
class _Trial:
    """A job that was started again and has not completed a checkpoint yet: whether it can live is open."""

    job_id: str
    checkpoint: str


@dataclass
class _Memory:
    """What one life of the supervisor knows of a job."""

    trial: _Trial | None = None
    # Checkpoints that could not be restored, and Flink jobs whose end was no one's wish.
    bad: set[str] = field(default_factory=set)
    discarded: set[str] = field(default_factory=set)
    next_try: float = 0.0
    lost_at: float = 0.0


class JobKeeper:
    """`tick` looks once at every kept job. One thread calls it, or `run`."""

    def __init__(
        self,
        settings: StackSettings,
        flink: FlinkRest,
        client: Client,
        clock: Callable[[], float] = time.monotonic,
        backoff: Doubling = JOB_RESUME_S,
    ) -> None:
        self._settings = settings
        self._store = KeptJobs(settings)
        self._flink = flink
        self._client = client
        self._clock = clock
        self._backoff = backoff
        self._memory: dict[str, _Memory] = {}
        self._told: dict[str, str] = {}
        self._begun: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Looks every two seconds until `stop` is set."""
        while not stop.wait(EVERY_S):
            try:
                self.tick()
            except Exception as error:  # whatever it is, the next look must not suffer
                self._tell("", "jobs cannot be looked after", error)

    def tick(self) -> None:
        """Looks at each job that should run. Starts at most what the JobManager has lost."""
        # While `up` is at work, topics and tables may not be what the jobs need.
        if not self._settings.ready_file.exists():
            return
        for name in self._store.names():
            try:
                with self._store.held(name):
                    # What should run, and then what does: the other way round, a job just submitted would look lost.
                    kept = self._store.read(name)
                    if kept and name not in self._begun:
                        kept = self._another_chance(kept)
                        self._begun.add(name)
                    if kept is None or kept.given_up:
                        continue
                    self._look(kept, self._flink.jobs())
                    self._told.pop(name, None)
            except (JobBusyError, FlinkRestError):
                continue
            except Exception as error:  # whatever it is, the other jobs must not suffer
                self._tell(name, f"job {name} is not kept running", error)

    def _tell(self, name: str, what: str, error: Exception) -> None:
        """Logs an error that comes at each look once."""
        told = error.message if isinstance(error, TokpulseError) else f"{type(error).__name__}: {error}"
        if self._told.get(name) != told:
            self._told[name] = told
            log.error("%s: %s", what, told, exc_info=None if isinstance(error, TokpulseError) else error)

    def _another_chance(self, kept: KeptJob) -> KeptJob:
        """Whoever starts a stack wants its jobs, also those that were given up."""
        return self._write(kept, given_up="", failures=0, waiting="")

    def _look(self, kept: KeptJob, jobs: list[Job]) -> None:
        memory = self._memory.setdefault(kept.job, _Memory())
        current = next((job for job in jobs if job.id == kept.id and job.id not in memory.discarded), None)
        if current is None:
            self._lost(kept, memory, jobs)
        elif current.active:
            self._runs(kept, memory, current)
        else:
            self._ended(kept, memory, current)

    def _runs(self, kept: KeptJob, memory: _Memory, current: Job) -> None:
        trial = memory.trial = memory.trial if memory.trial and memory.trial.job_id == kept.id else None
        if trial or kept.failures or kept.replacing or not kept.had_checkpoint:
            done = self._flink.checkpoints(kept.id)
            if done.completed:
                if trial or kept.failures:
                    log.info("job %s lives: it has completed a checkpoint", kept.job)
                trial = memory.trial = None
                # A savepoint in the making would have ended the job by then.
                late = kept.replacing and done.last_completed_ms / 1000 > kept.replacing.timestamp() + SAVEPOINT_S
                replacing = None if late else kept.replacing
                kept = self._write(kept, failures=0, waiting="", had_checkpoint=True, replacing=replacing)
        if not kept.plan and current.state == "RUNNING":
            kept = self._write(kept, plan=self._flink.operators(kept.id))
        if trial is None:
            self._forget_older(kept)
            return
        trace, _ = self._flink.failure(kept.id)
        if _says(trace, _UNREADABLE + _MISFIT):
            # Flink would try the same state again and again.
            self._end(kept.id)
            memory.discarded.add(kept.id)
            self._failed(kept, memory, trial.checkpoint, innermost(trace), trace)

    def _ended(self, kept: KeptJob, memory: _Memory, ended: Job) -> None:
        if ended.state == "FINISHED" and kept.replacing:
            # Whoever was replacing it has died or given up before its successor was submitted.
            log.warning("job %s (%s) was ended to be replaced, and was not: it goes on", kept.job, ended.id)
            memory.discarded.add(ended.id)
            if savepoint := self._flink.checkpoints(ended.id).savepoint:
                goes_on = {"ids": (), "jobmanager": "", "had_checkpoint": True, "replacing": None}
                self._write(kept, savepoint=savepoint, **goes_on)
            return
        if ended.state != "FAILED":
            log.info("job %s (%s) is %s: it need not run any more", kept.job, ended.id, ended.state)
            self._store.remove(kept.job)
            self._memory.pop(kept.job, None)
            return
        trace, _ = self._flink.failure(ended.id)
        if memory.trial is not None and memory.trial.job_id == ended.id:
            memory.discarded.add(ended.id)
            self._failed(kept, memory, memory.trial.checkpoint, innermost(trace), trace)
        else:
            # Flink itself has tried for half an hour, or a brake has stopped the job: once more is no help.
            self._give_up(kept, memory, f"it FAILED: {innermost(trace)}")

    def _lost(self, kept: KeptJob, memory: _Memory, jobs: list[Job]) -> None:
        own = self._copies(kept, jobs)
        if own:
            self._keep_one(kept, own)
            return
        seen = kept.id in memory.discarded or not kept.id or kept.replacing
        if not seen and kept.jobmanager == jobmanager_life(self._settings):
            # Flink forgets what ended an hour ago; nobody was there to see it.
            log.warning("job %s (%s) has ended: it need not run any more", kept.job, kept.id)
            self._store.remove(kept.job)
            return
        memory.lost_at = memory.lost_at or self._clock()
        if self._clock() < memory.next_try:
            return
        obstacle = _other_writer(kept, jobs) or self._client.obstacle(kept)
        if obstacle:
            if obstacle != kept.waiting:
                log.warning("job %s waits: %s", kept.job, obstacle)
                self._write(kept, waiting=obstacle)
            return
        self._start(kept, memory)

    def _start(self, kept: KeptJob, memory: _Memory) -> None:
        known = self._known(kept)
        good = [path for path in known if path not in memory.bad]
        if (known or kept.had_checkpoint) and not good:
            # From the start of the topics it would restate what was published: a person decides that.
            why = f"none of its {len(known)} checkpoints can be restored" if known else "it had checkpoints, and none is left"
            self._give_up(kept, memory, why)
            return
        checkpoint = good[0] if good else ""
        log.warning("job %s is gone: submitting it again from %s", kept.job, checkpoint or "the start, for it has no checkpoint")
        life, code = jobmanager_life(self._settings), code_version()
        if checkpoint and code != kept.code and not self._fits(kept, memory, checkpoint):
            return
        done = self._client.submit(kept, checkpoint)
        if done is None:
            return
        if done.problem:
            self._failed(kept, memory, checkpoint, done.problem)
            return
        memory.trial = _Trial(done.job_id, checkpoint)
        log.info("job %s runs again as %s, after %.0f s", kept.job, done.job_id, self._clock() - memory.lost_at)
        memory.lost_at = 0.0
        started = {"ids": (*kept.ids, done.job_id), "jobmanager": life, "restarts": kept.restarts + 1, "replacing": None}
        kept = self._write(kept, **started, had_checkpoint=kept.had_checkpoint or bool(checkpoint), code=code, plan="", waiting="")
        self._keep_one(kept, self._copies(kept, self._flink.jobs()))

    def _known(self, kept: KeptJob) -> list[str]:
        """What the job may go on from, the newest first, good or not."""
        return [str(path) for path in self._store.checkpoints(kept)] + ([kept.savepoint] if kept.savepoint else [])

    def _fits(self, kept: KeptJob, memory: _Memory, checkpoint: str) -> bool:
        """Whether the plan of now takes the state over, for what it is made of has changed. Flink looks at ids only."""
        log.warning("job %s: SQL or functions have changed since it was submitted; comparing the plans", kept.job)
        fit = self._client.compare(kept, checkpoint, kept.plan)
        if fit is None:
            return False
        if fit.problem:
            self._failed(kept, memory, checkpoint, fit.problem)
        elif fit.reasons:
            self._give_up(kept, memory, f"{_CHANGED}: {'; '.join(fit.reasons)}")
        return not fit.problem and not fit.reasons

    def _failed(self, kept: KeptJob, memory: _Memory, checkpoint: str, why: str, trace: str = "") -> None:
        """Plans the next attempt: at once from an older checkpoint when this one is broken, else later from the same."""
        memory.trial = None
        why = mask_password(why)
        failures = kept.failures + 1
        if _says(f"{why}\n{trace}", _MISFIT):
            self._give_up(kept, memory, f"{_CHANGED}: {why}")
            return
        if failures >= ATTEMPTS:
            self._give_up(kept, memory, f"{failures} attempts in a row have failed, the last one: {why}")
            return
        said = f"{why}\n{trace}"
        broken = bool(checkpoint) and _says(said, _UNREADABLE) and not _says(said, _NO_ROOM)
        wait = 0.0 if broken else self._backoff.after(failures)
        memory.next_try = self._clock() + wait
        if broken:
            memory.bad.add(checkpoint)
            older = ", an older one is taken" if set(self._known(kept)) - memory.bad else ""
            alarm = f"checkpoint {checkpoint} cannot be used{older}: {why}"
            log.error("job %s: %s", kept.job, alarm)
            self._write(kept, failures=failures, waiting=why, alarm=alarm, alarm_at=now())
        else:
            log.error("job %s could not be submitted again (%d of %d): %s", kept.job, failures, ATTEMPTS, why)
            self._write(kept, failures=failures, waiting=why)

    def _give_up(self, kept: KeptJob, memory: _Memory, why: str) -> None:
        why = mask_password(why)
        log.error("job %s is given up: %s", kept.job, why)
        self._write(kept, given_up=why, waiting="")
        memory.trial = None
        memory.lost_at = 0.0

    def _copies(self, kept: KeptJob, jobs: list[Job]) -> list[Job]:
        """The Flink jobs that do the work of `kept` at this moment, the oldest first; there should be one."""
        discarded = self._memory.setdefault(kept.job, _Memory()).discarded
        named = [job for job in reversed(jobs) if job.active and job.name == kept.job and job.id not in discarded]
        return [job for job in named if job.id in kept.ids or self._flink.parameter(job.id, LIVE_RUN) == kept.run_id]

    def _keep_one(self, kept: KeptJob, copies: list[Job]) -> None:
        """Two would write the same tables and topics: all but one of the copies end, and the file names that one."""
        chosen = next((job for job in copies if job.id == kept.id), copies[0] if copies else None)
        if chosen is None:
            return
        for job in copies:
            if job.id != chosen.id:
                log.error("job %s runs twice: ending %s", kept.job, job.id)
                self._memory.setdefault(kept.job, _Memory()).discarded.add(job.id)
                self._flink.cancel(job.id)
        if chosen.id != kept.id:
            log.warning("job %s runs as %s", kept.job, chosen.id)
            ids = (*(job_id for job_id in kept.ids if job_id != chosen.id), chosen.id)
            self._write(kept, ids=ids, jobmanager=jobmanager_life(self._settings), waiting="", replacing=None)

    def _end(self, job_id: str) -> None:
        self._flink.cancel(job_id)
        deadline = self._clock() + _END_S
        while any(job.id == job_id and job.active for job in self._flink.jobs()):
            if self._clock() > deadline:
                raise FlinkRestError(f"job {job_id} does not end")
            time.sleep(0.2)

    def _forget_older(self, kept: KeptJob) -> None:
        """Deletes the checkpoints of its former lives once it has enough of its own; nobody else would."""
        if (len(kept.ids) > 1 or kept.savepoint) and len(whole(self._store.folder(kept.id))) >= _OWN_CHECKPOINTS:
            for job_id in set(kept.ids) - {kept.id}:
                shutil.rmtree(self._store.folder(job_id), ignore_errors=True)
            self._write(kept, ids=(kept.id,), savepoint="")

    def _write(self, kept: KeptJob, **changed: object) -> KeptJob:
        written = kept.model_copy(update=changed)
        if written != kept:
            self._store.write(written)
        return written


def _other_writer(kept: KeptJob, jobs: list[Job]) -> str:
    """Names a job beside which `kept` must not start: one of its name, or that writes a topic of its in transactions."""
    once = JOBS[kept.job].transactional
    for job in jobs:
        if job.active and (job.name == kept.job or (job.name in JOBS and once & JOBS[job.name].transactional)):
            return f"job {job.name} ({job.id}) is {job.state}, and writes the same"
    return ""


def _says(text: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in text for phrase in phrases)


def keep_jobs(settings: StackSettings, stop: threading.Event) -> threading.Thread:
    """Starts the thread that keeps the jobs of `settings` running until `stop` is set."""

    def run() -> None:
        with FlinkRest(settings.flink_rest_url, timeout=5.0) as flink:
            JobKeeper(settings, flink, Client(settings, stop)).run(stop)

    thread = threading.Thread(target=run, name="job-keeper", daemon=True)
    thread.start()
    return thread
