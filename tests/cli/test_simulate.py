"""`tokpulse simulate --to jsonl`, called as typer would."""

import json
from pathlib import Path

import pytest

from cli.simulate import Target, UsageError, command
from simulator.settings import SettingsError


def test_a_file_and_its_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, truth = tmp_path / "out.jsonl", tmp_path / "truth"
    sizes = {"hours": 2, "posts": 20, "creators": 5, "malformed": 4, "oversize_bytes": 2_000}
    command(out, to=Target.JSONL, start="2026-02-01", expected=truth, **sizes)  # type: ignore[arg-type]
    summary = capsys.readouterr().out
    lines = out.read_text(encoding="utf-8").splitlines()
    assert f"{len(lines):,} records to {out}" in summary
    assert "4 malformed" in summary
    assert json.loads((truth / "summary.json").read_text())["records"] == len(lines)
    assert min(json.loads(line)["value"]["ingested_at"] for line in lines if "value" in line) >= 1_769_904_000_000


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a file"):
        command(to=Target.JSONL)
    with pytest.raises(UsageError, match="exclude"):
        command(live=True, speed=2.0)
    with pytest.raises(UsageError, match="in the future"):
        command(start="now", hours=3)
    with pytest.raises(SettingsError, match="nope"):
        command(tmp_path / "x", to=Target.JSONL, topic=["nope"])
