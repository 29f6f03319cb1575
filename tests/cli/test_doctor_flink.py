"""From Flink's answers to findings: which jobs are looked at, and what of them is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import doctor_checkpoints, doctor_job, doctor_load
from cli.doctor_exam import Examination
from cli.doctor_findings import Finding, Level
from cli.doctor_job import Patient
from connectors.endpoints import Endpoints
from connectors.flink.rest import FlinkRest
from connectors.kafka.lag import PartitionLag
from stack.settings import StackSettings

NOW_S = 1_800_000_000.0
NOW_MS = int(NOW_S * 1000)
Answers = dict[str, Any]


def vertex(id: str, name: str, *, parallelism: int = 2, out: int = 5) -> Answers:
    metrics = {"write-records": out}
    return {"id": id, "name": name, "parallelism": parallelism, "status": "RUNNING", "metrics": metrics}


def jobs(*named: tuple[str, str], started_s: float = NOW_S - 3_600) -> Answers:
    listed = [
        {"jid": f"{name}-{number}", "name": name, "state": state, "start-time": int(started_s * 1000) - number, "end-time": -1}
        for number, (name, state) in enumerate(named)
    ]
    calm: Answers = {f"/jobs/{each['jid']}/exceptions": {"exceptionHistory": {"entries": []}} for each in listed}
    return {"/jobs/overview": {"jobs": listed}, "/overview": {"slots-available": 4, "slots-total": 8}, **calm}


# A source, a window over it, and a function with state behind another exchange.
RUNNING: Answers = jobs(("engagement", "RUNNING")) | {
    "/jobs/engagement-0": {
        "now": NOW_MS,
        "vertices": [
            vertex("s", "Source: posts_events -> posts_observed: Calc[2]", parallelism=30),
            vertex("t", "posts_tally: GlobalWindowAggregate[5] -> posts_ledger: Calc[6]"),
            vertex("f", "post_hours: ProcessTableFunction[9]"),
        ],
        "plan": {
            "nodes": [
                {"id": "s", "description": ""},
                {"id": "t", "description": "", "inputs": [{"id": "s"}]},
                {"id": "f", "description": "invocation=[hourly_maxima(x)]", "inputs": [{"id": "s"}]},
            ]
        },
    },
    "/jobs/engagement-0/vertices/t/watermarks": [{"value": str(NOW_MS - 7_200_000)}, {"value": str(NOW_MS)}],
    "/jobs/engagement-0/checkpoints": {"counts": {"completed": 0, "failed": 0}, "latest": {}, "history": []},
    "/jobs/engagement-0/vertices/f/subtasks/metrics": [{"id": "ProcessTableFunction_9.heapInUse"}],
    "/jobs/engagement-0/vertices/s/subtasks/metrics": [{"id": "Source.lagging_partitions"}],
}
SHARES = {"s": (0.0, 1000.0), "t": (100.0, 0.0), "f": (990.0, 0.0)}


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Any]:
    """Makes the patient whose Flink answers so; closed at the end."""
    opened: list[FlinkRest] = []

    def made(answers: Answers, *answering: str) -> Patient:
        def answer(request: httpx.Request) -> httpx.Response:
            asked = request.url.params.get("get", "")
            if asked.startswith("busy"):
                busy, pressed = SHARES[request.url.path.split("/")[4]]
                told = [{"id": "busyTimeMsPerSecond", "max": busy}, {"id": "backPressuredTimeMsPerSecond", "max": pressed}]
                return httpx.Response(200, json=told)
            if asked:
                return httpx.Response(200, json=[{"id": asked, "sum": 3.0, "max": 0.9}])
            body = answers.get(request.url.path)
            return httpx.Response(404) if body is None else httpx.Response(200, text=json.dumps(body))

        flink = FlinkRest("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
        opened.append(flink)
        endpoints = Endpoints({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, tmp_path / "env")
        return Patient(Examination(StackSettings.load({}, tmp_path), endpoints, NOW_S, answering=frozenset(answering)), flink)

    yield made
    for flink in opened:
        flink.close()


def causes(found: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(each.cause, each.about) for each in found if each.level is not Level.OK]


def test_a_job_that_nobody_submitted(patient: Any) -> None:
    (found,) = doctor_job.submitted(patient({"/jobs/overview": {"jobs": []}}))
    assert (found.cause, "submit" in found.todo) == ("job_missing", True)


def test_jobs_of_others_are_none_of_ours(patient: Any) -> None:
    assert causes(doctor_job.submitted(patient(jobs(("somebody's", "RUNNING"))))) == [("job_missing", "")]


def test_a_pipeline_beside_its_parts_and_a_job_twice(patient: Any) -> None:
    found = patient(jobs(("pipeline", "CREATED"), ("followers", "RUNNING"), ("followers", "RUNNING")))
    assert causes(doctor_job.submitted(found)) == [("job_twice", "followers"), ("pipeline_beside_parts", "pipeline")]
    assert [job.id for job in found.active] == ["pipeline-0", "followers-1", "followers-2"]


def test_a_restarting_job_is_named_with_its_cause(patient: Any) -> None:
    entry = {"timestamp": NOW_MS - 5000, "stacktrace": "a.B: outer\n\tat x\nCaused by: c.D: the broker is away\n"}
    answers = jobs(("engagement", "RESTARTING")) | {
        "/jobs/engagement-0/exceptions": {"exceptionHistory": {"entries": [entry]}},
        "/overview": {"slots-available": 0, "slots-total": 8},
    }
    (found,) = doctor_job.states(patient(answers))
    assert found.text == "engagement engagement-0 is RESTARTING: the broker is away; 0 of 8 slots are free"
    assert found.todo == "see the lines about kafka; it then goes on by itself"


def test_a_source_whose_window_is_behind(patient: Any) -> None:
    assert causes(doctor_job.watermarks(patient(RUNNING))) == [("watermark_behind", "posts_events")]


def test_a_source_that_has_read_nothing_has_no_watermark_to_miss(patient: Any) -> None:
    body = RUNNING["/jobs/engagement-0"]
    quiet = [vertex("s", "Source: posts_events[1]", out=0), *body["vertices"][1:]]
    assert causes(doctor_job.watermarks(patient(RUNNING | {"/jobs/engagement-0": body | {"vertices": quiet}}))) == []


def test_checkpoints_of_a_job_that_is_no_longer_young(patient: Any) -> None:
    assert causes(doctor_checkpoints.checkpoints(patient(RUNNING))) == [("checkpoints_stuck", "engagement")]
    young = RUNNING | jobs(("engagement", "RUNNING"), started_s=NOW_S - 80)
    assert causes(doctor_checkpoints.checkpoints(patient(young))) == []


def test_the_task_that_holds_up_the_others_is_named_by_its_function(patient: Any) -> None:
    (found,) = doctor_load.pressure(patient(RUNNING))
    assert found.text == "engagement: post_hours is busy 99% of its time and holds up source posts_events"


def test_heap_and_silent_partitions(patient: Any) -> None:
    assert causes(doctor_load.memory(patient(RUNNING))) == [("heap_nearly_full", "engagement")]
    assert causes(doctor_load.silent_partitions(patient(RUNNING))) == [("partition_holds_watermark", "posts_events")]


def test_more_tasks_than_partitions(patient: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_load, "partition_offsets", lambda servers, topic: dict.fromkeys(range(24), (0, 1)))
    assert causes(doctor_load.parallelism(patient(RUNNING, "kafka"))) == [("parallelism_above_partitions", "tiktok.posts.events")]
    # Without Kafka nobody knows.
    assert causes(doctor_load.parallelism(patient(RUNNING))) == []


def test_lag_is_that_of_the_jobs_own_group(patient: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader:
        def __init__(self, servers: str) -> None:
            self.servers = servers

        def read_partitions(self, group: str) -> list[PartitionLag]:
            assert (self.servers, group) == ("127.0.0.1:1", "tokpulse-engagement")
            return [PartitionLag("tiktok.posts.events", 3, 1, 9), PartitionLag("another", 0, 1, 7)]

        def close(self) -> None:
            self.servers = ""

    monkeypatch.setattr(doctor_load, "LagReader", Reader)
    (found,) = doctor_load.lag(patient(RUNNING, "kafka"))
    assert (found.cause, found.about, "9 records" in found.text) == ("lag", "tiktok.posts.events", True)
    assert list(doctor_load.lag(patient(RUNNING))) == []


@pytest.mark.parametrize(
    ("classpath", "cause"),
    [
        (["/lib/tokpulse-flink-formats-0.1.0.jar"], []),
        (["/lib/tokpulse-flink-formats-0.0.9.jar"], [("jar_wrong", "tokpulse-flink-formats-0.0.9.jar")]),
        (["/lib/other.jar"], [("jar_missing", "tokpulse-flink-formats-0.1.0.jar")]),
    ],
)
def test_the_jar_that_flink_was_started_with(patient: Any, classpath: list[str], cause: list[tuple[str, str]]) -> None:
    assert causes(doctor_job.jar(patient({"/jobmanager/environment": {"classpath": classpath}}))) == cause


def test_the_clock_of_flink(patient: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_job, "wall_clock_ms", lambda: NOW_MS - 60_000)
    (found,) = doctor_job.clock(patient(RUNNING))
    assert found.text == "the clock of Flink is 60 s ahead of that of this machine"
