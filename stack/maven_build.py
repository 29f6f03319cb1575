"""Fills the build folder with broker, registry, Flink's jars and chart library, when the pom or the Java sources have changed."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY
from stack import toolchain

POM = REPOSITORY / "stack" / "maven" / "pom.xml"
# What jobs run on Flink, and the agent of the local TaskManager.
JAVA_SOURCES = (REPOSITORY / "connectors" / "flink" / "java", REPOSITORY / "stack" / "agent")
_STAMP = "sources.sha256"
_OUTPUTS = ("kafka/lib/*.jar", "registry/*-runner.jar", "flink/lib/*.jar", "web/uPlot.iife.min.js")


class ToolchainError(TokpulseError):
    """A tool that the stack needs is missing or too old."""


class MavenBuildError(TokpulseError):
    """Maven could not build or download; its whole output is in the log that the message names."""


def check_toolchain() -> None:
    """Raises ToolchainError naming the first tool that is missing or too old."""
    problems = toolchain.problems()
    if problems:
        message, _, hint = problems[0].partition(": ")
        raise ToolchainError(message, hint)


def sources_hash(files: Iterable[Path], root: Path = REPOSITORY) -> str:
    """A hash over the names and contents of `files`, the same on every machine."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current(build: Path) -> bool:
    """Whether `build` holds what the present sources give."""
    stamp = build / _STAMP
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != _current_hash():
        return False
    return all(any(build.glob(pattern)) for pattern in _OUTPUTS)


def build_jars(build: Path) -> None:
    """Runs Maven unless `build` is current. Raises ToolchainError or MavenBuildError."""
    if is_current(build):
        return
    check_toolchain()
    build.mkdir(parents=True, exist_ok=True)
    with (build / "lock").open("w") as lock:
        # Two stacks may share the folder; the second one finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(build):
            _run_maven(build)


def _run_maven(build: Path) -> None:
    log = build / "maven.log"
    current = _current_hash()
    (build / _STAMP).unlink(missing_ok=True)
    argv = ["mvn", "-q", "-B", "-f", str(POM), "package", "-DskipTests", f"-Dtokpulse.build.dir={build}"]
    # The whole environment: proxies and trust stores for downloads are given to Maven by variables.
    with log.open("wb") as output:
        code = subprocess.run(argv, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        raise MavenBuildError(f"Maven failed: {_first_error(log)}", f"the whole output is in {log}")
    # Of the sources as they were when Maven began: an edit made meanwhile is built the next time.
    (build / _STAMP).write_text(current, encoding="utf-8")


def _current_hash() -> str:
    # Tests of the Java sources change nothing of what is built.
    return sources_hash(
        [POM, *(path for folder in JAVA_SOURCES for path in (folder / "src" / "main").rglob("*") if path.is_file())]
    )


def _first_error(log: Path) -> str:
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("[ERROR]") and line.strip() != "[ERROR]":
            return line.removeprefix("[ERROR]").strip()[:300]
    return "no error line in its output"
