"""`tokpulse sentiment`: JSON strings in, JSON objects out."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli import main as cli_main
from udfs.sentiment.model import shipped
from udfs.sentiment.onnx_model import OnnxModel
from udfs.sentiment.sidecar.client import Sidecar

if TYPE_CHECKING:
    from tests.sentiment.conftest import TinyOnnx


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
    [(b'"a"\n{\n', "line 2 is not JSON"), (b"5\n", "line 1 is a int"), (b'"\xff"\n', "line 1 is not JSON")],
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


def test_another_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny_onnx: TinyOnnx) -> None:
    folder = tiny_onnx.write()
    assert run(monkeypatch, b'"this good"\n"nan"\n"bad"\n', "--model", "onnx", "--path", str(folder)) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    name = OnnxModel(folder).name
    assert rows == [
        {"text": "this good", "compound": tiny_onnx.compound("this good"), "label": "positive", "model": name},
        {
            "text": "nan",
            "compound": None,
            "label": None,
            "model": name,
            "error": f"sentiment: comment of line 2: {name}: the score nan is not from -1 to 1",
        },
        {"text": "bad", "compound": tiny_onnx.compound("bad"), "label": "negative", "model": name},
    ]


def test_the_environment_chooses_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny_onnx: TinyOnnx
) -> None:
    monkeypatch.setenv("TOKPULSE_SENTIMENT_MODEL", "onnx")
    monkeypatch.setenv("TOKPULSE_SENTIMENT_ONNX", str(tiny_onnx.write()))
    assert run(monkeypatch, b'"good"\n') == 0
    assert json.loads(capsys.readouterr().out)["model"].startswith("onnx-tiny-")
    assert run(monkeypatch, b'"good"\n', "--model", "lexicon") == 0
    assert json.loads(capsys.readouterr().out)["model"] == shipped().name


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--model", "bert"], "TOKPULSE_SENTIMENT_MODEL: 'bert' is not one of lexicon, onnx, grpc"),
        (["--model", "onnx"], "TOKPULSE_SENTIMENT_ONNX is not set"),
        (["--model", "onnx", "--path", "/nonexistent/tiny"], "onnx-tiny: /nonexistent/tiny/labels.json: No such file"),
    ],
)
def test_a_model_that_cannot_be_used_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    """No other one takes its place here."""
    assert run(monkeypatch, b'"good"\n', *args) == 1
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.http
def test_a_server_until_it_is_told_to_end() -> None:
    program = "import sys; from cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "sentiment-server", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = re.fullmatch(r"lexicon model on port (\d+) of 127\.0\.0\.1; press Ctrl-C to stop\n", server.stdout.readline())
            assert said
            sidecar = Sidecar(f"127.0.0.1:{said[1]}")
            assert list(sidecar.compounds(["slay"], 10.0)) == [shipped().compound("slay")]
            assert sidecar.name == f"grpc-{shipped().name}"
            sidecar.close()
        finally:
            server.terminate()
        assert server.wait(20) == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--model", "grpc"], "so it cannot be served"),
        (["--model", "onnx", "--path", "/nonexistent/tiny"], "labels.json: No such"),
    ],
)
def test_a_server_of_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["tokpulse", "sentiment-server", *args])
    assert cli_main.main() == 1
    assert said in " ".join(capsys.readouterr().err.split())
