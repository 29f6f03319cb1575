"""A slip in the extension is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from udfs.sentiment.extension import ExtensionError, parse_extension, read_extension
from udfs.sentiment.model import EXTENSION_FILE, LexiconModel

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
        ("a b c d e f g h i j k l m\t2\tany\tx", "more than 12"),
        ("a b c d e f g h i j k [l|l m]\t2\tany\tx", "more than 12"),
        ("[he|she]s cooked\t2\tany\tx", "blanks around"),
        ("[so|] [very|]\t2\tany\tx", "can be left out"),
        (f"{' '.join(['[a b|c d|]'] * 7)} e\t2\tany\tx", "more than 1000 choices"),
        ("mid\ttwo\tany\tx", "not a number"),
        ("mid\tnan\tany\tx", "not between"),
        ("mid\t-4.5\tany\tx", "not between"),
        ("mid\t-2\talways\tx", "not one of"),
        ("mid\t-2\tany\t ", "no reason"),
        ("slay\t1\tany\tx", "already on line 2"),
        ("slay!\t1\tany\tx", "already on line 2"),
        ("\u200b\t1\tany\tx", "can be seen"),
    ],
)
def test_slips_are_named_with_their_line(line: str, said: str) -> None:
    with pytest.raises(ExtensionError, match=r"x\.tsv, line 3: .*" + said):
        parse_extension(f"# remark\n{GOOD}\n{line}\n", "x.tsv")


def test_lists_stand_for_each_choice_of_theirs(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("[he|she] [really|so totally|] ate\t2\tany\tx\n[mid|so bad]\t2\tany\tx\n")
    model = LexiconModel(path)
    for text in ("he ate", "she ate", "he really ate", "she so totally ate", "mid", "so bad"):
        assert model.compound(text) > 0, text
    for text in ("they ate", "he so ate", "he really totally ate"):
        assert model.compound(text) == 0, text


def test_what_is_written_out_is_the_exception_to_lists(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("[he|she] ate\t2\tany\tx\n[she|they] ate\t-2\tany\tthe first list counts\nhe ate\t-1\tany\tx\n")
    model = LexiconModel(path)
    assert model.compound("he ate") < 0 < model.compound("she ate")
    assert model.compound("they ate") < 0


def test_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ExtensionError, match=r"x\.tsv: not UTF-8"):
        read_extension(path)


def test_the_shipped_file_is_good() -> None:
    assert len(read_extension(EXTENSION_FILE)) > 300
