"""The class-data archive: made once per set of jars, made anew when one changes, and never a reason to fail."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from stack import class_archive, class_training, flink
from stack.class_archive import ClassArchiveError
from stack.report import Report
from stack.settings import StackSettings


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder with two jars, and a Flink whose home need not be assembled."""
    library = tmp_path / "build" / "flink" / "lib"
    library.mkdir(parents=True)
    for name in ("tokpulse-flink-formats-1.jar", "zstd.jar"):
        (library / name).write_bytes(b"jar")
    packaged = tmp_path / "pyflink"
    (packaged / "lib").mkdir(parents=True)
    monkeypatch.setattr(flink, "pyflink_folder", lambda: packaged)
    monkeypatch.setattr(flink, "prepare", lambda settings: None)
    return tmp_path / "build"


def archives(build: Path) -> list[Path]:
    return sorted((build / "flink" / "classes").glob("*.jsa"))


def write(settings: StackSettings, archive: Path) -> None:
    archive.write_bytes(b"classes")


def fail(settings: StackSettings, archive: Path) -> None:
    archive.write_bytes(b"cla")
    raise ClassArchiveError("the training run ended with exit code 1", "its output is in a log")


def test_it_is_made_once(build: Path) -> None:
    assert class_training.ensure(build, write)
    assert not class_training.ensure(build, fail)
    assert class_training.is_current(build)
    assert len(archives(build)) == 1


@pytest.mark.parametrize("change", ["content", "time", "one more"])
def test_a_changed_jar_makes_it_anew_and_the_old_one_goes(build: Path, change: str) -> None:
    class_training.ensure(build, write)
    before = archives(build)
    jar = build / "flink" / "lib" / "zstd.jar"
    if change == "content":
        jar.write_bytes(b"another jar")
    elif change == "time":
        os.utime(jar, ns=(1, 1))
    else:
        jar.with_name("lz4.jar").touch()
    assert not class_training.is_current(build)
    assert class_training.ensure(build, write)
    assert len(archives(build)) == 1
    assert archives(build) != before


def test_another_jvm_has_another_archive(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jars = (build / "flink" / "lib").glob("*.jar")
    names = set()
    for version in ("17", "21"):
        jvm = tmp_path / version
        jvm.write_text(version * int(version))
        monkeypatch.setattr(class_archive, "_jvm", lambda jvm=jvm: jvm)
        names.add(class_archive.file(build, jars).name)
    assert len(names) == 2


def test_a_failed_run_leaves_no_archive_and_is_told_in_one_line(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_training, "run", fail)
    shown = io.StringIO()
    with Report(shown) as report:
        class_training.archive_classes(build, report)
    assert archives(build) == []
    assert "not archived, so starts take longer: the training run ended with exit code 1" in shown.getvalue()
    assert class_training.ensure(build, write)


def test_without_an_archive_the_jvms_are_told_of_none(tmp_path: Path) -> None:
    archive = tmp_path / "classes.jsa"
    assert class_archive.options(archive) == {}
    archive.touch()
    assert str(archive) in class_archive.options(archive)["env.java.default-opts.all"].split(" ")[0]
    spaced = tmp_path / "a folder" / "classes.jsa"
    spaced.parent.mkdir()
    spaced.touch()
    assert class_archive.options(spaced) == {}
