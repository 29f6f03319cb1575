"""The trending job: posts and snapshots of authors in Kafka -> growth from hour to hour, judged by thresholds, in ClickHouse.

What trends is on a result topic, too.

Submit it with `tokpulse submit trending`, or paste the `flink run -py jobs/trending.py` line which that prints.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="trending",
    functions=("05_functions/leaves_window.sql", "05_functions/first_bytes.sql", "05_functions/trending_verdict.sql"),
    sources=("10_sources/posts_events.sql", "10_sources/users_snapshots.sql"),
    views=(
        "20_staging/posts_observed.sql",
        "20_staging/posts_classified.sql",
        "20_staging/posts_rejected.sql",
        "20_staging/users_observed.sql",
        "20_staging/users_late.sql",
        "20_staging/users_classified.sql",
        "20_staging/users_rejected.sql",
        "20_staging/authors_observed.sql",
        "30_marts/follower_snapshots.sql",
        "30_marts/author_counts.sql",
        "30_marts/author_versions.sql",
        "30_marts/trending_hourly_windows.sql",
        "30_marts/trending_hourly_ordered.sql",
        "30_marts/trending_hourly_deltas.sql",
        "30_marts/trending_hourly_judged.sql",
        "30_marts/trending_hourly.sql",
        "30_marts/posts_tally.sql",
        "30_marts/posts_ledger.sql",
        "30_marts/posts_dead_letters.sql",
        "30_marts/users_tally.sql",
        "30_marts/users_ledger.sql",
        "30_marts/users_dead_letters.sql",
    ),
    sinks=("40_sinks/trending_alerts_topic.sql",),
    inserts=("50_inserts/trending_alerts_topic.sql",),
    clickhouse=(
        ClickHouseSink(view="trending_hourly", table="trending_hourly_log"),
        ClickHouseSink(view="follower_snapshots", table="follower_snapshots_log"),
        ClickHouseSink(view="posts_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="posts_dead_letters", table="dead_letters_log"),
        ClickHouseSink(view="users_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="users_dead_letters", table="dead_letters_log"),
    ),
    bounded_watermark_delay=timedelta(hours=24),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
