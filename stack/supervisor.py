"""Starts the services of one data directory, restarts any that dies, and stops all of them on TERM; keeps jobs running, too.

Run as `python -m stack.supervisor --data-dir DIR`; `tokpulse up` starts it detached. Its state is in
`<data>/run/supervisor.json`, its log in `<data>/logs/supervisor.log`.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import psutil

from connectors.backoff import SERVICE_RESTART_S, Doubling
from connectors.files import replace_file
from connectors.terminal import log_handler
from stack import process
from stack.job_keeper import keep_jobs
from stack.service import STACK_MARK, Service
from stack.services import all_services
from stack.settings import StackSettings

STATE_FILE = "supervisor.json"
PID_FILE = "supervisor.pid"
_PR_SET_CHILD_SUBREAPER = 36
# It kills the client that submits a job, and waits for no answer longer than this.
_JOBS_STOP_S = 12.0
log = logging.getLogger("supervisor")


@dataclass(frozen=True)
class RestartPolicy:
    """A service that dies within `quick` seconds of its start fails quickly; after `attempts` of those in a row it is given up."""

    first_delay: float = SERVICE_RESTART_S.first
    max_delay: float = SERVICE_RESTART_S.longest
    quick: float = 30.0
    attempts: int = 6

    def delay(self, quick_failures: int) -> float:
        """Seconds to wait before the next start."""
        return Doubling(self.first_delay, self.max_delay).after(quick_failures)


@dataclass(frozen=True)
class ServiceState:
    """What `tokpulse status` shows: `state` is running, waiting (for its next start) or failed (given up)."""

    state: str
    pid: int
    restarts: int


class Keeper:
    """Keeps one service running. `tick` is called often and never blocks for long."""

    def __init__(self, service: Service, policy: RestartPolicy, mark: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.service = service
        self._mark = mark
        self._policy = policy
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._id: process.ProcessId | None = None
        self._started_at = 0.0
        self._next_start = 0.0
        self._quick_failures = 0
        self._restarts = 0
        self._given_up = False

    @property
    def state(self) -> ServiceState:
        """What `tokpulse status` shows of it."""
        state = "running" if self._child else "failed" if self._given_up else "waiting"
        return ServiceState(state, self._id.pid if self._id and self._child else 0, self._restarts)

    def tick(self) -> None:
        """Starts the service when it is due, or notices its death and plans the next start."""
        if self._child is None:
            if not self._given_up and self._clock() >= self._next_start:
                self._start()
            return
        code = self._child.poll()
        if code is not None:
            self._died(code)

    def stop(self) -> None:
        """Stops the service and its children for good: TERM, then KILL after its stop timeout."""
        self._given_up = True
        child, self._child = self._child, None
        if child is None or self._id is None:
            return
        # Reap in the background, or the dead child stays a zombie that looks like a process.
        reaper = threading.Thread(target=child.wait, daemon=True)
        reaper.start()
        graceful = process.stop(self._id, self.service.stop_timeout)
        reaper.join(5.0)
        self.service.pid_file.unlink(missing_ok=True)
        log.info("%s stopped%s", self.service.name, "" if graceful else " by KILL")

    def _start(self) -> None:
        service = self.service
        try:
            child = process.start(service.argv, log=service.log, cwd=service.cwd, env={**service.env, STACK_MARK: self._mark})
        except OSError as error:
            log.error("%s cannot start: %s", service.name, error)
            self._plan(quick=True)
            return
        self._child = child
        self._id = process.ProcessId.of(child.pid) or process.ProcessId(child.pid, time.time())
        self._started_at = self._clock()
        process.write_pid_file(service.pid_file, self._id)
        log.info("%s started, pid %d", service.name, child.pid)

    def _died(self, code: int) -> None:
        lived = self._clock() - self._started_at
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        log.warning("%s (pid %s) died after %.1f s: %s", self.service.name, self._id and self._id.pid, lived, how)
        self._child = None
        if self._id:
            # Its Python workers must not write beside those of its successor.
            process.kill_session(self._id)
        self._plan(quick=lived < self._policy.quick)

    def _plan(self, quick: bool) -> None:
        self._quick_failures = self._quick_failures + 1 if quick else 1
        if self._quick_failures >= self._policy.attempts:
            self._given_up = True
            log.error(
                "%s given up: died %d times in a row within %.0f s of its start; see %s",
                self.service.name,
                self._quick_failures,
                self._policy.quick,
                self.service.log,
            )
            return
        delay = self._policy.delay(self._quick_failures)
        self._restarts += 1
        self._next_start = self._clock() + delay
        log.info("%s restarts in %.1f s", self.service.name, delay)


class Supervisor:
    """Runs the keepers until `stop_requested` is set, then stops all services side by side."""

    def __init__(self, services: Sequence[Service], data: Path, policy: RestartPolicy | None = None) -> None:
        self.keepers = [Keeper(service, policy or RestartPolicy(), str(data)) for service in services]
        self.stop_requested = threading.Event()
        self._state_file = data / "run" / STATE_FILE
        self._published: dict[str, ServiceState] = {}

    def run(self) -> None:
        """Keeps the services running until `stop_requested` is set, then stops them side by side."""
        next_reaping = time.monotonic()
        while not self.stop_requested.is_set():
            for keeper in self.keepers:
                keeper.tick()
            self._publish()
            if time.monotonic() >= next_reaping:
                next_reaping = time.monotonic() + 2.0
                self._reap_adopted()
            self.stop_requested.wait(0.2)
        with ThreadPoolExecutor(len(self.keepers)) as pool:
            list(pool.map(Keeper.stop, self.keepers))
        self._reap_adopted()
        self._state_file.unlink(missing_ok=True)

    def _reap_adopted(self) -> None:
        """Ends the zombies of dead services' children; see `adopt_orphans`. Other children have somebody who waits for them."""
        own = {keeper.state.pid for keeper in self.keepers} | process.waited_for
        for child in psutil.Process().children():
            try:
                if child.pid not in own and child.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(child.pid, os.WNOHANG)
            except (psutil.Error, ChildProcessError):
                continue

    def _publish(self) -> None:
        states = {keeper.service.name: keeper.state for keeper in self.keepers}
        if states == self._published:
            return
        replace_file(self._state_file, json.dumps({name: asdict(state) for name, state in states.items()}))
        self._published = states


