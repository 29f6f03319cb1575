"""A command that runs again and again: not at once, not twice at a time, and not on after the end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.paths import REPOSITORY
from stack.every import main
from tests.waiting import until

RUN = [sys.executable, "-m", "stack.every"]
APPEND = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')"


def runs(path: Path, least: int) -> list[str]:
    """The process ids of the runs so far, once there are as many."""

    def written() -> list[str]:
        lines = path.read_text().splitlines() if path.exists() else []
        return lines if len(lines) >= least else []

    return until(written, 20, f"{least} runs")


def test_it_runs_again_and_again_also_after_a_failure(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    command = [*RUN, "100ms", "--", sys.executable, "-c", f"{APPEND}; sys.exit(1)", str(marks)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        assert len(set(runs(marks, 3))) >= 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_run_ends_with_it(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    command = [*RUN, "50ms", "--", sys.executable, "-c", f"{APPEND}; import time; time.sleep(600)", str(marks)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        (pid,) = runs(marks, 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("words", [[], ["15m"], ["15m", "--"], ["soon", "--", "true"], ["0s", "--", "true"], ["15m", "true", "x"]])
def test_wrong_usage_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("usage: python -m stack.every TIME -- COMMAND")
