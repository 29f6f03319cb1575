"""`tokpulse sentiment`: JSON strings in, JSON objects out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import main as cli_main


def run(monkeypatch: pytest.MonkeyPatch, given: bytes, *args: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tokpulse", "sentiment", *args])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    return cli_main.main()


def test_one_object_per_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, b'"slay \xf0\x9f\x94\xa5"\n\n"\\ud800\\u0000"\nnull\n"ew"\n') == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["text"] for row in rows] == ["slay 🔥", "\ud800\0", None, "ew"]
    assert [row["label"] for row in rows] == ["positive", "neutral", "neutral", "negative"]
    assert all(set(row) == {"text", "compound", "label", "model"} for row in rows)


def test_another_lexicon_and_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("slay\t-3\tany\tfor this test\n")
    assert run(monkeypatch, b'"slay"\n', "--lexicon", str(own)) == 0
    assert run(monkeypatch, b'"slay"\n', "--plain") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in rows] == ["negative", "neutral"]
    assert rows[0]["model"] != rows[1]["model"]


@pytest.mark.parametrize(
    ("given", "said"),
    [(b'"a"\n{\n', "line 2 is no JSON"), (b"5\n", "line 1 is a int"), (b'"\xff"\n', "line 1 is no JSON")],
)
def test_what_is_no_string_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: bytes, said: str
) -> None:
    assert run(monkeypatch, given) == 1
    assert said in capsys.readouterr().err


def test_a_bad_lexicon_names_its_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("slay\n")
    assert run(monkeypatch, b"", "--lexicon", str(own)) == 1
    assert "own.tsv, line 1: 1 columns" in capsys.readouterr().err
    assert run(monkeypatch, b"", "--lexicon", str(tmp_path / "none.tsv")) == 1
    assert "cannot be read" in capsys.readouterr().err
