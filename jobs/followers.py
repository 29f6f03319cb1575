"""The followers job: user snapshots in Kafka -> changes of follower counts, exactly once on a topic and in ClickHouse, and alerts.

Submit it with `tokpulse submit followers`, or paste the `flink run -py jobs/followers.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "followers",
    (
        ClickHouseSink(view="follower_deltas", table="follower_deltas_log", time="t_now", through="follower_deltas_backfill"),
        ClickHouseSink(view="follower_snapshots", table="follower_snapshots_log", time="observed_at"),
        "followers_deltas_topic",
        "followers_alerts_topic",
        "users_snapshots_dlq",
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
