"""`tokpulse up`."""

from __future__ import annotations

from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.terminal import say
from privacy.opted_in import publish
from privacy.opted_in_file import load_opted_in, privacy_file
from stack.kept_jobs import KeptJobs
from stack.lifecycle import up
from stack.report import Report
from stack.settings import StackSettings


def command() -> None:
    """Start the local stack and create topics and tables.

    It starts Kafka, the schema registry, ClickHouse and Flink, waits until all are healthy, creates the topics, registers the
    schemas, migrates ClickHouse and publishes privacy.yaml. Jobs that ran when the stack stopped, or died, go on. Ports come from
    TOKPULSE_<NAME>_PORT (KAFKA, KAFKA_CONTROLLER, REGISTRY, CLICKHOUSE, FLINK); 0 takes a free port and remembers it.
    """
    _refuse_settings_of_others()
    # A mistake in the file is told before anything starts.
    load_opted_in(privacy_file())
    with Report() as report:
        result = up(StackSettings.load(), report)
        for change in result.changes:
            report.line(change)
        settings = result.settings
        for line in publish(Endpoints.from_env({}, settings.data).clickhouse_url, privacy_file()):
            report.line(line)
    say("the stack was already running" if result.already_running else "the stack is up")
    say(f"  Kafka            {settings.kafka_bootstrap_servers}")
    say(f"  schema registry  {settings.schema_registry_url}")
    say(f"  ClickHouse       {settings.clickhouse_http}")
    say(f"  Flink            {settings.flink_rest_url}")
    say(f"  variables        {settings.data / 'env'}")
    if not result.already_running:
        for name in KeptJobs(settings).names():
            say(f"job {name} starts again where it was: `tokpulse jobs` shows how far it is")


def _refuse_settings_of_others() -> None:
    if clients.security().get("security.protocol", "PLAINTEXT") != "PLAINTEXT":
        variable = f"{clients.PREFIX}SECURITY_PROTOCOL"
        raise TokpulseError(
            f"{variable} is set, but the local broker has no TLS and no users", f"unset {variable} for `tokpulse up`"
        )
