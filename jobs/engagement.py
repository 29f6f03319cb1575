"""The engagement job: post observations in Kafka -> hourly engagement in ClickHouse and on a result topic.

Submit it with `tokpulse submit engagement`, or paste the `flink run -py jobs/engagement.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "engagement",
    (
        ClickHouseSink(view="engagement_hourly_maxima", table="engagement_hourly_maxima", time="window_start"),
        "engagement_hourly_topic",
        "posts_events_dlq",
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
