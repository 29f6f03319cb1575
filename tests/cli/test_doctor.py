"""What the doctor makes of what it measures: levels, texts, and that one failed check does not hide the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli import doctor, doctor_inputs, doctor_job, doctor_tables
from cli.doctor_findings import Finding, Level, duration, fail, guarded, ok
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.flink.rest import Checkpoints, FlinkRest, FlinkRestError, Vertex, innermost
from jobs.catalog import JOBS
from stack.settings import StackSettings
from stack.status import ServiceStatus

NOW_S = 1_800_000_000.0
NOW_MS = int(NOW_S * 1000)
OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL


def service(name: str, state: str, restarts: int = 0) -> ServiceStatus:
    return ServiceStatus(name, state, 1, 1, restarts, "", "why" if state == "unhealthy" else "")


@pytest.mark.parametrize(
    ("states", "levels"),
    [
        ([("supervisor", "healthy", 0), ("kafka", "healthy", 0)], [OK]),
        ([("supervisor", "healthy", 0), ("kafka", "healthy", 2)], [WARN]),
        ([("supervisor", "stopped", 0), ("kafka", "stopped", 0)], [FAIL]),
        ([("supervisor", "healthy", 0), ("kafka", "unhealthy", 0), ("registry", "failed", 6)], [FAIL, FAIL]),
    ],
)
def test_services(states: list[tuple[str, str, int]], levels: list[Level]) -> None:
    found = list(doctor_inputs.service_findings([service(*state) for state in states], "logs"))
    assert [finding.level for finding in found] == levels


@pytest.mark.parametrize(
    ("offsets", "level"), [({0: (5, 5), 1: (0, 0)}, FAIL), ({0: (0, 9), 1: (3, 3)}, WARN), ({0: (0, 9), 1: (3, 4)}, OK)]
)
def test_records(offsets: dict[int, tuple[int, int]], level: Level) -> None:
    (finding,) = doctor_inputs.record_findings("posts", offsets)
    assert finding.level is level


@pytest.mark.parametrize(("pending", "level"), [(None, WARN), (0.0, OK), (5_000_000.0, WARN)])
def test_lag(pending: float | None, level: Level) -> None:
    finding = doctor_job.lag(pending, "posts_events")
    assert finding.level is level
    assert "posts_events" in finding.text


def test_a_source_is_called_as_in_sql() -> None:
    vertex = Vertex("v", "Source: posts_events[12] -> Calc[13]", 2, "RUNNING", 0, 0, 0.0)
    assert (vertex.is_source, vertex.reads) == (True, "posts_events")


def test_a_checkpoint_of_a_clock_ahead_is_not_in_the_future() -> None:
    assert "the last one 0 s ago" in doctor_job.checkpoints(Checkpoints(5, 0, NOW_MS + 1_400, 0, ""), NOW_S).text


@pytest.mark.parametrize(
    ("values", "level", "word"),
    [
        ([], WARN, "no watermark yet"),
        ([NOW_MS, None], WARN, "no watermark yet"),
        ([NOW_MS - 121_000, NOW_MS], OK, "2 min behind"),
        ([NOW_MS - 7_200_000, NOW_MS], WARN, "2.0 h behind"),
        ([2**62, 2**62], OK, "end of the input"),
    ],
)
def test_watermark(values: list[int | None], level: Level, word: str) -> None:
    finding = doctor_job.watermark(values, NOW_S)
    assert finding.level is level
    assert word in finding.text


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (Checkpoints(0, 0, 0, 0, ""), WARN),
        (Checkpoints(5, 1, NOW_MS - 9_000, 0, ""), OK),
        (Checkpoints(5, 9, NOW_MS - 600_000, NOW_MS, "expired"), FAIL),
    ],
)
def test_checkpoints(found: Checkpoints, level: Level) -> None:
    assert doctor_job.checkpoints(found, NOW_S).level is level


def extent(rows: int, newest_s: float) -> dict[str, Any]:
    return {"rows_held": rows, "hours_held": 2, "newest_start": int(newest_s), "newest_final_start": 0}


@pytest.mark.parametrize(("row", "level"), [(extent(0, 0), FAIL), (extent(9, NOW_S - 1800), OK), (extent(9, NOW_S - 86_400), WARN)])
def test_rows(row: dict[str, Any], level: Level) -> None:
    assert doctor_tables.extent(row, NOW_S).level is level


@pytest.mark.parametrize(("held", "missing", "level"), [(0, 0, OK), (100, 90, OK), (100, 91, WARN)])
def test_comments(held: int, missing: int, level: Level) -> None:
    row = {"rows_held": held, "newest": NOW_S + 1, "missing": missing}
    assert doctor_tables.comments(row, NOW_S).level is level


def test_dead_letters_name_the_most_frequent_reason() -> None:
    assert doctor_tables.dead_letters([]).level is OK
    found = [
        {"topic": "posts", "code": "truncated", "records": 7, "example": "truncated: after 3 bytes"},
        {"topic": "posts", "code": "bad_magic", "records": 2, "example": "bad_magic: 0x01"},
    ]
    assert "9; most often truncated (7 of posts)" in doctor_tables.dead_letters(found).text


def test_ledger_and_parts() -> None:
    row = {"job": "engagement", "run_id": "r", "topic": "t", "read": 6, "counted": 3, "late": 1, "beyond_bound": 1}
    row |= {"quarantined": 0, "unaccounted": 1}
    assert doctor_tables.ledger([]).level is OK
    assert doctor_tables.ledger([row | {"unaccounted": -1}]).level is WARN
    found = doctor_tables.ledger([row | {"run_id": "more", "unaccounted": -1}, row])
    assert found.level is FAIL
    assert "1 run(s) do not add up; r: 6 read, 3 counted, 1 late, 1 beyond the late bound, 0 quarantined" in found.text
    assert doctor_tables.detached([]).level is OK
    assert doctor_tables.detached([{"table": "x", "parts": 2, "example": ""}]).level is FAIL


def late_run(run_id: str, late: int, beyond_bound: int = 0, read: int = 10_000) -> dict[str, Any]:
    counts = {"read": read, "late": late, "beyond_bound": beyond_bound, "late_share": (late + beyond_bound) / read}
    return {"job": "pipeline", "run_id": run_id, "topic": "posts", **counts}


@pytest.mark.parametrize(
    ("found", "level", "text"),
    [
        ([], OK, "no late records in the runs of the last day"),
        ([late_run("r", 10)], OK, "at most 0.10% of what a run of the last day has read"),
        ([late_run("r", 11), late_run("s", 1)], WARN, "r of posts: 10,000 read, 11 late, 0 beyond the late bound (0.11%)"),
        ([late_run("r", 100)], WARN, "r of posts: 10,000 read, 100 late, 0 beyond the late bound (1.00%)"),
        ([late_run("r", 101), late_run("s", 11)], FAIL, "r of posts: 10,000 read, 101 late, 0 beyond the late bound (1.01%)"),
        # Few beyond the bound are worse than many that are late: the first is only in maxima.
        ([late_run("s", 90), late_run("r", 0, 1)], FAIL, "r of posts: 10,000 read, 0 late, 1 beyond the late bound (0.01%)"),
    ],
)
def test_late(found: list[dict[str, Any]], level: Level, text: str) -> None:
    finding = doctor_tables.late(found)
    assert (finding.level, finding.text) == (level, text)
    assert (level is OK) == (finding.todo == "")


def test_late_names_the_first_runs_of_many() -> None:
    text = doctor_tables.late([late_run(f"r{number}", 500) for number in range(5)]).text
    assert [f"r{number} of posts" in text for number in range(5)] == [True, True, True, False, False]
    assert text.endswith("; and 2 more")


def test_quality() -> None:
    def found(tests: int, failed: int, warned: int) -> Finding:
        row = {"checked": NOW_S - 600, "tests": tests, "failed": failed, "warned": warned, "example": "posts not_null: 1 of 2"}
        return doctor_tables.quality(row, NOW_S)

    assert found(0, 0, 0).level is OK
    assert found(9, 0, 2) == ok("quality", "9 tests 10 min ago, 0 failed, 2 warned")
    assert found(9, 1, 0).level is WARN
    assert found(9, 1, 0).text == "9 tests 10 min ago, 1 failed, 0 warned, e.g. posts not_null: 1 of 2"


def test_an_error_becomes_a_finding_and_its_line_has_no_line_break() -> None:
    def broken() -> Iterator[Finding]:
        yield ok("x", "first")
        raise TokpulseError("went\nwrong", "mend it")

    found = list(guarded("x", broken))
    assert [finding.level for finding in found] == [OK, FAIL]
    assert found[1].line() == "FAIL x            went wrong -> mend it"


def test_without_any_stack_every_check_is_made(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.toolchain.problems", list)
    endpoints = Endpoints.from_env({}, tmp_path)
    found = list(doctor.examine(StackSettings.load({}, tmp_path), endpoints, NOW_S))
    assert [finding.subject for finding in found if finding.level is FAIL] == ["stack", "topics", "schemas", "job", "clickhouse"]
    assert all(finding.todo for finding in found if finding.level is FAIL)


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (600, "10 min"), (9000, "2.5 h"), (864_000, "10 d")])
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


# The REST client, against recorded shapes of Flink's answers.

ANSWERS: dict[str, Any] = {
    "/jobs/overview": {
        "jobs": [
            {"jid": "a", "name": "engagement", "state": "FAILED", "start-time": 1, "end-time": 2},
            {"jid": "b", "name": "engagement", "state": "RESTARTING", "start-time": 3, "end-time": -1},
        ]
    },
    "/overview": {"slots-available": 0, "slots-total": 8},
    "/jobs/b/exceptions": {
        "exceptionHistory": {
            "entries": [{"timestamp": NOW_MS - 5000, "stacktrace": "a.B: outer\n\tat x\nCaused by: c.D: the broker is away\n"}]
        }
    },
    "/jobs/b/vertices/v/watermarks": [
        {"id": "0.currentInputWatermark", "value": "-9223372036854775808"},
        {"id": "1", "value": "7"},
    ],
    "/jobs/b/vertices/v/subtasks/metrics": [{"id": "Source.KafkaSourceReader.pendingRecords"}, {"id": "other"}],
    "/jobs/b": {
        "vertices": [
            {"id": "v", "name": "Source: posts", "parallelism": 2, "status": "RUNNING", "metrics": {}},
            {"id": "w", "name": "ProcessTableFunction[9] -> Calc", "parallelism": 2, "status": "RUNNING", "metrics": {}},
        ]
    },
    "/jobs/b/vertices/w/subtasks/metrics": [{"id": "ProcessTableFunction_9.heapInUse"}],
}


def rest(answers: dict[str, Any]) -> FlinkRest:
    def answer(request: httpx.Request) -> httpx.Response:
        if "get" in request.url.params:
            return httpx.Response(200, json=[{"id": "x", "sum": 42.0, "max": 0.83}])
        body = answers.get(request.url.path)
        return httpx.Response(404, json={"errors": ["Not found"]}) if body is None else httpx.Response(200, text=json.dumps(body))

    return FlinkRest("http://127.0.0.1:1", transport=httpx.MockTransport(answer))


def test_flink_rest_reads_what_flink_answers() -> None:
    with rest(ANSWERS) as flink:
        assert [(job.id, job.active) for job in flink.jobs()] == [("b", True), ("a", False)]
        assert flink.root_cause("b") == ("the broker is away", NOW_MS - 5000)
        assert flink.watermarks("b", "v") == [None, 7]
        assert flink.metric_sum("b", "v", "pendingRecords") == 42.0
        assert flink.metric_sum("b", "v", "absent") is None
        assert flink.heap_in_use("b") == 0.83
        with pytest.raises(FlinkRestError, match="404"):
            flink.checkpoints("b")


@pytest.mark.parametrize(("share", "level"), [(0.79, OK), (0.8, WARN), (None, WARN)])
def test_a_heap_that_is_nearly_full_is_a_warning(share: float | None, level: Level) -> None:
    assert doctor_job.heap(share).level is level


def test_a_restarting_job_is_named_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_job, "FlinkRest", lambda _: rest(ANSWERS))
    endpoints = Endpoints({"FLINK_REST_URL": "http://127.0.0.1:1"}, StackSettings.load({}).data / "env")
    (finding,) = doctor_job.jobs(endpoints, ("engagement",), NOW_S)
    assert finding == fail(
        "job", "engagement b is RESTARTING: the broker is away; 0 of 8 slots are free", "fix the cause; the job restarts by itself"
    )


def test_a_job_that_nobody_submitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_job, "FlinkRest", lambda _: rest({"/jobs/overview": {"jobs": []}}))
    (finding,) = doctor_job.jobs(Endpoints({"FLINK_REST_URL": "x"}, StackSettings.load({}).data / "env"), ("engagement",), NOW_S)
    assert finding.level is FAIL
    assert "submit" in finding.todo


@pytest.mark.parametrize(
    ("trace", "text"),
    [
        ("a.b.C: message\n\tat x", "message"),
        ("a.b.C\n\tat x", "a.b.C"),
        ("a.b.C: one\nCaused by: d.E: two: three\nCaused by: f.G", "f.G"),
        ("", ""),
    ],
)
def test_innermost(trace: str, text: str) -> None:
    assert innermost(trace) == text


def test_a_pipeline_beside_its_parts_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    running = [
        {"jid": name, "name": name, "state": "CREATED", "start-time": 1, "end-time": -1} for name in ("pipeline", "followers")
    ]
    answers = {"/jobs/overview": {"jobs": running}, "/overview": {"slots-available": 0, "slots-total": 8}}
    answers |= {f"/jobs/{name}/exceptions": {"exceptionHistory": {"entries": []}} for name in ("pipeline", "followers")}
    monkeypatch.setattr(doctor_job, "FlinkRest", lambda _: rest(answers))
    found = list(doctor_job.jobs(Endpoints({"FLINK_REST_URL": "x"}, StackSettings.load({}).data / "env"), JOBS, NOW_S))
    assert [finding.level for finding in found] == [FAIL, FAIL, WARN]
    assert "twice" in found[-1].text
