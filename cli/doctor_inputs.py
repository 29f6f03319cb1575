"""Checks on the way in: tools, services of the local stack, topics and their records, schemas."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor_findings import Finding, fail, ok, warn
from connectors.endpoints import Endpoints
from connectors.kafka.log import held, partition_offsets
from connectors.kafka.registry import IncompatibleSchemaError, SchemaNotFoundError, SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.preflight import check_topics
from stack import toolchain
from stack.settings import StackSettings
from stack.status import ServiceStatus, stack_status

POSTS = "tiktok.posts.events"


def tools() -> Iterator[Finding]:
    """Python, JDK, Maven, make."""
    problems = toolchain.problems()
    for problem in problems:
        what, _, todo = problem.partition(": ")
        yield fail("tools", what, todo)
    if not problems:
        yield ok("tools", "Python, JDK, Maven and make are installed")


def services(settings: StackSettings, endpoints: Endpoints) -> Iterator[Finding]:
    """The local stack, unless the environment names services elsewhere."""
    if endpoints.values.get("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers) != settings.kafka_bootstrap_servers:
        yield ok("stack", "not checked: the environment names other services")
        return
    yield from service_findings(stack_status(settings), str(settings.logs))


def service_findings(statuses: list[ServiceStatus], logs: str) -> Iterator[Finding]:
    """One line when all services are healthy or all are stopped, else one per service that is not."""
    sick = [status for status in statuses if status.state != "healthy"]
    if not sick:
        restarts = sum(status.restarts for status in statuses)
        text = f"{len(statuses) - 1} services are healthy"
        if restarts:
            yield warn("stack", f"{text}, after {restarts} restart(s)", f"see {logs}/supervisor.log")
        else:
            yield ok("stack", text)
    elif len(sick) == len(statuses):
        yield fail("stack", "is not running", "`tokpulse up`")
    else:
        for status in sick:
            yield fail(
                "stack", f"{status.name} is {status.state} {status.reason}".strip(), f"see {logs}, then `tokpulse down` and `up`"
            )


def topics(endpoints: Endpoints) -> Iterator[Finding]:
    """Whether every topic exists, and whether the posts topic holds anything."""
    servers = endpoints.kafka_bootstrap_servers
    names = [topic.name for topic in load_topics()]
    check_topics(servers, names)
    yield ok("topics", f"all {len(names)} exist")
    yield from record_findings(POSTS, partition_offsets(servers, POSTS))


def record_findings(topic: str, offsets: dict[int, tuple[int, int]]) -> Iterator[Finding]:
    """What the offsets of a topic say about its producers."""
    records = held(offsets)
    empty = [partition for partition, (start, end) in offsets.items() if start == end]
    if not records:
        yield fail("records", f"{topic} holds no records", "`tokpulse simulate`, `tokpulse import`, or start your producer")
    elif empty:
        todo = "hours close later, by the idle timeout (30 s); check that the producer uses keys and the partitioner murmur2_random"
        yield warn("records", f"{topic} holds {records:,}, but {len(empty)} of {len(offsets)} partitions are empty", todo)
    else:
        yield ok("records", f"{topic} holds {records:,} in {len(offsets)} partitions")


def schemas(endpoints: Endpoints) -> Iterator[Finding]:
    """Whether each topic's schema is registered, and the project's own may follow it."""
    good = 0
    with SchemaRegistry(endpoints.schema_registry_url) as registry:
        for topic in load_topics().with_schema:
            try:
                latest = registry.latest(topic.subject)
                registry.check_compatibility(topic.subject, topic.schema_text())
                level = registry.compatibility(topic.subject)
            except SchemaNotFoundError:
                yield fail("schemas", f"{topic.subject} is not registered", "`tokpulse up` registers it")
            except IncompatibleSchemaError as error:
                yield fail("schemas", error.message, error.hint)
            else:
                good += 1
                if not level.startswith("BACKWARD"):
                    text = f"{topic.subject} version {latest.version} is checked with compatibility {level}, not BACKWARD"
                    yield warn("schemas", text, "`tokpulse up` sets it")
    if good:
        yield ok("schemas", f"{good} registered and compatible")
