"""Checks on the registry: is each topic's schema there, and may the project's own follow it?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.doctor_exam import REQUEST_S, Examination
from cli.doctor_findings import Cause, Finding, Level, ok
from connectors.kafka.registry import IncompatibleSchemaError, SchemaNotFoundError, SchemaRegistry
from connectors.kafka.topics import load_topics

MISSING = Cause(
    *("schema_missing", Level.FAIL, "schemas", "the schema of a topic is not in the registry"),
    says="{subject} is not registered",
    fix="`tokpulse up` or `tokpulse init` registers it",
)
INCOMPATIBLE = Cause(
    *("schema_incompatible", Level.FAIL, "schemas", "the registered schema and that of this version do not fit"),
    says="{reason}",
    fix="{hint}",
)
LEVEL = Cause(
    *("schema_rule", Level.WARN, "schemas", "the registry does not check that new schemas are BACKWARD compatible"),
    says="{subject} version {version} is checked with compatibility {rule}, not BACKWARD",
    fix="`tokpulse up` sets it",
)


@contextmanager
def opened(examination: Examination) -> Iterator[SchemaRegistry]:
    """The registry."""
    with SchemaRegistry(examination.endpoints.schema_registry_url, timeout=REQUEST_S) as registry:
        yield registry


def schemas(registry: SchemaRegistry) -> Iterator[Finding]:
    """Each topic's schema."""
    good = 0
    for topic in load_topics().with_schema:
        try:
            latest = registry.latest(topic.subject)
            registry.check_compatibility(topic.subject, topic.schema_text())
            level = registry.compatibility(topic.subject)
        except SchemaNotFoundError:
            yield MISSING.found(topic.subject)
        except IncompatibleSchemaError as error:
            yield INCOMPATIBLE.found(topic.subject, reason=error.message, hint=error.hint)
        else:
            good += 1
            if not level.startswith("BACKWARD"):
                yield LEVEL.found(topic.subject, version=latest.version, rule=level)
    if good:
        yield ok("schemas", f"{good} registered and compatible")
