"""`up` and `down`: the whole stack of one data directory, started and stopped as one thing."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from connectors.endpoints import ENV_FILE, Endpoints
from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.paths import REPOSITORY
from stack import class_training, maven_build, ports, process, services, supervisor
from stack.report import Report
from stack.schemas import apply_schemas
from stack.service import STACK_MARK, Service, base_environment
from stack.settings import HOST, StackSettings, port_variable
from stack.tables import apply_tables
from stack.topics import apply_topics
from thresholds.publish import establish

_READY_TIMEOUT_S = 120.0
_SUPERVISOR_STOP_TIMEOUT_S = 45.0


class PortInUseError(TokpulseError):
    """Another program listens on a port of the stack; the message names the port and, if known, the program."""


class BusyError(TokpulseError):
    """Another `up` or `down` is at work on the same data directory."""


class ServiceStartError(TokpulseError):
    """A service does not come up; the message names it, the hint its log."""


class _GivenUpError(TokpulseError):
    """Another service failed, or the user interrupted: this one is not waited for, and not set up."""


class RunningElsewhereError(TokpulseError):
    """The stack runs on other ports than those asked for."""


@dataclass(frozen=True)
class UpResult:
    """`already_running` when every service ran before; `changes` are topics, schemas, migrations and thresholds applied."""

    settings: StackSettings
    already_running: bool
    changes: tuple[str, ...]


@dataclass(frozen=True)
class _Wait:
    """Until when to wait for services; `given_up` once one of them has failed, for then the others do not matter."""

    deadline: float
    given_up: threading.Event = field(default_factory=threading.Event)


def up(wanted: StackSettings, report: Report) -> UpResult:
    """Brings the stack up and waits until it serves, with topics, schemas and tables in place. Idempotent.

    When it fails, or is interrupted, nothing is left running. Raises TokpulseError of many kinds, each one clear line.
    """
    with _locked(wanted):
        if process.running(wanted.run / supervisor.PID_FILE):
            current = _running_settings(wanted)
            return UpResult(current, True, tuple(_set_up(current, report, doing="checking")))
        with report.step("jars", "checking what is installed", "installed"):
            maven_build.build_jars(wanted.build)
        class_training.archive_classes(wanted.build, report)
        for line in _clear_leftovers(wanted):
            report.line(f"left by a crash: {line}")
        settings = _claim_ports(wanted)
        services.prepare(settings)
        services.write_env_file(settings)
        try:
            _start_supervisor(settings)
            return UpResult(settings, False, tuple(_set_up(settings, report)))
        except BaseException:
            report.line("stopping what was started ...")
            _stop_everything(settings)
            raise


def down(settings: StackSettings) -> list[str]:
    """Stops every process of the stack, also after a crash of any of them; returns a line per thing that was stopped."""
    if not settings.run.exists():
        return []
    with _locked(settings):
        return _stop_everything(settings)


def _running_settings(wanted: StackSettings) -> StackSettings:
    current = StackSettings.load(environ={"TOKPULSE_BUILD": str(wanted.build)}, data=wanted.data)
    for name, port in wanted.ports.items():
        if name not in wanted.auto and port != current.ports[name]:
            raise RunningElsewhereError(
                f"the stack in {wanted.data} runs with {name} on port {current.ports[name]}, not {port}",
                f"`tokpulse down` first, or unset {port_variable(name)}, or use another --data-dir",
            )
    return current


def _claim_ports(wanted: StackSettings) -> StackSettings:
    """The settings with every port chosen and free, written down for later commands. Raises PortInUseError."""
    busy = {name for name, port in wanted.ports.items() if port and not ports.is_free(HOST, port)}
    for name in wanted.ports:
        if name in busy and name not in wanted.auto:
            who = ports.holder(wanted.ports[name])
            raise PortInUseError(
                f"port {wanted.ports[name]} ({name}) is in use" + (f" by {who}" if who else ""),
                f"stop that program, or set {port_variable(name)} to another port (0 = any free one)",
            )
    settings = wanted.with_free_ports(frozenset(busy))
    settings.remember_ports()
    return settings


def _start_supervisor(settings: StackSettings) -> None:
    pid_file = settings.run / supervisor.PID_FILE
    (settings.run / supervisor.STATE_FILE).unlink(missing_ok=True)
    child = process.start(
        [sys.executable, "-m", "stack.supervisor", "--data-dir", str(settings.data)],
        log=settings.logs / "supervisor.log",
        cwd=REPOSITORY,
        env=base_environment({"TOKPULSE_BUILD": str(settings.build), STACK_MARK: str(settings.data)}),
    )
    started = process.ProcessId.of(child.pid)
    if started is None:
        tail = process.log_tail(settings.logs / "supervisor.log", 1)
        raise ServiceStartError(f"the supervisor ended at once: {tail}", f"see {settings.logs / 'supervisor.log'}")
    process.write_pid_file(pid_file, started)


def _set_up(settings: StackSettings, report: Report, doing: str = "starting") -> list[str]:
    """`_await_all`, and then tells the supervisor that jobs may be started."""
    changes = _await_all(settings, report, doing)
    settings.ready_file.touch()
    return changes


def _await_all(settings: StackSettings, report: Report, doing: str = "starting") -> list[str]:
    """Waits for all services side by side, and sets each one up as soon as it serves; returns what was changed."""
    wait_for = _Wait(time.monotonic() + _READY_TIMEOUT_S)
    after: dict[str, Callable[[], list[str]]] = {
        "kafka": lambda: apply_topics(clients.admin(settings.kafka_bootstrap_servers), load_topics()),
        "registry": lambda: _apply_schemas(settings),
        "clickhouse": lambda: apply_tables(services.endpoint_values(settings)["CLICKHOUSE_ADMIN_URL"]),
    }
    everything = services.all_services(settings)

    def bring_up(service: Service) -> list[str]:
        with report.step(service.name, doing, "ready"):
            _await(settings, service, wait_for)
            return after.get(service.name, list)()

    with ThreadPoolExecutor(len(everything)) as pool:
        futures = [pool.submit(bring_up, service) for service in everything]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            wait_for.given_up.set()
            raise
        if any(future.exception() for future in done):
            wait_for.given_up.set()
    # The first failure is the one to show; what the others say is a consequence.
    for future in sorted(futures, key=lambda future: future not in done):
        future.result()
    changes = [change for future in futures for change in future.result()]
    with report.step("thresholds", doing, "ready"):
        return changes + establish(Endpoints(services.endpoint_values(settings), settings.data / ENV_FILE))


def _apply_schemas(settings: StackSettings) -> list[str]:
    with SchemaRegistry(settings.schema_registry_url) as registry:
        return apply_schemas(registry, load_topics())


def _await(settings: StackSettings, service: Service, wait_for: _Wait) -> None:
    """Returns when `service` serves. Raises ServiceStartError when the supervisor has given it up, or at the deadline.

    Raises _GivenUpError when the waiting as a whole has ended.
    """
    while not wait_for.given_up.wait(0.2):
        reason = service.probe()
        state = supervisor.read_states(settings).get(service.name)
        if not reason and state and state.state == "running":
            return
        if not process.running(settings.run / supervisor.PID_FILE):
            tail = process.log_tail(settings.logs / "supervisor.log", 1)
            raise ServiceStartError(f"the supervisor died: {tail}", f"see {settings.logs / 'supervisor.log'}")
        if state and state.state == "failed":
            tail = process.log_tail(service.log, 1)
            raise ServiceStartError(
                f"{service.name} does not start: {tail or 'no output'}",
                f"see {service.log}, then `tokpulse down` and `tokpulse up`",
            )
        if time.monotonic() > wait_for.deadline:
            raise ServiceStartError(f"{service.name} is not ready after {_READY_TIMEOUT_S:.0f} s: {reason}", f"see {service.log}")
    raise _GivenUpError(f"{service.name} was not waited for")


def _stop_everything(settings: StackSettings) -> list[str]:
    stopped = []
    pid_file = settings.run / supervisor.PID_FILE
    leader = process.running(pid_file)
    if leader:
        names = sorted(supervisor.read_states(settings))
        process.stop(leader, _SUPERVISOR_STOP_TIMEOUT_S)
        stopped += [*names, "supervisor"]
    pid_file.unlink(missing_ok=True)
    return stopped + _clear_leftovers(settings)


def _clear_leftovers(settings: StackSettings) -> list[str]:
    """Stops what runs without a supervisor: by pid file, then whatever still bears this stack's mark."""
    for file in (settings.run / supervisor.PID_FILE, settings.run / supervisor.STATE_FILE, settings.ready_file):
        file.unlink(missing_ok=True)
    files = sorted(settings.run.glob("*.pid"))
    stopped: list[str] = []
    if files:
        with ThreadPoolExecutor(len(files)) as pool:
            stopped += [line for line in pool.map(_stop_by_file, files) if line]
    for stray in _marked_processes(settings):
        stopped.append(f"pid {stray.pid}")
        process.stop(stray, 5.0)
    return stopped


def _stop_by_file(path: Path) -> str:
    leader = process.read_pid_file(path)
    line = ""
    if leader and process.session_members(leader):
        line = f"{path.stem} (pid {leader.pid})"
        process.stop(leader, 15.0)
    path.unlink(missing_ok=True)
    return line


def _marked_processes(settings: StackSettings) -> list[process.ProcessId]:
    """Processes that bear this stack's mark in their environment, which children inherit: found without any pid file."""
    processes = []
    for candidate in psutil.process_iter():
        try:
            if candidate.environ().get(STACK_MARK) == str(settings.data) and candidate.pid != os.getpid():
                identity = process.ProcessId.of(candidate.pid)
                if identity and identity.alive:
                    processes.append(identity)
        except (psutil.Error, OSError):
            continue
    return processes


@contextmanager
def _locked(settings: StackSettings) -> Iterator[None]:
    """One `up` or `down` at a time per data directory; the kernel drops the lock of a process that dies."""
    settings.run.mkdir(parents=True, exist_ok=True)
    with (settings.run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BusyError(
                f"another tokpulse command is starting or stopping the stack in {settings.data}", "wait for it"
            ) from error
        yield
