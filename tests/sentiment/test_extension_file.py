"""A slip in the extension is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from udfs.sentiment.extension import ExtensionError, parse_extension, read_extension
from udfs.sentiment.model import EXTENSION_FILE

GOOD = "slay\t2.5\tany\tpraise"


def test_entries_in_order_without_remarks() -> None:
    entries = parse_extension(f"\ufeff# a remark\r\n\r\n{GOOD}\r\n#fyp\t0\tany\ta tag\n", "x.tsv")
    assert [(entry.text, entry.valence, entry.when, entry.reason) for entry in entries] == [
        ("slay", 2.5, "any", "praise"),
        ("#fyp", 0.0, "any", "a tag"),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slay 2.5 any praise", "1 columns"),
        (f"{GOOD}\tmore", "5 columns"),
        ("\t2\tany\tx", "empty"),
        (" mid\t2\tany\tx", "blanks"),
        ("so  mid\t2\tany\tx", "doubled"),
        ("Mid\t2\tany\tx", "lower case"),
        ("a b c d e f g h i\t2\tany\tx", "more than 8"),
        ("mid\ttwo\tany\tx", "no number"),
        ("mid\tnan\tany\tx", "not between"),
        ("mid\t-4.5\tany\tx", "not between"),
        ("mid\t-2\talways\tx", "none of"),
        ("mid\t-2\tany\t ", "no reason"),
        ("slay\t1\tany\tx", "there already, on line 2"),
        ("slay!\t1\tany\tx", "there already, on line 2"),
        ("\u200b\t1\tany\tx", "can be seen"),
    ],
)
def test_slips_are_named_with_their_line(line: str, said: str) -> None:
    with pytest.raises(ExtensionError, match=r"x\.tsv, line 3: .*" + said):
        parse_extension(f"# remark\n{GOOD}\n{line}\n", "x.tsv")


def test_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ExtensionError, match=r"x\.tsv: no UTF-8"):
        read_extension(path)


def test_the_shipped_file_is_good() -> None:
    assert len(read_extension(EXTENSION_FILE)) > 300
