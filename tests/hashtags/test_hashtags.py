"""Python, and the reference that shares no code with it, by the table; any text; and what is kept of a forgotten title."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hashtags import HASHTAG, hashtags, written_hashtags
from simulator.reference import posts as reference

from . import CASES


@pytest.mark.parametrize(("title", "tags"), CASES.items(), ids=map(ascii, CASES))
def test_the_table(title: str, tags: list[str]) -> None:
    assert hashtags(title) == tags
    assert reference.hashtags(title) == tags


def test_every_mark_and_picture_is_of_the_tag_and_no_other_sign_is() -> None:
    """By Unicode's categories: what the pattern spells out as ranges, for every character there is."""
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        kind = unicodedata.category(character)
        if kind in ("Cn", "Cs", "Co"):
            continue
        within = HASHTAG.fullmatch(f"#a{character}") is not None
        if kind[0] in "LNM":
            assert within, hex(code)
        elif kind[0] in "ZP" or kind == "Cc":
            assert within == (character == "_"), hex(code)


_TITLES = st.text(
    st.sampled_from(
        "#＃ ab_1éß.,+-!\u0301\u0928\u094d\u200c\u200d\u200b·・ｱ･🌈🇹🇼👨❤\ufe0f\u20e3🏽ㅎ한\u1112\u1161\u11abـ\u202e\U000e0067"
    ),
    max_size=30,
)


@given(st.one_of(_TITLES, st.text(max_size=60)))
def test_any_title(title: str) -> None:
    tags = hashtags(title)
    assert tags == reference.hashtags(title)
    assert tags == hashtags(unicodedata.normalize("NFD", title)), "what looks the same is the same"
    assert len(set(tags)) == len(tags)
    for tag in written_hashtags(title):
        assert re.fullmatch(r"[#＃][^#＃\s]+", tag)
        assert hashtags(tag) == [tag[1:].lower()], "a tag by itself is that tag"


def test_a_long_title_takes_time_in_proportion() -> None:
    assert hashtags("#" * 100_000) == []
    assert hashtags("#a" + "\u200d" * 200_000) == ["a"]
    assert hashtags("#" + "a\u200d" * 100_000) == [("a\u200d" * 100_000)[:-1]]
