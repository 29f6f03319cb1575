"""YAML as a tree of plain values: what is refused is named by line and key, and nothing else reads a file of ours."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.yaml_file import MAX_DEPTH, TreeError, compose, read_tree

TEXT = """\
a:
  - {b: 1, c: [x, y]}
  - d:
      e: TARGET
f: 2
"""


def refused(text: str) -> tuple[int, str, str]:
    with pytest.raises(TreeError) as caught:
        compose(text)
    return caught.value.line, caught.value.key, caught.value.reason


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("&x 1", (4, "a[1].d.e", "the anchor &x is refused")),
        ("*x", (4, "a[1].d.e", "the alias *x is refused")),
        ("!!python/name:os.system 1", (4, "a[1].d.e", "the tag !!python/name:os.system is refused")),
        ("[1, {g: !own 2}]", (4, "a[1].d.e[1].g", "the tag !own is refused")),
        ("1\n    ? [k, &y l]\n    : 1", (5, "a[1][1]", "the anchor &y is refused")),
        (f"{'[' * 6}{']' * 6}", (4, "a[1].d.e[0][0][0][0]", f"is nested more than {MAX_DEPTH} levels deep")),
        ("'b\x07'", (4, "(text)", "the character U+0007 is not allowed")),
        ("\ud800", (4, "(text)", "the character U+D800 is not allowed")),
        ("1\n---\n2", (5, "(top level)", "a second document begins here")),
    ],
)
def test_what_is_more_than_it_looks_is_refused_with_its_place(target: str, says: tuple[int, str, str]) -> None:
    assert refused(TEXT.replace("TARGET", target)) == says


def test_values_have_lines() -> None:
    tree, lines = read_tree(TEXT)
    assert tree == {"a": [{"b": 1, "c": ["x", "y"]}, {"d": {"e": "TARGET"}}], "f": 2}
    assert {path: lines[path] for path in (("a",), ("a", 1, "d"), ("a", 1, "d", "e"), ("f",))} == {
        ("a",): 1, ("a", 1, "d"): 3, ("a", 1, "d", "e"): 4, ("f",): 5,
    }  # fmt: skip
    assert compose("") is None


PLAIN = st.recursive(
    st.integers(-999, 999) | st.text("ab:#'-é\N{PARTY POPPER}", max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text("abc", min_size=1), values, max_size=3),
    max_leaves=5,
)


@given(PLAIN, st.booleans())
def test_plain_values_come_back_as_they_are(value: object, flow: bool) -> None:
    assert read_tree(yaml.safe_dump({"top": value}, allow_unicode=True, default_flow_style=flow))[0] == {"top": value}


@given(st.text() | st.text("-:[]{}&*!|>'\"%@#,? \nab1.", max_size=60))
def test_any_text_is_a_tree_or_a_named_problem(text: str) -> None:
    line = 1
    try:
        read_tree(text)
    except TreeError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 2
