"""A stack for one measurement: its own data directory and ports, gone at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from connectors.endpoints import VARIABLES, Endpoints
from connectors.errors import TokpulseError
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from stack import process
from stack.lifecycle import down, up
from stack.report import Report
from stack.settings import DEFAULT_PORTS, StackSettings, port_variable

PARALLELISM = 2


class ServiceAwayError(TokpulseError):
    """A service of the stack has ended while it was needed."""


@dataclass(frozen=True)
class OwnStack:
    """A running stack. `environment` makes the product's commands use it and no other."""

    endpoints: Endpoints
    environment: dict[str, str]
    settings: StackSettings

    def process(self, service: str) -> psutil.Process:
        """The process of a service, e.g. `clickhouse`. Raises ServiceAwayError when it does not run."""
        running = process.running(self.settings.run / f"{service}.pid")
        if running is None:
            raise ServiceAwayError(f"{service} of the bench's stack does not run")
        return psutil.Process(running.pid)

    @contextmanager
    def producer(self) -> Iterator[AvroProducer]:
        """The product's producer with its default settings, flushed at the end."""
        settings = ProducerSettings(self.endpoints.kafka_bootstrap_servers)
        with SchemaRegistry(self.endpoints.schema_registry_url) as registry, AvroProducer(settings, registry) as producer:
            yield producer


def own_environment(environ: dict[str, str], data: Path) -> dict[str, str]:
    """`environ` without any other stack or job setting of the caller's, for a stack in `data` on free ports."""
    unset = {*VARIABLES, *(name for name in environ if name.startswith("TOKPULSE_") and name != "TOKPULSE_BUILD")}
    kept = {name: value for name, value in environ.items() if name not in unset}
    return {**kept, "TOKPULSE_DATA": str(data), **{port_variable(name): "0" for name in DEFAULT_PORTS}}


@contextmanager
def own_stack() -> Iterator[OwnStack]:
    """Starts a stack in a temporary directory; stops it and removes the directory whatever happens inside."""
    with tempfile.TemporaryDirectory(prefix="tokpulse-bench-") as folder:
        environment = own_environment(dict(os.environ), Path(folder))
        settings = StackSettings.load(environment)
        try:
            with Report() as report:
                up(settings, report)
            endpoints = Endpoints.from_env(environment)
            yield OwnStack(endpoints, {**environment, **endpoints.values}, settings)
        finally:
            down(settings)
