"""The velocity job: post observations in Kafka -> momentum over 30 minutes, every 5, in ClickHouse.

Submit it with `tokpulse submit velocity`, or paste the `flink run -py jobs/velocity.py` line which that prints.
"""

from __future__ import annotations

import sys

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="velocity",
    functions=("05_functions/first_bytes.sql",),
    sources=("10_sources/posts_events.sql",),
    views=(
        "20_staging/posts_observed.sql",
        "20_staging/posts_rejected.sql",
        "30_marts/post_observations.sql",
        "30_marts/posts_tally.sql",
        "30_marts/posts_ledger.sql",
        "30_marts/posts_dead_letters.sql",
    ),
    sinks=(),
    inserts=(),
    clickhouse=(
        ClickHouseSink(view="post_observations", table="post_observations_log"),
        ClickHouseSink(view="posts_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="posts_dead_letters", table="dead_letters_log"),
    ),
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
