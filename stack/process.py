"""Starts a process detached from the terminal, remembers it in a pid file, and stops it with everything it started."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from connectors.files import replace_file

# psutil derives the start time from the boot time, which moves a little when the clock is adjusted.
_START_TOLERANCE_S = 2.0
_POLL_S = 0.05
# Children whose exit code somebody in this process waits for: nobody else may take it.
waited_for: set[int] = set()
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class ProcessId:
    """A process, told apart from a later one that got the same pid by its start time (unix seconds)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """The running process with this pid; None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    @property
    def alive(self) -> bool:
        """Whether this very process still runs. A zombie does not."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= _START_TOLERANCE_S
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def start(argv: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts `argv` as the leader of a new session, output appended to `log`. The caller's terminal cannot stop it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def die_with_parent() -> None:
    """For a child before it runs its program: it gets TERM when its parent dies, however that dies (Linux only)."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def write_pid_file(path: Path, process: ProcessId) -> None:
    """Replaces `path` in one step: a reader sees the old or the new process, never half a line."""
    replace_file(path, json.dumps({"pid": process.pid, "started": process.started}))


def read_pid_file(path: Path) -> ProcessId | None:
    """The process that `path` names, running or not; None when the file is absent or unreadable."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return ProcessId(int(raw["pid"]), float(raw["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running(path: Path) -> ProcessId | None:
    """The process that `path` names, when it still runs."""
    process = read_pid_file(path)
    return process if process and process.alive else None


def session_members(leader: ProcessId) -> list[psutil.Process]:
    """The processes of the session that `leader` started, itself included, also after its death.

    A pid is not given away while a session bears its number, so that when another process has the leader's pid, nothing is
    left of the session.
    """
    identity = ProcessId.of(leader.pid)
    if identity and abs(identity.started - leader.started) > _START_TOLERANCE_S:
        return []
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader.pid and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return members


def stop(leader: ProcessId, timeout: float) -> bool:
    """Stops `leader` by TERM and, after `timeout` seconds, by KILL, then kills what is left of its session.

    True when the leader went by itself. Returns at once when nothing is left to stop.
    """
    graceful = True
    if leader.alive:
        _signal(leader.pid, signal.SIGTERM)
        graceful = _wait_gone(leader, timeout)
        if not graceful:
            _signal(leader.pid, signal.SIGKILL)
            _wait_gone(leader, 5.0)
    kill_session(leader)
    return graceful


def kill_session(leader: ProcessId) -> None:
    """Kills whatever is left of the session of `leader`, e.g. Python workers of a dead TaskManager."""
    deadline = time.monotonic() + 5.0
    while members := session_members(leader):
        for member in members:
            _signal(member.pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(_POLL_S)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _wait_gone(process: ProcessId, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while process.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def log_tail(log: Path, lines: int = 5) -> str:
    """The last non-empty lines of `log`, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8_192))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])
