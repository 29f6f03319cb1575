"""A small typed client of the JobManager's REST API: what runs, how far it is, and why it fails."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from types import TracebackType
from typing import Any, Self

import httpx

from connectors.errors import TokpulseError

# States in which a job may still write.
ACTIVE = frozenset({"INITIALIZING", "CREATED", "RUNNING", "FAILING", "RESTARTING", "CANCELLING", "SUSPENDED", "RECONCILING"})
# Flink reports "no watermark yet" as the least number.
_NO_WATERMARK = -(2**62)
_END_OF_INPUT = 2**62


# How often a savepoint in the making is asked for, and how long it may take: the checkpoint timeout, and the tasks' end.
_SAVEPOINT_POLL_S = 0.2
SAVEPOINT_S = 180.0


class FlinkRestError(TokpulseError):
    """The JobManager does not answer, or refuses a request."""


class SavepointError(TokpulseError):
    """Flink could not take a savepoint; the job goes on. The message is the reason."""


@dataclass(frozen=True)
class Job:
    """One job; times in Unix milliseconds, `ended_ms` is -1 while it is active."""

    id: str
    name: str
    state: str
    started_ms: int
    ended_ms: int

    @property
    def active(self) -> bool:
        """Whether it may still write."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Vertex:
    """One task of the job graph, all its subtasks together."""

    id: str
    name: str
    parallelism: int
    state: str
    records_in: int
    records_out: int
    busy: float

    @property
    def has_state(self) -> bool:
        """Whether it remembers posts, authors or users."""
        return "ProcessTableFunction" in self.name

    @property
    def reads(self) -> str:
        """What a source reads, by its name in SQL; Flink itself calls it `KafkaSource-catalog.database.name`."""
        return re.sub(r"^Source: (?:\S*\.)?(\w+).*$", r"\1", self.name, flags=re.DOTALL)

    @property
    def is_source(self) -> bool:
        """Whether it reads from Kafka."""
        return self.name.startswith("Source:")


@dataclass(frozen=True)
class Checkpoints:
    """Counts since submission; `last_completed_ms` and `last_failed_ms` are Unix milliseconds, 0 for never.

    `path` is the folder of the last one that completed, and `savepoint` that of the last savepoint, "" for none.
    """

    completed: int
    failed: int
    last_completed_ms: int
    last_failed_ms: int
    last_failure: str
    path: str = ""
    savepoint: str = ""


