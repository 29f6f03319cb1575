"""Submits jobs as a user does, and takes their times from Flink's own REST API."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.own_stack import PARALLELISM, OwnStack
from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY

_JOB_ID = re.compile(r"\bJobID ([0-9a-f]{32})\b")
_TIMEOUT_S = 3600
_SHOWN_S = 30.0
_POLL_S = 0.1


class BenchError(TokpulseError):
    """A measurement that cannot count: a job failed, or its result is wrong."""


@dataclass(frozen=True)
class VertexLoad:
    """One vertex of a job: what its subtasks did, in seconds added up over them."""

    name: str
    busy_s: float
    idle_s: float
    backpressured_s: float


@dataclass(frozen=True)
class FlinkTimes:
    """A finished job. `net_s`: from the moment when the last of its tasks was RUNNING until the job was FINISHED.

    Deployment, state initialisation and start of Python workers are before that moment; draining, the last checkpoint and the
    sinks' last flush are before the end. `total_s` is from submission. A restarted job's `net_s` is of its last attempt only.
    """

    net_s: float
    total_s: float
    restarts: int
    vertices: tuple[VertexLoad, ...]


def submit_line(*arguments: str, job: str = "engagement") -> list[str]:
    """`tokpulse submit JOB ...`, with the interpreter that runs the bench."""
    return [str(Path(sys.executable).with_name("tokpulse")), "submit", job, *arguments]


def yardstick_line(stack: OwnStack, file: str, *arguments: str) -> list[str]:
    """The `flink run` line of a job in bench/: the options that `tokpulse submit --bounded` gives the real one."""
    line = [str(stack.endpoints.flink_home / "bin" / "flink"), "run", "--parallelism", str(PARALLELISM)]
    line += ["-pyclientexec", sys.executable, "-pyexec", sys.executable]
    return [*line, "-py", str(REPOSITORY / "bench" / file), "--bounded", "--wait", *arguments]


def run_line(line: list[str], stack: OwnStack) -> str:
    """Runs a submission to its end; returns the id of its job. Raises BenchError with its last output when it fails."""
    # A session of its own, because the command's children (a shell, a JVM, Python) must end with it.
    with subprocess.Popen(
        line,
        env=stack.environment,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=_TIMEOUT_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    ids = _JOB_ID.findall(output)
    if process.returncode != 0 or len(ids) != 1:
        raise BenchError(f"exit code {process.returncode} of {' '.join(line)}", "\n".join(output.splitlines()[-15:]))
    return str(ids[0])


def all_running(job_id: str, rest: httpx.Client, timeout: float) -> int:
    """Waits until every task of the job is RUNNING; returns since when (Unix ms). Raises BenchError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        # Vertices are RUNNING as soon as one of their tasks is.
        vertices = rest.get(f"/jobs/{job_id}").raise_for_status().json()["vertices"]
        if all(vertex["tasks"]["RUNNING"] == vertex["parallelism"] for vertex in vertices):
            return max(_running_since(job_id, vertex["id"], rest) for vertex in vertices)
        time.sleep(_POLL_S)
    raise BenchError(f"job {job_id} does not run after {timeout:.0f} s", "the JobManager's log may say why")


def _running_since(job_id: str, vertex: str, rest: httpx.Client) -> int:
    # The JobManager shows a copy of the job that is some seconds old, so when it was asked says little.
    tasks = rest.get(f"/jobs/{job_id}/vertices/{vertex}").raise_for_status().json()["subtasks"]
    return max(
        int(task["start-time"] + task["status-duration"]["DEPLOYING"] + task["status-duration"]["INITIALIZING"]) for task in tasks
    )


def cancel(job_id: str, rest: httpx.Client, timeout: float) -> None:
    """Ends the job and waits for it. Raises BenchError after `timeout` seconds."""
    rest.patch(f"/jobs/{job_id}", params={"mode": "cancel"}).raise_for_status()
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if rest.get(f"/jobs/{job_id}").raise_for_status().json()["state"] == "CANCELED":
            return
        time.sleep(_POLL_S)
    raise BenchError(f"job {job_id} was not canceled within {timeout:.0f} s", "the JobManager's log may say why")


def times(job_id: str, stack: OwnStack) -> FlinkTimes:
    """Times of a job that has ended. Raises BenchError when it did not end as FINISHED."""
    with httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
        job = _ended(job_id, rest)
        subtasks = [
            subtask
            for vertex in job["vertices"]
            for subtask in rest.get(f"/jobs/{job_id}/vertices/{vertex['id']}").raise_for_status().json()["subtasks"]
        ]
    if job["state"] != "FINISHED":
        raise BenchError(f"job {job['name']!r} is {job['state']}", "the JobManager's log has the reason")
    return times_of(job, subtasks)


def unbroken(name: str, found: FlinkTimes) -> float:
    """`net_s` of a run without a restart, which would make it a shorter job, or a longer one. Raises BenchError for another."""
    if found.restarts:
        raise BenchError(
            f"{name}: the job was restarted {found.restarts} time(s) in mid-run", "its exceptions are in the JobManager's log"
        )
    return found.net_s


def _ended(job_id: str, rest: httpx.Client) -> dict[str, Any]:
    # The JobManager shows a copy of the job that is some seconds old.
    deadline = time.monotonic() + _SHOWN_S
    while True:
        job: dict[str, Any] = rest.get(f"/jobs/{job_id}").raise_for_status().json()
        if job["end-time"] > 0 or time.monotonic() > deadline:
            return job
        time.sleep(0.5)


def times_of(job: Mapping[str, Any], subtasks: list[Mapping[str, Any]]) -> FlinkTimes:
    """The same from the answers of `/jobs/<id>` and, for all its vertices, `/jobs/<id>/vertices/<id>`; times in ms there."""
    # Flink gives how long a task was in each state, not since when: RUNNING is the state before its end.
    all_running = max(subtask["end-time"] - subtask["status-duration"]["RUNNING"] for subtask in subtasks)
    loads = tuple(
        VertexLoad(
            vertex["name"],
            *(float(vertex["metrics"][f"accumulated-{what}-time"]) / 1000 for what in ("busy", "idle", "backpressured")),
        )
        for vertex in job["vertices"]
    )
    return FlinkTimes(
        net_s=(job["end-time"] - all_running) / 1000,
        total_s=(job["end-time"] - job["start-time"]) / 1000,
        restarts=max(int(subtask["attempt"]) for subtask in subtasks),
        vertices=loads,
    )
