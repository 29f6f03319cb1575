"""Checks on the job: does it run, does it keep up, does its clock move, do its checkpoints succeed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cli.doctor_findings import Finding, duration, fail, ok, warn
from connectors.endpoints import Endpoints
from connectors.flink_rest import Checkpoints, FlinkRest, Job

SUBMIT = "`tokpulse submit engagement`"
# Beyond these, output is later than a reader of hourly rows expects.
_LAG_RECORDS = 100_000
_WATERMARK_BEHIND_S = 900.0
_CHECKPOINT_AGE_S = 180.0
_END_OF_INPUT = 2**61


def job(endpoints: Endpoints, name: str, now_s: float) -> Iterator[Finding]:
    """The newest job called `name`, and what Flink measures of it. `now_s` is Unix seconds."""
    with FlinkRest(endpoints.flink_rest_url) as flink:
        found = [candidate for candidate in flink.jobs() if candidate.name == name]
        active = [candidate for candidate in found if candidate.active]
        if not active:
            yield _ended(flink, found[0] if found else None, now_s)
            return
        if len(active) > 1:
            yield warn(
                "job", f"{len(active)} {name} jobs run at once: right, but twice the work", f"`flink cancel {active[-1].id}`"
            )
        yield from _running(flink, active[0], now_s)


def _ended(flink: FlinkRest, last: Job | None, now_s: float) -> Finding:
    if last is None:
        return fail("job", "none has been submitted", SUBMIT)
    when = f"{duration(now_s - last.ended_ms / 1000)} ago"
    if last.state == "FAILED":
        return fail("job", f"{last.id} failed {when}: {flink.root_cause(last.id)[0]}", f"remove the cause, then {SUBMIT}")
    return warn("job", f"none runs; the last one is {last.state} since {when}", f"{SUBMIT} for live results")


def _running(flink: FlinkRest, current: Job, now_s: float) -> Iterator[Finding]:
    cause, failed_ms = flink.root_cause(current.id)
    age = duration(now_s - failed_ms / 1000)
    if current.state != "RUNNING":
        free, slots = flink.slots()
        wait = f"; {free} of {slots} slots are free" if not free else ""
        yield fail(
            "job",
            f"{current.id} is {current.state}{': ' + cause if cause else ''}{wait}",
            "remove the cause; it restarts by itself",
        )
        return
    if cause:
        yield warn("job", f"{current.id} runs, after a failure {age} ago: {cause}", "nothing is lost; watch whether it comes again")
    else:
        yield ok("job", f"{current.id} runs since {duration(now_s - current.started_ms / 1000)}, without a failure")
    vertices = flink.vertices(current.id)
    for source in (vertex for vertex in vertices if vertex.is_source):
        yield lag(flink.metric_sum(current.id, source.id, "pendingRecords"), source.records_in)
    windows = [vertex for vertex in vertices if "WindowAggregate" in vertex.name and not vertex.is_source]
    if windows:
        yield watermark(flink.watermarks(current.id, windows[0].id), now_s)
    yield checkpoints(flink.checkpoints(current.id), now_s)


def lag(pending: float | None, read: int) -> Finding:
    """From the records that the source has not read yet."""
    if pending is None:
        return warn("lag", f"{read:,} records read; the source reports no lag yet", "ask again in a minute")
    text = f"{read:,} records read, {pending:,.0f} waiting"
    if pending > _LAG_RECORDS:
        return warn("lag", text, "it catches up, or raise --parallelism (up to the 24 partitions)")
    return ok("lag", text)


def watermark(values: list[int | None], now_s: float) -> Finding:
    """From the watermark of each subtask of the window operator: an hour closes when the least of them passes its end."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        todo = "it comes with the first records of every active partition, or after the idle timeout (30 s)"
        return warn("watermark", "none yet, so no hour can close", todo)
    if min(known) > _END_OF_INPUT:
        return ok("watermark", "at the end of the input: all hours are closed")
    at = min(known) / 1000
    text = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC, {duration(max(0.0, now_s - at))} behind the clock"
    if now_s - at > _WATERMARK_BEHIND_S:
        todo = "hours after it are still open: are producers sending old observations, or is one partition far behind?"
        return warn("watermark", text, todo)
    return ok("watermark", f"{text}; the running hour closes 2 min after its end")


def checkpoints(found: Checkpoints, now_s: float) -> Finding:
    """From the counts: rows are safe in ClickHouse before a checkpoint completes."""
    age = now_s - found.last_completed_ms / 1000
    text = f"{found.completed} completed, {found.failed} failed"
    if not found.completed:
        todo = "within two minutes of a start that is normal; else see the JobManager's log"
        return warn("checkpoints", f"{text}{': ' + found.last_failure if found.last_failure else ''}", todo)
    if age > _CHECKPOINT_AGE_S:
        todo = "back-pressure by a slow or absent ClickHouse is the usual reason"
        return fail("checkpoints", f"{text}, the last one {duration(age)} ago {found.last_failure}".rstrip(), todo)
    return ok("checkpoints", f"{text}, the last one {duration(age)} ago")
