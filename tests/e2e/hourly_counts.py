"""A job for one test: what an hour's window counts, and which records its source calls late. Run by `flink run -py`."""

from __future__ import annotations

import sys

from jobs.build import parameters, table_environment
from jobs.engagement import JOB
from jobs.render import render
from jobs.settings import parse, resolve

TOPIC = "test.hourly.counts"


def main(argv: list[str]) -> int:
    """Submits it. The source is the project's own, as it stands in its SQL file."""
    settings = resolve(parse(JOB.name, argv))
    t_env = table_environment(JOB, settings)
    for source in JOB.sources:
        t_env.execute_sql(render(source, parameters(JOB, settings)))
    t_env.execute_sql(
        f"""CREATE TEMPORARY TABLE counts (what STRING, number BIGINT, place BIGINT) WITH (
        'connector' = 'kafka', 'topic' = '{TOPIC}', 'format' = 'json',
        'properties.bootstrap.servers' = '{settings.endpoints.kafka_bootstrap_servers}')"""
    )
    statements = t_env.create_statement_set()
    statements.add_insert_sql(
        """INSERT INTO counts (what, number, place)
        SELECT 'hour', COUNT(*), UNIX_TIMESTAMP(DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss'))
        FROM TABLE(TUMBLE(TABLE posts_events, DESCRIPTOR(event_time), INTERVAL '1' HOUR)) GROUP BY window_start, window_end"""
    )
    statements.add_insert_sql(
        """INSERT INTO counts (what, number, place)
        SELECT 'late', CAST(kafka_partition AS BIGINT), kafka_offset FROM posts_events
        WHERE event_time <= CURRENT_WATERMARK(event_time)"""
    )
    statements.execute()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
