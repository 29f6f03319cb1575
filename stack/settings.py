"""Where the local stack keeps its state and on which ports it listens: defaults < file < environment < flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from connectors.endpoints import data_dir
from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.paths import REPOSITORY
from stack.ports import pick_free_ports

HOST = "127.0.0.1"
PORTS_FILE = "ports.yaml"
# Service port -> default. 0 = pick a free one and remember it; nobody needs to know Flink's RPC port in advance.
DEFAULT_PORTS: Mapping[str, int] = {
    "kafka": 9092,
    "kafka_controller": 9093,
    "registry": 8085,
    "clickhouse": 8123,
    "flink": 8081,
    "flink_rpc": 0,
}


class SettingsError(TokpulseError):
    """A setting of the stack has a value that it cannot have; the message names the variable or the file and key."""


def port_variable(name: str) -> str:
    """The environment variable that sets port `name`."""
    return f"TOKPULSE_{name.upper()}_PORT"


@dataclass(frozen=True)
class StackSettings:
    """The stack's folders and ports. A port of 0 is not chosen yet: see `with_free_ports`."""

    data: Path
    build: Path
    ports: Mapping[str, int]
    # Ports that may move because the user asked for "any free one".
    auto: frozenset[str] = frozenset()

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str] | None = None,
        data: Path | None = None,
        ports: Mapping[str, int] | None = None,
    ) -> StackSettings:
        """Resolves each port: `ports` (flags), else TOKPULSE_<NAME>_PORT, else `<data>/ports.yaml`, else the default.

        0 asks for a free port; the one remembered in the file, if any, is used again. Raises SettingsError.
        """
        environ = os.environ if environ is None else environ
        data = (data or data_dir(environ)).expanduser().resolve()
        build = Path(environ.get("TOKPULSE_BUILD") or REPOSITORY / ".build").expanduser().resolve()
        remembered = _read_ports(data / PORTS_FILE)
        resolved: dict[str, int] = {}
        auto: set[str] = set()
        for name, default in DEFAULT_PORTS.items():
            asked = _asked_port(name, environ, ports or {})
            if asked == 0 or (asked is None and default == 0):
                auto.add(name)
            resolved[name] = asked or remembered.get(name, 0 if asked == 0 else default)
        _refuse_shared_ports(resolved)
        return cls(data, build, resolved, frozenset(auto))

    def with_free_ports(self, taken: frozenset[str] = frozenset()) -> StackSettings:
        """These settings with every port chosen; those named in `taken` are chosen anew."""
        missing = [name for name, port in self.ports.items() if port == 0 or name in taken]
        keep = {port for name, port in self.ports.items() if name not in missing}
        chosen = dict(zip(missing, pick_free_ports(HOST, len(missing), avoid=keep), strict=True))
        return replace(self, ports={**self.ports, **chosen})

    def remember_ports(self) -> None:
        """Writes the ports to `<data>/ports.yaml`, so that every later command finds the same stack."""
        text = "# Ports of this stack. TOKPULSE_<NAME>_PORT goes before a line of this file.\n"
        replace_file(self.data / PORTS_FILE, text + yaml.safe_dump(dict(self.ports), sort_keys=False))

    @property
    def run(self) -> Path:
        """Pid files, the lock and the supervisor's state."""
        return self.data / "run"

    @property
    def ready_file(self) -> Path:
        """There once `up` has set everything up: only then are jobs started again."""
        return self.run / "ready"

    @property
    def logs(self) -> Path:
        """One file per service, kept over restarts."""
        return self.data / "logs"

    @property
    def kafka_bootstrap_servers(self) -> str:
        """`host:port` of the broker."""
        return f"{HOST}:{self.ports['kafka']}"

    @property
    def registry_root(self) -> str:
        """The registry without a path: its health checks are there."""
        return f"http://{HOST}:{self.ports['registry']}"

    @property
    def schema_registry_url(self) -> str:
        """The registry's Confluent API."""
        return f"{self.registry_root}/apis/ccompat/v7"

    @property
    def clickhouse_http(self) -> str:
        """The ClickHouse front without credentials."""
        return f"http://{HOST}:{self.ports['clickhouse']}"

    @property
    def flink_rest_url(self) -> str:
        """The JobManager's REST API and page."""
        return f"http://{HOST}:{self.ports['flink']}"

    @property
    def flink_home(self) -> Path:
        """Folder whose `bin/flink` submits jobs; assembled at each start."""
        return self.data / "flink" / "home"

    @property
    def flink_checkpoints(self) -> Path:
        """Folder of the checkpoints, one folder for each job."""
        return self.data / "flink" / "checkpoints"

    @property
    def flink_conf_dir(self) -> Path:
        """Folder of the `config.yaml` of client and cluster; written at each start."""
        return self.data / "flink" / "conf"


def _asked_port(name: str, environ: Mapping[str, str], flags: Mapping[str, int]) -> int | None:
    if name in flags:
        return _checked_port(f"--{name.replace('_', '-')}-port", str(flags[name]))
    variable = port_variable(name)
    value = environ.get(variable, "")
    return _checked_port(variable, value) if value else None


def _checked_port(where: str, value: str) -> int:
    port = int(value) if value.isascii() and value.isdigit() else -1
    if not 0 <= port <= 65_535:
        raise SettingsError(f"{where}: {value!r} is not a port", "use 1 to 65535, or 0 for any free port")
    return port


def _read_ports(path: Path) -> dict[str, int]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"cannot read {path}: {' '.join(str(error).split())}", "fix or remove the file") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path}: not a mapping of names to ports", "fix or remove the file")
    unknown = [str(key) for key in raw if key not in DEFAULT_PORTS]
    if unknown:
        raise SettingsError(f"{path}: unknown key {unknown[0]!r}", "known: " + ", ".join(DEFAULT_PORTS))
    return {str(key): _checked_port(f"{path}: {key}", str(value)) for key, value in raw.items()}


def _refuse_shared_ports(ports: Mapping[str, int]) -> None:
    owner: dict[int, str] = {}
    for name, port in ports.items():
        if port and port in owner:
            raise SettingsError(f"{port_variable(owner[port])} and {port_variable(name)} are both {port}", "give each its own port")
        owner[port] = name
