"""The trending job: posts and snapshots of authors in Kafka -> growth from hour to hour, judged by thresholds, in ClickHouse.

So is growth within the hour, as soon as it is observed. What trends or alerts is on result topics, too.

Submit it with `tokpulse submit trending`, or paste the `flink run -py jobs/trending.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "trending",
    (
        ClickHouseSink(
            view="trending_hourly", table="trending_hourly_log", time="window_start", through="trending_hourly_backfill"
        ),
        ClickHouseSink(view="follower_snapshots", table="follower_snapshots_log", time="observed_at"),
        "trending_alerts_topic",
        ClickHouseSink(view="momentum_alerts", table="momentum_alerts_log", time="observed_at", is_alert=True),
        "momentum_alerts_topic",
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
