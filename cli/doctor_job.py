"""Checks on jobs: does one run, does it fail again and again and why, and do its hours close?"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cli.doctor_exam import REQUEST_S, Examination
from cli.doctor_findings import Cause, Finding, Level, duration, ok
from cli.doctor_machine import OWN_LIBRARY, judged_clock, judged_names
from connectors.clock import SECOND_MS, wall_clock_ms
from connectors.flink import health
from connectors.flink.health import Failures, Load
from connectors.flink.rest import FlinkRest, Job
from jobs.catalog import JOBS
from stack.kept_jobs import KeptJobs

PIPELINE = "pipeline"
# Metrics, watermarks and the first checkpoint come within so long of a start.
YOUNG_S = 90.0
_RECENT_S = 900.0
_LOOP = 3
_LOOP_S = 600.0
# Beyond this, output is later than a reader of hourly rows expects.
_WATERMARK_BEHIND_S = 900.0
_END_OF_INPUT = 2**61

NONE = Cause(
    *("job_missing", Level.FAIL, "job", "no job was submitted"),
    says="no job has been submitted",
    fix="`tokpulse submit pipeline`, or one of its parts",
)
LOST = Cause(
    *("job_lost", Level.WARN, "job", "a job that should run does not, and the supervisor is about to submit it again"),
    says="{job} should run, and Flink does not know it",
    fix="wait a minute; `tokpulse jobs` shows how it fares",
)
ENDED = Cause(
    *("job_ended", Level.WARN, "job", "no job runs any more"),
    says="no job runs; the last one, {job}, is {state} since {ago}",
    fix="`tokpulse submit {job}` for live results; `--from-savepoint` goes on where it was",
)
FAILED = Cause(
    *("job_failed", Level.FAIL, "job", "the job has failed for good"),
    says="{job} {id} failed {ago} ago: {reason}",
    fix="{remedy}; then `tokpulse submit {job} --from-savepoint` with its last checkpoint",
)
LOOP = Cause(
    *("job_restarts", Level.FAIL, "job", "the job restarts in a loop"),
    says="{job} {id} failed {times} times within {within}, the last time {ago} ago: {reason}",
    fix="{remedy}; it then goes on by itself",
)
AWAY = Cause(
    *("job_not_running", Level.FAIL, "job", "the job is submitted, but does not run"),
    says="{job} {id} is {state}{reason}",
    fix="{remedy}; it then goes on by itself",
)
HAS_FAILED = Cause(
    *("job_has_failed", Level.WARN, "job", "the job failed a moment ago and runs again"),
    says="{job} {id} runs, after a failure {ago} ago: {reason}",
    fix="nothing is lost; if it happens again: {remedy}",
)
TWICE = Cause(
    *("job_twice", Level.WARN, "job", "the same job runs twice"),
    says="{count} {job} jobs run at once: tables stay right, topics have each change of a follower count twice",
    fix="`tokpulse stop {id}`",
)
BESIDE = Cause(
    *("pipeline_beside_parts", Level.WARN, "job", "the pipeline runs beside its parts"),
    says="{job} runs beside {parts}: each change of a follower count is on its topic twice",
    fix="`tokpulse stop` the parts, or {job}",
)
NO_WATERMARK = Cause(
    *("watermark_missing", Level.WARN, "watermark", "a source has no watermark, so no hour closes"),
    says="{source}: no watermark yet, so no hour can close",
    fix="it appears with the first records of every active partition, or after the idle timeout (30 s)",
)
BEHIND = Cause(
    *("watermark_behind", Level.WARN, "watermark", "event time is far behind the clock"),
    says="{source}: the watermark is at {at} UTC, {behind} behind the clock; hours after it are open",
    fix="see the lines producer and lag: producers send old observations, have stopped, or one partition is far behind",
)

NO_SLOT = "raise taskmanager.numberOfTaskSlots, lower --parallelism, or stop another job"
_RESIZE = 'docs/operations.md, "Out of memory", says which setting to raise'
# Pattern of an innermost cause -> what mends it.
REMEDIES: tuple[tuple[str, str], ...] = (
    (r"Java heap space|GC overhead", f"the heap is too small: {_RESIZE}"),
    (r"Direct buffer memory", f"taskmanager.memory.task.off-heap.size is too small: {_RESIZE}"),
    (r"Metaspace", "raise taskmanager.memory.jvm-metaspace.size, or restart Flink: each submission loads its classes anew"),
    (r"[Mm]anaged memory|MemoryAllocationException|MemoryReservation", "raise taskmanager.memory.managed.size (Python workers)"),
    (r"Insufficient number of network buffers", "raise taskmanager.memory.network.max, or lower --parallelism"),
    (r"No space left on device", "free disk space: see the line disk"),
    (r"NoResourceAvailable|minimum required resources|Slot request", NO_SLOT),
    (r"checkpoint (tolerable )?fail|Checkpoint expired|Exceeded checkpoint", "see the line checkpoints"),
    (r"ClassNotFound|NoClassDefFound|NoSuchMethod|Could not find any factory", "a jar is missing or old: see the line jars"),
    (r"ProducerFenced|InvalidProducerEpoch|InvalidTxnState|newer producer", "another job writes the same topic: stop one of them"),
    (r"thresholds is in force", "`tokpulse init` publishes the thresholds"),
    (r"schema registry|Schema Registry|RestClientException", "see the lines service and schemas about the registry"),
    (r"ClickHouse", "see the line about clickhouse, and its log"),
    (r"UnknownTopicOrPartition|does not exist|Topic .* not present", "`tokpulse up` creates topics: see the line topics"),
    (r"TimeoutException|DisconnectException|Connection .*refused|broker", "see the lines about kafka"),
    (r"TaskManager .*(lost|timed out)|TaskExecutor|Heartbeat", "the TaskManager died or hung: see its log"),
    (r"dead letters|consecutive bad|bad records", "a producer writes what cannot be read: see the line dead letters"),
)
_OTHER = "fix the cause; the TaskManager's log has the whole trace"


@dataclass(frozen=True)
class RunningJob:
    """A job that runs, and what its tasks do."""

    job: Job
    loads: list[Load]

    @property
    def titles(self) -> Mapping[str, str]:
        """Id of a task -> what a person may call it."""
        return {load.id: load.title for load in self.loads}


@dataclass(frozen=True)
class Patient:
    """Flink and what is submitted."""

    examination: Examination
    flink: FlinkRest

    @property
    def now_s(self) -> float:
        """Unix seconds."""
        return self.examination.now_s

    @cached_property
    def named(self) -> list[Job]:
        """Every job of ours that Flink remembers, the newest first."""
        return [job for job in self.flink.jobs() if job.name in JOBS]

    @cached_property
    def active(self) -> list[Job]:
        """Those that have not ended."""
        return [job for job in self.named if job.active]

    @cached_property
    def running(self) -> list[RunningJob]:
        """One of each name that runs, with the load of its tasks."""
        first = {job.name: job for job in reversed(self.active) if job.state == "RUNNING"}
        return [RunningJob(job, health.loads(self.flink, job.id)) for job in first.values()]

    def is_young(self, job: Job) -> bool:
        """Whether it started so recently that what is missing may still come."""
        return self.now_s - job.started_ms / 1000 < YOUNG_S


@contextmanager
def opened(examination: Examination) -> Iterator[Patient]:
    """The patient of the checks on jobs."""
    with FlinkRest(examination.endpoints.flink_rest_url, timeout=REQUEST_S) as flink:
        yield Patient(examination, flink)


def remedy(reason: str) -> str:
    """What mends the failure with this innermost cause."""
    return next((todo for pattern, todo in REMEDIES if re.search(pattern, reason)), _OTHER)


def submitted(patient: Patient) -> Iterator[Finding]:
    """Whether a job runs, else what became of the last one."""
    if not patient.active:
        lost = KeptJobs(patient.examination.settings).names() if patient.examination.local else []
        yield from (LOST.found(name) for name in lost)
        if lost:
            return
        yield ended(patient.named[0] if patient.named else None, patient.now_s, lambda id: health.failures(patient.flink, id).cause)
        return
    names = [job.name for job in patient.active]
    for name in dict.fromkeys(names):
        same = [job for job in patient.active if job.name == name]
        if len(same) > 1:
            yield TWICE.found(name, count=len(same), id=same[-1].id)
    whole = set(JOBS[PIPELINE].outputs) if PIPELINE in names else set()
    if parts := [name for name in sorted({*names} - {PIPELINE}) if name in JOBS and set(JOBS[name].outputs) <= whole]:
        yield BESIDE.found(PIPELINE, parts=", ".join(parts))


def ended(last: Job | None, now_s: float, cause: Callable[[str], str]) -> Finding:
    """From the job that ended last; `cause` gives the reason of a failed one by its id."""
    if last is None:
        return NONE.found()
    ago = duration(max(0.0, now_s - last.ended_ms / 1000))
    if last.state == "FAILED":
        reason = cause(last.id)
        return FAILED.found(last.name, id=last.id, ago=ago, reason=reason, remedy=remedy(reason))
    return ENDED.found(last.name, state=last.state, ago=ago)


def states(patient: Patient) -> Iterator[Finding]:
    """How each job does that has not ended."""
    for job in patient.active:
        yield state(job, health.failures(patient.flink, job.id), patient.flink.slots(), patient.now_s)


def state(job: Job, failed: Failures, slots: tuple[int, int], now_s: float) -> Finding:
    """From the job's state, its failures and the (free, all) task slots."""
    ages = [now_s - at / 1000 for at in failed.times_ms]
    lately = [age for age in ages if age < _LOOP_S]
    known: dict[str, Any] = {
        "id": job.id,
        "reason": failed.cause,
        "remedy": remedy(failed.cause),
        "ago": duration(max(0.0, min(ages, default=0.0))),
    }
    if len(lately) >= _LOOP:
        return LOOP.found(job.name, times=len(lately), within=duration(max(lately)), **known)
    if job.state != "RUNNING":
        free, count = slots
        scarce = free == 0 or count == 0
        reason = (f": {failed.cause}" if failed.cause else "") + (f"; {free} of {count} slots are free" if scarce else "")
        todo = known["remedy"] if failed.cause else NO_SLOT if scarce else "wait: it starts"
        return AWAY.found(job.name, id=job.id, state=job.state, reason=reason, remedy=todo)
    if ages and min(ages) < _RECENT_S:
        return HAS_FAILED.found(job.name, **known)
    since = duration(max(0.0, now_s - job.started_ms / 1000))
    return ok("job", f"{job.name} {job.id} runs since {since}, {f'{len(ages)} failures ago' if ages else 'without a failure'}")


