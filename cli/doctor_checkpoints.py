"""Checks on checkpoints: do they complete, and if not, why and where?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace

from cli.doctor_findings import Cause, Finding, Level, duration, ok
from cli.doctor_job import Patient
from connectors.flink.health import CheckpointHealth, checkpoint_health
from connectors.flink.rest import innermost

# A checkpoint begins every 10 s, and may take two minutes.
_OLD_S = 180.0
_SLOW_S = 60.0
_ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d[ T]\d\d:)", re.MULTILINE)

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

_FOLDER = "the folder of execution.checkpointing.dir must exist, have space and be writable for Flink"
# Words of Flink's reason, or of the exception behind it -> what mends it.
REMEDIES: tuple[tuple[str, str], ...] = (
    ("No space left", "free disk space: see the line disk"),
    ("ClickHouse", "rows are not taken: see the line about clickhouse"),
    ("expired", "a task does not get to it in time: see the line pressure; else raise execution.checkpointing.timeout"),
    ("IO-problem", f"{_FOLDER}: see the JobManager's log"),
    ("Trigger checkpoint failure", f"{_FOLDER}: see the JobManager's log"),
    ("finalize", f"{_FOLDER}: see the JobManager's log"),
    ("Asynchronous task checkpoint failed", f"{_FOLDER}: see the TaskManager's log"),
    ("declined", "a task is not ready or has failed: see the line job"),
)
_OTHER = "see the logs of JobManager and TaskManager for the whole reason"
# Enough for some traces at its end.
_LOG_BYTES = 256 * 1024


def checkpoints(patient: Patient) -> Iterator[Finding]:
    """Those of each job that runs."""
    for running in patient.running:
        found = checkpoint_health(patient.flink, running.job.id, running.titles)
        if found.failed_since:
            found = replace(found, reason=" ".join(filter(None, (found.reason, _logged(patient, running.job.id)))))
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


def _logged(patient: Patient, job_id: str) -> str:
    """What the log of the local JobManager says: the exception behind the reason, of which Flink's REST API tells nothing."""
    if not patient.examination.local:
        return ""
    try:
        with (patient.examination.settings.logs / "jobmanager.out").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_BYTES))
            cause = cause_in(log.read().decode("utf-8", "replace"), job_id)
    except OSError:
        return ""
    return f"({cause})" if cause else ""


def cause_in(log: str, job_id: str) -> str:
    """The innermost cause of the newest entry of a JobManager's log about a checkpoint of the job, "" for none."""
    for entry in reversed(_ENTRY.split(log)):
        first = entry.partition("\n")[0].lower()
        if "checkpoint" in first and job_id in first and "Caused by: " in entry:
            return innermost(entry)
    return ""
