"""A Flink session cluster (one JobManager, one TaskManager) from the PyFlink package and the project's connector jars."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import httpx
import yaml

from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY
from stack import class_archive, process
from stack.flink_home import AGENT_JAR, assemble, library
from stack.flink_options import known_options
from stack.service import Service, base_environment, http_probe
from stack.settings import HOST, StackSettings

FLINK_CONF = REPOSITORY / "flink-conf.yaml"
_LOG_FILES = ("log4j-cli.properties", "log4j-console.properties", "log4j-session.properties", "log4j.properties")
# What is added to each of them, so that no log has a password.
_LOG_SECRETS = Path(__file__).with_name("log4j_secrets.properties")


class FlinkConfigError(TokpulseError):
    """`flink-conf.yaml` is not a flat mapping of known options to values; the message names the file and key."""


def machine_options(settings: StackSettings) -> dict[str, str | int]:
    """What `flink-conf.yaml` cannot know: loopback addresses, ports, folders and the Python interpreter of this machine."""
    folder = settings.data / "flink"
    python = sys.executable
    return {
        "jobmanager.rpc.address": HOST,
        "jobmanager.rpc.port": settings.ports["flink_rpc"],
        "jobmanager.bind-host": HOST,
        "taskmanager.host": HOST,
        "taskmanager.bind-host": HOST,
        # With one name for all its lives, the JobManager knows at once that the former TaskManager is gone.
        "taskmanager.resource-id": "taskmanager",
        "rest.address": HOST,
        "rest.bind-address": HOST,
        "rest.port": settings.ports["flink"],
        "rest.bind-port": settings.ports["flink"],
        "execution.checkpointing.dir": settings.flink_checkpoints.as_uri(),
        "execution.checkpointing.savepoint-dir": (folder / "savepoints").as_uri(),
        "io.tmp.dirs": str(folder / "tmp"),
        "env.log.dir": str(settings.logs),
        "env.pid.dir": str(settings.run / "flink"),
        "python.executable": python,
        "python.client.executable": python,
        # It plans nothing and moves no data: quick to start matters more than quick to run.
        "env.java.default-opts.jobmanager": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        # Keeps the ports of Python workers on loopback; Flink puts these before the options of flink-conf.yaml.
        "env.java.default-opts.taskmanager": f"-javaagent:{settings.flink_home / 'lib' / AGENT_JAR}",
    }


def render_config(project: Path, machine: Mapping[str, str | int]) -> str:
    """`config.yaml`: the flat keys of `project` with those of `machine` over them. Raises FlinkConfigError."""
    try:
        text = project.read_text(encoding="utf-8")
        options = yaml.safe_load(text)
    except OSError as error:
        raise FlinkConfigError(f"cannot read {project}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise FlinkConfigError(f"{project}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(options, dict):
        raise FlinkConfigError(f"{project}: not a mapping of options to values")
    for key, value in options.items():
        if not isinstance(value, str | int | float):
            raise FlinkConfigError(f"{project}: {key}: not a plain value", "write options flat, as `state.backend.type: hashmap`")
    _check_names(project, text, options)
    return yaml.safe_dump({**options, **machine}, sort_keys=True, width=100_000)


def _check_names(project: Path, text: str, options: Iterable[object]) -> None:
    known = known_options()
    for key in map(str, options):
        if not known.knows(key):
            # Keys may be quoted; in a file that is not written line by line, the first line stands for all.
            lines = enumerate(text.splitlines(), 1)
            number = next((number for number, line in lines if line.partition(":")[0].strip().strip("\"'") == key), 1)
            nearest = known.nearest(key)
            hint = f"did you mean {nearest}?" if nearest else f"remove it, or see the options of Flink {known.version}"
            raise FlinkConfigError(f"{project}:{number}: unknown option {key}", hint)


def prepare(settings: StackSettings, project: Path = FLINK_CONF) -> None:
    """Assembles FLINK_HOME and FLINK_CONF_DIR. Done anew at each start, so that new jars and options count."""
    conf = settings.flink_conf_dir
    for folder in (conf, settings.data / "flink" / "tmp", settings.run / "flink", settings.logs):
        folder.mkdir(parents=True, exist_ok=True)
    packaged = pyflink_folder()
    config = conf / "config.yaml"
    archive = class_archive.options(class_archive.file(settings.build, library(packaged, settings.build)))
    config.write_text(render_config(project, {**machine_options(settings), **archive}), encoding="utf-8")
    secrets = _LOG_SECRETS.read_text(encoding="utf-8")
    for name in _LOG_FILES:
        (conf / name).write_text((packaged / "conf" / name).read_text(encoding="utf-8") + secrets, encoding="utf-8")
    assemble(settings.flink_home, packaged, settings.build, conf)


def pyflink_folder() -> Path:
    """Where the PyFlink package is; found without importing it, which takes a second."""
    spec = importlib.util.find_spec("pyflink")
    if spec is None or not spec.submodule_search_locations:
        raise FlinkConfigError("PyFlink is not installed for this Python", "run `make install`")
    return Path(spec.submodule_search_locations[0])


def environment(settings: StackSettings, endpoints: Mapping[str, str]) -> dict[str, str]:
    """The cluster's variables. `endpoints` (with ClickHouse's password) reach the Python workers this way and no other."""
    home = {"FLINK_HOME": str(settings.flink_home), "FLINK_CONF_DIR": str(settings.flink_conf_dir)}
    return base_environment({**endpoints, **home, "TOKPULSE_DATA": str(settings.data), "HOSTNAME": HOST})


def jobmanager(settings: StackSettings, endpoints: Mapping[str, str]) -> Service:
    """The JobManager; its REST port is where jobs are submitted and watched."""
    return _service(settings, "jobmanager", endpoints, ports=("flink", "flink_rpc"), url=settings.flink_rest_url)


def taskmanager(settings: StackSettings, endpoints: Mapping[str, str]) -> Service:
    """The TaskManager, which counts as ready once the JobManager has heard from it."""
    return _service(settings, "taskmanager", endpoints)


def _service(
    settings: StackSettings, name: str, endpoints: Mapping[str, str], ports: tuple[str, ...] = (), url: str = ""
) -> Service:
    return Service(
        name=name,
        # `start-foreground` ends in exec, so the pid of the script is the pid of the JVM.
        argv=("bash", str(settings.flink_home / "bin" / f"{name}.sh"), "start-foreground"),
        cwd=settings.data / "flink",
        log=settings.logs / f"{name}.out",
        pid_file=settings.run / f"{name}.pid",
        probe=lambda: _probe(settings, name),
        ports=ports,
        url=url,
        env=environment(settings, endpoints),
    )


def _probe(settings: StackSettings, name: str) -> str:
    if name == "jobmanager":
        return http_probe(f"{settings.flink_rest_url}/overview")
    own = process.read_pid_file(settings.run / f"{name}.pid")
    since_ms = own.started * 1000 if own else 0.0

    def heard(response: httpx.Response) -> str:
        # The JobManager keeps a dead TaskManager on its list for some seconds: only a heartbeat of this one counts.
        beats = [float(manager.get("timeSinceLastHeartbeat", 0)) for manager in response.json().get("taskmanagers", [])]
        return "" if any(beat >= since_ms for beat in beats) else "not registered at the JobManager yet"

    return http_probe(f"{settings.flink_rest_url}/taskmanagers", heard)
