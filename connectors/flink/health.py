"""What the JobManager's REST API tells about the health of one job: load of its tasks, why checkpoints fail, how often it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from connectors.flink.rest import FlinkRest, FlinkRestError, innermost

_BUSY, _PRESSED = "busyTimeMsPerSecond", "backPressuredTimeMsPerSecond"
# `post_hours: ProcessTableFunction[9]`, as jobs/naming.py names operators; `posts_events` of a source; the table of a writer.
_VIEW = re.compile(r"(\w+): \w+\[\d+\]")
_SOURCE = re.compile(r"Source: (?:\S*\.)?(\w+)")
_SINK = re.compile(r"(?:clickhouse_)?(\w+)\[\d+\]: Writer")
_FUNCTION = re.compile(r"invocation=\[(\w+)")


@dataclass(frozen=True)
class Load:
    """One task of a job. `busy` and `pressed` are shares (0 to 1) of its busiest subtask's time, None while nobody has measured.

    `inputs` are the ids of the tasks that it reads from; `title` is what a person may call it.
    """

    id: str
    title: str
    parallelism: int
    inputs: tuple[str, ...] = ()
    busy: float | None = None
    pressed: float | None = None


@dataclass(frozen=True)
class CheckpointHealth:
    """Times are Unix milliseconds, 0 for never. `unacknowledged` are the titles of the tasks that held up the last failed one.

    `failed_since` is how many failed since the last that completed, `running_since_ms` when the oldest that is under way began.
    """

    completed: int
    failed: int
    last_completed_ms: int
    failed_since: int = 0
    reason: str = ""
    unacknowledged: tuple[str, ...] = ()
    running_since_ms: int = 0


@dataclass(frozen=True)
class Failures:
    """What the JobManager remembers of a job's failures. `times_ms` are Unix milliseconds, the newest first."""

    cause: str = ""
    times_ms: tuple[int, ...] = ()


def title_of(name: str, description: str = "") -> str:
    """What a task does: the source that it reads, else the view that it computes or the function it calls, and what it writes."""
    if source := _SOURCE.match(name):
        return f"source {source[1]}"
    writes = ", ".join(dict.fromkeys(_SINK.findall(name)))
    view, functions = _VIEW.match(name), list(dict.fromkeys(_FUNCTION.findall(description)))
    what = view[1] if view else ", ".join(functions)
    if what:
        return f"{what} (writes {writes})" if writes else what
    return f"writer of {writes}" if writes else " ".join(name.split())[:80]


def loads(flink: FlinkRest, job_id: str) -> list[Load]:
    """Every task of a job, sources first. The JobManager measures once it is asked: the first answer may lack the shares."""
    body = flink.get(f"/jobs/{job_id}")
    nodes = {str(node["id"]): node for node in body.get("plan", {}).get("nodes", [])}
    return [_load(flink, job_id, raw, nodes.get(str(raw["id"]), {})) for raw in body["vertices"]]


def _load(flink: FlinkRest, job_id: str, raw: Mapping[str, Any], node: Mapping[str, Any]) -> Load:
    path = f"/jobs/{job_id}/vertices/{raw['id']}/subtasks/metrics?get={_BUSY},{_PRESSED}&agg=max"
    told = {str(each["id"]): float(each["max"]) for each in flink.get(path) if each.get("max") is not None}
    shares = {name: value / 1000 for name, value in told.items() if not isnan(value)}
    return Load(
        str(raw["id"]),
        title_of(str(raw["name"]), str(node.get("description", ""))),
        int(raw["parallelism"]),
        tuple(str(each["id"]) for each in node.get("inputs") or ()),
        shares.get(_BUSY),
        shares.get(_PRESSED),
    )


def checkpoint_health(flink: FlinkRest, job_id: str, titles: Mapping[str, str]) -> CheckpointHealth:
    """How checkpoints go, and for the newest that failed, why. `titles` are those of `loads` by their ids."""
    body = flink.get(f"/jobs/{job_id}/checkpoints")
    counts, latest, history = body["counts"], body["latest"], body.get("history") or []
    completed_ms = int((latest.get("completed") or {}).get("latest_ack_timestamp", 0))
    failed = latest.get("failed") or {}
    failed_ms = int(failed.get("failure_timestamp", 0))
    newer = [each for each in history if each["status"] == "FAILED" and int(each.get("failure_timestamp", 0)) > completed_ms]
    under_way = [int(each["trigger_timestamp"]) for each in history if each["status"] == "IN_PROGRESS"]
    since = failed_ms > completed_ms
    return CheckpointHealth(
        int(counts["completed"]),
        int(counts["failed"]),
        completed_ms,
        max(len(newer), int(since)),
        " ".join(str(failed.get("failure_message") or "").split())[:300] if since else "",
        _unacknowledged(flink, job_id, int(failed["id"]), titles) if since else (),
        min(under_way, default=0),
    )


def _unacknowledged(flink: FlinkRest, job_id: str, number: int, titles: Mapping[str, str]) -> tuple[str, ...]:
    try:
        tasks = flink.get(f"/jobs/{job_id}/checkpoints/details/{number}").get("tasks") or {}
    except FlinkRestError:
        # It remembers the last ten only.
        return ()
    late = [str(task) for task, each in tasks.items() if int(each["num_acknowledged_subtasks"]) < int(each["num_subtasks"])]
    # Of none has anybody asked the tasks: the JobManager itself could not begin.
    return tuple(titles.get(task, task) for task in late) if len(late) < len(tasks) else ()


def failures(flink: FlinkRest, job_id: str) -> Failures:
    """The failures of a job that the JobManager remembers: the last 16."""
    entries: Sequence[Mapping[str, Any]] = flink.get(f"/jobs/{job_id}/exceptions").get("exceptionHistory", {}).get("entries", [])
    times = tuple(sorted((int(each.get("timestamp", 0)) for each in entries), reverse=True))
    if not entries:
        return Failures()
    return Failures(innermost(str(entries[0].get("stacktrace") or entries[0].get("exceptionName", ""))), times)


def classpath(flink: FlinkRest) -> list[str]:
    """Names of the jars that the JobManager was started with."""
    entries = [str(entry) for entry in flink.get("/jobmanager/environment").get("classpath", [])]
    return sorted({part.rpartition("/")[2] for entry in entries for part in entry.split(":") if part.endswith(".jar")})


def clock_ms(flink: FlinkRest, job_id: str) -> int:
    """The JobManager's clock, Unix milliseconds."""
    return int(flink.get(f"/jobs/{job_id}")["now"])
