"""The engagement job: post observations in Kafka -> hourly engagement in ClickHouse and on a result topic.

Submit it with `tokpulse submit engagement`, or paste the `flink run -py jobs/engagement.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="engagement",
    functions=(
        "05_functions/hourly_maxima.sql",
        "05_functions/tally.sql",
        "05_functions/first_bytes.sql",
    ),
    sources=("10_sources/posts_events.sql",),
    views=(
        "20_staging/posts_observed.sql",
        "20_staging/post_counters.sql",
        "20_staging/posts_rejected.sql",
        "30_marts/post_hours.sql",
        "30_marts/engagement_hourly.sql",
        "30_marts/engagement_hourly_results.sql",
        "30_marts/posts_tally.sql",
        "30_marts/posts_ledger.sql",
        "30_marts/posts_accounts.sql",
        "30_marts/posts_counts.sql",
        "30_marts/posts_dead_letters.sql",
    ),
    sinks=(
        "40_sinks/posts_events_dlq.sql",
        "40_sinks/engagement_hourly_topic.sql",
    ),
    inserts=(
        "50_inserts/posts_events_dlq.sql",
        "50_inserts/engagement_hourly_topic.sql",
    ),
    clickhouse=(
        ClickHouseSink(view="engagement_hourly", table="engagement_hourly_maxima"),
        ClickHouseSink(view="posts_dead_letters", table="dead_letters_log"),
        ClickHouseSink(view="posts_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="posts_counts", table="pipeline_ledger_entries"),
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
