"""Builds a job's StatementSet from its declaration. Opens no connection and executes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pyflink.table import EnvironmentSettings, StatementSet, TableEnvironment

from connectors.clickhouse.sink import add_sink
from connectors.durations import milliseconds
from connectors.kafka.clients import for_flink, security
from connectors.kafka.registry_access import without_credentials
from connectors.kafka.topics import Topic, load_topics
from connectors.paths import SQL_DIR
from jobs.definition import JobDefinition
from jobs.graph import identifier
from jobs.options import LIVE_RUN
from jobs.render import Literal, render
from jobs.settings import JobSettings
from udfs.sentiment.settings import LEXICON, SentimentSettings

TALLY_STEP = timedelta(hours=1)
WATERMARK_DELAY = timedelta(minutes=2)
# How far behind the watermark a comment may come and still find the snapshot of its time.
SNAPSHOT_HISTORY = timedelta(hours=24)
# What Java functions are told: they know neither files nor the command line.
JOB_PARAMETERS = "pipeline.global-job-parameters"
THRESHOLDS_QUERY = SQL_DIR / "clickhouse" / "queries" / "threshold_versions.sql"
# Nobody waits for single rows of a bounded run: Python is called for more at a time.
BACKFILL_BATCHES = {
    "python.fn-execution.bundle.time": "1000",
    "python.fn-execution.bundle.size": "20000",
    "python.fn-execution.arrow.batch.size": "20000",
}
# A classifier may take 20 ms a text, and no checkpoint barrier passes a batch: 500 are 10 s.
SLOW_MODEL_BATCHES = {
    "python.fn-execution.bundle.size": "500",
    "python.fn-execution.arrow.batch.size": "500",
}
# Long enough that hardly a row is late for it: its windows begin every 99 days from the epoch on, and what comes late across such a
# boundary is in its mart, but not in the ledger's `read`. A day interval of Flink SQL has two digits.
TALLY_SIZE = timedelta(days=99)


def idle_timeout(settings: JobSettings) -> timedelta:
    """Zero, which is off, in a bounded run: it has an end, and until then waits for every partition."""
    return timedelta(0) if settings.bounded else settings.idle_timeout


def watermark_delay(settings: JobSettings) -> timedelta:
    """How far event time may be out of order: what the user says, else 2 min, and the late bound in a bounded run.

    Nobody waits for a bounded run to close an hour, and so no verdict of it is taken back: its alerts are those of all its records.
    """
    if settings.watermark_delay is not None:
        return settings.watermark_delay
    return settings.late_bound if settings.bounded else WATERMARK_DELAY


def table_environment(job: JobDefinition, settings: JobSettings) -> TableEnvironment:
    """A streaming environment with the options that the SQL of all jobs relies on."""
    t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    options = {
        "pipeline.name": job.name,
        "table.local-time-zone": "UTC",
        f"{JOB_PARAMETERS}.tokpulse.late-bound.ms": str(milliseconds(settings.late_bound)),
        f"{JOB_PARAMETERS}.tokpulse.run.id": settings.run_id,
        # The sources' own `idle.timeout` takes its place: Flink's calls a partition idle while its records wait.
        "table.exec.source.idle-timeout": "0 ms",
        "table.optimizer.reuse-optimize-block-with-digest-enabled": str(job.scores).lower(),
    }
    if not settings.bounded:
        options[f"{JOB_PARAMETERS}.{LIVE_RUN}"] = settings.run_id
    if job.uses_thresholds:
        options[f"{JOB_PARAMETERS}.tokpulse.thresholds.query"] = THRESHOLDS_QUERY.read_text(encoding="utf-8")
    if settings.bounded:
        options |= BACKFILL_BATCHES
    if job.scores and SentimentSettings.from_env().model != LEXICON:
        options |= SLOW_MODEL_BATCHES
    for key, value in options.items():
        t_env.get_config().set(key, value)
    return t_env


def parameters(job: JobDefinition, settings: JobSettings) -> Mapping[str, Literal]:
    """Every `${NAME}` that SQL files of a job may name."""
    endpoints = settings.endpoints
    values: dict[str, Literal] = {
        "JOB": job.name,
        "RUN_ID": settings.run_id,
        "GROUP_ID": f"tokpulse-{job.name}",
        "KAFKA_BOOTSTRAP_SERVERS": endpoints.kafka_bootstrap_servers,
        "KAFKA_SECURITY": {f"properties.{name}": value for name, value in for_flink(security()).items()},
        # Each process reads user and password from its own environment (`RegistryAccess` in connectors/flink/java).
        "SCHEMA_REGISTRY_URL": without_credentials(endpoints.schema_registry_url),
        "STARTUP_MODE": "earliest-offset",
        "BOUNDED_MODE": "latest-offset" if settings.bounded else "unbounded",
        "WATERMARK_DELAY": watermark_delay(settings),
        # In a bounded run the end of the input is the only step: the last watermark would fire all the others at once.
        "TALLY_STEP": TALLY_SIZE if settings.bounded else TALLY_STEP,
        "TALLY_SIZE": TALLY_SIZE,
        "SNAPSHOT_HISTORY_MS": milliseconds(SNAPSHOT_HISTORY),
        "MAX_AHEAD": f"{milliseconds(settings.max_ahead)} ms",
        "PARTIAL_RESULTS": settings.partial_results,
        # What a backfill reads has nothing to do with what came later.
        "TO_THE_END": settings.backfill is None,
        "FROM_MS": settings.backfill.begin_ms if settings.backfill else 0,
        "UNTIL_MS": settings.backfill.end_ms if settings.backfill else 0,
        "IDLE_TIMEOUT": f"{milliseconds(idle_timeout(settings))} ms",
        "STOP_AFTER_CONSECUTIVE": str(settings.stop_after_consecutive),
        "STOP_RATIO": str(settings.stop_ratio),
    }
    for topic in load_topics():
        if topic.schema_file is not None:
            values |= topic_parameters(job, topic)
    return values


def topic_parameters(job: JobDefinition, topic: Topic) -> dict[str, Literal]:
    """What SQL files may name of one topic: `POSTS_EVENTS_TOPIC` and so on for tiktok.posts.events."""
    name = identifier(topic.name)
    known: dict[str, Literal] = {
        "TOPIC": topic.name,
        "SUBJECT": topic.subject,
        "SCHEMA": topic.schema_text(),
        # Kafka shows it among its metrics and fences by it: one per job and topic.
        "CLIENT": f"tokpulse-{job.name}-{name}",
    }
    if topic.dlq is not None:
        known["DLQ_TOPIC"] = topic.dlq
    if topic.records is not None:
        known["COUNTED"] = job.counts(topic.records)
    return {f"{name.upper()}_{key}": value for key, value in known.items()}


def build(t_env: TableEnvironment, job: JobDefinition, settings: JobSettings) -> StatementSet:
    """Registers the job's functions, sources, views and sinks in `t_env`, and gives one StatementSet with all its inserts.

    Raises SqlFileError for a SQL file that is missing, malformed, or at odds with the parameters.
    """
    values = parameters(job, settings)
    inserts = [render(file, values) for file in job.inserts]
    for statement in [render(file, values) for file in job.statements]:
        t_env.execute_sql(statement)
    statement_set = t_env.create_statement_set()
    for statement in inserts:
        statement_set.add_insert_sql(statement)
    for sink in job.clickhouse:
        add_sink(sink, statement_set, t_env)
    return statement_set
