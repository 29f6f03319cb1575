"""How each service of the stack is doing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stack import process, supervisor
from stack.service import Service
from stack.services import all_services
from stack.settings import StackSettings

SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class ServiceStatus:
    """`state`: healthy, unhealthy (runs, does not serve), restarting, failed (given up), unsupervised or stopped."""

    name: str
    state: str
    pid: int
    port: int
    restarts: int
    url: str
    reason: str


def stack_status(settings: StackSettings) -> list[ServiceStatus]:
    """The supervisor first, then the services. Opens connections to ask each service; starts and changes nothing."""
    leader = process.running(settings.run / supervisor.PID_FILE)
    # Without any state there are no passwords or jars to describe services with, and nothing that could run.
    if not settings.run.exists():
        return [ServiceStatus(SUPERVISOR, "stopped", 0, 0, 0, "", "never started")]
    states = supervisor.read_states(settings) if leader else {}
    everything = all_services(settings)
    with ThreadPoolExecutor(len(everything)) as pool:
        statuses = list(pool.map(lambda service: _one(settings, service, bool(leader), states.get(service.name)), everything))
    own = ServiceStatus(SUPERVISOR, "healthy" if leader else "stopped", leader.pid if leader else 0, 0, 0, "", "")
    return [own, *statuses]


def all_healthy(statuses: list[ServiceStatus]) -> bool:
    """Whether nothing is stopped, restarting or unhealthy."""
    return all(status.state == "healthy" for status in statuses)


def _one(settings: StackSettings, service: Service, supervised: bool, kept: supervisor.ServiceState | None) -> ServiceStatus:
    process_id = process.running(service.pid_file)
    pid = process_id.pid if process_id else 0
    port = settings.ports[service.ports[0]] if service.ports else 0
    restarts = kept.restarts if kept else 0
    reason = service.probe() if pid else ""
    if not pid:
        state = "failed" if kept and kept.state == "failed" else "restarting" if supervised else "stopped"
    elif not supervised:
        state = "unsupervised"
    else:
        state = "unhealthy" if reason else "healthy"
    return ServiceStatus(service.name, state, pid, port, restarts, service.url, reason)
