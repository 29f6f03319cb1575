"""A command that runs again and again: not at once, not twice at a time, and not on after the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connectors.paths import REPOSITORY
from stack.every import main

RUN = [sys.executable, "-m", "stack.every"]
APPEND = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')"


def until(path: Path, lines: int) -> list[str]:
    deadline = time.monotonic() + 20
    while len(found := path.read_text().splitlines() if path.exists() else []) < lines:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_it_runs_again_and_again_also_after_a_failure(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    command = [*RUN, "100ms", "--", sys.executable, "-c", f"{APPEND}; sys.exit(1)", str(marks)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        assert len(set(until(marks, 3))) >= 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_run_ends_with_it(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    command = [*RUN, "50ms", "--", sys.executable, "-c", f"{APPEND}; import time; time.sleep(600)", str(marks)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        (pid,) = until(marks, 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("words", [[], ["15m"], ["15m", "--"], ["soon", "--", "true"], ["0s", "--", "true"], ["15m", "true", "x"]])
def test_wrong_usage_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("usage: python -m stack.every TIME -- COMMAND")
