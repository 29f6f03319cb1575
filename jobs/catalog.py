"""Every job by name."""

from __future__ import annotations

from jobs import engagement
from jobs.definition import JobDefinition

JOBS: dict[str, JobDefinition] = {job.name: job for job in (engagement.JOB,)}
