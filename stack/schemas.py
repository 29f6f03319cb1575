"""Registers the Avro schema of every topic, compatibility checked first."""

from __future__ import annotations

from connectors.kafka.registry import SchemaNotFoundError, SchemaRegistry
from connectors.kafka.topics import Topics

COMPATIBILITY = "BACKWARD"


def apply_schemas(registry: SchemaRegistry, topics: Topics) -> list[str]:
    """Registers each topic's schema under `<topic>-value` with rule BACKWARD; one line per new version, [] when all is well.

    Raises IncompatibleSchemaError before anything of that subject is changed.
    """
    changes = []
    for topic in topics.with_schema:
        subject, schema = topic.subject, topic.schema_text()
        before = _latest_version(registry, subject)
        if before:
            registry.check_compatibility(subject, schema)
        schema_id = registry.register(subject, schema)
        if registry.compatibility(subject) != COMPATIBILITY:
            registry.set_compatibility(subject, COMPATIBILITY)
        version = registry.latest(subject).version
        if version != before:
            changes.append(f"registered {subject} version {version}, id {schema_id}")
    return changes


def _latest_version(registry: SchemaRegistry, subject: str) -> int:
    try:
        return registry.latest(subject).version
    except SchemaNotFoundError:
        return 0
