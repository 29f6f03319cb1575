"""The trending job: posts and snapshots of authors in Kafka -> growth from hour to hour, judged by thresholds, in ClickHouse.

What trends is on a result topic, too.

Submit it with `tokpulse submit trending`, or paste the `flink run -py jobs/trending.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="trending",
    functions=(
        "05_functions/hourly_maxima.sql",
        "05_functions/post_growth.sql",
        "05_functions/tally.sql",
        "05_functions/first_bytes.sql",
    ),
    sources=(
        "10_sources/posts_events.sql",
        "10_sources/users_snapshots.sql",
    ),
    views=(
        "20_staging/posts_observed.sql",
        "20_staging/post_counters.sql",
        "20_staging/posts_rejected.sql",
        "20_staging/users_observed.sql",
        "20_staging/users_rejected.sql",
        "30_marts/post_hours.sql",
        "30_marts/follower_snapshots.sql",
        "30_marts/hours_and_snapshots.sql",
        "30_marts/trending_hourly_verdicts.sql",
        "30_marts/trending_hourly.sql",
        "30_marts/posts_tally.sql",
        "30_marts/posts_ledger.sql",
        "30_marts/posts_accounts.sql",
        "30_marts/posts_counts.sql",
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
        ClickHouseSink(view="posts_counts", table="pipeline_ledger_entries"),
        ClickHouseSink(view="posts_dead_letters", table="dead_letters_log"),
        ClickHouseSink(view="users_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="users_dead_letters", table="dead_letters_log"),
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
