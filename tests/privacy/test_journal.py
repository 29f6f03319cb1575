"""An interrupted run goes on under its own secret; a finished one leaves nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from privacy.journal import Journal, JournalError

USER = "6900000000000000777"


def test_it_goes_on_with_the_same_secret_until_it_is_removed(tmp_path: Path) -> None:
    first = Journal.open(tmp_path, USER)
    first.person.add_profile("bob", "Anna", "s1")
    first.save()
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert USER not in first.path.name
    again = Journal.open(tmp_path, USER)
    assert (again.person, again.secret, again.run) == (first.person, first.secret, first.run)
    assert Journal.open(tmp_path, "1").secret != first.secret
    assert first.secret.hex() not in repr(first)
    again.remove()
    assert list(tmp_path.iterdir()) == []
    assert Journal.open(tmp_path, USER).secret != first.secret


def test_a_broken_one_is_one_line(tmp_path: Path) -> None:
    made = Journal.open(tmp_path, USER)
    made.save()
    made.path.write_text("{")
    with pytest.raises(JournalError, match="cannot read"):
        Journal.open(tmp_path, USER)
