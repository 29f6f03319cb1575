"""What stands where a name was has one pattern each, in Python, in SQL and on the page."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.no_names import PATTERNS, is_no_name, is_pseudonym, pseudonym, token
from privacy.statements import statement
from stack.ddl import load_views

ROOT = Path(__file__).resolve().parents[2]
HOMES = {"connectors/no_names.py", "dashboards/web/static/js/subject.js"}


@given(st.binary())
def test_what_is_made_is_known(value: bytes) -> None:
    digest = hashlib.sha256(value).digest()
    assert is_pseudonym(pseudonym(digest))
    assert is_no_name(pseudonym(digest))
    assert is_no_name(token(digest))
    assert not is_pseudonym(token(digest))


@pytest.mark.parametrize(
    "name", ["", "petra", "p" + "1" * 20, "p" + "a" * 21, "forgotten", "forgotten" + "g" * 20, "p" + "a" * 20 + "\n"]
)
def test_a_name_is_one(name: str) -> None:
    assert not is_no_name(name)


def test_the_page_knows_what_python_knows() -> None:
    masks = (ROOT / "dashboards/web/static/js/subject.js").read_text(encoding="utf-8")
    for pattern in PATTERNS.values():
        assert f"/^{pattern}$/" in masks


def test_sql_has_the_patterns_by_name() -> None:
    names = next(view for view in load_views() if view.name == "creator_names")
    assert f"match(unique_id, '^({'|'.join(PATTERNS.values())})$')" in names.text
    assert f"match(userid, '^{PATTERNS['FORGOTTEN']}$')" in statement("withdraw_tokens")
    listed = subprocess.run(["git", "ls-files", "*.py", "*.sql", "*.js"], cwd=ROOT, capture_output=True, text=True, check=True)
    spelled = re.compile(r"a-z2-7\]|forgotten\[0-9a-f\]")
    files = [name for name in listed.stdout.splitlines() if not name.startswith("tests/")]
    assert {name for name in files if spelled.search((ROOT / name).read_text(encoding="utf-8"))} <= HOMES
