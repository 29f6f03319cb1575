"""What the doctor says of services and processes that do not do their work."""

from __future__ import annotations

import pytest

from cli.doctor_findings import Level
from cli.doctor_services import PROCESSES, Answer, LocalProcess, judged

KAFKA = Answer("kafka", "KAFKA_BOOTSTRAP_SERVERS", "h:1")
REGISTRY = Answer("registry", "SCHEMA_REGISTRY_URL", "http://r:1")


def processes(**states: str) -> list[LocalProcess]:
    return [LocalProcess(name, states.get(name, "running"), 7, 0, 9_999.0) for name in PROCESSES]


def said(answers: list[Answer], found: list[LocalProcess], *, local: bool = True) -> list[tuple[str, str]]:
    return [(each.cause, each.about) for each in judged(answers, found, local, "logs") if each.level is not Level.OK]


def broken(answer: Answer, kind: str) -> Answer:
    return Answer(answer.service, answer.variable, answer.address, kind, "why", "how")


def test_nothing_is_said_of_services_that_serve() -> None:
    (found,) = judged([KAFKA, REGISTRY], processes(), True, "logs")
    assert (found.level, found.text) == (Level.OK, "kafka, registry answer")


@pytest.mark.parametrize("found", [[], processes(**dict.fromkeys(PROCESSES, "dead"))])
def test_a_stack_that_does_not_run_is_one_line(found: list[LocalProcess]) -> None:
    assert said([broken(KAFKA, "unreachable"), broken(REGISTRY, "unknown")], found) == [("stack_down", "")]


@pytest.mark.parametrize("kind", ["silent", "unreachable"])
def test_a_process_that_was_stopped_explains_its_service(kind: str) -> None:
    found = list(judged([broken(KAFKA, kind), REGISTRY], processes(kafka="paused"), True, "logs"))
    assert [each.cause for each in found] == ["service_paused", ""]
    assert found[0].todo == "`kill -CONT 7`"


def test_a_jobmanager_that_was_stopped_explains_flink() -> None:
    flink = Answer("flink", "FLINK_REST_URL", "http://f:1", "silent")
    assert said([flink], processes(jobmanager="paused")) == [("service_paused", "jobmanager")]


@pytest.mark.parametrize("state", ["dead", "waiting", "failed"])
def test_a_process_that_died_is_named(state: str) -> None:
    assert said([KAFKA], processes(taskmanager=state)) == [("service_dead", "taskmanager")]


def test_a_supervisor_that_died_is_named() -> None:
    assert said([KAFKA], processes(supervisor="dead")) == [("supervisor_gone", "")]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        *(("silent", "service_silent"), ("unreachable", "service_unreachable"), ("refuses", "service_refuses")),
        ("unknown", "address_unknown"),
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_a_service_that_does_not_answer(kind: str, cause: str, local: bool) -> None:
    assert said([KAFKA, broken(REGISTRY, kind)], processes(), local=local) == [(cause, "registry")]


def test_of_services_elsewhere_no_process_of_this_machine_is_named() -> None:
    assert said([KAFKA], processes(kafka="dead", registry="paused"), local=False) == []


@pytest.mark.parametrize(("restarts", "age_s", "causes"), [(3, 100.0, ["service_restarts"]), (2, 100.0, []), (9, 601.0, [])])
def test_restarts_that_are_no_accident(restarts: int, age_s: float, causes: list[str]) -> None:
    found = [*processes(), LocalProcess("kafka", "running", 7, restarts, age_s)]
    assert [cause for cause, _ in said([KAFKA], found)] == causes
