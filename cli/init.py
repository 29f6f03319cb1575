"""`tokpulse init`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.progress import Waiting
from connectors.endpoints import Endpoints
from connectors.kafka import clients
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.terminal import say
from privacy.opted_in import publish
from privacy.opted_in_file import privacy_file
from stack.schemas import apply_schemas
from stack.tables import apply_tables
from stack.topics import apply_topics
from thresholds.publish import establish


def command(
    replication: Annotated[int, typer.Option(min=1, help="Replicas of each new topic (in a cluster: 3).")] = 1,
) -> None:
    """Create topics, schemas and tables on existing services.

    It creates topics, registers schemas, migrates ClickHouse, publishes the first thresholds and privacy.yaml, and starts nothing.
    The services are those of KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL (CLICKHOUSE_ADMIN_URL for the
    migrations, if it is set). It is safe to repeat: only what is missing is created. `tokpulse up` does the same for the local
    stack.
    """
    endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL")
    topics = load_topics()
    with Waiting("creating what is missing") as waiting:
        waiting.at("topics")
        changes = apply_topics(clients.admin(endpoints.kafka_bootstrap_servers), topics, replication)
        waiting.at("schemas")
        with SchemaRegistry(endpoints.schema_registry_url) as registry:
            changes += apply_schemas(registry, topics)
        waiting.at("tables")
        changes += apply_tables(endpoints.clickhouse_admin_url)
        waiting.at("thresholds and names")
        changes += establish(endpoints)
        changes += publish(endpoints.clickhouse_url, privacy_file())
    for change in changes or ["nothing to do: topics, schemas, tables and thresholds are as they should be"]:
        say(change)
