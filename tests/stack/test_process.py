"""Pid files tell a process from a later one with its pid; stopping takes everything that the process started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack import process
from tests.waiting import until


@pytest.fixture
def spawned(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    children: list[subprocess.Popen[bytes]] = []
    yield children
    for child in children:
        child.kill()
        child.wait()


def run(spawned: list[subprocess.Popen[bytes]], tmp_path: Path, code: str) -> process.ProcessId:
    argv = [sys.executable, "-c", code]
    child = process.start(argv, log=tmp_path / "log", cwd=tmp_path, env=dict(os.environ))
    spawned.append(child)
    found = process.ProcessId.of(child.pid)
    assert found is not None
    return found


def wait_for(path: Path) -> str:
    return until(lambda: path.read_text() if path.exists() else "", 20, f"{path.name} is written")


def test_pid_file_round_trip(tmp_path: Path) -> None:
    me = process.ProcessId.of(os.getpid())
    assert me is not None
    process.write_pid_file(tmp_path / "run" / "x.pid", me)
    assert process.read_pid_file(tmp_path / "run" / "x.pid") == me
    assert process.running(tmp_path / "run" / "x.pid") == me
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["x.pid"]


@pytest.mark.parametrize("text", ["", "12", "{}", '{"pid": 1', '{"pid": "x", "started": 1}'])
def test_a_torn_pid_file_is_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pid").write_text(text)
    assert process.read_pid_file(tmp_path / "x.pid") is None
    assert process.read_pid_file(tmp_path / "absent.pid") is None


def test_a_reused_pid_is_not_ours_and_is_left_alone(tmp_path: Path, spawned: list[subprocess.Popen[bytes]]) -> None:
    stranger = run(spawned, tmp_path, "import time; time.sleep(60)")
    ours = process.ProcessId(stranger.pid, stranger.started - 3600)
    assert not ours.alive
    assert process.session_members(ours) == []
    assert process.stop(ours, timeout=1.0)
    assert stranger.alive


def test_a_zombie_does_not_run(tmp_path: Path, spawned: list[subprocess.Popen[bytes]]) -> None:
    dead = run(spawned, tmp_path, "pass")
    until(lambda: psutil.Process(dead.pid).status() == psutil.STATUS_ZOMBIE, 20, "it has ended")
    assert not dead.alive


def test_stop_takes_the_children_too(tmp_path: Path, spawned: list[subprocess.Popen[bytes]]) -> None:
    code = (
        "import subprocess, sys, time\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('worker', 'w').write(str(worker.pid))\n"
        "time.sleep(60)"
    )
    leader = run(spawned, tmp_path, code)
    worker = process.ProcessId.of(int(wait_for(tmp_path / "worker")))
    assert worker is not None
    assert worker.alive
    assert process.stop(leader, timeout=5.0)
    assert not leader.alive
    assert not worker.alive


def test_what_ignores_term_is_killed(tmp_path: Path, spawned: list[subprocess.Popen[bytes]]) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('ready', 'w').write('1'); time.sleep(60)"
    stubborn = run(spawned, tmp_path, code)
    wait_for(tmp_path / "ready")
    assert not process.stop(stubborn, timeout=0.2)
    assert not stubborn.alive


def test_children_of_a_dead_leader_are_found(tmp_path: Path, spawned: list[subprocess.Popen[bytes]]) -> None:
    code = (
        "import subprocess, sys\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('worker', 'w').write(str(worker.pid))"
    )
    leader = run(spawned, tmp_path, code)
    worker = process.ProcessId.of(int(wait_for(tmp_path / "worker")))
    assert worker is not None
    spawned[-1].wait(20)
    assert [member.pid for member in process.session_members(leader)] == [worker.pid]
    process.kill_session(leader)
    assert not worker.alive


def test_log_tail(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("one\n\ntwo\nthree\n\n")
    assert process.log_tail(tmp_path / "log", 2) == "two\nthree"
    assert process.log_tail(tmp_path / "absent") == ""
