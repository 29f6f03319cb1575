"""The page of faults is made of the file of trials, and says of them what there is to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .kinds import KINDS
from .report import AUDIT_INPUT, KEPT, PAGE, add, add_controls, load, text, write_page
from .trial import Trial


def trial(kind: str, recovery_s: float | None, *findings: str) -> dict[str, Any]:
    found = Trial(kind, 1, 0, "2026-11-30T20:00:00Z", landed=recovery_s is not None, recovery_s=recovery_s, wall_s=30.0)
    found.amplification = {"post_observations": 1.25}
    found.findings, found.rows = list(findings), 9
    return found.as_json()


def test_the_page_is_that_of_the_file() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(load(KEPT))


def test_every_kind_that_was_tried_is_one() -> None:
    assert {found["kind"] for found in load(KEPT)["trials"]} <= KINDS.keys()


def test_trials_add_up_and_what_was_found_is_shown(tmp_path: Path) -> None:
    kept, page = tmp_path / "faults.json", tmp_path / "faults.md"
    run = {"at": "2026", "commit": "0123456789abc", "seed": 1, "trials": 3, "minutes": 2.0, "cores": 2, "load": 0.5}
    add([trial("kill-kafka", 4.0), trial("kill-kafka", 8.0)], run, kept)
    add([trial("none", 1.0), trial("poison", None, "lost | <b>")], path=kept)
    add([trial("kill-registry", None, "the trial broke off") | {"rows": 0}], path=kept)
    add_controls([{"name": "a row is missing", "how": "input", "caught": True, "by": "x"}], kept)
    add_controls([{"name": "a row is missing", "how": "input", "caught": False, "by": ""}], kept)
    write_page(kept, page)
    said = page.read_text(encoding="utf-8")
    assert "**3 trials with a fault, 2 with proof that it landed, 2 clean**" in said
    assert "1 control trials without one; 1 void" in said
    assert "\n| `kill-registry` |" not in said
    assert "| `kill-kafka` | 2 | 2 | 2 | 6.0 |  | 8.0 | 30 | 1.25 |" in said
    assert "lost \\| &lt;b>" in said
    assert "| a row is missing | input | 1 of 2 |" in said
    assert "Not tried yet: `kill-taskmanager`, " in said
    add([trial("kill-kafka", float(number)) for number in range(20)], path=kept)
    assert "| `kill-kafka` | 22 | 22 | 22 | 8.5 | 18.0 | 19.0 |" in text(load(kept))


def test_a_page_without_a_broken_product_says_so(tmp_path: Path) -> None:
    kept, missing = tmp_path / "faults.json", "No broken variant of the product itself has been run yet"
    add_controls([{"name": "a row is missing", "how": AUDIT_INPUT, "caught": True, "by": "x"}], kept)
    assert missing in text(load(kept))
    add_controls([{"name": "rows have no key", "how": "patched", "caught": True, "by": "x"}], kept)
    assert missing not in text(load(kept))
