"""An installed package finds the files that its modules read."""

from __future__ import annotations

import fnmatch
import tomllib

from .repository import PACKAGES, ROOT, shown

# Read by the build only, from a checkout: Java's sources.
NOT_INSTALLED = ("connectors/flink/java/", "stack/agent/")


def test_every_data_file_of_a_package_is_installed_with_it() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = tool["package-data"]["*"]
    assert {f"{name}*" for name in PACKAGES} == set(tool["packages"]["find"]["include"])
    left_out = [
        shown(path)
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix != ".py"
        and not shown(path).startswith(NOT_INSTALLED)
        and not any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert left_out == []
