"""The stack that a test session starts for itself: its `tokpulse`, its processes, Flink's REST API and ClickHouse."""

from __future__ import annotations

import functools
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from clickhouse_connect.driver.client import Client
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from connectors.clickhouse.client import connect
from connectors.endpoints import VARIABLES, Endpoints
from connectors.kafka.topics import load_topics
from connectors.paths import REPOSITORY
from stack.ddl import graph
from stack.process import running
from stack.service import STACK_MARK
from stack.settings import StackSettings
from stack.topics import apply_topics
from tests import quick_jvm
from tests.waiting import until
from thresholds.publish import establish

PORTS = ("KAFKA", "KAFKA_CONTROLLER", "REGISTRY", "CLICKHOUSE", "FLINK")
# Nothing takes so long: it ends what hangs, also on a machine that does five things at a time.
COMMAND_S = 480.0
_SPECS: Any = OffsetSpec  # has no type hints

TERMINAL = ("FINISHED", "FAILED", "CANCELED")
VERSIONS = "threshold_versions_log"
# What neither jobs nor what they write fill.
_KEPT = frozenset(
    {
        *("schema_migrations", "schema_views", VERSIONS, "raw_api_responses", "alert_mutes_log", "opted_in"),
        *("pseudonym_key", "forget_identifiers", "forget_rows"),
        # They hold nothing.
        *("trending_hourly_backfill", "follower_deltas_backfill"),
    }
)
# What jobs write; the versions of the thresholds stay when only these are emptied.
RESULT_TABLES = tuple(sorted({name for name, file in graph().creators.items() if file.kind == "TABLE"} - _KEPT))


@functools.cache
def rest_client() -> httpx.Client:
    """Without connections that outlive an answer. Making one costs ten times what an answer costs, and tests ask often."""
    return httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0))


@functools.lru_cache(maxsize=4)
def _writer(url: str) -> Client:
    """A client of ClickHouse, which threads share; one that is killed and comes back is connected to again."""
    return connect(url)


def checkpoints_every(interval: str) -> tuple[str, str]:
    """Options of `flink run` for checkpoints that follow each other so closely, whatever pause the configuration wants."""
    return f"-Dexecution.checkpointing.interval={interval}", "-Dexecution.checkpointing.min-pause=0s"


