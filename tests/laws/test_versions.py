"""Every version is held in one place: Java's in the pom, Python's in pyproject.toml; what repeats one is compared here."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stack import lock, toolchain

from .repository import ROOT

_POM = "{http://maven.apache.org/POM/4.0.0}"


def pom_properties() -> dict[str, str]:
    root = ET.parse(ROOT / "stack/maven/pom.xml").getroot()  # noqa: S314 - our own file
    block = root.find(f"{_POM}properties")
    assert block is not None
    return {item.tag.removeprefix(_POM): item.text or "" for item in block}


def pins() -> dict[str, str]:
    """Package -> version, of the pinned dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    everything = [*project["dependencies"], *(item for extra in project["optional-dependencies"].values() for item in extra)]
    # An extra may name another one of this project.
    everything = [item for item in everything if not item.startswith(f"{project['name']}[")]
    assert all("==" in item for item in everything), "every dependency is pinned"
    return dict(item.split("==") for item in everything)


def text_files() -> list[Path]:
    """What git knows and somebody may edit, but for data and what is allowed to hold versions."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    suffixes = {".py", ".md", ".yml", ".yaml", ".sql", ".java", ".sh", ".toml", ".xml", ".Dockerfile", ""}
    # `stack-facts` and the change log tell what was measured with which version: history, not configuration.
    held = {"pyproject.toml", "stack/maven/pom.xml", "docker-compose.yml", "docker/flink.Dockerfile", "CHANGELOG.md"}
    paths = [ROOT / name for name in listed.stdout.splitlines() if name not in held and not name.startswith("docs/adr/")]
    return [path for path in paths if path.suffix in suffixes and path.is_file() and path.name != "test_versions.py"]


def test_every_version_of_the_pom_is_a_property() -> None:
    text = (ROOT / "stack/maven/pom.xml").read_text(encoding="utf-8")
    versions = re.findall(r"<version>([^<]*)</version>", text)
    own, *others = versions
    assert all(version.startswith("${") for version in others)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert own == project["version"], "one release, one number"


def test_flink_is_the_same_for_python_and_java() -> None:
    assert pins()["apache-flink"] == pom_properties()["flink.version"]


def test_the_java_release_is_the_jdk_that_is_asked_for() -> None:
    assert int(pom_properties()["java.release"]) == toolchain.JDK_MIN


def test_the_python_range_is_the_one_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    low, below = (".".join(map(str, version)) for version in (toolchain.PYTHON_MIN, toolchain.PYTHON_BELOW))
    assert project["project"]["requires-python"] == f">={low},<{below}"
    assert project["tool"]["ruff"]["target-version"] == "py" + low.replace(".", "")


def test_no_other_file_repeats_a_version() -> None:
    java = {name: value for name, value in pom_properties().items() if name.endswith("version") and name != "kafka.scala.version"}
    python = {name: value for name, value in pins().items() if value.count(".") >= 2}
    words = {name: name.removesuffix(".version").split(".")[0].removeprefix("apache-") for name in java | python}
    by_value: dict[str, set[str]] = {}
    for name, value in (*java.items(), *python.items()):
        by_value.setdefault(value, set()).add(words[name])
    # All in one pass: a search for each of them took most of a minute.
    any_version = re.compile(rf"(?<![\d.])({'|'.join(map(re.escape, by_value))})(?![\d.])")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in text_files()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        # A bare 1.10.7 may be anything; beside the name of the thing it is a copy.
        if any(word in line.lower() for match in any_version.finditer(line) for word in by_value[match[1]])
    ]
    assert found == []


@pytest.mark.skipif(sys.version_info[:2] != toolchain.PYTHON_MIN, reason="written by the oldest Python: others need other packages")
def test_the_lock_is_what_is_installed() -> None:
    """Names and versions, and none that pyproject.toml has already."""
    assert lock.FILE.read_text(encoding="utf-8") == lock.text(), "run `make lock`"
    assert "://" not in lock.text()
    assert not lock.locked().keys() & pins().keys()