def adopt_orphans() -> None:
    """Makes this process the parent of its descendants' orphans (Linux; elsewhere they go to init).

    In a container process 1 often reaps nobody: each killed TaskManager would leave its Python workers behind as zombies.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_states(settings: StackSettings) -> dict[str, ServiceState]:
    """What a running supervisor last published; empty when there is nothing to read."""
    try:
        raw = json.loads((settings.run / STATE_FILE).read_text(encoding="utf-8"))
        return {name: ServiceState(**state) for name, state in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def main() -> int:
    """Runs the supervisor of `--data-dir` until SIGTERM or SIGINT; the exit code is 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    data = parser.parse_args().data_dir
    logging.basicConfig(level=logging.INFO, handlers=[log_handler(sys.stdout)])
    # It asks Flink every two seconds: each question would be a line.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # `up` has resolved the ports and written them down; the environment may since say something else.
    settings = StackSettings.load(environ={"TOKPULSE_BUILD": os.environ.get("TOKPULSE_BUILD", "")}, data=data)
    adopt_orphans()
    supervisor = Supervisor(all_services(settings), settings.data)

    def request_stop(number: int, _frame: FrameType | None) -> None:
        log.info("%s: stopping", signal.Signals(number).name)
        supervisor.stop_requested.set()

    signal.signal(signal.SIGTERM, request_stop)
    signal.signal(signal.SIGINT, request_stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    jobs = keep_jobs(settings, supervisor.stop_requested)
    supervisor.run()
    jobs.join(_JOBS_STOP_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
