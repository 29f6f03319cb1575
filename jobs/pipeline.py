"""The pipeline job: what all other jobs do, as one Flink job that reads each topic once.

Submit it with `tokpulse submit pipeline`, or paste the `flink run -py jobs/pipeline.py` line which that prints.
"""

from __future__ import annotations

import sys

from jobs import comments, engagement, followers, landing, trending, velocity
from jobs.definition import combined

JOB = combined("pipeline", (engagement.JOB, trending.JOB, velocity.JOB, followers.JOB, comments.JOB, landing.JOB))

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
