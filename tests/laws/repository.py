"""The files of the repository that the laws are about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Installed together; what is in SCRIPTS is run from a checkout only.
PACKAGES = (
    "alerts",
    "bench",
    "cli",
    "connectors",
    "dashboards",
    "jobs",
    "polling",
    "privacy",
    "quality",
    "simulator",
    "sql",
    "stack",
    "thresholds",
    "udfs",
)
SCRIPTS = ("docs",)
SQL = ROOT / "sql"


def modules(*folders: str) -> list[Path]:
    """Every Python file below `folders` (default: all packages and scripts), sorted."""
    return sorted(path for folder in folders or PACKAGES + SCRIPTS for path in (ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    """`path` as it is named in messages."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute module name) of every import, those inside functions and behind `import_module("...")` included."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield node.lineno, ".".join([*base, *([node.module] if node.module else [])])
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value
