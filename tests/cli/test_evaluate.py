"""`tokpulse evaluate`, called as typer would."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import simulate
from cli.demo_stream import DemoState, demo_settings
from cli.evaluate import command
from simulator.settings import DEFAULT_VIRAL_FLOOR
from thresholds.file import ThresholdsFileError

SMALL: dict[str, Any] = {"seed": [201], "hours": 12, "posts": 30, "creators": 10}
FILE = """
trending:
  tiers:
    - {name: little, from_followers: 0, below_followers: 50000, plays_per_hour: 1234}
    - {name: large, from_followers: 50000, plays_per_hour: 100000}
  unknown_authors: {plays_per_hour: 777}
followers:
  gains: []
warnings:
  negative_delta_plays: 1
"""


def test_the_table_has_two_lines_per_tier_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(FILE, encoding="utf-8")
    command(file, **SMALL)
    title, header, *lines, last = capsys.readouterr().out.splitlines()
    assert "simulated labels" in title
    assert header.split()[-3:] == ["recall", "precision", "F1"]
    assert [line.split()[:2] for line in lines[::2]] == [
        ["little", "1,234"],
        ["large", "100,000"],
        ["unknown", "777"],
        ["all", "by"],
    ]
    assert {tuple(line.split()[:2]) for line in lines[1::2]} == {("flat", "100,000")}
    # A tier whose threshold is the flat value is judged alike.
    assert lines[2].split()[2:] == lines[3].split()[2:]
    assert "have no row" in last


def test_json_holds_the_same_and_repeats_itself(capsys: pytest.CaptureFixture[str]) -> None:
    command(as_json=True, **SMALL)
    first = capsys.readouterr().out
    command(as_json=True, **SMALL | {"seed": [201, 201]})
    assert capsys.readouterr().out == first
    found = json.loads(first)
    assert set(found) == {"thresholds", "flat", "unseen"}
    assert found["flat"]["all"]["hours"] == found["thresholds"]["all"]["hours"] > 0


def test_a_file_that_is_no_thresholds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThresholdsFileError):
        command(tmp_path / "none.yaml", **SMALL)


@pytest.mark.parametrize("verb", [command, simulate.command])
def test_what_is_judged_is_as_viral_as_what_is_simulated(verb: Callable[..., None]) -> None:
    assert inspect.signature(verb).parameters["viral_floor"].default == DEFAULT_VIRAL_FLOOR
    assert demo_settings(DemoState(0, 0)).viral_floor == DEFAULT_VIRAL_FLOOR
