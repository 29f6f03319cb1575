"""A file that is replaced is whole at any moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.files import replace_file


@pytest.mark.parametrize("durable", [False, True])
def test_the_folder_is_made_and_nothing_else_stays(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "a" / "b.json"
    replace_file(path, "one\n", durable=durable)
    replace_file(path, "zwei: ü\n", durable=durable)
    assert path.read_text(encoding="utf-8") == "zwei: ü\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_mode_is_given_whatever_the_umask(tmp_path: Path) -> None:
    for mode in (0o600, 0o664):
        replace_file(tmp_path / "a", "secret", mode)
        assert (tmp_path / "a").stat().st_mode & 0o777 == mode


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", "old")
    with pytest.raises(UnicodeEncodeError):
        replace_file(tmp_path / "a", "\ud800")
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path, "text")
