"""What the doctor says of this machine: disk, jars, clocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.doctor_exam import Examination
from cli.doctor_findings import Level
from cli.doctor_machine import jars, judged_clock, judged_disk, judged_names, library_of
from connectors.endpoints import Endpoints
from stack.settings import StackSettings

GIB = 2**30
BUILT = ["flink-sql-connector-kafka-5.0.0-2.2.jar", "tokpulse-flink-formats-0.1.0.jar"]


@pytest.mark.parametrize(
    ("free", "level"), [(2 * GIB, Level.OK), (2 * GIB - 1, Level.WARN), (GIB // 2, Level.WARN), (GIB // 2 - 1, Level.FAIL)]
)
def test_disk(free: int, level: Level) -> None:
    found = judged_disk("/data", free, 100 * GIB, 2 * GIB)
    assert (found.level, found.cause) == (level, "" if level is Level.OK else "disk_nearly_full")


@pytest.mark.parametrize(
    ("has", "found"),
    [
        (BUILT, []),
        ([*BUILT, "other-1.0.jar"], []),
        (BUILT[1:], [("jar_missing", BUILT[0])]),
        ([BUILT[0], "tokpulse-flink-formats-0.0.9.jar"], [("jar_wrong", "tokpulse-flink-formats-0.0.9.jar")]),
        (["flink-sql-connector-kafka-4.0.1-2.0.jar", BUILT[1]], [("jar_wrong", "flink-sql-connector-kafka-4.0.1-2.0.jar")]),
        # Both at once: the order of names decides which one counts.
        ([*BUILT, "tokpulse-flink-formats-0.0.9.jar"], [("jar_wrong", "tokpulse-flink-formats-0.0.9.jar")]),
    ],
)
def test_names_of_jars(has: list[str], found: list[tuple[str, str]]) -> None:
    assert [(each.cause, each.about) for each in judged_names("lib", has, BUILT)] == found


@pytest.mark.parametrize(
    ("jar", "library"),
    [(BUILT[0], "flink-sql-connector-kafka"), (BUILT[1], "tokpulse-flink-formats"), ("client-v2-0.9.8-all.jar", "client-v2")],
)
def test_library_of(jar: str, library: str) -> None:
    assert library_of(jar) == library


def test_a_jar_of_the_same_name_with_other_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.doctor_machine.is_current", lambda build: True)
    lib, built = tmp_path / "home" / "lib", tmp_path / "build" / "flink" / "lib"
    for folder in (lib, built):
        folder.mkdir(parents=True)
        (folder / BUILT[1]).write_bytes(b"same")
    settings = StackSettings.load({"TOKPULSE_BUILD": str(tmp_path / "build")}, tmp_path)
    patient = Examination(settings, Endpoints({"FLINK_HOME": str(lib.parent)}, tmp_path / "env"), 0.0)
    assert [each.level for each in jars(patient)] == [Level.OK]
    (lib / BUILT[1]).write_bytes(b"other")
    assert [each.cause for each in jars(patient)] == ["jar_wrong"]
    (lib / BUILT[1]).unlink()
    (lib / BUILT[1]).symlink_to(tmp_path / "gone.jar")
    assert [each.cause for each in jars(patient)] == ["jar_missing"]


@pytest.mark.parametrize(
    ("ahead_s", "text"),
    [
        (5.0, None),
        (-5.0, None),
        (90.0, "the clock of Kafka is 90 s ahead of that of this machine"),
        (-600.0, "the clock of Kafka is 10 min behind that of this machine"),
    ],
)
def test_clocks(ahead_s: float, text: str | None) -> None:
    assert [each.text for each in judged_clock("Kafka", ahead_s)] == ([text] if text else [])
