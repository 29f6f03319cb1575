"""What takes long says so, and what does not says nothing."""

from __future__ import annotations

import threading

import pytest

from cli import progress
from cli.progress import Waiting


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], threading.Event]:
    """What is said, and an event that is set by the second line."""
    said: list[str] = []
    twice = threading.Event()

    def say(text: str, *, err: bool) -> None:
        assert err
        said.append(text)
        if len(said) == 2:
            twice.set()

    monkeypatch.setattr(progress, "say", say)
    return said, twice


def test_what_is_over_soon_says_nothing(lines: tuple[list[str], threading.Event]) -> None:
    with Waiting("reading"):
        pass
    assert lines[0] == []


def test_what_takes_long_says_what_it_is_at(lines: tuple[list[str], threading.Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.01)
    said, twice = lines
    with Waiting("reading", every_s=0.01) as waiting:
        waiting.at("[bold] table x")
        assert twice.wait(20)
    assert said[1] == "reading ... 0 s, [bold] table x"
    assert not any(thread.name == "waiting" for thread in threading.enumerate())
