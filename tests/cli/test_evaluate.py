"""`tokpulse evaluate`, called as typer would."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import simulate
from cli.demo_stream import DemoState, demo_settings
from cli.evaluate import UsageError, command
from simulator.settings import DEFAULT_VIRAL_FLOOR
from thresholds.file import SHIPPED_FILE, ThresholdsFileError, load_thresholds

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
    title, header, *lines, last = capsys.readouterr().out.split("\n\n")[0].splitlines()
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
    assert set(found) == {"thresholds", "flat", "unseen", "lead_time", "proposals"}
    assert found["flat"]["all"]["hours"] == found["thresholds"]["all"]["hours"] > 0


def test_a_file_that_is_no_thresholds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThresholdsFileError):
        command(tmp_path / "none.yaml", **SMALL)


def test_the_second_table_has_a_line_per_tier_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    command(**SMALL)
    title, header, *lines, last = capsys.readouterr().out.split("\n\n")[1].splitlines()
    assert "viral posts" in title
    assert header.split()[:2] == ["tier", "verdict"]
    assert [line.split()[0] for line in lines[::2]] == ["small", "mid", "big", "unknown", "all"]
    assert {line.split()[1] for line in lines[::2]} == {"hourly"}
    rule = load_thresholds(SHIPPED_FILE).momentum
    assert rule is not None
    assert [line.split()[1] for line in lines[1:-1:2]] == [f"{rate:,.0f}" for _, rate in rule.plays_per_hour]
    assert {line.split()[0] for line in lines[1::2]} == {"momentum"}
    assert last.startswith("Minutes. ")


def test_thresholds_without_momentum_have_its_lines_and_its_proposal_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(FILE, encoding="utf-8")
    command(file, as_json=True, **SMALL)
    found = json.loads(capsys.readouterr().out)
    assert found["lead_time"]["momentum"] == {}
    assert found["lead_time"]["hourly"]["all"]["viral_posts"] > 0
    with pytest.raises(UsageError, match="momentum"):
        command(file, propose_thresholds=True, **SMALL)


def test_a_proposal_comes_from_other_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    command(propose_thresholds=True, **SMALL)
    held_out = capsys.readouterr().out
    curve = held_out.split("\n\n")[2]
    assert "tuning seeds" in curve.splitlines()[0]
    assert "proposed" in curve
    command(propose_thresholds=True, as_json=True, **SMALL)
    found = json.loads(capsys.readouterr().out)
    assert list(found["proposals"]) == ["small", "mid", "big", "unknown"]
    # What is judged is not what was tuned on.
    assert found["proposals"]["small"]["hourly"] != found["lead_time"]["hourly"]["small"]
    thresholds = [point["plays_per_hour"] for point in found["proposals"]["small"]["curve"]]
    assert thresholds == sorted(thresholds)
    assert found["proposals"]["small"]["plays_per_hour"] in thresholds


def test_seeds_are_listed_or_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="--seeds"):
        command(seeds=2, **SMALL)
    command(**SMALL)
    listed = capsys.readouterr().out
    assert "chosen by seed" not in listed
    command(seeds=1, **SMALL | {"seed": None})
    assert capsys.readouterr().out == listed
    command(**SMALL | {"seed": [101, 7]})
    assert capsys.readouterr().out.splitlines()[-1].startswith("Thresholds may have been chosen by seed 101:")


@pytest.mark.parametrize("verb", [command, simulate.command])
def test_what_is_judged_is_as_viral_as_what_is_simulated(verb: Callable[..., None]) -> None:
    assert inspect.signature(verb).parameters["viral_floor"].default == DEFAULT_VIRAL_FLOOR
    assert demo_settings(DemoState(0, 0)).viral_floor == DEFAULT_VIRAL_FLOOR
