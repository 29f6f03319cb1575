"""Builds a job's StatementSet from its declaration. Opens no connection and executes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pyflink.table import EnvironmentSettings, StatementSet, TableEnvironment

from connectors.clickhouse_sink import add_sink
from connectors.topics import load_topics
from jobs.definition import JobDefinition
from jobs.render import Literal, load, render_all
from jobs.settings import JobSettings

WINDOW = timedelta(hours=1)
# Long enough that no row is late for it; a day interval of Flink SQL has two digits.
TALLY_SIZE = timedelta(days=99)


def milliseconds(value: timedelta) -> int:
    """`value` in whole milliseconds."""
    return value // timedelta(milliseconds=1)


def idle_timeout(settings: JobSettings) -> timedelta:
    """Zero, which is off, in a bounded run: it reads partitions in turn, and one that waits for its turn is not idle."""
    return timedelta(0) if settings.bounded else settings.idle_timeout


def table_environment(job: JobDefinition, settings: JobSettings) -> TableEnvironment:
    """A streaming environment with the options that the SQL of all jobs relies on."""
    t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    for key, value in {
        "pipeline.name": job.name,
        "table.local-time-zone": "UTC",
        "table.exec.source.idle-timeout": f"{milliseconds(idle_timeout(settings))} ms",
    }.items():
        t_env.get_config().set(key, value)
    return t_env


def parameters(job: JobDefinition, settings: JobSettings) -> Mapping[str, Literal]:
    """Every `${NAME}` of the job's SQL files."""
    endpoints = settings.endpoints
    (result_topic,) = job.result_topics
    topics = load_topics()
    return {
        "JOB": job.name,
        "RUN_ID": settings.run_id,
        "TOPIC": job.topic,
        "DLQ_TOPIC": f"{job.topic}.dlq",
        "RESULT_TOPIC": result_topic,
        "RESULT_SUBJECT": topics[result_topic].subject,
        "RESULT_SCHEMA": topics[result_topic].schema_text(),
        "SCHEMA": topics[job.topic].schema_text(),
        "GROUP_ID": f"tokpulse-{job.name}",
        "KAFKA_BOOTSTRAP_SERVERS": endpoints.kafka_bootstrap_servers,
        "SCHEMA_REGISTRY_URL": endpoints.schema_registry_url,
        "STARTUP_MODE": "earliest-offset",
        "BOUNDED_MODE": "latest-offset" if settings.bounded else "unbounded",
        "WATERMARK_DELAY": settings.watermark_delay,
        # In a bounded run the end of the input is the only step: the last watermark would fire all the others at once.
        "TALLY_STEP": TALLY_SIZE if settings.bounded else WINDOW,
        "TALLY_SIZE": TALLY_SIZE,
        "WINDOW_MS": milliseconds(WINDOW),
        "MAX_AHEAD": f"{milliseconds(settings.max_ahead)} ms",
        "MAX_AHEAD_MS": milliseconds(settings.max_ahead),
        "RESUMED": settings.resumed,
        "PARTIAL_RESULTS": settings.partial_results,
        "IDLE_MS": milliseconds(idle_timeout(settings)),
        "STOP_AFTER_CONSECUTIVE": str(settings.stop_after_consecutive),
        "STOP_RATIO": str(settings.stop_ratio),
    }


def build(t_env: TableEnvironment, job: JobDefinition, settings: JobSettings) -> StatementSet:
    """Registers the job's functions, sources, views and sinks in `t_env`, and gives one StatementSet with all its inserts.

    Raises SqlFileError for a SQL file that is missing, malformed, or at odds with the parameters.
    """
    files = [load(path) for path in (*job.statements, *job.inserts)]
    rendered = render_all(files, parameters(job, settings))
    for statement in rendered[: len(job.statements)]:
        t_env.execute_sql(statement)
    statement_set = t_env.create_statement_set()
    for statement in rendered[len(job.statements) :]:
        statement_set.add_insert_sql(statement)
    for sink in job.clickhouse:
        add_sink(sink, statement_set, t_env)
    return statement_set
