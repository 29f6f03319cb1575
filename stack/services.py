"""The services of the stack, in the order in which they are shown."""

from __future__ import annotations

import shlex

from connectors.files import replace_file
from stack import clickhouse_server, flink, kafka, quality_tests, registry
from stack.service import Service
from stack.settings import StackSettings


def endpoint_values(settings: StackSettings) -> dict[str, str]:
    """The variables of the env file: what every other part of the project needs to find this stack."""
    passwords = clickhouse_server.credentials(settings)
    return {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "SCHEMA_REGISTRY_URL": settings.schema_registry_url,
        "CLICKHOUSE_URL": clickhouse_server.dsn(settings, clickhouse_server.WRITER, passwords.writer),
        "CLICKHOUSE_READER_URL": clickhouse_server.dsn(
            settings, clickhouse_server.READER, passwords.reader, clickhouse_server.SHARED_DATABASE
        ),
        "CLICKHOUSE_ADMIN_URL": clickhouse_server.dsn(settings, clickhouse_server.ADMIN, passwords.admin),
        "FLINK_REST_URL": settings.flink_rest_url,
        "FLINK_HOME": str(settings.flink_home),
        "FLINK_CONF_DIR": str(settings.flink_conf_dir),
    }


def write_env_file(settings: StackSettings) -> None:
    """Replaces `<data>/env` in one step; only its owner may read it, for it holds passwords."""
    # Quoted where a shell needs it, so that `. .stack/env` works from any folder.
    lines = [f"{key}={shlex.quote(value)}\n" for key, value in endpoint_values(settings).items()]
    replace_file(settings.data / "env", "".join(lines), 0o600)


def all_services(settings: StackSettings) -> tuple[Service, ...]:
    """Every service with its command, log, probe and environment. Raises TokpulseError when one is not installed."""
    # Jobs write; what an admin may do is none of theirs.
    endpoints = {name: value for name, value in endpoint_values(settings).items() if name != "CLICKHOUSE_ADMIN_URL"}
    return (
        kafka.service(settings),
        registry.service(settings),
        clickhouse_server.service(settings),
        flink.jobmanager(settings, endpoints),
        flink.taskmanager(settings, endpoints),
        quality_tests.service(settings, endpoints),
    )


def prepare(settings: StackSettings) -> None:
    """Writes every service's files. Idempotent; nothing runs yet."""
    for folder in (settings.data, settings.run, settings.logs):
        folder.mkdir(parents=True, exist_ok=True)
    kafka.prepare(settings)
    registry.prepare(settings)
    clickhouse_server.prepare(settings)
    flink.prepare(settings)
