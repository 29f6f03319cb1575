"""The yardstick of the comments bench: what one writes with PyFlink and vaderSentiment alone.

Flink's Avro format, a function around vaderSentiment, an event-time temporal join to the snapshots, into the same ClickHouse table
by the same sink. No dead-letter queue, no ledger: a record that cannot be decoded fails it.
As it stands, the function is called once per row, as PyFlink's documentation introduces them, with PyFlink's default batches.
TUNED makes the function vectorized and gives the options that ours has been given by measurement. SCORE_ONLY leaves out join and
ClickHouse.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pyflink.table import StatementSet, TableEnvironment

from bench.blackhole import add_blackhole
from bench.comments import SCORE_ONLY, TUNED
from bench.vader import vader_compound, vader_compound_by_row
from connectors.clickhouse.sink import add_sink
from jobs.build import WATERMARK_DELAY, parameters, table_environment
from jobs.comments import JOB
from jobs.render import load, render
from jobs.settings import JobSettings, parse, resolve

NAME = "comments with vaderSentiment"
FOLDER = Path(__file__).resolve().parent / "sql" / "plain_comments"
SOURCES = ("comments_events", "users_snapshots")
SCORED, ENRICHED = "comments_scored", "comments_enriched"
# What Flink 2.3 has where nobody says otherwise; flink-conf.yaml and the job do.
DEFAULTS = {
    "pipeline.object-reuse": "false",
    "python.fn-execution.bundle.time": "1000",
    "python.fn-execution.bundle.size": "1000",
    "python.fn-execution.arrow.batch.size": "1000",
}
VIEWS = (SCORED, "user_versions", ENRICHED)


def build(t_env: TableEnvironment, settings: JobSettings, score_only: bool, tuned: bool) -> StatementSet:
    """The whole job, or its source and the scorer into `blackhole`."""
    values = parameters(JOB, settings)
    t_env.create_temporary_function("vader_compound", vader_compound if tuned else vader_compound_by_row)
    for name in (*SOURCES, *VIEWS):
        t_env.execute_sql(render(load(str(FOLDER / f"{name}.sql")), values))
    statement_set = t_env.create_statement_set()
    if score_only:
        add_blackhole(SCORED, statement_set, t_env)
    else:
        add_sink(next(sink for sink in JOB.clickhouse if sink.view == ENRICHED), statement_set, t_env)
    return statement_set


def main(argv: Sequence[str]) -> int:
    """Runs it with the arguments of the real job (`--bounded --wait`), SCORE_ONLY and TUNED."""
    settings = resolve(parse(JOB.name, [argument for argument in argv if argument not in (SCORE_ONLY, TUNED)]))
    # The 24 h that a bounded run of ours waits for late records would make a temporal join keep all comments to the end.
    settings = replace(settings, watermark_delay=WATERMARK_DELAY)
    t_env = table_environment(JOB, settings)
    t_env.get_config().set("pipeline.name", NAME)
    if TUNED not in argv:
        for key, value in DEFAULTS.items():
            t_env.get_config().set(key, value)
    result = build(t_env, settings, SCORE_ONLY in argv, TUNED in argv).execute()
    if settings.wait:
        result.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
