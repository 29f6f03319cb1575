"""The pipeline job: what all other jobs do, as one Flink job that reads each topic once.

What job `live` does is part of it where TOKPULSE_PIPELINE_LIVE is 1: not every deployment watches LIVE rooms, and sources, queues
and accounts of two more topics make a plan that takes longer to submit.

Submit it with `tokpulse submit pipeline`, or paste the `flink run -py jobs/pipeline.py` line which that prints.
"""

from __future__ import annotations

import os
import sys

from jobs import comments, engagement, followers, landing, live, trending, velocity
from jobs.definition import JobDefinition, combined
from jobs.options import PIPELINE_LIVE


def pipeline(*, with_live: bool) -> JobDefinition:
    """The job with the LIVE rooms, or without."""
    parts = (engagement.JOB, trending.JOB, velocity.JOB, followers.JOB, comments.JOB, landing.JOB)
    return combined("pipeline", (*parts, live.JOB) if with_live else parts)


JOB = pipeline(with_live=os.environ.get(PIPELINE_LIVE) == "1")

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
