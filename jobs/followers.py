"""The followers job: user snapshots in Kafka -> changes of follower counts, exactly once on a topic and in ClickHouse, and alerts.

Submit it with `tokpulse submit followers`, or paste the `flink run -py jobs/followers.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="followers",
    functions=(
        "05_functions/follower_changes.sql",
        "05_functions/tally.sql",
        "05_functions/first_bytes.sql",
    ),
    sources=("10_sources/users_snapshots.sql",),
    views=(
        "20_staging/users_observed.sql",
        "20_staging/follower_counters.sql",
        "20_staging/users_rejected.sql",
        "30_marts/follower_snapshots.sql",
        "30_marts/follower_history.sql",
        "30_marts/follower_deltas.sql",
        "30_marts/follower_alerts.sql",
        "30_marts/users_tally.sql",
        "30_marts/users_ledger.sql",
        "30_marts/users_accounts.sql",
        "30_marts/users_counts.sql",
        "30_marts/users_dead_letters.sql",
    ),
    sinks=(
        "40_sinks/users_snapshots_dlq.sql",
        "40_sinks/followers_deltas_topic.sql",
        "40_sinks/followers_alerts_topic.sql",
    ),
    inserts=(
        "50_inserts/users_snapshots_dlq.sql",
        "50_inserts/followers_deltas_topic.sql",
        "50_inserts/followers_alerts_topic.sql",
    ),
    clickhouse=(
        ClickHouseSink(view="follower_deltas", table="follower_deltas_log"),
        ClickHouseSink(view="follower_snapshots", table="follower_snapshots_log"),
        ClickHouseSink(view="users_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="users_counts", table="pipeline_ledger_entries"),
        ClickHouseSink(view="users_dead_letters", table="dead_letters_log"),
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
