"""Every command explains itself within 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli import main
from cli.main import COMMANDS


def _words() -> Iterator[list[str]]:
    yield []
    for name in COMMANDS:
        yield [name]
        yield from ([name, sub] for sub in getattr(main._load(name), "commands", {}))


def _command(words: list[str]) -> Any:
    command: Any = typer.main.get_command(main.app)
    for word in words[:1]:
        command = main._load(word)
    for word in words[1:]:
        command = command.commands[word]
    return command


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("words", list(_words()), ids=" ".join)
def test_help_fits_80_columns_and_cuts_nothing(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        typer.main.get_command(main.app).main([*words, "--help"], prog_name="tokpulse", obj=main.Invocation())
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    for line in text.splitlines():
        assert not line.endswith("...") or line.startswith("Usage: "), f"too long for the list of commands: {line}"


@pytest.mark.parametrize("words", list(_words()), ids=" ".join)
def test_every_option_is_explained(words: list[str]) -> None:
    for parameter in _command(words).params:
        assert getattr(parameter, "help", None), f"{' '.join(words)}: {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    assert _command([name]).help.split("\n")[0] == COMMANDS[name][1]


@pytest.mark.parametrize("words", list(_words()), ids=" ".join)
def test_values_have_plain_names_and_defaults_one_form(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        typer.main.get_command(main.app).main([*words, "--help"], prog_name="tokpulse", obj=main.Invocation())
    text = capsys.readouterr().out
    # <int range>, <list[str]> and the like are of Python.
    values = set(re.findall(r"(?<=\s)<([^>\s][^>]*)>", text))
    assert all(value in ("text", "number", "path") or re.fullmatch(r"[a-z]+(\|[a-z]+)+", value) for value in values), values
    assert "(default: " not in text
    assert "no-\n" not in text
