"""Hashtags, mentions and the guess at the language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.language import guess_language
from udfs.text import hashtags, mentions


def test_hashtags_of_every_script() -> None:
    assert hashtags("#fyp #été#любовь # #日本 a#b ##x #fyp") == ["#fyp", "#été", "#любовь", "#日本", "#b", "#x", "#fyp"]
    assert hashtags(None) == hashtags("") == []


def test_mentions_but_no_addresses() -> None:
    assert mentions("@a.b_c hi @Zoë. me@mail.com @") == ["@a.b_c", "@Zoë"]
    assert mentions(None) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("i love this so much", "en"),
        ("what is the name of this song?", "en"),
        ("me encanta esta canción", "es"),
        ("qual é o nome da música", "pt"),
        ("c'est trop beau", "fr"),
        ("das ist so schön", "de"),
        ("che bello, ma dove sei", "it"),
        ("lagunya apa kak", "id"),
        ("ang ganda mo po", "tl"),
        ("çok güzel", "tr"),
        ("как называется песня", "ru"),
        ("це дуже гарно, їй подобається", "uk"),
        ("この曲なに", "ja"),
        ("너무 귀여워", "ko"),
        ("好看", "zh"),
        ("ما شاء الله", "ar"),
        ("אני אוהב", "he"),
        ("बहुत सुंदर", "hi"),
        ("สวยมาก", "th"),
        ("😭😭", "und"),
        ("12345", "und"),
        ("te amo", "es"),
        ("trop beau", "fr"),
        ("so cute", "en"),
        ("mcm mana nak beli", "id"),
        ("", "und"),
        (None, "und"),
        ("@the.and #this", "und"),
    ],
)
def test_language(text: str | None, language: str) -> None:
    assert guess_language(text) == language


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_nothing_raises(text: str) -> None:
    assert 2 <= len(guess_language(text)) <= 3
    assert all(tag.startswith("#") for tag in hashtags(text))
    assert all(name.startswith("@") for name in mentions(text))
