"""Inserts views with the connector, all in one JVM: `table_sink_job.py JARS JOBS`, as test_table_sink.py calls it.

JOBS is a JSON file of jobs by name: statements that make the view `rows_of_sink`, and the table to insert it into. Prints, as JSON,
what each job said in the end: nothing, or its errors.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyflink.table import EnvironmentSettings, TableEnvironment

from connectors.clickhouse.outputs import ClickHouseSink
from connectors.clickhouse.sink import add_sink


def main(jars: str, jobs: str) -> None:
    """Bounded jobs, one after the other, on a cluster inside of the JVM."""
    said = {name: run(jars, **job) for name, job in json.loads(Path(jobs).read_text(encoding="utf-8")).items()}
    print(json.dumps(said))


def run(jars: str, statements: list[str], table: str) -> list[str]:
    """The messages of what ended the job, the outermost first; none when it has written its rows."""
    t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    for key, value in {"pipeline.jars": jars, "table.local-time-zone": "UTC", "parallelism.default": "1"}.items():
        t_env.get_config().set(key, value)
    for statement in statements:
        t_env.execute_sql(statement)
    statement_set = t_env.create_statement_set()
    add_sink(ClickHouseSink("rows_of_sink", table), statement_set, t_env)
    try:
        statement_set.execute().wait()
    except Py4JJavaError as error:
        return list(messages(error.java_exception))
    return []


def messages(error: Any) -> Iterator[str]:
    """Of a Java exception and its causes."""
    while error is not None:
        yield str(error.getMessage())
        error = error.getCause()


if __name__ == "__main__":
    main(*sys.argv[1:])
