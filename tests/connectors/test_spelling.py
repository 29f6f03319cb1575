"""The plain form of a text: what is hidden is seen, what hides nothing keeps its spelling."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.spelling import revealed, spelled_out


@pytest.mark.parametrize(
    "text",
    [
        "%62%6f%62",
        "%2562ob",
        "&#98;&#x6F;b",
        "\\u0062o\\u0062",
        "\\\\u{62}ob",
        "\\x62ob",
        "b\u200bo\u200db",
        "\u202eb\u2066o\u2069b",
        "\ufeffbo\u00adb\ufe0f",
        "ｂｏｂ",
        "b%E2%80%8Bob",
        "&#8203;b&zwj;ob",
    ],
)
def test_a_name_is_seen_however_it_is_spelled(text: str) -> None:
    assert spelled_out(text) == "bob"
    assert revealed(f"hi {text}!", lambda plain: plain.replace("bob", "X")) == "hi X!"


@pytest.mark.parametrize("text", ["", "100% &c. \\o/ C:\\users", "👩‍👩‍👧 bob 🏳️‍🌈", "می‌خواهم", "½ ①", "a" * 100_000, "%", "&", "\\"])
def test_what_hides_nothing_keeps_its_spelling(text: str) -> None:
    assert revealed(text, lambda plain: plain.replace("ada", "X")) == text
    assert revealed(text, lambda plain: plain.replace("bob", "X")) == text.replace("bob", "X")


def test_two_escapes_may_be_one_letter() -> None:
    assert spelled_out("\\ud83c\\udf08 \\ud83c") == "🌈 \ud83c"


def test_decomposed_letters_are_those_of_the_name() -> None:
    assert spelled_out(unicodedata.normalize("NFD", "Zoë")) == "Zoë"


@given(st.text(alphabet=st.sampled_from("ab%&#;\\ux0629{}\u200b\u202eé한")))
def test_it_has_an_end_and_never_fails(text: str) -> None:
    assert revealed(text, lambda plain: plain) == text
    spelled_out(text)
