"""The landing job: every observation of posts and users in Kafka -> ClickHouse, where the marts over them are made.

Comments are landed by the comments job. Submit it with `tokpulse submit landing`, or paste the `flink run -py jobs/landing.py` line
which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "landing",
    (
        ClickHouseSink(view="post_observations", table="post_observations_log", time="ingested_at"),
        ClickHouseSink(view="user_observations", table="user_observations_log", time="observed_at"),
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
