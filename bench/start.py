"""From `tokpulse submit JOB --detached` to all its tasks RUNNING, on a stack that holds no other job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bench.figures import Spread, table
from bench.flink_runs import all_running, cancel, run_line, submit_line
from bench.live_stream import wall_ms
from bench.own_stack import OwnStack, own_stack
from bench.progress import Progress

JOBS = ("engagement", "pipeline")
_TIMEOUT_S = 180.0
HOW_MEASURED = (
    "The clock starts before `tokpulse submit`. Accepted: when the JobManager has the job, by its own clock. The first start of "
    "each job is told apart: the TaskManager has not loaded the job's classes then."
)


@dataclass(frozen=True)
class StartTimes:
    """Seconds since the command began until the JobManager had the job, and until all tasks were RUNNING."""

    accepted_s: float
    running_s: float


@dataclass(frozen=True)
class Starts:
    """All starts of each job; the first is the first on this TaskManager."""

    jobs: Mapping[str, tuple[StartTimes, ...]]

    def text(self) -> str:
        """The table for the terminal."""
        rows = []
        for job, times in self.jobs.items():
            rows.append((f"{job}: first start", f"{times[0].accepted_s:.1f}", f"{times[0].running_s:.1f}", ""))
            later = times[1:]
            accepted, running = (Spread.of([getattr(each, name) for each in later]) for name in ("accepted_s", "running_s"))
            rows.append(
                (f"{job}: median of {len(later)}", f"{accepted.median:.1f}", f"{running.median:.1f}", f"{running.maximum:.1f}")
            )
        return f"{table(('seconds since the command', 'accepted', 'RUNNING', 'slowest'), rows)}\n\n{HOW_MEASURED}"

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "how_measured": HOW_MEASURED,
            "starts": {job: [[each.accepted_s, each.running_s] for each in times] for job, times in self.jobs.items()},
        }


def measure(rounds: int, progress: Progress) -> Starts:
    """Starts each of JOBS once more than `rounds`, one after another, and cancels it. Raises BenchError for a job that fails."""
    starts: dict[str, list[StartTimes]] = {job: [] for job in JOBS}
    with own_stack() as stack, httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
        for number in range(rounds + 1):
            for job, times in starts.items():
                times.append(_start(job, stack, rest))
                progress.line(
                    f"start {number} of {job}: accepted {times[-1].accepted_s:.1f} s, RUNNING {times[-1].running_s:.1f} s"
                )
    return Starts({job: tuple(times) for job, times in starts.items()})


def _start(job: str, stack: OwnStack, rest: httpx.Client) -> StartTimes:
    began = wall_ms()
    job_id = run_line(submit_line("--detached", job=job), stack)
    seen = all_running(job_id, rest, _TIMEOUT_S)
    accepted = int(rest.get(f"/jobs/{job_id}").raise_for_status().json()["start-time"])
    cancel(job_id, rest, _TIMEOUT_S)
    return StartTimes((accepted - began) / 1000, (seen - began) / 1000)