class FlinkRest:
    """`url` is the base of the REST API. Every method may raise FlinkRestError. Use it as a context manager."""

    def __init__(self, url: str, timeout: float = 10.0, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(timeout=timeout, transport=transport, trust_env=False)

    def jobs(self) -> list[Job]:
        """All jobs that the JobManager remembers, the newest first."""
        listed = [
            Job(raw["jid"], raw["name"], raw["state"], int(raw["start-time"]), int(raw["end-time"]))
            for raw in self.get("/jobs/overview")["jobs"]
        ]
        return sorted(listed, key=lambda job: job.started_ms, reverse=True)

    def slots(self) -> tuple[int, int]:
        """(free, all) task slots."""
        body = self.get("/overview")
        return int(body["slots-available"]), int(body["slots-total"])

    def vertices(self, job_id: str) -> list[Vertex]:
        """The tasks of a job, sources first."""
        return [
            Vertex(
                raw["id"],
                raw["name"],
                int(raw["parallelism"]),
                raw["status"],
                int(raw["metrics"].get("read-records") or 0),
                int(raw["metrics"].get("write-records") or 0),
                float(raw["metrics"].get("accumulated-busy-time") or 0.0),
            )
            for raw in self.get(f"/jobs/{job_id}")["vertices"]
        ]

    def watermarks(self, job_id: str, vertex_id: str) -> list[int | None]:
        """The input watermark of each subtask in Unix milliseconds; None before the first one, a huge number after the last."""
        values: list[int | None] = []
        for raw in self.get(f"/jobs/{job_id}/vertices/{vertex_id}/watermarks"):
            value = int(float(raw["value"]))
            values.append(None if value < _NO_WATERMARK else min(value, _END_OF_INPUT))
        return values

    def metric_sum(self, job_id: str, vertex_id: str, name: str) -> float | None:
        """The sum of metric `name` over the subtasks; a name may be the end of a longer one. None when nobody has it."""
        values = self._metric(job_id, vertex_id, name, "sum")
        return sum(values) if values else None

    def metric_max(self, job_id: str, vertex_id: str, name: str) -> float | None:
        """The same, but the greatest."""
        return max(self._metric(job_id, vertex_id, name, "max"), default=None)

    def _metric(self, job_id: str, vertex_id: str, name: str, aggregate: str) -> list[float]:
        path = f"/jobs/{job_id}/vertices/{vertex_id}/subtasks/metrics"
        known = [str(raw["id"]) for raw in self.get(path) if str(raw["id"]).endswith(name)]
        if not known:
            return []
        body = self.get(f"{path}?get={','.join(known)}&agg={aggregate}")
        return [float(raw[aggregate]) for raw in body if raw.get(aggregate) is not None]

    def heap_in_use(self, job_id: str) -> float | None:
        """Share (0 to 1) of the fullest TaskManager's heap for state that no collection frees. None before the first one."""
        shares = (self.metric_max(job_id, vertex.id, "heapInUse") for vertex in self.vertices(job_id) if vertex.has_state)
        return max((share for share in shares if share is not None and not isnan(share)), default=None)

    def checkpoints(self, job_id: str) -> Checkpoints:
        """How checkpoints of a job go."""
        body = self.get(f"/jobs/{job_id}/checkpoints")
        counts, latest = body["counts"], body["latest"]
        completed, failed = latest.get("completed") or {}, latest.get("failed") or {}
        return Checkpoints(
            int(counts["completed"]),
            int(counts["failed"]),
            int(completed.get("latest_ack_timestamp", 0)),
            int(failed.get("failure_timestamp", 0)),
            " ".join(str(failed.get("failure_message", "")).split())[:200],
            str(completed.get("external_path", "")),
            str((latest.get("savepoint") or {}).get("external_path", "")),
        )

    def root_cause(self, job_id: str) -> tuple[str, int]:
        """(innermost cause of the last failure in one line, when it was in Unix milliseconds); ("", 0) when nothing failed."""
        trace, at_ms = self.failure(job_id)
        return innermost(trace), at_ms

    def failure(self, job_id: str) -> tuple[str, int]:
        """(stack trace of the last failure, when it was in Unix milliseconds); ("", 0) when nothing failed."""
        entries = self.get(f"/jobs/{job_id}/exceptions").get("exceptionHistory", {}).get("entries", [])
        if not entries:
            return "", 0
        newest = entries[0]
        return str(newest.get("stacktrace") or newest.get("exceptionName", "")), int(newest.get("timestamp", 0))

    def restarts(self, job_id: str) -> int:
        """How often Flink has restarted the job by itself."""
        found = self.get(f"/jobs/{job_id}/metrics?get=numRestarts")
        return int(float(found[0]["value"])) if found else 0

    def parameter(self, job_id: str, name: str) -> str:
        """What the job says of itself under `name` (`pipeline.global-job-parameters`), "" when it does not."""
        config = self.get(f"/jobs/{job_id}/config").get("execution-config") or {}
        return str((config.get("user-config") or {}).get(name, ""))

    def operators(self, job_id: str) -> str:
        """The tasks of a running job in Flink's words, one operator a line, numbered as in their names."""
        nodes = self.get(f"/jobs/{job_id}/plan")["plan"]["nodes"]
        return "\n".join(html.unescape(re.sub(r"<br\s*/?>", "\n", str(node["description"]))) for node in nodes)

    def cancel(self, job_id: str) -> None:
        """Asks the job to end; returns before it has."""
        self._call("PATCH", f"/jobs/{job_id}")

    def stop(self, job_id: str, timeout_s: float = SAVEPOINT_S) -> str:
        """Ends the job with a savepoint, and gives its path.

        Raises SavepointError, and then the job goes on. After a FlinkRestError, also for a savepoint that takes too long, the job
        may still end.
        """
        asked = self._call("POST", f"/jobs/{job_id}/stop", {"drain": False})["request-id"]
        deadline = time.monotonic() + timeout_s
        while (found := self.get(f"/jobs/{job_id}/savepoints/{asked}"))["status"]["id"] != "COMPLETED":
            if time.monotonic() > deadline:
                raise FlinkRestError(f"no savepoint of {job_id} within {timeout_s:.0f} s", "the JobManager's log may say why")
            time.sleep(_SAVEPOINT_POLL_S)
        done = found["operation"]
        if "location" not in done:
            raise SavepointError(f"no savepoint of {job_id}: {innermost(str(done['failure-cause'].get('stack-trace', '')))}")
        return str(done["location"])

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def get(self, path: str) -> Any:
        """What GET `path` answers, as JSON."""
        return self._call("GET", path)

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        try:
            response = self._http.request(method, self.url + path, json=body)
        except httpx.HTTPError as error:
            raise FlinkRestError(
                f"no Flink JobManager answers at {self.url} ({type(error).__name__})", "`tokpulse status` shows the local one"
            ) from None
        if not response.is_success:
            raise FlinkRestError(
                f"Flink at {self.url}{path} answers {response.status_code}: {' '.join(response.text.split())[:200]}"
            )
        return response.json() if response.content else {}


def innermost(stacktrace: str) -> str:
    """The last `Caused by` line of a Java stack trace without its class where it has a message; else the first line."""
    lines = [line.strip() for line in stacktrace.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    chosen = causes[-1] if causes else (lines[0] if lines else "")
    head, colon, rest = chosen.partition(": ")
    return (rest if colon and rest and " " not in head else chosen)[:400]
