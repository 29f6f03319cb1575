"""A few faults on the real stack, audited: what `make faults` does for longer, with more kinds (docs/faults.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .trial import Session, session

# A TaskManager that is killed under load, and bad records among good ones, are in e2e/test_load.py and e2e/test_poison.py too.
pytestmark = [
    *(pytest.mark.e2e, pytest.mark.flink, pytest.mark.kafka, pytest.mark.http),
    *(pytest.mark.soak, pytest.mark.timeout(900)),
]

QUICK = ("poison", "kill-taskmanager")
SEED = 17


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A stack of its own: what is done to it would be in the way of other tests."""
    with session(tmp_path_factory.mktemp("faults"), SEED, len(QUICK)) as each:
        yield each


@pytest.mark.parametrize("kind", QUICK)
def test_nothing_is_lost_or_doubled(live: Session, kind: str) -> None:
    found = live.run(kind)
    print(found)
    assert found.findings == []
    assert found.landed, found.proof
    assert found.rows > 1_000
