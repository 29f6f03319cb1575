"""Checks on the services: does each of Kafka, registry, ClickHouse and Flink answer, and if not, what became of its process?"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
from confluent_kafka import KafkaException

from cli.doctor_exam import Examination
from cli.doctor_findings import Cause, Finding, Level, duration, ok
from connectors.clickhouse.client import connect
from connectors.endpoints import Endpoints, MissingEndpointError, mask_password
from connectors.errors import TokpulseError
from connectors.kafka import clients
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.registry_access import without_credentials
from stack import process, supervisor
from stack.settings import StackSettings
from stack.status import SUPERVISOR

ANSWER_S = 3.0
# As often within so long, a restart is no accident.
_OFTEN = 3
_RECENT_S = 600.0

STACK_DOWN = Cause(
    *("stack_down", Level.FAIL, "stack", "the local stack does not run"),
    says="the local stack is not running",
    fix="`tokpulse up`",
)
NOT_SUPERVISED = Cause(
    *("supervisor_gone", Level.WARN, "stack", "the supervisor of the local stack has died"),
    says="the supervisor does not run: a service that dies stays dead",
    fix="`tokpulse down`, then `tokpulse up`",
)
UNKNOWN_ADDRESS = Cause(
    *("address_unknown", Level.FAIL, "service", "nobody said where a service is"),
    says="{service}: {reason}",
    fix="{hint}",
)
DEAD = Cause(
    *("service_dead", Level.FAIL, "service", "a process of the local stack is not running"),
    says="{service} is not running ({state})",
    fix="see {log}, then `tokpulse down` and `tokpulse up`",
)
PAUSED = Cause(
    *("service_paused", Level.FAIL, "service", "a process of the local stack was stopped by a signal (SIGSTOP)"),
    says="{service} (pid {pid}) was stopped by a signal and does not answer",
    fix="`kill -CONT {pid}`",
)
SILENT = Cause(
    *("service_silent", Level.FAIL, "service", "a service takes connections and does not answer"),
    says="{service} at {address} accepts connections, but does not answer within {seconds:.0f} s",
    fix="it hangs, or its machine is overloaded: see its log ({log}), then restart it",
)
UNREACHABLE = Cause(
    *("service_unreachable", Level.FAIL, "service", "nothing answers at the address of a service"),
    says="no {service} answers at {address}: {reason}",
    fix="start it, or correct {variable}",
)
REFUSES = Cause(
    *("service_refuses", Level.FAIL, "service", "a service answers, but does not let us in"),
    says="{service} at {address}: {reason}",
    fix="{hint}",
)
RESTARTS = Cause(
    *("service_restarts", Level.WARN, "stack", "a service of the local stack dies again and again"),
    says="{service} was restarted {restarts} times, the last time {ago} ago",
    fix="see {log} for why it dies",
)


@dataclass(frozen=True)
class Answer:
    """How a service answered. `reason` is "" when it serves; `kind` is then "", else silent, unreachable, refuses or unknown."""

    service: str
    variable: str
    address: str = ""
    kind: str = ""
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True)
class LocalProcess:
    """A process of the local stack. `state`: running, paused, dead, waiting (for its next start) or failed (given up)."""

    name: str
    state: str
    pid: int
    restarts: int
    age_s: float


def ask_all(endpoints: Endpoints) -> list[Answer]:
    """The answers of the four services, asked side by side; none takes much longer than ANSWER_S."""
    with ThreadPoolExecutor(len(_SERVICES)) as pool:
        return list(pool.map(lambda service: _answer(endpoints, service), _SERVICES))


def _answer(endpoints: Endpoints, service: _Service) -> Answer:
    name, variable = service.name, service.variable
    try:
        address = service.address(endpoints)
    except MissingEndpointError as error:
        return Answer(name, variable, "", "unknown", error.message, error.hint)
    try:
        service.ask(endpoints)
    except TimeoutError:
        return Answer(name, variable, address, "silent", "no answer")
    except OSError as error:
        return Answer(name, variable, address, "unreachable", _words(error))
    except TokpulseError as error:
        return Answer(name, variable, address, "refuses", error.message, error.hint or f"correct {variable}")
    except Exception as error:  # whatever a client makes of something that is no such service
        return Answer(name, variable, address, "refuses", f"{type(error).__name__}: {error}", f"correct {variable}")
    return Answer(name, variable, address)


def _words(error: Exception) -> str:
    if isinstance(error, socket.gaierror) or "Name or service not known" in str(error):
        return "unknown host"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "connection refused" if "refused" in text.lower() else str(text)


class _Refused(TokpulseError):
    """The service answers with an error."""


def _met(error: httpx.HTTPError) -> Exception:
    """TimeoutError for a connection on which nothing came, OSError where there is none, else what the client says."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return OSError(str(error) or "connection timed out")
    return TimeoutError() if isinstance(error, httpx.TimeoutException) else _Refused(str(error) or type(error).__name__)


def _get(url: str) -> None:
    try:
        response = httpx.get(url, timeout=ANSWER_S, trust_env=False)
    except httpx.HTTPError as error:
        raise _met(error) from None
    if response.status_code != 200:
        raise _Refused(f"answers HTTP {response.status_code}", "is this its address?")


