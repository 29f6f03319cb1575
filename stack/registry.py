"""The schema registry (Apicurio, Confluent API), kept on disk."""

from __future__ import annotations

from pathlib import Path

from connectors.errors import TokpulseError
from stack.service import JVM_FLAGS, Service, base_environment, http_probe, java
from stack.settings import HOST, StackSettings


class RegistryNotInstalledError(TokpulseError):
    """The registry's application is not in the build folder."""


def service(settings: StackSettings) -> Service:
    """The registry as a process of the stack. Raises RegistryNotInstalledError."""
    folder = settings.data / "registry"
    return Service(
        name="registry",
        argv=(
            java(),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            *JVM_FLAGS,
            f"-Dquarkus.http.host={HOST}",
            f"-Dquarkus.http.port={settings.ports['registry']}",
            "-Dquarkus.log.console.color=false",
            # The application's own H2 engine, told to use a file. Records in Kafka carry the schema's id, so ids must outlive
            # the process, and WRITE_DELAY=0 makes an id durable before it is handed out: the default may lose half a second.
            f"-Dquarkus.datasource.jdbc.url=jdbc:h2:file:{folder / 'registry'};WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE",
            # Formatting does not make another schema: Flink registers its own spelling, from all subtasks at once.
            "-Dregistry.ccompat.use-canonical-hash=true",
            "-Dquarkus.datasource.jdbc.initial-size=2",
            "-Dquarkus.datasource.jdbc.min-size=2",
            "-jar",
            str(_runner(settings.build)),
        ),
        cwd=folder,
        log=settings.logs / "registry.log",
        pid_file=settings.run / "registry.pid",
        probe=lambda: http_probe(f"{settings.registry_root}/health/ready"),
        ports=("registry",),
        url=settings.schema_registry_url,
        env=base_environment({}),
    )


def prepare(settings: StackSettings) -> None:
    """Makes the folder of the registry's database."""
    (settings.data / "registry").mkdir(parents=True, exist_ok=True)


def _runner(build: Path) -> Path:
    runners = sorted((build / "registry").glob("**/*-runner.jar"))
    if not runners:
        raise RegistryNotInstalledError(f"no *-runner.jar below {build / 'registry'}", "run `make install`")
    return runners[0]
