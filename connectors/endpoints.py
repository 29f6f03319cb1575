"""Where Kafka, the schema registry, ClickHouse and Flink are: from the environment, else from `<data dir>/env`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.paths import DEFAULT_DATA_DIR

ENV_FILE = "env"

VARIABLES = (
    "KAFKA_BOOTSTRAP_SERVERS",
    "SCHEMA_REGISTRY_URL",
    "CLICKHOUSE_URL",
    "CLICKHOUSE_READER_URL",
    "CLICKHOUSE_ADMIN_URL",
    "FLINK_REST_URL",
    "FLINK_HOME",
    "FLINK_CONF_DIR",
)
# Whoever has no use for them need not have them.
OPTIONAL = ("CLICKHOUSE_READER_URL", "CLICKHOUSE_ADMIN_URL")

_LOOPBACK = re.compile(r"(?i)(?<![\w.-])(localhost|\[::1\])(?=[:/,]|$)")
# Everything between `://user:` and the last `@` of the authority; a password may itself hold an `@`.
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^/\s]*(?=@)")


class MissingEndpointError(TokpulseError):
    """A variable that names a service is neither in the environment nor in the data directory's env file."""

    def __init__(self, variable: str, env_file: Path) -> None:
        super().__init__(
            f"{variable} is not set, and {env_file} does not give it",
            f"start the local stack with `tokpulse up`, or set {variable} to an existing service",
        )
        self.variable = variable


class EnvFileError(TokpulseError):
    """A line of an env file is not `KEY=value`."""


def mask_password(url: str) -> str:
    """`url` with the password of its `user:password@` part replaced, fit for logs and error messages."""
    return _PASSWORD.sub(r"\1***", url)


def same_address(one: str, other: str) -> bool:
    """Whether two addresses lead to the same place, whatever they call the loopback host."""
    return _plain(one) == _plain(other)


def _plain(address: str) -> str:
    return _LOOPBACK.sub("127.0.0.1", address).rstrip("/")


def data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The directory that holds the local stack's state: TOKPULSE_DATA, or `.stack` of the project."""
    value = (os.environ if environ is None else environ).get("TOKPULSE_DATA", "")
    return Path(value).expanduser().resolve() if value else DEFAULT_DATA_DIR


def read_env_file(path: Path) -> dict[str, str]:
    """The `KEY=value` lines of `path` (empty lines and `#` comments skipped); an absent file is an empty one."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EnvFileError(f"cannot read {path}: {error.strerror}", "check its owner and mode") from error
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip().isidentifier():
            # The line may hold a password: name its place, not its text.
            raise EnvFileError(f"{path}:{number}: not a KEY=value line", "fix the line, or run `tokpulse up` again")
        values[key.strip()] = value.strip().strip("'\"")
    return values


@dataclass(frozen=True)
class Endpoints:
    """Addresses of the services. Reading one that is not configured raises MissingEndpointError naming its variable."""

    values: Mapping[str, str] = field(repr=False)
    env_file: Path

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, data: Path | None = None) -> Endpoints:
        """Each variable from `environ` (default: the process environment), else from the env file of `data`.

        `data` defaults to `data_dir(environ)`. Nothing is required here: a poller needs Kafka only, a UDF ClickHouse only.
        Use `require` to fail before any work is done.
        """
        environ = os.environ if environ is None else environ
        env_file = (data or data_dir(environ)) / ENV_FILE
        in_file = read_env_file(env_file)
        values = {name: environ.get(name) or in_file.get(name, "") for name in VARIABLES}
        return cls({name: value for name, value in values.items() if value}, env_file)

    def require(self, *variables: str) -> Endpoints:
        """Self, when each of `variables` (all but the reader's and the admin's URL by default) is configured."""
        for variable in variables or [name for name in VARIABLES if name not in OPTIONAL]:
            self._get(variable)
        return self

    def _get(self, variable: str) -> str:
        value = self.values.get(variable)
        if not value:
            raise MissingEndpointError(variable, self.env_file)
        return value

    @property
    def kafka_bootstrap_servers(self) -> str:
        """`host:port[,host:port...]`"""
        return self._get("KAFKA_BOOTSTRAP_SERVERS")

    @property
    def schema_registry_url(self) -> str:
        """Base URL of the Confluent API, without a trailing slash."""
        return self._get("SCHEMA_REGISTRY_URL").rstrip("/")

    @property
    def clickhouse_url(self) -> str:
        """clickhouse-connect DSN of the writer, password included: never log it; see `mask_password`."""
        return self._get("CLICKHOUSE_URL")

    @property
    def clickhouse_reader_url(self) -> str:
        """clickhouse-connect DSN of the read-only dashboard user, password included."""
        return self._get("CLICKHOUSE_READER_URL")

    @property
    def clickhouse_admin_url(self) -> str:
        """clickhouse-connect DSN for migrations and `tokpulse forget`, password included; the writer's where there is no admin."""
        return self.values.get("CLICKHOUSE_ADMIN_URL") or self.clickhouse_url

    @property
    def flink_rest_url(self) -> str:
        """Base URL of the JobManager's REST API, without a trailing slash."""
        return self._get("FLINK_REST_URL").rstrip("/")

    @property
    def flink_home(self) -> Path:
        """The directory whose `bin/flink` submits jobs."""
        return Path(self._get("FLINK_HOME"))

    @property
    def flink_conf_dir(self) -> Path:
        """The directory that holds the client's and the cluster's `config.yaml`."""
        return Path(self._get("FLINK_CONF_DIR"))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={mask_password(value)!r}" for name, value in self.values.items())
        return f"Endpoints({shown})"