def clock(patient: Patient) -> Iterator[Finding]:
    """The JobManager's clock against this machine's."""
    for running in patient.running[:1]:
        ahead_ms = health.clock_ms(patient.flink, running.job.id) - wall_clock_ms()
        yield from judged_clock("Flink", ahead_ms / SECOND_MS)


def jar(patient: Patient) -> Iterator[Finding]:
    """Whether Flink was started with this version's own jar, wherever it runs."""
    own = f"{OWN_LIBRARY}-{importlib.metadata.version('tokpulse')}.jar"
    yield from judged_names("Flink's class path", health.classpath(patient.flink), [own])


def watermarks(patient: Patient) -> Iterator[Finding]:
    """How far the event time of each source is, as the windows behind it see it."""
    for running in patient.running:
        vertices = {vertex.id: vertex for vertex in patient.flink.vertices(running.job.id)}
        sources = {vertex.id: vertex for vertex in vertices.values() if vertex.is_source}
        for load in running.loads:
            behind = _sources_of(load, {each.id: each for each in running.loads}) & sources.keys()
            if "WindowAggregate" not in vertices[load.id].name or load.id in sources or len(behind) != 1:
                continue
            source = sources[next(iter(behind))]
            if source.records_out:
                values = patient.flink.watermarks(running.job.id, load.id)
                yield watermark(source.reads, values, patient.now_s, young=patient.is_young(running.job))


def _sources_of(load: Load, loads: Mapping[str, Load]) -> set[str]:
    """Ids of all tasks from which rows come to `load`."""
    found: set[str] = set()
    open_ids = list(load.inputs)
    while open_ids:
        each = open_ids.pop()
        if each not in found and each in loads:
            found.add(each)
            open_ids += loads[each].inputs
    return found


def watermark(source: str, values: list[int | None], now_s: float, *, young: bool = False) -> Finding:
    """From the watermark of each subtask of a window over `source`: an hour closes when the least of them passes its end."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return ok("watermark", f"{source}: none yet, the job has just started") if young else NO_WATERMARK.found(source)
    if min(known) > _END_OF_INPUT:
        return ok("watermark", f"{source}: at the end of the input, all hours are closed")
    at = min(known) / 1000
    shown, behind = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}", duration(max(0.0, now_s - at))
    if now_s - at > _WATERMARK_BEHIND_S:
        return BEHIND.found(source, at=shown, behind=behind)
    return ok("watermark", f"{source}: {shown} UTC, {behind} behind the clock; the running hour closes 2 min after its end")
