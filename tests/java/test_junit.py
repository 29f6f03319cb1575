"""The unit tests of all Java sources, run by Maven into a folder of their own."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stack.maven_build import JAVA_SOURCES, POM

TIMEOUT_S = 240


@pytest.mark.flink
@pytest.mark.timeout(TIMEOUT_S + 30)
def test_junit(tmp_path: Path) -> None:
    build = tmp_path / "build"
    argv = ["mvn", "-q", "-B", "-f", str(POM), "test", f"-Dtokpulse.build.dir={build}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, cwd=tmp_path)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    suites = [ET.parse(path).getroot() for path in (build / "maven" / "surefire-reports").glob("TEST-*.xml")]  # noqa: S314 - our own
    ran = {suite.attrib["name"].rpartition(".")[2] for suite in suites}
    assert ran == {path.stem for folder in JAVA_SOURCES for path in (folder / "src" / "test").rglob("*Test.java")}
    assert sum(int(suite.attrib["tests"]) - int(suite.attrib["skipped"]) for suite in suites) > 0
