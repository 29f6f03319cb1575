"""A receiver per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.state import State
from tests.alerts.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "notify.sqlite") as opened:
        yield opened
