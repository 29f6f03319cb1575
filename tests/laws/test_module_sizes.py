"""Modules stay small enough to be read at one go, and are named by what they do."""

from __future__ import annotations

from statistics import median

from .repository import modules, shown

CAP, MEDIAN = 400, 150


def lines() -> dict[str, int]:
    counted = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    return {path: count for path, count in counted.items() if not path.endswith("__init__.py")}


def test_no_module_is_longer_than_the_cap() -> None:
    assert {path: count for path, count in lines().items() if count > CAP} == {}


def test_the_median_module_is_short() -> None:
    assert median(lines().values()) <= MEDIAN


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [path for path in lines() if path.rsplit("/", 1)[-1] in ("utils.py", "helpers.py", "common.py", "misc.py")] == []