@dataclass(frozen=True)
class Stack:
    """A stack with a data directory of its own, on ports that nobody else has. `project` is the checkout that it is of."""

    data: Path
    project: Path = REPOSITORY

    def environment(self, **extra: str) -> dict[str, str]:
        """This process's environment without anything that would lead to another stack."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TOKPULSE_") or key == "TOKPULSE_BUILD"}
        for name in VARIABLES:
            kept.pop(name, None)
        # A job's client and its workers find our packages by it: without, those of the checkout that is installed.
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(self.project), kept.get("PYTHONPATH", ""))))
        return {**kept, **{f"TOKPULSE_{name}_PORT": "0" for name in PORTS}, **extra}

    def start(self, *args: str, **extra: str) -> subprocess.Popen[str]:
        """`tokpulse ARGS` as a process of its own; the caller waits for it."""
        argv = [sys.executable, "-m", "cli.main", "--data-dir", str(self.data), *args]
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, cwd=self.project, env=self.environment(**extra), stdout=pipe, stderr=pipe, text=True)

    def run(self, *args: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """`tokpulse ARGS`, waited for."""
        return ended(self.start(*args, **extra))

    def up(self, **extra: str) -> subprocess.CompletedProcess[str]:
        """`tokpulse up`, waited for."""
        return self.run("up", **quick_jvm.STACK, **extra)

    def submit(self, name: str, *args: str, **extra: str) -> str:
        """`tokpulse submit NAME ARGS`, which must succeed without a restart. Gives the id of the Flink job."""
        before = {job["jid"] for job in self.jobs()}
        done = self.run("submit", name, *args, **extra)
        assert done.returncode == 0, done.stdout + done.stderr
        (job,) = [str(job["jid"]) for job in self.jobs() if job["jid"] not in before]
        assert self.attempts(job) == {0}, self.failure(job)
        return job

    def start_pasted(self, name: str, *flink_options: str, arguments: Sequence[str], **extra: str) -> subprocess.Popen[str]:
        """The line of `submit NAME ARGUMENTS --print`, run by a shell, with options of Flink added as any user would."""
        printed = self.run("submit", name, *arguments, "--print")
        assert printed.returncode == 0, printed.stderr
        line = printed.stdout.strip().replace(" run ", f" run {shlex.join(flink_options)} ", 1)
        pipe = subprocess.PIPE
        return subprocess.Popen(
            ["bash", "-c", line], cwd=self.project, env=self.environment(**extra), stdout=pipe, stderr=pipe, text=True
        )

    @property
    def endpoints(self) -> Endpoints:
        """The addresses in the stack's env file."""
        return Endpoints.from_env({}, self.data).require()

    def rest(self, path: str) -> Any:
        """JSON of Flink's REST API."""
        response = rest_client().get(f"{self.endpoints.flink_rest_url}{path}")
        response.raise_for_status()
        return response.json()

    def jobs(self) -> list[dict[str, Any]]:
        """Every job that the cluster knows, ended ones too: jid, name, state."""
        return list(self.rest("/jobs/overview")["jobs"])

    def state(self, job: str) -> str:
        """RUNNING, FINISHED, FAILED, ..."""
        return str(self.rest(f"/jobs/{job}")["state"])

    def attempts(self, job: str) -> set[int]:
        """The attempt number of every subtask: {0} when nothing was ever restarted."""
        vertices = [vertex["id"] for vertex in self.rest(f"/jobs/{job}")["vertices"]]
        return {subtask["attempt"] for vertex in vertices for subtask in self.rest(f"/jobs/{job}/vertices/{vertex}")["subtasks"]}

    def failure(self, job: str) -> str:
        """The innermost cause of the newest failure of a task, "" when none ever failed."""
        entries = self.rest(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        causes = [line for line in entries[0]["stacktrace"].splitlines() if line.startswith("Caused by")] if entries else []
        return str(causes[-1] if causes else entries[:1] or "")

    def checkpoints(self, job: str) -> int:
        """How many checkpoints have been completed."""
        return int(self.rest(f"/jobs/{job}/checkpoints")["counts"]["completed"])

    def cancel_all(self) -> None:
        """Ends every job that runs."""
        for job in self.jobs():
            if job["state"] not in TERMINAL:
                rest_client().patch(f"{self.endpoints.flink_rest_url}/jobs/{job['jid']}?mode=cancel")
        until(lambda: all(job["state"] in TERMINAL for job in self.jobs()), 60, "every job has ended")

    @contextmanager
    def clickhouse(self) -> Iterator[Client]:
        """A client of the writer."""
        yield _writer(self.endpoints.clickhouse_url)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a SELECT."""
        with self.clickhouse() as client:
            return [tuple(row) for row in client.query(sql).result_rows]

    def clear_tables(self, *more: str) -> None:
        """Empties what jobs write to in ClickHouse, and `more`."""
        with self.clickhouse() as client:
            for table in (*RESULT_TABLES, *more):
                client.command(f"TRUNCATE TABLE {table}")

    def clear(self) -> None:
        """No job that runs or should, no record, no row but the first version of the thresholds: as after the first `up`."""
        self.cancel_all()
        for kept in (self.data / "jobs").glob("*.json"):
            kept.unlink(missing_ok=True)
        topics = load_topics()
        self.clear_topics(*(topic.name for topic in topics))
        self.clear_tables(VERSIONS)
        establish(self.endpoints)

    def clear_topics(self, *names: str) -> None:
        """Deletes topics with all their records, and makes them anew; those that never had one stay, which takes no time."""
        admin = AdminClient({"bootstrap.servers": self.endpoints.kafka_bootstrap_servers})
        topics = load_topics()
        used = sorted(set(names) & _used(admin, {topic.name: topic.partitions for topic in topics}))
        if used:
            for future in admin.delete_topics(used, operation_timeout=30).values():
                future.result(30)
            until(lambda: not set(used) & set(admin.list_topics(timeout=30).topics), 60, f"{used} are gone")
        apply_topics(admin, topics)
        until(lambda: _all_led(admin, {topic.name: topic.partitions for topic in topics}), 60, "every partition has a leader")

    def pid(self, service: str) -> int:
        """Process id of one service, 0 while it does not run."""
        found = running(StackSettings.load({}, self.data).run / f"{service}.pid")
        return found.pid if found else 0

    def processes(self) -> list[psutil.Process]:
        """Whatever runs for this data directory, found by the mark in its environment and not by pid files."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(STACK_MARK) == str(self.data) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def stop(self) -> list[psutil.Process]:
        """`tokpulse down`, and an end to whatever that has left, which it gives."""
        try:
            self.run("down")
        finally:
            left = self.processes()
            for process in left:
                process.kill()
            psutil.wait_procs(left, timeout=10)
        return left

    def python_workers(self) -> list[psutil.Process]:
        """The Python workers of the TaskManager, present and past."""
        found = []
        for process in self.processes():
            try:
                if any("pyflink" in word or "beam" in word for word in process.cmdline()) and "java" not in process.name():
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def open_to_others(self) -> list[tuple[int, str, Any]]:
        """Every socket of the stack's processes that takes what comes from another machine: pid, name, address."""
        found = []
        for process in self.processes():
            for connection in process.net_connections(kind="inet"):
                takes = connection.status == psutil.CONN_LISTEN or connection.type == socket.SOCK_DGRAM
                if takes and connection.laddr.ip not in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
                    found.append((process.pid, process.name(), connection.laddr))
        return found


def ended(process: subprocess.Popen[str], timeout: float = COMMAND_S) -> subprocess.CompletedProcess[str]:
    """Waits for `process`; one that does not end is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"still running after {timeout:.0f} s: {process.args!r}\n{out}\n{err}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def error_lines(done: subprocess.CompletedProcess[str]) -> Sequence[str]:
    """The `error:` lines of a command that failed as commands should: exit code not 0, no stack trace."""
    everything = done.stdout + done.stderr
    assert done.returncode != 0, everything
    for trace in ("Traceback", "\tat ", "\nCaused by"):
        assert trace not in everything, everything
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def _used(admin: AdminClient, declared: dict[str, int]) -> set[str]:
    """Topics that ever had a record, or have another number of partitions than declared."""
    known = admin.list_topics(timeout=30).topics
    wanted = {name: partitions for name, partitions in declared.items() if name in known}
    other = {name for name, partitions in wanted.items() if len(known[name].partitions) != partitions}
    places = [TopicPartition(name, partition) for name in wanted.keys() - other for partition in known[name].partitions]
    asked = admin.list_offsets({place: _SPECS.latest() for place in places}, request_timeout=30)
    return other | {place.topic for place, future in asked.items() if future.result(30).offset > 0}


def _all_led(admin: AdminClient, wanted: dict[str, int]) -> bool:
    known = admin.list_topics(timeout=30).topics
    return all(
        name in known and len(known[name].partitions) == count and all(p.leader >= 0 for p in known[name].partitions.values())
        for name, count in wanted.items()
    )
