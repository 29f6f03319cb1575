"""Hashtags, mentions and the guess at the language."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.language import guess_language
from udfs.sentiment.emotes import readable
from udfs.sentiment.model import shipped
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


# Right-to-left marks and isolates, joiners, blanks of no width, a byte-order mark, a soft hyphen, selectors, letters of flags.
INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u061c\u00ad\ufe0f\U000e0067"
)
SAID = [
    "I love this so much",
    "worst video ever",
    "so good 😭🔥",
    "me encanta",
    "너무 귀여워",
    "אני love",
    "هذا جميل",
    "not [cry]",
    "@a good",
]


@pytest.mark.parametrize("text", SAID)
@pytest.mark.parametrize("sign", INVISIBLE, ids=ascii)
def test_what_cannot_be_seen_changes_no_score(text: str, sign: str) -> None:
    score, language = shipped().compound(text), guess_language(text)
    for spoiled in (sign + text, text + sign, sign + text.replace(" ", f"{sign} {sign}") + sign, f"{sign} {text} {sign}"):
        assert shipped().compound(spoiled) == score, ascii(spoiled)
        assert guess_language(spoiled) == language, ascii(spoiled)
    assert shipped().compound(f"go{sign}od") == shipped().compound("good")


def test_what_looks_the_same_scores_the_same() -> None:
    for text in ("é tão ruim não gostei", "너무 귀여워", "thật tuyệt vời, đẹp quá", "это мой любимый, лучший"):
        apart = unicodedata.normalize("NFD", text)
        assert apart != text
        assert shipped().compound(apart) == shipped().compound(text) != 0
        assert guess_language(apart) == guess_language(text) != "und"


@pytest.mark.parametrize(
    "text", ["[cry]", "[Sticker]", "@somebody", "#नमस्ते🔥", "\u200d", "\u202e", "e\u0301", "[", "]", "[cry", "😭", "اللغة", "good "]
)
def test_a_long_text_takes_time_in_proportion(text: str) -> None:
    """10,000 times: whatever took the square of that would not end."""
    for long in (text * 10_000, f"{text} " * 10_000):
        assert -1 <= shipped().compound(long) <= 1
        assert guess_language(long)
        assert len(readable(long)) <= len(long)
        assert len(hashtags(long)) <= 10_000
        assert len(mentions(long)) <= 10_000


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_nothing_raises(text: str) -> None:
    assert 2 <= len(guess_language(text)) <= 3
    assert all(tag.startswith("#") for tag in hashtags(text))
    assert all(name.startswith("@") for name in mentions(text))
