"""The yardstick of `make bench`: hourly maxima as anyone would write them in Flink SQL, into a `blackhole` table.

A tumbling window over Flink's own Avro format. There is no result topic, no ledger, no dead-letter queue, and no ClickHouse.
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

NAME = "tumbling window into blackhole"
_FOLDER = Path(__file__).resolve().parent / "sql"
PLAIN_SOURCE = str(_FOLDER / "posts_events.sql")
VIEW = "tumbling_hours"


def build(t_env: TableEnvironment, settings: JobSettings) -> StatementSet:
    """The plain source, the window and its end."""
    values = parameters(JOB, settings)
    for path in (PLAIN_SOURCE, str(_FOLDER / f"{VIEW}.sql")):
        t_env.execute_sql(render(load(path), values))
    statement_set = t_env.create_statement_set()
    add_blackhole(VIEW, statement_set, t_env)
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
