"""FLINK_HOME: links to PyFlink's jars and the project's, with the planner in the place of its loader."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from stack import flink_home
from stack.flink_home import FlinkHomeError, assemble, planner

PLANNER = b"the planner's own jar"


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """A PyFlink folder in miniature."""
    folder = tmp_path / "pyflink"
    for name in ("bin", "lib", "opt", "plugins"):
        (folder / name).mkdir(parents=True)
    (folder / "bin" / "flink").write_text("#!/bin/sh\n")
    (folder / "lib" / "flink-dist-9.9.jar").touch()
    (folder / "opt" / "flink-python-9.9.jar").touch()
    (folder / "opt" / "flink-sql-client-9.9.jar").touch()
    with zipfile.ZipFile(folder / "lib" / "flink-table-planner-loader-9.9.jar", "w", zipfile.ZIP_DEFLATED) as loader:
        loader.writestr("flink-table-planner.jar", PLANNER)
    return folder


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "build" / "flink" / "lib").mkdir(parents=True)
    (tmp_path / "build" / "flink" / "lib" / "tokpulse-flink-formats-1.jar").touch()
    return tmp_path / "build"


def test_the_planner_stands_in_for_its_loader_and_python_is_in_the_clusters_lib(
    tmp_path: Path, packaged: Path, build: Path
) -> None:
    home = tmp_path / "home"
    for _ in range(2):
        assemble(home, packaged, build, tmp_path / "conf")
    assert sorted(jar.name for jar in (home / "lib").iterdir()) == [
        "flink-dist-9.9.jar",
        "flink-python-9.9.jar",
        "flink-table-planner-9.9.jar",
        flink_home.AGENT_JAR,
        "tokpulse-flink-formats-1.jar",
    ]
    assert (home / "lib" / "flink-table-planner-9.9.jar").read_bytes() == PLANNER
    # `flink run -py` looks for it here.
    assert (home / "opt" / "flink-python-9.9.jar").is_symlink()


def test_the_planner_is_unpacked_once_and_again_when_it_is_not_whole(tmp_path: Path, packaged: Path) -> None:
    loader = packaged / "lib" / "flink-table-planner-loader-9.9.jar"
    jar = planner(loader, tmp_path / "planner")
    first = jar.stat()
    assert planner(loader, tmp_path / "planner").stat().st_mtime_ns == first.st_mtime_ns
    jar.write_bytes(PLANNER[:5])
    assert planner(loader, tmp_path / "planner").read_bytes() == PLANNER
    assert [file.name for file in (tmp_path / "planner").iterdir()] == [jar.name]


def test_a_build_without_the_projects_jar_is_named(tmp_path: Path, packaged: Path) -> None:
    (tmp_path / "flink" / "lib").mkdir(parents=True)
    with pytest.raises(FlinkHomeError, match="no tokpulse-"):
        assemble(tmp_path / "home", packaged, tmp_path, tmp_path / "conf")
