"""Checks on the job: does it run, does it keep up, does its clock move, do its checkpoints succeed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial

from cli.doctor_findings import Finding, duration, fail, ok, warn
from connectors.endpoints import Endpoints
from connectors.flink.rest import Checkpoints, FlinkRest, Job
from stack.kept_jobs import KeptJob

SUBMIT = "`tokpulse submit pipeline`, or one of its parts"
PIPELINE = "pipeline"
# Beyond these, output is later than a reader of hourly rows expects.
_LAG_RECORDS = 100_000
_WATERMARK_BEHIND_S = 900.0
_CHECKPOINT_AGE_S = 180.0
_END_OF_INPUT = 2**61
# deploy/prometheus asks for the same, and Java warns in the log.
HEAP_TOO_FULL = 0.8
_METRICS_S = 5.0


def jobs(endpoints: Endpoints, names: Collection[str], now_s: float) -> Iterator[Finding]:
    """Every job called one of `names` that runs, else the one that ended last, and what Flink measures. `now_s` is Unix seconds."""
    with FlinkRest(endpoints.flink_rest_url) as flink:
        named = [candidate for candidate in flink.jobs() if candidate.name in names]
        active = [candidate for candidate in named if candidate.active]
        if not active:
            yield _ended(flink, named[0] if named else None, now_s)
        for name in dict.fromkeys(candidate.name for candidate in active):
            same = [candidate for candidate in active if candidate.name == name]
            if len(same) > 1:
                yield warn(
                    "job",
                    f"{len(same)} {name} jobs run at once: the results are right, but the work is done twice",
                    f"`tokpulse stop {same[-1].id}`",
                )
            yield from _running(flink, same[0], now_s)
        if len({candidate.name for candidate in active}) > 1 and any(candidate.name == PIPELINE for candidate in active):
            text = f"{PIPELINE} runs beside its parts: each change of a follower count is on its topic twice"
            yield warn("job", text, f"stop the parts, or {PIPELINE}")


def kept_jobs(kept: Iterable[KeptJob], now: datetime) -> Iterator[Finding]:
    """Jobs that should run and had trouble; nothing when none had."""
    for one in kept:
        if one.given_up:
            todo = (
                f"fix the cause; `tokpulse jobs` names the checkpoint, `tokpulse submit {one.job} --from-savepoint` goes on from it"
            )
            yield fail("kept jobs", f"{one.job} should run and was given up: {one.given_up}", todo)
        else:
            for line in one.notes(now):
                yield warn("kept jobs", f"{one.job}: {line}", "see logs/supervisor.log")


def _ended(flink: FlinkRest, last: Job | None, now_s: float) -> Finding:
    if last is None:
        return fail("job", "no job has been submitted", SUBMIT)
    when = f"{duration(now_s - last.ended_ms / 1000)} ago"
    if last.state == "FAILED":
        return fail("job", f"{last.name} {last.id} failed {when}: {flink.root_cause(last.id)[0]}", f"fix the cause, then {SUBMIT}")
    return warn("job", f"no job runs; the last one, {last.name}, is {last.state} since {when}", f"{SUBMIT} for live results")


def _running(flink: FlinkRest, current: Job, now_s: float) -> Iterator[Finding]:
    cause, failed_ms = flink.root_cause(current.id)
    age = duration(now_s - failed_ms / 1000)
    if current.state != "RUNNING":
        free, slots = flink.slots()
        wait = f"; {free} of {slots} slots are free" if not free else ""
        yield fail(
            "job",
            f"{current.name} {current.id} is {current.state}{': ' + cause if cause else ''}{wait}",
            "fix the cause; the job restarts by itself",
        )
        return
    if cause:
        yield warn(
            "job",
            f"{current.name} {current.id} runs, after a failure {age} ago: {cause}",
            "nothing is lost; check whether it happens again",
        )
    else:
        yield ok(
            "job",
            f"{current.name} {current.id} runs since {duration(max(0.0, now_s - current.started_ms / 1000))}, without a failure",
        )
    vertices = flink.vertices(current.id)
    for source in (vertex for vertex in vertices if vertex.is_source):
        pending = _patiently(partial(flink.metric_sum, current.id, source.id, "pendingRecords"))
        yield lag(pending, source.reads)
    windows = [vertex for vertex in vertices if "WindowAggregate" in vertex.name and not vertex.is_source]
    if windows:
        yield watermark(flink.watermarks(current.id, windows[0].id), now_s)
    yield checkpoints(flink.checkpoints(current.id), now_s)
    if any(vertex.has_state for vertex in vertices):
        yield heap(_patiently(partial(flink.heap_in_use, current.id)))


def _patiently(ask: Callable[[], float | None]) -> float | None:
    """The JobManager collects metrics only once somebody asks for them: asks until there is an answer, for some seconds."""
    deadline = time.monotonic() + _METRICS_S
    while (value := ask()) is None and time.monotonic() < deadline:
        time.sleep(0.5)
    return value


def lag(pending: float | None, source: str) -> Finding:
    """From the records that the source has not read yet."""
    if pending is None:
        return warn("lag", f"{source} does not report its lag yet", "run this again in a minute")
    text = f"{pending:,.0f} records of {source} wait to be read"
    if pending > _LAG_RECORDS:
        return warn("lag", text, "wait until it catches up, or raise --parallelism (up to the 24 partitions)")
    return ok("lag", text)


def heap(share: float | None) -> Finding:
    """From the share of the heap that state and buffers take."""
    if share is None:
        return warn("memory", "no TaskManager has collected garbage yet", "run this again in a minute")
    text = f"{share:.0%} of the heap in use"
    if share >= HEAP_TOO_FULL:
        todo = 'raise taskmanager.memory.process.size before it is full: docs/operations.md, "Out of memory"'
        return warn("memory", f"{text}: state grows with the posts, users and authors seen within a month", todo)
    return ok("memory", text)


def watermark(values: list[int | None], now_s: float) -> Finding:
    """From the watermark of each subtask of the window operator: an hour closes when the least of them passes its end."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        todo = "it appears with the first records of every active partition, or after the idle timeout (30 s)"
        return warn("watermark", "no watermark yet, so no hour can close", todo)
    if min(known) > _END_OF_INPUT:
        return ok("watermark", "at the end of the input: all hours are closed")
    at = min(known) / 1000
    text = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC, {duration(max(0.0, now_s - at))} behind the clock"
    if now_s - at > _WATERMARK_BEHIND_S:
        todo = "hours after it are still open: check whether producers send old observations, or one partition is far behind"
        return warn("watermark", text, todo)
    return ok("watermark", f"{text}; the running hour closes 2 min after its end")


def checkpoints(statistics: Checkpoints, now_s: float) -> Finding:
    """From the counts: rows are safe in ClickHouse before a checkpoint completes."""
    # Flink's clock may be ahead of the moment that this was asked at.
    age = max(0.0, now_s - statistics.last_completed_ms / 1000)
    text = f"{statistics.completed} completed, {statistics.failed} failed"
    if not statistics.completed:
        todo = "this is normal within two minutes of a start; otherwise see the JobManager's log"
        return warn("checkpoints", f"{text}{': ' + statistics.last_failure if statistics.last_failure else ''}", todo)
    if age > _CHECKPOINT_AGE_S:
        todo = "the usual reason is back-pressure, because ClickHouse is slow or not reachable"
        return fail("checkpoints", f"{text}, the last one {duration(age)} ago {statistics.last_failure}".rstrip(), todo)
    return ok("checkpoints", f"{text}, the last one {duration(age)} ago")
