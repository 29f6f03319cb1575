"""What a test may touch without saying so: a test without a mark opens no socket and starts no JVM."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# How long an example takes says how busy the machine is.
settings.register_profile("tokpulse", deadline=None)
settings.load_profile("tokpulse")

# What takes longest begins first, so that at the end only short files are left for the workers to share.
_FIRST = ("e2e", "sql", "clickhouse")
SERVICE_MARKS = ("http", "sql", "clickhouse", "kafka", "flink", "e2e")
_SQL = "tests/sql/"
_STACKS = ("tests/e2e/", "tests/faults/", "tests/stack/test_e2e_")
_WITH_STACK = ("gw0", "gw1")
# Programs that are a JVM, or start one.
_JVM_PROGRAMS = frozenset({"java", "javac", "mvn", "flink", "jobmanager.sh", "taskmanager.sh", "sql-client.sh"})
_ADVICE = f"give the test one of the marks {', '.join(SERVICE_MARKS)}, or a stand-in for the service"


class ForbiddenInUnitTest(BaseException):
    """Raised where an unmarked test reaches out. Not an Exception, so that no code under test can swallow it."""


@pytest.fixture(autouse=True)
def _isolated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks sockets (but those of the local file system) and JVMs for unmarked tests.

    Native libraries, librdkafka among them, open sockets without Python: tests of theirs have to carry a mark by themselves.
    """
    if any(request.node.get_closest_marker(mark) for mark in SERVICE_MARKS):
        return
    for method in ("bind", "connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, method, _guarded(method), raising=True)
    start = subprocess.Popen.__init__

    def guarded_start(self: subprocess.Popen[Any], args: Any, *rest: Any, **named: Any) -> None:
        program = Path(str(args if isinstance(args, str | bytes | Path) else next(iter(args)))).name
        if program.split(" ")[0] in _JVM_PROGRAMS:
            # Popen's destructor looks for this.
            self._child_created = False  # type: ignore[attr-defined]
            refuse(f"starts {program}")
        start(self, args, *rest, **named)

    monkeypatch.setattr(subprocess.Popen, "__init__", guarded_start)


@pytest.fixture(autouse=True)
def _environment_kept() -> Iterator[None]:
    """What a test sets is gone after it. PyFlink's worker sets variables too, in the process of the test that runs Flink."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def _guarded(method: str) -> Any:
    original = getattr(socket.socket, method)

    def guarded(self: socket.socket, *args: Any) -> Any:
        if self.family != getattr(socket, "AF_UNIX", None):
            refuse(f"calls socket.{method}{args[-1:]}")
        return original(self, *args)

    return guarded


def refuse(what: str) -> NoReturn:
    """Ends the test with the reason."""
    raise ForbiddenInUnitTest(f"a test without a mark {what}: {_ADVICE}")


def pytest_configure() -> None:
    """A terminated session ends like an interrupted one: through the finalizers that stop what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files by _FIRST, else in their order; the tests of a file stay together."""
    ranks: dict[Path, int] = {}
    for item in items:
        rank = next((rank for rank, mark in enumerate(_FIRST) if item.get_closest_marker(mark)), len(_FIRST))
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])


class _ByFile(LoadFileScheduling):  # type: ignore[misc] # has no type hints
    """Tests of one file share a worker, and so do all that ask the Flink of tests/sql: it takes half a minute to warm up.

    Two workers have a stack. A third does what needs none while these wait for theirs.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _SQL if nodeid.startswith(_SQL) else str(super()._split_scope(nodeid))

    def _assign_work_unit(self, node: Any) -> None:
        if node.gateway.id not in _WITH_STACK:
            others = (scope for scope in self.workqueue if not scope.startswith(_STACKS))
            if scope := next(others, None):
                self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile | None:
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None
