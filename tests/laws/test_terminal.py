"""One way to a terminal: everything is printed by connectors.terminal and connectors.console, which escape it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import repository
from .repository import PACKAGES, imports, modules, parsed, shown

# The way itself; and what runs before anything is installed.
MAY = frozenset({"connectors/terminal.py", "connectors/console.py", "stack/toolchain.py"})
# Measurements print on a developer's own machine.
READ = tuple(package for package in PACKAGES if package != "bench")
STREAMS = frozenset({"sys.stdout", "sys.stderr"})
FORBIDDEN = frozenset(
    {
        "typer.echo",
        "typer.secho",
        "click.echo",
        "click.secho",
        "traceback.print_exc",
        "traceback.print_exception",
        "logging.Formatter",
        "logging.StreamHandler",
        *(f"{stream}.{name}" for stream in STREAMS for name in ("write", "writelines", "buffer.write")),
    }
)
# A table is what its cells are; these make text or a console by themselves.
FORBIDDEN_MODULES = frozenset({"rich", "rich.console", "rich.text", "rich.markup"})


def unescaped(path: Path) -> Iterator[str]:
    """What prints in `path` without escaping, each as a line to act on."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and (name := ast.unparse(node)) in FORBIDDEN:
            yield f"{shown(path)}:{node.lineno}: {name}: use connectors.terminal"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            files = [ast.unparse(word.value) for word in node.keywords if word.arg == "file"]
            if not files or files[0] in STREAMS:
                yield f"{shown(path)}:{node.lineno}: print: use say of connectors.terminal"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "logging.basicConfig":
            for _ in filter(lambda word: word.arg in ("format", "stream"), node.keywords):
                yield f"{shown(path)}:{node.lineno}: logging.basicConfig: give it log_handler of connectors.terminal"
    for line, name in imports(path):
        if name in FORBIDDEN_MODULES:
            yield f"{shown(path)}:{line}: {name}: use connectors.console"


@pytest.mark.parametrize("path", [path for path in modules(*READ) if shown(path) not in MAY], ids=shown)
def test_everything_is_printed_by_what_escapes_it(path: Path) -> None:
    assert list(unescaped(path)) == []


def test_the_law_sees_what_it_forbids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    bad = tmp_path / "bad.py"
    bad.write_text(
        "print('x')\n"
        "print('x', file=sys.stderr)\n"
        "watch(typer.echo)\n"
        "sys.stdout.buffer.write(b'')\n"
        "logging.basicConfig(stream=sys.stderr)\n"
        "from rich.console import Console\n"
        "print('x', file=ledger)\n"
        "logging.basicConfig(handlers=[log_handler(sys.stderr)])\n"
    )
    assert sorted(int(line.split(":")[1]) for line in unescaped(bad)) == [1, 2, 3, 4, 5, 6]
