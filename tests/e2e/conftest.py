"""One real stack for all tests of this folder, started by the first that asks for it and stopped whatever happens."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from . import secure_broker, secure_registry
from .stack_process import Stack


@pytest.fixture(scope="package")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The session's stack, with whatever the tests before have left in it."""
    stack = Stack(tmp_path_factory.mktemp("e2e") / "data")
    try:
        up = _up(stack)
        assert up.returncode == 0, up.stdout + up.stderr
        passwords = {secure_broker.PASSWORD, secure_registry.PASSWORD, str(urlsplit(stack.endpoints.clickhouse_url).password)}
        yield stack
        leaks = [log for log in (stack.data / "logs").rglob("*") if log.is_file() and _has_any(log, passwords)]
        assert leaks == [], "passwords are in logs"
    finally:
        left = stack.stop()
    assert left == [], "`tokpulse down` left processes"


def _up(stack: Stack) -> subprocess.CompletedProcess[str]:
    # Another broker, of test_secure_kafka.py, and another registry, of test_secure_registry.py, ask for it; the stack's own
    # ask nobody.
    return stack.up(
        TOKPULSE_KAFKA_SASL_USERNAME=secure_broker.USER,
        TOKPULSE_KAFKA_SASL_PASSWORD=secure_broker.PASSWORD,
        TOKPULSE_REGISTRY_USERNAME=secure_registry.USER,
        TOKPULSE_REGISTRY_PASSWORD=secure_registry.PASSWORD,
        TOKPULSE_REGISTRY_SSL_CA_LOCATION=str(_trust(stack)),
    )


@pytest.fixture
def up_again(running_stack: Stack) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Starts the session's stack as it was started first; for a test that has killed it."""
    return lambda: _up(running_stack)


def _has_any(log: Path, passwords: set[str]) -> bool:
    text = log.read_text(encoding="utf-8", errors="replace")
    return any(password in text for password in passwords)


@pytest.fixture
def registry_trust(running_stack: Stack) -> Path:
    """The file with the certificates that the stack's jobs trust a registry by."""
    return _trust(running_stack)


def _trust(stack: Stack) -> Path:
    return stack.data.parent / "registry.pem"


@pytest.fixture
def stack(running_stack: Stack) -> Stack:
    """The session's stack with no job, no record and no row in it."""
    running_stack.clear()
    return running_stack
