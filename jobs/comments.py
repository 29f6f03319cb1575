"""The comments job: comments and user snapshots in Kafka -> comments with sentiment and their writers' followers in ClickHouse.

Submit it with `tokpulse submit comments`, or paste the `flink run -py jobs/comments.py` line which that prints.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from connectors.sinks import ClickHouseSink
from jobs.definition import JobDefinition

JOB = JobDefinition(
    name="comments",
    functions=(
        "05_functions/leaves_window.sql",
        "05_functions/first_bytes.sql",
        "05_functions/comment_sentiment.sql",
        "05_functions/latest_snapshot.sql",
    ),
    sources=("10_sources/comments_events.sql", "10_sources/users_snapshots.sql"),
    views=(
        "20_staging/comments_scored.sql",
        "20_staging/comments_checked.sql",
        "20_staging/comments_observed.sql",
        "20_staging/comments_classified.sql",
        "20_staging/comments_rejected.sql",
        "20_staging/users_observed.sql",
        "20_staging/users_classified.sql",
        "20_staging/users_rejected.sql",
        "20_staging/comments_and_snapshots.sql",
        "30_marts/comments_with_snapshots.sql",
        "30_marts/comments_enriched.sql",
        "30_marts/comments_late_snapshots.sql",
        "30_marts/comments_tally.sql",
        "30_marts/comments_ledger.sql",
        "30_marts/comments_dead_letters.sql",
        "30_marts/users_tally.sql",
        "30_marts/users_ledger.sql",
        "30_marts/users_dead_letters.sql",
    ),
    sinks=("40_sinks/comments_events_dlq.sql",),
    inserts=("50_inserts/comments_events_dlq.sql",),
    clickhouse=(
        ClickHouseSink(view="comments_enriched", table="comments_log"),
        ClickHouseSink(view="comments_late_snapshots", table="comments_late_snapshots_log"),
        ClickHouseSink(view="comments_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="comments_dead_letters", table="dead_letters_log"),
        ClickHouseSink(view="users_ledger", table="pipeline_ledger_entries"),
        ClickHouseSink(view="users_dead_letters", table="dead_letters_log"),
    ),
    bounded_watermark_delay=timedelta(hours=24),
    # Each comment is scored once.
    shares_views=True,
)

if __name__ == "__main__":
    # PyFlink takes seconds to load, and whoever only asks what the job is made of does not need it.
    from jobs.run import run

    sys.exit(run(JOB, sys.argv[1:]))
