"""How commands are found and how errors end: one line, the right exit code, a trace only with --debug."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import main as cli_main
from connectors.errors import TokpulseError


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Runs `tokpulse ARGS` in this process; a `body` becomes the command `probe`."""

    def call(*args: str, body: Callable[[], None] | None = None) -> tuple[int, str, str]:
        if body is not None:
            module = types.ModuleType("probe_command")
            module.command = body  # type: ignore[attr-defined]
            monkeypatch.setitem(sys.modules, "probe_command", module)
            monkeypatch.setattr(module, "__spec__", types.SimpleNamespace())
            monkeypatch.setitem(cli_main.COMMANDS, "probe", ("probe_command", "A probe."))
        monkeypatch.setattr(sys, "argv", ["tokpulse", *args])
        code = cli_main.main()
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    before = os.environ.get("TOKPULSE_DATA")
    yield call
    if before is None:
        os.environ.pop("TOKPULSE_DATA", None)
    else:
        os.environ["TOKPULSE_DATA"] = before


def fail() -> None:
    """Fails."""
    raise TokpulseError("topic x is\nmissing", "run `tokpulse up`")


def test_an_error_is_one_line_with_a_hint(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("probe", body=fail)
    assert (code, out) == (1, "")
    assert err == "error: topic x is missing\n  hint: run `tokpulse up`\n"


def test_a_misspelt_command_is_told_which_one_was_meant(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("sumbit")
    assert code == 2
    assert "No such command 'sumbit'. Did you mean 'submit'" in err


def test_debug_shows_the_trace(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("--debug", "probe", body=fail)
    assert code == 1
    assert "Traceback" in err
    assert "error: topic x is missing" in err


def test_an_unforeseen_error_is_one_line_too(run: Callable[..., tuple[int, str, str]]) -> None:
    def crash() -> None:
        """Crashes."""
        raise ZeroDivisionError("oops")

    code, _, err = run("probe", body=crash)
    assert code == 1
    assert err.startswith("error: ZeroDivisionError: oops\n")
    assert "Traceback" not in err


def test_interrupt_is_130(run: Callable[..., tuple[int, str, str]]) -> None:
    def interrupted() -> None:
        """Is interrupted."""
        raise KeyboardInterrupt

    assert run("probe", body=interrupted)[0] == 130


@pytest.mark.parametrize("args", [("nope",), ("--nope",), ("status", "--nope"), ("status", "extra")])
def test_wrong_usage_is_2_and_explained(run: Callable[..., tuple[int, str, str]], args: tuple[str, ...]) -> None:
    code, _, err = run(*args)
    assert code == 2
    assert "Usage: tokpulse" in err
    assert "Traceback" not in err


def test_help_lists_commands_without_importing_them(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("cli.up", "cli.status"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    code, out, _ = run("--help")
    assert code == 0
    assert "Start the local stack" in out
    assert "cli.up" not in sys.modules
    assert "cli.status" not in sys.modules


def test_every_command_module_that_exists_can_be_loaded() -> None:
    for name in cli_main.LazyGroup(name="tokpulse").list_commands(None):
        assert cli_main._load(name).name == name


def test_data_dir_reaches_the_environment(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    seen: list[str] = []

    def look() -> None:
        """Looks."""
        seen.append(os.environ["TOKPULSE_DATA"])

    assert run("--data-dir", str(tmp_path), "probe", body=look)[0] == 0
    assert seen == [str(tmp_path)]


def test_version(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("--version")
    assert code == 0
    assert out.startswith("tokpulse 0.")
