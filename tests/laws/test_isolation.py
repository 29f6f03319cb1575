"""The guard of tests/conftest.py guards."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import httpx
import pytest


def test_no_connection() -> None:
    with socket.socket() as probe, pytest.raises(BaseException, match=r"a test without a mark calls socket\.connect"):
        probe.connect(("127.0.0.1", 9))


def test_no_listener() -> None:
    with socket.socket() as probe, pytest.raises(BaseException, match=r"socket\.bind"):
        probe.bind(("127.0.0.1", 0))


def test_no_connection_through_a_library() -> None:
    with pytest.raises(BaseException, match="a test without a mark"):
        httpx.get("http://127.0.0.1:9/", trust_env=False)


@pytest.mark.parametrize("argv", [["java", "-version"], ["/usr/bin/java", "-version"], "mvn -version"])
def test_no_jvm(argv: list[str] | str) -> None:
    with pytest.raises(BaseException, match=r"starts (java|mvn)"):
        subprocess.run(argv, check=False)


def test_other_programs_and_local_sockets_are_fine(tmp_path: Path) -> None:
    assert subprocess.run(["true"], check=False).returncode == 0
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    left, right = socket.socketpair()
    left.close()
    right.close()


@pytest.mark.flink
def test_a_mark_lifts_the_guard() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] > 0
