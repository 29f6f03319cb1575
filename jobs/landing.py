"""The landing job: every observation of posts and users in Kafka -> ClickHouse, where the marts over them are made.

Comments are landed by the comments job. Submit it with `tokpulse submit landing`, or paste the `flink run -py jobs/landing.py` line
which that prints.
"""

from __future__ import annotations

import sys

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="landing",
    functions=("05_functions/first_bytes.sql",),
    sources=(
        "10_sources/posts_events.sql",
        "10_sources/users_snapshots.sql",
    ),
    views=(
        "20_staging/posts_observed.sql",
        "20_staging/posts_rejected.sql",
        "20_staging/users_observed.sql",
        "20_staging/users_rejected.sql",
        "30_marts/post_observations.sql",
        "30_marts/user_observations.sql",
        "30_marts/posts_tally.sql",
        "30_marts/posts_ledger.sql",
        "30_marts/posts_dead_letters.sql",
        "30_marts/users_tally.sql",
        "30_marts/users_ledger.sql",
        "30_marts/users_dead_letters.sql",
    ),
    sinks=(),
    inserts=(),
    clickhouse=(
        ClickHouseSink(view="post_observations", table="post_observations_log"),
        ClickHouseSink(view="user_observations", table="user_observations_log"),
        ClickHouseSink(view="posts_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="posts_dead_letters", table="dead_letters_log"),
        ClickHouseSink(view="users_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="users_dead_letters", table="dead_letters_log"),
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
