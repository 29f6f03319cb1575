"""Every job by name."""

from __future__ import annotations

from jobs import comments, engagement, followers, landing, live, pipeline, trending, velocity
from jobs.definition import BACKFILL_SUFFIX, JobDefinition

JOBS: dict[str, JobDefinition] = {
    job.name: job
    for job in (
        engagement.JOB,
        trending.JOB,
        velocity.JOB,
        followers.JOB,
        comments.JOB,
        landing.JOB,
        live.JOB,
        pipeline.JOB,
    )
}


def is_known(name: str) -> bool:
    """Whether a Flink job of this name is one of JOBS, or a backfill of one."""
    return name.removesuffix(BACKFILL_SUFFIX) in JOBS
