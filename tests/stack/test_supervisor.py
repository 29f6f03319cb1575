"""A service that dies is started again, later each time, and given up loudly when it cannot live."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from connectors.paths import REPOSITORY
from stack import process
from stack.service import STACK_MARK, Service
from stack.supervisor import Keeper, RestartPolicy, ServiceState, Supervisor


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def service(folder: Path, code: str, name: str = "sample") -> Service:
    return Service(
        name=name,
        argv=(sys.executable, "-c", code),
        cwd=folder,
        log=folder / f"{name}.log",
        pid_file=folder / "run" / f"{name}.pid",
        probe=lambda: "",
        env=dict(os.environ),
    )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def tick_until(keeper: Keeper, state: str) -> None:
    def reached() -> bool:
        keeper.tick()
        return keeper.state.state == state

    until(reached)


def test_delays_double_up_to_a_limit() -> None:
    policy = RestartPolicy(first_delay=0.5, max_delay=15.0)
    assert [policy.delay(failures) for failures in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]


def test_a_killed_service_comes_back_with_another_pid(tmp_path: Path) -> None:
    clock = Clock()
    keeper = Keeper(service(tmp_path, "import time; time.sleep(60)"), RestartPolicy(), str(tmp_path), clock)
    keeper.tick()
    first = keeper.state
    assert first.state == "running"
    clock.now += 100
    os.kill(first.pid, signal.SIGKILL)
    tick_until(keeper, "waiting")
    keeper.tick()
    assert keeper.state.state == "waiting"
    clock.now += 0.6
    keeper.tick()
    second = keeper.state
    assert second == ServiceState("running", second.pid, 1)
    assert second.pid != first.pid
    running = process.running(keeper.service.pid_file)
    assert running is not None
    assert running.pid == second.pid
    keeper.stop()
    assert not running.alive
    assert not keeper.service.pid_file.exists()


def test_given_up_after_quick_failures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    keeper = Keeper(service(tmp_path, "raise SystemExit(3)"), RestartPolicy(attempts=3), str(tmp_path), clock)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            clock.now += 20
            keeper.tick()
            until(lambda: keeper.tick() is None and keeper.state.state != "running")  # type: ignore[func-returns-value]
    assert keeper.state.state == "failed"
    assert "exit code 3" in caplog.text
    assert "sample given up: died 3 times in a row" in caplog.text
    clock.now += 1_000
    keeper.tick()
    assert keeper.state.state == "failed"


def test_a_program_that_is_not_there_is_given_up(tmp_path: Path) -> None:
    clock = Clock()
    missing = Service("gone", ("/nonexistent/program",), tmp_path, tmp_path / "log", tmp_path / "gone.pid", probe=lambda: "")
    keeper = Keeper(missing, RestartPolicy(attempts=2), str(tmp_path), clock)
    keeper.tick()
    clock.now += 60
    keeper.tick()
    assert keeper.state.state == "failed"


def test_stop_ends_every_service_and_the_mark_is_inherited(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    code = f"import os, time; open(os.environ['NAME'], 'w').write(os.environ['{STACK_MARK}']); time.sleep(60)"
    both = [service(tmp_path, code.replace("os.environ['NAME']", repr(name)), name) for name in ("a", "b")]
    supervisor = Supervisor(both, tmp_path)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        for name in ("a", "b"):
            until(lambda name=name: (tmp_path / name).exists() and (tmp_path / name).read_text() == str(tmp_path))  # type: ignore[misc]
        found = [process.running(one.pid_file) for one in both]
        assert all(found)
        until(lambda: (tmp_path / "run" / "supervisor.json").exists())
    finally:
        supervisor.stop_requested.set()
        thread.join(30)
    assert not any(one and one.alive for one in found)
    assert list((tmp_path / "run").iterdir()) == []


def test_the_exit_code_of_a_child_that_somebody_waits_for_is_left_to_him(tmp_path: Path) -> None:
    supervisor = Supervisor([], tmp_path)
    child = process.start([sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log", cwd=tmp_path, env=os.environ)
    process.waited_for.add(child.pid)
    try:
        until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        supervisor._reap_adopted()
        assert child.wait() == 3
    finally:
        process.waited_for.discard(child.pid)


def test_children_of_a_killed_service_leave_no_zombie(tmp_path: Path) -> None:
    """In a process of its own, for adopting orphans is for life."""
    worker = "import time; time.sleep(60)"
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {worker!r}]).pid, flush=True); {worker}"
    script = tmp_path / "run_supervisor.py"
    script.write_text(
        "import os, signal, sys, threading\n"
        "from pathlib import Path\n"
        "from stack.service import Service\n"
        "from stack.supervisor import Supervisor, adopt_orphans\n"
        f"folder = Path({str(tmp_path)!r})\n"
        f"argv = (sys.executable, '-c', {code!r})\n"
        "service = Service('s', argv, folder, folder / 's.log', folder / 'run' / 's.pid', probe=str, env=dict(os.environ))\n"
        "adopt_orphans()\n"
        "supervisor = Supervisor([service], folder)\n"
        "signal.signal(signal.SIGTERM, lambda *_: supervisor.stop_requested.set())\n"
        "supervisor.run()\n"
    )
    (tmp_path / "run").mkdir()
    child = process.start(
        [sys.executable, str(script)], log=tmp_path / "log", cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    try:
        until(lambda: (tmp_path / "s.log").exists() and "\n" in (tmp_path / "s.log").read_text())
        orphan = int((tmp_path / "s.log").read_text().split()[0])
        leader = process.running(tmp_path / "run" / "s.pid")
        assert leader is not None
        os.kill(leader.pid, signal.SIGKILL)
        until(lambda: not psutil.pid_exists(orphan))
    finally:
        child.terminate()
        child.wait(30)
