"""What others wrote, on its way through commands to a terminal: nothing of it acts there. See connectors/test_terminal.py, too."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.message import Message
from cli import main as cli_main
from cli import status as status_command
from cli.notify_targets import PrintingPoster
from cli.quality_view import table_of
from cli.thresholds_view import print_history, print_version
from connectors.console import table_console
from connectors.errors import TokpulseError
from quality.results import Result, Status
from stack.status import ServiceStatus
from thresholds import table as versions_table
from thresholds.file import SHIPPED_FILE, load_thresholds
from thresholds.versions import follow

RED = "\x1b[31mRED"
# Colour, title of the window, C1, direction, carriage return, a forged line.
HOSTILE = f"{RED}\x1b]0;title\x07\x9b32m\u202egnp\rover"
Run = Callable[..., tuple[int, str]]


def assert_harmless(text: str) -> None:
    assert "RED" in text
    assert [char for char in text if not char.isprintable() and char != "\n"] == []


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `tokpulse ARGS` and gives its code and all that it printed."""
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TOKPULSE_TIKLIVEAPI_KEY", "abc")

    def call(*args: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tokpulse", *args])
        code = cli_main.main()
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


@pytest.mark.parametrize(
    "line",
    [
        {RED: 1},
        {"payload": {"user": {"id": HOSTILE}, "stats": {}}},
        {"ingested_at": HOSTILE, "payload": {"aweme_id": "1"}},
        {"ingested_at": 1_767_571_200_000, "upstream": HOSTILE, "payload": {}},
        {"ingested_at": 1_767_571_200_000, "endpoint": HOSTILE, "payload": {"code": RED}},
        {"ingested_at": 1_767_571_200_000, "payload": {"user": {HOSTILE: 1}, "stats": {"followerCount": HOSTILE}}},
        f"{{{RED}",
    ],
)
def test_errors_of_import(run: Run, tmp_path: Path, line: object) -> None:
    file = tmp_path / "captured.jsonl"
    file.write_text(line if isinstance(line, str) else json.dumps(line))
    code, shown = run("import", str(file), "--dry-run")
    assert code == 1
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []


def test_a_name_with_a_line_end_makes_no_line_of_its_own(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a\nerror: forged\x1b[31mRED.jsonl"
    file.write_text("nonsense\n")
    code, shown = run("import", str(file), "--dry-run")
    assert code == 1
    assert_harmless(shown)
    assert "\nerror: forged" not in shown


@pytest.mark.parametrize("text", ['"\\e[31mRED": 1\n', 'posts: ["\\e[31mRED"]\n', 'tiers: {hot: "\\e[31mRED"}\n'])
def test_errors_of_a_watchlist(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "watchlist.yaml"
    file.write_text(text)
    code, shown = run("poll", "--upstream", "tikliveapi", "--watchlist", str(file))
    assert code == 1
    assert_harmless(shown)


@pytest.mark.parametrize("text", ['"\\e[31mRED": 1\n', 'trending: "\\e[31mRED"\n'])
def test_errors_of_a_file_of_thresholds(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "thresholds.yaml"
    file.write_text(text)
    code, shown = run("thresholds", "check", str(file))
    assert code == 1
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []


def test_wrong_usage(run: Run) -> None:
    code, shown = run("status", f"--{RED}")
    assert code == 2
    assert_harmless(shown)


def test_whatever_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise TokpulseError(f"upstream says {HOSTILE}", HOSTILE)

    monkeypatch.setattr(status_command, "stack_status", fail)
    for args in (("status",), ("--debug", "status")):
        code, shown = run(*args)
        assert code == 1
        assert_harmless(shown)


def test_status(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    services = [ServiceStatus("kafka", "unhealthy", 1, 2, 0, "", f"says {HOSTILE} [/]")]
    monkeypatch.setattr(status_command, "stack_status", lambda _: services)
    code, shown = run("status")
    assert code == 1
    assert_harmless(shown)
    assert "[/]" in shown


def test_comments_and_authors_of_thresholds(capsys: pytest.CaptureFixture[str]) -> None:
    version = follow([], load_thresholds(SHIPPED_FILE), 0, 1_767_571_200_000, f"[red]{HOSTILE}", f"{HOSTILE}[/]\nsecond line")
    print_history([version], version.version)
    print_version(version)
    shown = capsys.readouterr().out
    assert_harmless(shown)
    assert "[red]" in shown
    assert "[/]" in shown


def test_details_of_quality(capsys: pytest.CaptureFixture[str]) -> None:
    table_console().print(table_of([Result(HOSTILE, "unique", "column", "error", Status.FAIL, 1, f"e.g. {HOSTILE}")]))
    assert_harmless(capsys.readouterr().out)


def test_what_notify_would_send(capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"text": HOSTILE}, ensure_ascii=False).encode()
    PrintingPoster("slack", "https://hooks.example/***").post(Message([], HOSTILE, body, {"X-Title": RED}))
    assert_harmless(capsys.readouterr().out)


def test_warnings_that_nobody_handles(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--version")
    log = logging.getLogger(versions_table.__name__)
    handlers, logging.getLogger().handlers = logging.getLogger().handlers, []
    try:
        log.warning("threshold_versions: version %s is spoilt", HOSTILE)
    finally:
        logging.getLogger().handlers = handlers
    assert_harmless(capsys.readouterr().err)
