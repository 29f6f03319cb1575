"""The clients of Flink's REST API, against recorded shapes of its answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.flink import health
from connectors.flink.health import CheckpointHealth, Failures, Load, title_of
from connectors.flink.rest import FlinkRest, FlinkRestError, Vertex, innermost

NOW_MS = 1_800_000_000_000
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
            "entries": [
                {"timestamp": NOW_MS - 5000, "stacktrace": "a.B: outer\n\tat x\nCaused by: c.D: the broker is away\n"},
                {"timestamp": NOW_MS - 9000, "stacktrace": "a.B: before"},
            ]
        }
    },
    "/jobs/a/exceptions": {"exceptionHistory": {"entries": []}},
    "/jobs/b/vertices/v/watermarks": [
        {"id": "0.currentInputWatermark", "value": "-9223372036854775808"},
        {"id": "1", "value": "7"},
    ],
    "/jobs/b/vertices/v/subtasks/metrics": [{"id": "Source.KafkaSourceReader.pendingRecords"}, {"id": "other"}],
    "/jobs/b": {
        "now": NOW_MS,
        "vertices": [
            {"id": "v", "name": "Source: posts_events[1]", "parallelism": 2, "status": "RUNNING", "metrics": {}},
            {"id": "w", "name": "ProcessTableFunction[9] -> Calc[10]", "parallelism": 3, "status": "RUNNING", "metrics": {}},
        ],
        "plan": {
            "nodes": [
                {"id": "v", "description": "Source: posts_events"},
                {"id": "w", "description": "invocation=[post_growth(TABLE(#0)...", "inputs": [{"num": 0, "id": "v"}]},
            ]
        },
    },
    "/jobs/b/vertices/w/subtasks/metrics": [{"id": "ProcessTableFunction_9.heapInUse"}],
    "/jobs/b/checkpoints": {
        "counts": {"completed": 4, "failed": 3},
        "latest": {
            "completed": {"latest_ack_timestamp": NOW_MS - 50_000},
            "failed": {"id": 9, "failure_timestamp": NOW_MS - 1_000, "failure_message": "Checkpoint expired\nbefore completing."},
        },
        "history": [
            {"id": 10, "status": "IN_PROGRESS", "trigger_timestamp": NOW_MS - 2_000},
            {"id": 9, "status": "FAILED", "trigger_timestamp": NOW_MS - 20_000, "failure_timestamp": NOW_MS - 1_000},
            {"id": 8, "status": "FAILED", "trigger_timestamp": NOW_MS - 40_000, "failure_timestamp": NOW_MS - 30_000},
            {"id": 7, "status": "COMPLETED", "trigger_timestamp": NOW_MS - 51_000},
            {"id": 6, "status": "FAILED", "trigger_timestamp": NOW_MS - 90_000, "failure_timestamp": NOW_MS - 80_000},
        ],
    },
    "/jobs/b/checkpoints/details/9": {
        "tasks": {
            "v": {"num_subtasks": 2, "num_acknowledged_subtasks": 2},
            "w": {"num_subtasks": 3, "num_acknowledged_subtasks": 1},
        }
    },
    "/jobmanager/environment": {"classpath": ["/home/lib/tokpulse-flink-formats-0.1.0.jar:/home/lib/other-1.jar", "/home/conf"]},
}


def rest(answers: dict[str, Any] = ANSWERS) -> FlinkRest:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("get", "")
        if asked.startswith("busy"):
            shares = [{"id": name, "max": 500.0 if name.startswith("busy") else 250.0} for name in asked.split(",")]
            return httpx.Response(200, json=shares if "/vertices/w/" in request.url.path else [])
        if asked:
            return httpx.Response(200, json=[{"id": "x", "sum": 42.0, "max": 0.83}])
        body = answers.get(request.url.path)
        return httpx.Response(404, json={"errors": ["Not found"]}) if body is None else httpx.Response(200, text=json.dumps(body))

    return FlinkRest("http://127.0.0.1:1", transport=httpx.MockTransport(answer))


def test_flink_rest_reads_what_flink_answers() -> None:
    with rest() as flink:
        assert [(job.id, job.active) for job in flink.jobs()] == [("b", True), ("a", False)]
        assert flink.root_cause("b") == ("the broker is away", NOW_MS - 5000)
        assert flink.watermarks("b", "v") == [None, 7]
        assert flink.metric_sum("b", "v", "pendingRecords") == 42.0
        assert flink.metric_sum("b", "v", "absent") is None
        assert flink.heap_in_use("b") == 0.83
        assert flink.slots() == (0, 8)
        with pytest.raises(FlinkRestError, match="404"):
            flink.checkpoints("a")


@pytest.mark.parametrize(
    "name",
    [
        *("Source: posts_events -> posts_observed: Calc[13]", "Source: posts_events[12] -> Calc[13]"),
        "Source: KafkaSource-default_catalog.default_database.posts_events -> Calc[2] -> (Calc[3], Calc[4])",
    ],
)
def test_a_source_is_called_as_in_sql(name: str) -> None:
    vertex = Vertex("v", name, 2, "RUNNING", 0, 0, 0.0)
    assert (vertex.is_source, vertex.reads) == (True, "posts_events")


def test_loads_and_what_they_read() -> None:
    with rest() as flink:
        assert health.loads(flink, "b") == [
            Load("v", "source posts_events", 2),
            Load("w", "post_growth", 3, ("v",), 0.5, 0.25),
        ]


def test_failures_are_counted_since_the_last_that_completed_and_name_who_was_waited_for() -> None:
    with rest() as flink:
        found = health.checkpoint_health(flink, "b", {"v": "the source", "w": "the function"})
    assert found == CheckpointHealth(
        4, 3, NOW_MS - 50_000, 2, "Checkpoint expired before completing.", ("the function",), NOW_MS - 2_000
    )


def test_failures_before_the_last_that_completed_do_not_count() -> None:
    latest = ANSWERS["/jobs/b/checkpoints"]["latest"] | {"completed": {"latest_ack_timestamp": NOW_MS}}
    with rest(ANSWERS | {"/jobs/b/checkpoints": ANSWERS["/jobs/b/checkpoints"] | {"latest": latest}}) as flink:
        found = health.checkpoint_health(flink, "b", {})
    assert (found.failed_since, found.reason, found.unacknowledged) == (0, "", ())


@pytest.mark.parametrize("acknowledged", [0, 2])
def test_nobody_is_blamed_for_a_checkpoint_that_never_reached_a_task(acknowledged: int) -> None:
    tasks = {"tasks": {"v": {"num_subtasks": 2, "num_acknowledged_subtasks": acknowledged}}}
    with rest(ANSWERS | {"/jobs/b/checkpoints/details/9": tasks}) as flink:
        assert health.checkpoint_health(flink, "b", {}).unacknowledged == ()


def test_failures_with_their_times() -> None:
    with rest() as flink:
        assert health.failures(flink, "b") == Failures("the broker is away", (NOW_MS - 5000, NOW_MS - 9000))
        assert health.failures(flink, "a") == Failures()
        assert health.clock_ms(flink, "b") == NOW_MS
        assert health.classpath(flink) == ["other-1.jar", "tokpulse-flink-formats-0.1.0.jar"]


@pytest.mark.parametrize(
    ("name", "description", "title"),
    [
        ("post_hours: ProcessTableFunction[9] -> post_hours: Calc[3]", "invocation=[hourly_maxima(TABLE(#0)", "post_hours"),
        (
            "post_verdicts: ProcessTableFunction[28] -> (x: Calc[29] -> trending_alerts_topic[32]: Writer ->"
            " trending_alerts_topic[32]: Committer, x: ConstraintEnforcer[57] -> clickhouse_trending_hourly[58]: Writer)",
            "",
            "post_verdicts (writes trending_alerts_topic, trending_hourly)",
        ),
        # As the planner names them, where the job is not ours to name.
        ("ProcessTableFunction[9] -> Calc[3]", "invocation=[post_growth(x)] invocation=[post_growth(y)]", "post_growth"),
        ("ConstraintEnforcer[4] -> clickhouse_comments_log[5]: Writer", "", "writer of comments_log"),
        ("Source: posts_events -> posts_observed: Calc[13] -> clickhouse_x[64]: Writer", "", "source posts_events"),
        ("Source: KafkaSource-default_catalog.default_database.posts_events -> Calc[2]", "", "source posts_events"),
        ("GlobalWindowAggregate[5] -> Calc[6]", "", "GlobalWindowAggregate[5] -> Calc[6]"),
    ],
)
def test_titles(name: str, description: str, title: str) -> None:
    assert title_of(name, description) == title


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
