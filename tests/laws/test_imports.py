"""Imports point one way: udfs and connectors know nothing of jobs; jobs nothing of stack, simulator and commands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import repository
from .repository import PACKAGES, SCRIPTS, imports, modules, shown

# Package -> packages of this project that it may import, itself included.
ALLOWED: dict[str, frozenset[str]] = {
    "udfs": frozenset({"udfs"}),
    "sql": frozenset({"sql"}),
    "connectors": frozenset({"connectors", "sql"}),
    "polling": frozenset({"polling", "connectors", "sql"}),
    "jobs": frozenset({"jobs", "thresholds", "sql", "udfs", "connectors"}),
    "simulator": frozenset({"simulator", "thresholds", "udfs", "connectors", "sql"}),
    "thresholds": frozenset({"thresholds", "udfs", "connectors", "sql"}),
    "quality": frozenset({"quality", "connectors", "sql"}),
    "stack": frozenset({"stack", "quality", "thresholds", "jobs", "sql", "udfs", "connectors"}),
    "bench": frozenset(PACKAGES) - {"alerts", "cli", "privacy"},
    "privacy": frozenset({"privacy", "quality", "polling", "connectors", "sql"}),
    "alerts": frozenset({"alerts", "connectors", "sql"}),
    "dashboards": frozenset({"dashboards", "connectors", "sql"}),
    "cli": frozenset(PACKAGES),
    "docs": frozenset(PACKAGES) - {"cli"},
}
# What one folder of a package may import beyond that: the page edits thresholds and mutes alerts.
ALSO_ALLOWED: dict[str, frozenset[str]] = {"dashboards/web/": frozenset({"alerts", "thresholds", "udfs"})}
# The grammars of durations, hashtags and mentions, which need the standard library only.
UDFS_MAY_READ = frozenset({"connectors.durations", "connectors.hashtags", "connectors.mentions"})
# udfs are plain functions of the standard library, but for these: module -> the third-party packages that it may import.
THIRD_PARTY: dict[str, frozenset[str]] = {
    # Only here does a function meet PyFlink.
    "udfs/flink/comment_sentiment.py": frozenset({"pandas", "pyflink"}),
    "udfs/flink/title_hashtags.py": frozenset({"pyflink"}),
    "udfs/sentiment/onnx_model.py": frozenset({"numpy", "onnxruntime", "tokenizers"}),
    "udfs/sentiment/sidecar/client.py": frozenset({"grpc"}),
    "udfs/sentiment/sidecar/server.py": frozenset({"grpc"}),
    "udfs/sentiment/sidecar/sentiment_pb2.py": frozenset({"google"}),
}


def outside(path: Path) -> list[str]:
    """The imports of `path` that its package may not have, each as a line to act on."""
    package = shown(path).split("/")[0]
    also = {name for folder, names in ALSO_ALLOWED.items() if shown(path).startswith(folder) for name in names}
    found = []
    for line, name in imports(path):
        target = name.split(".")[0]
        if package == "udfs" and name in UDFS_MAY_READ:
            continue
        # Scripts are for nobody but themselves.
        if (target in ("tests", *SCRIPTS) and target != package) or (target in PACKAGES and target not in ALLOWED[package] | also):
            found.append(f"{shown(path)}:{line}: {package} must not import {name}")
        if (
            package == "udfs"
            and target not in ("udfs", *sys.stdlib_module_names)
            and target not in THIRD_PARTY.get(shown(path), ())
        ):
            found.append(f"{shown(path)}:{line}: udfs are plain functions: {name} is not in the standard library")
    return found


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_imports_point_one_way(path: Path) -> None:
    assert outside(path) == []


def test_the_reference_shares_no_code_with_the_jobs() -> None:
    """Ground truth that borrowed a formula from the product would agree with its mistakes."""
    for path in modules("simulator/reference"):
        project = [name for _, name in imports(path) if name.split(".")[0] in PACKAGES]
        assert [name for name in project if not name.startswith("simulator.reference")] == [], shown(path)


def test_every_top_level_package_has_a_law() -> None:
    packages = {path.parent.name for path in repository.ROOT.glob("*/*.py")} - {"tests"}
    assert packages <= {*PACKAGES, *SCRIPTS}
    assert set(ALLOWED) == {*PACKAGES, *SCRIPTS}


def test_the_law_sees_what_it_forbids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    folder = tmp_path / "udfs"
    folder.mkdir()
    file = folder / "bad.py"
    file.write_text("import math\nimport pandas\ndef f() -> None:\n    from jobs import build\n    from . import good\n")
    assert [line.split(": ", 1)[0] for line in outside(file)] == ["udfs/bad.py:2", "udfs/bad.py:4", "udfs/bad.py:4"]
    (folder / "flink").mkdir()
    listed = folder / "flink" / "comment_sentiment.py"
    listed.write_text("from pyflink.table import udf\nimport grpc\nimport jobs\n")
    assert [line.split(": ", 1)[0] for line in outside(listed)] == [f"udfs/flink/comment_sentiment.py:{line}" for line in (2, 3, 3)]
