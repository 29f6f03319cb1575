"""docs/lead-time.md shows what `tokpulse evaluate` prints, for the thresholds that are shipped.

The run over 20 seeds takes about two minutes: TOKPULSE_TEST_EVALUATION=1 compares it too, else a small one.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from cli.evaluate import command
from connectors.paths import REPOSITORY
from simulator.proposal import judging_seeds, tuning_seeds
from thresholds.file import SHIPPED_FILE, load_thresholds

PAGE = (REPOSITORY / "docs" / "lead-time.md").read_text(encoding="utf-8")
SMALL = ("--seed 203 --posts 100", {"seed": [203], "posts": 100})
WHOLE = "--seeds 20"
PROPOSED = "--seeds 20 --propose"
_HEADINGS = (
    "viral",
    "found",
    "recall",
    "alerts",
    "precision",
    "misplaced",
    "per day",
    "onset p50",
    "onset p90",
    "proof p50",
    "proof p90",
)
_VERDICTS = ("hourly", "momentum")


def shown(options: str) -> list[str]:
    """The lines of the table that the page shows below `tokpulse evaluate OPTIONS`."""
    found = re.search(rf"^\$ \.venv/bin/tokpulse evaluate {options} \| .*\n((?:.+\n)+?)```", PAGE, re.MULTILINE)
    assert found, f"docs/lead-time.md has no table of {options}"
    return found[1].splitlines()


def printed(capsys: pytest.CaptureFixture[str], **options: Any) -> list[list[str]]:
    """The lines of each table, without the blanks at their ends."""
    command(SHIPPED_FILE, **options)
    return [[line.rstrip() for line in table.splitlines()] for table in capsys.readouterr().out.split("\n\n")]


def by_line(table: list[str]) -> dict[tuple[str, str], tuple[str, dict[str, float]]]:
    """By tier and verdict: plays per hour as written, and every other figure by its heading."""
    found = {}
    tier = ""
    for line in table[2:-1]:
        words = line.split()
        tier = tier if words[0] in _VERDICTS else words.pop(0)
        numbers = [float(word.replace(",", "")) for word in words[-len(_HEADINGS) :]]
        found[tier, words[0]] = (" ".join(words[1 : -len(_HEADINGS)]), dict(zip(_HEADINGS, numbers, strict=True)))
    return found


def test_a_small_run_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    options, values = SMALL
    table = printed(capsys, **values)[1]
    assert shown(options) == table
    assert shown(WHOLE)[1].split() == table[1].split()


def test_the_table_is_of_the_shipped_thresholds_and_shows_what_is_promised() -> None:
    found = by_line(shown(WHOLE))
    thresholds = load_thresholds(SHIPPED_FILE)
    assert thresholds.momentum is not None
    rates = dict(thresholds.momentum.plays_per_hour)
    assert list(found) == [(tier, verdict) for tier in (*rates, "all") for verdict in _VERDICTS]
    for tier, rate in rates.items():
        assert found[tier, "momentum"][0] == f"{rate:,.0f}"
    (_, hourly), (_, momentum) = found["all", "hourly"], found["all", "momentum"]
    assert momentum["proof p50"] <= 12
    assert momentum["proof p90"] <= 25
    assert momentum["recall"] >= hourly["recall"]
    assert momentum["precision"] >= hourly["precision"]


def test_what_is_shipped_is_what_was_proposed() -> None:
    rule = load_thresholds(SHIPPED_FILE).momentum
    assert rule is not None
    proposed = [line for line in shown(PROPOSED) if "proposed" in line]
    assert [line.split("proposed, in the file")[-1].split()[0] for line in proposed] == [
        f"{rate:,.0f}" for _, rate in rule.plays_per_hour
    ]
    tuned, judged = tuning_seeds(20), judging_seeds(20)
    assert f"{tuned[0]} to {tuned[-1]}" in PAGE
    assert f"{judged[0]} to {judged[-1]}" in PAGE


@pytest.mark.skipif(os.environ.get("TOKPULSE_TEST_EVALUATION") != "1", reason="TOKPULSE_TEST_EVALUATION=1 runs all seeds")
def test_the_whole_run_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, seeds=20, propose_thresholds=True)[1:] == [shown(WHOLE), shown(PROPOSED)]
