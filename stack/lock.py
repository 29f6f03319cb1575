"""Writes constraints.txt: the version of each Python package that is installed and that pyproject.toml does not pin itself.

`make install` keeps to it, so that two machines have the same packages. It has names and versions only.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions

from connectors.files import replace_file
from connectors.paths import REPOSITORY

FILE = REPOSITORY / "constraints.txt"
_HEAD = "# Packages that come with those of pyproject.toml. Written by `make lock`.\n"
# Of every environment, in whichever version it has.
_TOOLS = {"pip", "wheel"}


def locked() -> dict[str, str]:
    """Package -> version."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = [*project["dependencies"], *(item for extra in project["optional-dependencies"].values() for item in extra)]
    own = {_normal(re.split(r"[=\[]", item)[0]) for item in pinned} | _TOOLS
    installed = {_normal(package.metadata["Name"]): package.version for package in distributions()}
    return {name: version for name, version in sorted(installed.items()) if name not in own}


def text() -> str:
    """What the file has to hold."""
    return _HEAD + "".join(f"{name}=={version}\n" for name, version in locked().items())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    replace_file(FILE, text())
