"""Whether the schemas of this version may still be written: the registry's compatibility rule against what others registered."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.kafka.registry import IncompatibleSchemaError, InvalidSchemaError, SchemaRegistry
from connectors.kafka.topics import Topics


def violations(registry: SchemaRegistry, topics: Topics) -> Mapping[str, str]:
    """Subject -> why this version's schema may not follow the subject's latest one, "" where it may, or is the first.

    Raises RegistryError when the registry cannot say.
    """
    reasons = {}
    for topic in topics.with_schema:
        try:
            registry.check_compatibility(topic.subject, topic.schema_text())
            reasons[topic.subject] = ""
        except (IncompatibleSchemaError, InvalidSchemaError) as error:
            reasons[topic.subject] = error.message
    return reasons
