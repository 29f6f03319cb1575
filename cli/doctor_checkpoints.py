"""Checks on checkpoints: do they complete, and if not, why and where?"""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor_findings import Cause, Finding, Level, duration, ok
from cli.doctor_job import Patient
from connectors.flink.health import CheckpointHealth, checkpoint_health

# A checkpoint begins every 10 s, and may take two minutes.
_OLD_S = 180.0
_SLOW_S = 60.0

FAILING = Cause(
    *("checkpoints_failing", Level.FAIL, "checkpoints", "checkpoints fail"),
    says="{job}: the last {failed} checkpoint(s) failed, {last}: {reason}{where}",
    fix="{remedy}",
)
STUCK = Cause(
    *("checkpoints_stuck", Level.FAIL, "checkpoints", "checkpoints do not complete"),
    says="{job}: {last}, {now}",
    fix="rows wait, or ClickHouse or Kafka does not take them: see the lines service and pressure",
)

REMEDIES: tuple[tuple[str, str], ...] = (
    ("expired", "a task does not get to it in time: see the line pressure; else raise execution.checkpointing.timeout"),
    ("No space left", "free disk space: see the line disk"),
    ("ClickHouse", "rows are not taken: see the line about clickhouse"),
    ("irectory", "the folder execution.checkpointing.dir must exist and be writable by Flink: see the JobManager's log"),
    ("initialize", "the folder execution.checkpointing.dir must exist and be writable by Flink: see the JobManager's log"),
    ("IOException", "the folder execution.checkpointing.dir must exist and be writable by Flink: see the JobManager's log"),
)
_OTHER = "see the JobManager's log for the whole reason"


def checkpoints(patient: Patient) -> Iterator[Finding]:
    """Those of each job that runs."""
    for running in patient.running:
        found = checkpoint_health(patient.flink, running.job.id, running.titles)
        yield judged_checkpoints(running.job.name, found, patient.now_s, patient.is_young(running.job))


def judged_checkpoints(job: str, found: CheckpointHealth, now_s: float, young: bool) -> Finding:
    """From their counts and times: rows are safe in ClickHouse before a checkpoint completes."""
    # Flink's clock may be ahead of the moment that this was asked at.
    age_s = max(0.0, now_s - found.last_completed_ms / 1000) if found.last_completed_ms else None
    last = f"the last one completed {duration(age_s)} ago" if age_s is not None else "none has completed yet"
    if found.failed_since:
        reason = found.reason or "no reason given"
        where = f" (waited for {', '.join(found.unacknowledged)})" if found.unacknowledged else ""
        remedy = next((todo for word, todo in REMEDIES if word in reason), _OTHER)
        return FAILING.found(job, failed=found.failed_since, last=last, reason=reason, where=where, remedy=remedy)
    began_s = now_s - found.running_since_ms / 1000 if found.running_since_ms else 0.0
    if not young and (began_s > _SLOW_S or age_s is None or age_s > _OLD_S):
        now = f"one is under way since {duration(began_s)}" if began_s else "none is under way"
        return STUCK.found(job, last=last, now=now)
    return ok("checkpoints", f"{job}: {found.completed} completed, {found.failed} failed, {last}")
