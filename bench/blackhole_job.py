"""The yardstick of `make bench`: the SQL of the engagement job from a plain source into `blackhole` tables.

Windows, direct rows, result rows and ledger are the files of the real job. Instead of its ends there is nothing: no ClickHouse, no
Python worker, no result topic, no dead-letter queue (the plain format has no bad records to give).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pyflink.table import StatementSet, TableEnvironment

from bench.blackhole import add_blackhole
from jobs.build import parameters, table_environment
from jobs.engagement import JOB
from jobs.render import load, render
from jobs.settings import JobSettings, parse, resolve

NAME = "engagement into blackhole"
PLAIN_SOURCE = str(Path(__file__).resolve().parent / "sql" / "posts_events.sql")
# What the real job inserts somewhere, but for the rejected records.
ENDS = ("engagement_hourly", "engagement_hourly_results", "posts_ledger")


def build(t_env: TableEnvironment, settings: JobSettings) -> StatementSet:
    """Functions and views of the real job over the plain source, each of ENDS into a `blackhole` table."""
    values = parameters(JOB, settings)
    for path in (*JOB.functions, PLAIN_SOURCE, *JOB.views):
        t_env.execute_sql(render(load(path), values))
    statement_set = t_env.create_statement_set()
    for view in ENDS:
        add_blackhole(view, statement_set, t_env)
    return statement_set


def main(argv: Sequence[str]) -> int:
    """Runs it with the arguments of the real job (`--bounded --wait`)."""
    arguments = parse(JOB.name, argv)
    settings = resolve(arguments)
    t_env = table_environment(JOB, settings)
    t_env.get_config().set("pipeline.name", NAME)
    statements = build(t_env, settings)
    if arguments.explain:
        print(statements.explain())
        return 0
    result = statements.execute()
    if settings.wait:
        result.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
