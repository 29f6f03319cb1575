"""FLINK_HOME of the local stack: PyFlink's scripts, and links to its jars and the project's."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from connectors.errors import TokpulseError

# Where it comes from: stack/agent.
AGENT_JAR = "loopback-agent.jar"
_LOADER = "flink-table-planner-loader-*.jar"
_PLANNER = "flink-table-planner.jar"


class FlinkHomeError(TokpulseError):
    """A part of FLINK_HOME is missing; the message names it."""


def assemble(home: Path, packaged: Path, build: Path, conf: Path) -> None:
    """Makes `home` anew from PyFlink's folder `packaged` and the jars in `build`; its configuration is `conf`."""
    if home.exists():
        shutil.rmtree(home)
    # The scripts find everything relative to their own real path, so they are copied; the jars can stay where they are.
    shutil.copytree(packaged / "bin", home / "bin")
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    (home / "plugins").symlink_to(packaged / "plugins")
    (home / "conf").symlink_to(conf)
    (home / "log").mkdir()
    # Folders of links, not links to folders: the scripts search them with `find`, which does not enter a link.
    _link(home / "opt", *_jars(packaged / "opt"))
    _link(home / "lib", *library(packaged, build))
    (home / "lib" / AGENT_JAR).symlink_to(_own_jar(build))


def library(packaged: Path, build: Path) -> list[Path]:
    """The jars of client and cluster: PyFlink's and the project's, with the planner itself in the place of its loader.

    The loader unpacks the planner at each start, and keeps it in a class loader of its own, out of reach of class-data archives.
    """
    loaders = sorted((packaged / "lib").glob(_LOADER))
    others = [jar for jar in _jars(packaged / "lib") if jar not in loaders]
    planners = [planner(loader, build / "flink" / "planner") for loader in loaders]
    # A cluster that has PyFlink's jar need not be sent it with each job.
    return [*others, *planners, *(packaged / "opt").glob("flink-python-*.jar"), *_jars(build / "flink" / "lib")]


def planner(loader: Path, folder: Path) -> Path:
    """The planner's jar out of `loader`, unpacked into `folder` once: the same version as the rest, without a download."""
    jar = folder / loader.name.replace("-loader", "")
    with zipfile.ZipFile(loader) as archive:
        if jar.exists() and jar.stat().st_size == archive.getinfo(_PLANNER).file_size:
            return jar
        folder.mkdir(parents=True, exist_ok=True)
        # Two stacks may share the folder: each sees either no jar or a whole one.
        handle, partial = tempfile.mkstemp(dir=folder)
        with archive.open(_PLANNER) as source, os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(source, target)
    os.chmod(partial, 0o644)
    os.replace(partial, jar)
    return jar


def _own_jar(build: Path) -> Path:
    jars = sorted((build / "flink" / "lib").glob("tokpulse-*.jar"))
    if not jars:
        raise FlinkHomeError(f"no tokpulse-*.jar in {build / 'flink' / 'lib'}", "run `make install`")
    return jars[0]


def _jars(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jar"))


def _link(folder: Path, *jars: Path) -> None:
    folder.mkdir()
    for jar in jars:
        (folder / jar.name).symlink_to(jar)
