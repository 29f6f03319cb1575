"""How large a job's state is, and which operators hold it: from Flink's own account of its checkpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bench.flink_runs import BenchError
from bench.own_stack import OwnStack

_TIMEOUT_S = 120.0
_POLL_S = 0.5


@dataclass(frozen=True)
class StateSize:
    """A completed checkpoint: bytes in all, and by name of the job's vertices."""

    checkpoint: int
    total: int
    vertices: Mapping[str, int]


def state_size(details: Mapping[str, Any], names: Mapping[str, str]) -> StateSize:
    """From the answer of `/jobs/<id>/checkpoints/details/<n>`; `names` are the vertices' by their ids."""
    sizes = {names[vertex]: int(task["state_size"]) for vertex, task in details["tasks"].items()}
    return StateSize(int(details["id"]), int(details["state_size"]), sizes)


def next_state_size(job_id: str, since_ms: int, stack: OwnStack) -> StateSize:
    """The state in the first full checkpoint seen that began after `since_ms` (Unix). Raises BenchError when none comes."""
    deadline = time.monotonic() + _TIMEOUT_S
    with httpx.Client(base_url=stack.endpoints.flink_rest_url, timeout=30) as rest:
        while time.monotonic() < deadline:
            completed = _answer(rest, f"/jobs/{job_id}/checkpoints")["latest"]["completed"]
            if completed is not None and completed["trigger_timestamp"] > since_ms:
                details = _answer(rest, f"/jobs/{job_id}/checkpoints/details/{completed['id']}")
                job = _answer(rest, f"/jobs/{job_id}")
                return state_size(details, {vertex["id"]: vertex["name"] for vertex in job["vertices"]})
            time.sleep(_POLL_S)
    raise BenchError(f"no checkpoint was completed within {_TIMEOUT_S:.0f} s", "the JobManager's log may say why")


def _answer(rest: httpx.Client, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = rest.get(path).raise_for_status().json()
    return answer
