"""Checks, before anything is submitted, that the services answer and that the topics exist: one clear error each."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
from confluent_kafka import KafkaException

from connectors.clickhouse.client import connect
from connectors.endpoints import Endpoints, mask_password
from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.kafka.registry import SchemaRegistry

TIMEOUT_SECONDS = 10.0
# librdkafka tries a refusing broker again for as long as it may, so this is also how long a dead one takes to report.
BROKER_TIMEOUT_SECONDS = 5.0


class PreflightError(TokpulseError):
    """A service does not answer, or a topic is missing; the message names it."""


def check_services(endpoints: Endpoints, topics: Iterable[str]) -> None:
    """Raises PreflightError, RegistryError or ClickHouseUnavailableError for the first thing that a job would fail on."""
    check_topics(endpoints.kafka_bootstrap_servers, topics)
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        registry.subjects()
    connect(endpoints.clickhouse_url).close()
    check_http("Flink JobManager", f"{endpoints.flink_rest_url}/overview")


def check_topics(servers: str, topics: Iterable[str]) -> None:
    """Raises PreflightError when no broker answers at `servers`, or one of `topics` does not exist."""
    for topic in missing_topics(servers, topics)[:1]:
        raise PreflightError(f"topic {topic} does not exist at {servers}", "`tokpulse up` creates the project's topics")


def missing_topics(servers: str, topics: Iterable[str]) -> list[str]:
    """Those of `topics` that do not exist. Raises PreflightError when no broker answers at `servers`."""
    admin = clients.admin(servers)
    try:
        known = admin.list_topics(timeout=BROKER_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise PreflightError(
            f"no Kafka broker answers at {servers}: {clients.why(admin, error)}",
            "`tokpulse status` shows the local one; else check KAFKA_BOOTSTRAP_SERVERS",
        ) from None
    return [topic for topic in topics if topic not in known]


def check_http(service: str, url: str) -> None:
    """Raises PreflightError unless `url` answers 200."""
    shown = mask_password(url)
    try:
        response = httpx.get(url, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        raise PreflightError(
            f"no {service} answers at {shown} ({type(error).__name__})", "`tokpulse status` shows the local one"
        ) from None
    if response.status_code != 200:
        raise PreflightError(f"{service} at {shown} answers {response.status_code}", "check the address in `.stack/env`")
