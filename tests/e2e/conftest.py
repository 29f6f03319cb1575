"""One real stack for the whole test session, started by the first test that asks for it and stopped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from .stack_process import Stack


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The session's stack, with whatever the tests before have left in it."""
    stack = Stack(tmp_path_factory.mktemp("e2e") / "data")
    try:
        # Another broker, of test_secure_kafka.py, asks jobs for it; the stack's own asks nobody.
        up = stack.run("up", TOKPULSE_KAFKA_SASL_USERNAME="jobs", TOKPULSE_KAFKA_SASL_PASSWORD="a-long-secret")
        assert up.returncode == 0, up.stdout + up.stderr
        yield stack
    finally:
        try:
            stack.run("down")
        finally:
            left = stack.processes()
            for process in left:
                process.kill()
            psutil.wait_procs(left, timeout=10)
    assert left == [], "`tokpulse down` left processes"


@pytest.fixture
def stack(running_stack: Stack) -> Stack:
    """The session's stack with no job, no record and no row in it."""
    running_stack.clear()
    return running_stack
