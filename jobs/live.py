"""The live job: events of LIVE rooms in Kafka -> ClickHouse, which makes minutes, gifts, sessions and captions of them; and alerts.

Submit it with `tokpulse submit live`, or paste the `flink run -py jobs/live.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "live",
    (
        ClickHouseSink(view="live_observations", table="live_observations_log", time="observed_at"),
        ClickHouseSink(view="live_room_changes", table="live_room_changes_log", time="observed_at"),
        ClickHouseSink(view="live_minutes_closed", table="live_minutes_closed", time="minute"),
        ClickHouseSink(view="live_alerts", table="live_alerts_log", time="observed_at", is_alert=True),
        "live_alerts_topic",
        "live_events_dlq",
        "live_rooms_dlq",
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
