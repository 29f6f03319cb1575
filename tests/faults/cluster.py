"""A real stack with the live pipeline and a poller, as faults find it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx
import psutil

from simulator.settings import SimulationSettings
from simulator.upstream.clock import ScaledClock
from simulator.upstream.ledger import Ledger
from simulator.upstream.server import FakeUpstream
from simulator.upstream.watchlist import write_watchlist
from stack.process import read_pid_file
from tests.e2e.stack_process import TERMINAL, Stack
from tests.waiting import until

from .proxy import Proxy

RUN_ID = "faults"
SERVICES = ("kafka", "registry", "clickhouse", "jobmanager", "taskmanager")
# The port by which a patched project knows ClickHouse.
VIA = "TOKPULSE_TEST_CLICKHOUSE_VIA"
# No partition is idle: its watermark is that of what was sent, whatever stands still meanwhile.
IDLE = "10 min"
AWAY = (httpx.HTTPError, OSError, KeyError, ValueError, StopIteration)


@dataclass
class Poller:
    """`tokpulse poll` against the fake upstream. `since` is how much was served before the process that runs now."""

    stack: Stack
    folder: Path
    fake: FakeUpstream
    since: int = 0
    process: subprocess.Popen[bytes] | None = None
    log: IO[bytes] | None = None

    @property
    def manifest(self) -> Path:
        """What was served, a line each."""
        return self.folder / "served.jsonl"

    @property
    def served(self) -> int:
        """How many requests were answered so far."""
        return self.manifest.read_bytes().count(b"\n")

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        self.since = self.served
        self.log = self.log or (self.folder / "poller.log").open("ab")
        argv = ["poll", "--upstream", "tikliveapi", "--watchlist", str(self.folder / "watchlist.yaml"), "--base-url", self.fake.url]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "--data-dir", str(self.stack.data), *argv],
            cwd=self.stack.project,
            env=self.stack.environment(TOKPULSE_TIKLIVEAPI_KEY=self.fake.key),
            stdout=self.log,
            stderr=self.log,
        )

    def ensure(self, more: int) -> list[str]:
        """Returns when so many requests more were answered since it was started. One that has ended is started again, as whoever
        runs pollers does; what it said at its end, each time."""
        said: list[str] = []

        def polls() -> bool:
            assert self.process is not None
            if (code := self.process.poll()) is not None:
                lines = (self.folder / "poller.log").read_text(encoding="utf-8", errors="replace").splitlines()
                said.append(f"the poller ended with code {code}: {' '.join(lines[-1:])[:200]}")
                self.start()
            return self.served > self.since + more

        until(polls, 90, "the poller polls")
        return said

    def stop(self) -> int:
        """SIGTERM: it finishes open requests. Its exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)

    def close(self) -> None:
        """Kills what is left of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        if self.log is not None:
            self.log.close()


def fake_upstream(folder: Path, seed: int) -> FakeUpstream:
    """A small universe whose time runs fast, with a watchlist of it in `folder` and the manifest of what it serves."""
    clock = ScaledClock(1_790_000_000_000, 120.0)
    settings = SimulationSettings(seed=seed, start_ms=clock.start_ms, hours=400, creators=3, posts=10, audience=40)
    fake = FakeUpstream(settings, clock=clock, ledger=Ledger(folder / "served.jsonl", keep=False), comments_per_post=30)
    watchlist = folder / "watchlist.yaml"
    write_watchlist(fake.world, watchlist, 3, 3, 0)
    # No thing is in two feeds: the order in which it is written is that in which it was served.
    options = (
        "credits_per_day: 1000000\npage_pause: 1ms\ntiers: {hot: 2s, warm: 2s, cold: 2s}\n"
        "follow: {posts: false, profiles: 0}\nfeeds: {creators: [profile, posts], posts: [comments]}\n"
    )
    watchlist.write_text(watchlist.read_text(encoding="utf-8") + options, encoding="utf-8")
    return fake


@dataclass
class Cluster:
    """The stack, its job and its poller. `late_bound_h` is how many hours of event time all trials have together."""

    stack: Stack
    poller: Poller
    late_bound_h: int
    proxy: Proxy | None = None
    notes: list[str] = field(default_factory=list)

    def up(self) -> None:
        """`tokpulse up`. Raises AssertionError when it fails."""
        via = {VIA: str(self.proxy.port)} if self.proxy is not None else {}
        done = self.stack.up(**via)
        assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]

    def pid(self, service: str) -> int:
        """Of a service as its pid file names it, running or not."""
        found = read_pid_file(self.stack.data / "run" / f"{service}.pid")
        assert found is not None, f"{service} has no pid file"
        return found.pid

    def alive(self, service: str) -> bool:
        """Whether the process that the pid file names runs."""
        found = read_pid_file(self.stack.data / "run" / f"{service}.pid")
        return found is not None and found.alive

    def submit(self) -> None:
        """Submits the pipeline, as users do: the stack keeps it running. Raises AssertionError when it is refused."""
        options = ("--run-id", RUN_ID, "--idle-timeout", IDLE, "--late-bound", f"{self.late_bound_h} h")
        done = self.stack.run("submit", "pipeline", "--detached", *options)
        assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
        assert "the stack keeps job pipeline running" in done.stdout, done.stdout[-2_000:]

    def job(self) -> str:
        """Id of the job that has not ended, "" for none."""
        return next((str(job["jid"]) for job in self.stack.jobs() if job["state"] not in TERMINAL), "")

    def is_running(self) -> bool:
        """Whether every task of the job runs."""
        jobs = [job for job in self.stack.jobs() if job["state"] not in TERMINAL]
        return bool(jobs) and jobs[0]["state"] == "RUNNING" and jobs[0]["tasks"]["running"] == jobs[0]["tasks"]["total"]

    def await_running(self, seconds: float = 120.0) -> None:
        """Returns when every task of the job runs."""
        until(self.is_running, seconds, "every task of the pipeline runs", ignoring=AWAY)

    def checkpoints(self) -> list[Path]:
        """Folders of complete checkpoints of all jobs, the newest first."""
        found = (self.stack.data / "flink" / "checkpoints").glob("*/chk-*/_metadata")
        return [path.parent for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]

    def resumed(self, before: str) -> str:
        """Returns when the stack has brought the job back, which was `before`; what its keeper says of that, at the end."""
        until(
            lambda: self.job() not in ("", before) and self.is_running(), 240, "the stack has started the job again", ignoring=AWAY
        )
        told = [line.partition("job pipeline")[2].strip(" :") for line in self.supervisor_lines("job pipeline")]
        return "; ".join(line.replace(f"{self.stack.data}/flink/checkpoints/", "") for line in told[-4:])

    def kill(self, service: str) -> str:
        """SIGKILL of a service; the proof that it has died of it, from the supervisor's log."""
        pid = self.pid(service)
        os.kill(pid, signal.SIGKILL)
        line = f"{service} (pid {pid}) died"
        found = until(lambda: self.supervisor_lines(line), 20, f"the supervisor has seen that {line}")
        return found[-1][found[-1].index(line) :]

    def supervisor_lines(self, text: str) -> list[str]:
        """Lines of the supervisor's log that have `text`."""
        log = (self.stack.data / "logs" / "supervisor.log").read_text(encoding="utf-8", errors="replace")
        return [line.strip() for line in log.splitlines() if text in line]

    def await_service(self, service: str, old: int, seconds: float = 60.0) -> None:
        """Returns when another process than `old` is the service."""
        until(lambda: self.alive(service) and self.pid(service) != old, seconds, f"{service} was started again")

    def workers(self) -> list[psutil.Process]:
        """Python workers that run functions of the job."""
        return [process for process in self.stack.python_workers() if any("beam_boot" in word for word in process.cmdline())]

    def orphans(self) -> list[int]:
        """Python workers that belong to no TaskManager of now."""
        owner = self.pid("taskmanager")
        found = []
        for worker in self.stack.python_workers():
            try:
                if owner not in {parent.pid for parent in worker.parents()}:
                    found.append(worker.pid)
            except psutil.Error:
                continue
        return found

    def newest_post_ms(self, before_ms: int) -> int:
        """Time of the newest simulated post that is in ClickHouse, 0 where it does not say."""
        address = urlsplit(self.stack.endpoints.clickhouse_url)
        before = f"fromUnixTimestamp64Milli(toInt64({before_ms}), 'UTC')"
        sql = f"SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM post_observations_log WHERE ingested_at < {before}"
        try:
            answer = httpx.post(
                f"http://{address.hostname}:{address.port}/",
                params={"database": address.path.strip("/")},
                content=sql,
                auth=(address.username or "", address.password or ""),
                timeout=2.0,
                trust_env=False,
            )
            return int(answer.text) if answer.status_code == 200 else 0
        except (httpx.HTTPError, ValueError):
            return 0


def wait_stopped(pid: int) -> str:
    """Returns when the kernel shows that a process stands still."""
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, 5, f"process {pid} stands still")
    return f"pid {pid} in state T"
