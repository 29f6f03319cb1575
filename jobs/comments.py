"""The comments job: comments and user snapshots in Kafka -> comments with sentiment and their writers' followers in ClickHouse.

Submit it with `tokpulse submit comments`, or paste the `flink run -py jobs/comments.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.clickhouse.outputs import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    "comments",
    (
        ClickHouseSink(view="comments_enriched", table="comments_log", time="ingested_at"),
        ClickHouseSink(view="comments_late_snapshots", table="comments_late_snapshots_log"),
        "comments_events_dlq",
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