def _kafka(endpoints: Endpoints) -> None:
    refused: OSError | None = None
    for server in endpoints.kafka_bootstrap_servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            # The client says of a refused connection only that it timed out.
            socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
            refused = None
            break
        except TimeoutError:
            refused = OSError("connection timed out")
        except OSError as error:
            refused = error
    if refused is not None:
        raise refused
    admin = clients.admin(endpoints.kafka_bootstrap_servers)
    try:
        admin.list_topics(timeout=ANSWER_S)
    except KafkaException as error:
        reason = clients.why(admin, error)
        if error.args[0].code() in clients.NO_ANSWER and reason == clients.reason_of(error):
            raise TimeoutError from None
        raise _Refused(reason, "check TOKPULSE_KAFKA_SECURITY_..., SASL_... and SSL_...") from None


def _registry(endpoints: Endpoints) -> None:
    with SchemaRegistry(endpoints.schema_registry_url, timeout=ANSWER_S) as registry:
        try:
            registry.subjects()
        except TokpulseError as error:
            # The client wraps what the connection met.
            if isinstance(error.__cause__, httpx.HTTPError):
                raise _met(error.__cause__) from None
            raise


def _clickhouse(endpoints: Endpoints) -> None:
    url = urlsplit(endpoints.clickhouse_url)
    if url.scheme == "http":
        # The client would try again and again.
        _get(f"http://{url.netloc.rpartition('@')[2]}/ping")
    connect(endpoints.clickhouse_url, answer_within_s=int(ANSWER_S)).close()


@dataclass(frozen=True)
class _Service:
    """How a service is found and asked. `ask` raises TimeoutError, OSError or TokpulseError."""

    name: str
    variable: str
    address: Callable[[Endpoints], str]
    ask: Callable[[Endpoints], None]


_SERVICES = (
    _Service("kafka", "KAFKA_BOOTSTRAP_SERVERS", lambda known: known.kafka_bootstrap_servers, _kafka),
    _Service("registry", "SCHEMA_REGISTRY_URL", lambda known: without_credentials(known.schema_registry_url), _registry),
    _Service("clickhouse", "CLICKHOUSE_URL", lambda known: mask_password(known.clickhouse_url), _clickhouse),
    _Service("flink", "FLINK_REST_URL", lambda known: known.flink_rest_url, lambda known: _get(f"{known.flink_rest_url}/overview")),
)


def is_local(settings: StackSettings, endpoints: Endpoints) -> bool:
    """Whether the services are those of this machine's stack."""
    return endpoints.values.get("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers) == settings.kafka_bootstrap_servers


# Process of the stack -> the service that it is to others.
_SERVES = {"kafka": "kafka", "registry": "registry", "clickhouse": "clickhouse", "jobmanager": "flink"}
PROCESSES = (SUPERVISOR, *_SERVES, "taskmanager")


def local_processes(settings: StackSettings, now_s: float) -> list[LocalProcess]:
    """The processes of the local stack by their pid files; [] when it was never started. Asks none of them."""
    if not settings.run.exists():
        return []
    kept = supervisor.read_states(settings)
    found = []
    for name in PROCESSES:
        identity = process.running(settings.run / f"{name}.pid")
        told = kept.get(name)
        state = "dead"
        if identity is not None:
            state = "paused" if _is_paused(identity.pid) else "running"
        elif told is not None and told.state in ("failed", "waiting"):
            state = told.state
        age_s = now_s - identity.started if identity else 0.0
        found.append(LocalProcess(name, state, identity.pid if identity else 0, told.restarts if told else 0, age_s))
    return found


def _is_paused(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    except psutil.Error:
        return False


def judged(answers: list[Answer], processes: list[LocalProcess], local: bool, logs: str) -> Iterator[Finding]:
    """One finding per service or process that does not do its work, the process first: it is the cause."""
    if local and all(each.state == "dead" for each in processes):
        yield STACK_DOWN.found()
        return
    explained = set()
    for each in processes if local else ():
        if each.name == SUPERVISOR:
            if each.state != "running":
                yield NOT_SUPERVISED.found()
            continue
        serves = _SERVES.get(each.name, each.name)
        if each.state != "running":
            explained.add(serves)
            yield _dead(each, logs)
        elif each.restarts >= _OFTEN and each.age_s < _RECENT_S:
            yield RESTARTS.found(each.name, restarts=each.restarts, ago=duration(each.age_s), log=f"{logs}/supervisor.log")
    answering = {answer.service for answer in answers if not answer.kind}
    for answer in answers:
        if answer.kind and answer.service not in explained:
            yield _unanswered(answer, logs if local else "")
    if answering:
        beside = "" if local else " (not of this machine's stack)"
        yield ok("services", f"{', '.join(sorted(answering))} answer{'s' if len(answering) == 1 else ''}{beside}")


def _dead(each: LocalProcess, logs: str) -> Finding:
    if each.state == "paused":
        return PAUSED.found(each.name, pid=each.pid)
    state = {"waiting": "waits for its next start", "failed": "given up after it died again and again"}.get(each.state, "dead")
    return DEAD.found(each.name, state=state, log=f"{logs}/{each.name}.log and supervisor.log")


def _unanswered(answer: Answer, logs: str) -> Finding:
    log = f"in {logs}" if logs else "on its machine"
    known: dict[str, Any] = {"address": answer.address, "reason": answer.reason, "hint": answer.hint, "variable": answer.variable}
    cause = {"silent": SILENT, "unreachable": UNREACHABLE, "unknown": UNKNOWN_ADDRESS}.get(answer.kind, REFUSES)
    return cause.found(answer.service, seconds=ANSWER_S, log=log, **known)


def services(examination: Examination, answers: list[Answer]) -> Iterator[Finding]:
    """The findings about services and processes, from what they answered."""
    processes = local_processes(examination.settings, examination.now_s) if examination.local else []
    yield from judged(answers, processes, examination.local, str(examination.settings.logs))
