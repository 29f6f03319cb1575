"""Checks on the jobs that should run, whether Flink answers or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from cli.doctor_exam import Examination
from cli.doctor_findings import Cause, Finding, Level
from stack.kept_jobs import KeptJob, KeptJobs

GIVEN_UP = Cause(
    *("job_given_up", Level.FAIL, "kept jobs", "a job that should run was submitted again in vain, and no longer is"),
    says="{job} should run and was given up: {reason}",
    fix="fix the cause; `tokpulse jobs` names the checkpoint, `tokpulse submit {job} --from-savepoint` goes on from it",
)
UNREADABLE = Cause(
    *("job_file_unreadable", Level.FAIL, "kept jobs", "the file of a job that should run cannot be read"),
    says="{reason}",
    fix="remove the file, and submit the job again with `--from-savepoint` and its newest checkpoint",
)
TROUBLE = Cause(
    *("job_resumed", Level.WARN, "kept jobs", "a job was submitted again, or waits for that"),
    says="{job}: {note}",
    fix="see logs/supervisor.log",
)


def kept_jobs(examination: Examination) -> Iterator[Finding]:
    """Jobs that should run and had trouble; nothing when none had. Only a local stack keeps jobs."""
    if examination.local:
        kept, unreadable = KeptJobs(examination.settings).all()
        yield from (UNREADABLE.found("jobs", reason=reason) for reason in unreadable)
        yield from troubles(kept, datetime.fromtimestamp(examination.now_s, UTC))


def troubles(kept: Iterable[KeptJob], now: datetime) -> Iterator[Finding]:
    """From what the supervisor has noted."""
    for each in kept:
        if each.given_up:
            yield GIVEN_UP.found(each.job, reason=each.given_up)
        elif notes := each.notes(now):
            yield TROUBLE.found(each.job, note="; ".join(notes))
