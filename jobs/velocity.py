"""The velocity job: post observations in Kafka -> momentum over 30 minutes, every 5, in ClickHouse.

Submit it with `tokpulse submit velocity`, or paste the `flink run -py jobs/velocity.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "velocity",
    (ClickHouseSink(view="post_observations", table="post_observations_log", time="ingested_at"),),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
