"""What comments on the platform hold beside words: its own pictures, stickers, mentions; and words that are not English ones."""

from __future__ import annotations

import re

import pytest

from udfs.language import guess_language
from udfs.sentiment.emotes import readable, shipped_emotes
from udfs.sentiment.extension import read_extension
from udfs.sentiment.model import EXTENSION_FILE, LexiconModel, shipped
from udfs.sentiment.slang_word import LEARNED
from udfs.sentiment.spelling import is_emoji

ROWS = list(shipped_emotes().items())
# As the reasons of entries call them.
NAMES = {
    **{"es": "Spanish", "pt": "Portuguese", "fr": "French", "de": "German", "it": "Italian", "id": "Indonesian", "tl": "Tagalog"},
    **{"tr": "Turkish", "vi": "Vietnamese", "ru": "Russian", "ja": "Japanese", "ko": "Korean", "zh": "Chinese", "ar": "Arabic"},
    **{"hi": "Hindi", "th": "Thai", "nl": "Dutch", "pl": "Polish", "uk": "Ukrainian", "fa": "Persian", "he": "Hebrew"},
    **{"bn": "Bengali", "ta": "Tamil", "el": "Greek", "sv": "Swedish", "ro": "Romanian", "hu": "Hungarian", "cs": "Czech"},
}


def compound(text: str) -> float:
    return shipped().compound(text)


def test_the_file_has_each_of_the_platforms_pictures_once() -> None:
    assert len(ROWS) == 46
    assert all(name.isalpha() and name.islower() and is_emoji(emoji) for name, emoji in ROWS)


@pytest.mark.parametrize(("name", "emoji"), ROWS, ids=[name for name, _ in ROWS])
def test_an_emote_counts_as_its_emoji(name: str, emoji: str) -> None:
    for text in ("{0}", "{0}{0}", "{0}" * 9, "so good {0}", "so good{0}", "not {0}", "{0}!", "({0})", "good {0} bad"):
        assert compound(text.format(f"[{name}]")) == compound(text.format(emoji)), text
    assert compound(f"[{name.upper()}]") == compound(emoji)
    # As a word it is something else, or the rule would not be needed.
    assert guess_language(f"[{name}] donde esta") == "es"


def test_the_examples_of_the_issue() -> None:
    assert compound("[cry]") == compound("😢") < 0
    assert compound("[laughwithtears][laughwithtears]") == compound("😂😂") > 0.6


@pytest.mark.parametrize(
    "text",
    [
        "[Sticker]",
        "[sticker]",
        "[Photo]",
        "[Sticker][Sticker]",
        "[sad]",
        "[love]",
        "[best_day]",
        "[贴纸]",
        "[Наклейка]",
        "[1]",
        "[thumbs-up]",
    ],
)
def test_a_placeholder_is_no_word(text: str) -> None:
    assert compound(text) == 0
    assert compound(f"so good {text}") == compound("so good @somebody")
    # In another script it tells at least the language of the writer's telephone.
    assert not text.isascii() or guess_language(text) == "und"


def test_what_is_in_brackets_with_blanks_stays_words() -> None:
    assert compound("[so good]") == compound("so good") > 0
    assert compound(":[") < 0 < compound("[:")


def test_comments_that_only_mention_say_nothing() -> None:
    for text in ("@bad_guy", "@love @hate.you @best", "@a[Sticker]", "@killer!", "@" + "a" * 500):
        assert compound(text) == 0, text
        assert guess_language(text) == "und", text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        # slut: end; fan: a curse; kind: child; hell, care, problem: words of these languages.
        ("slut på det här, inte bra att jag", "sv"),
        ("wat een kind, hij is niet klein", "nl"),
        ("nie to jest problem, ale bardzo", "pl"),
        ("care este melodia, nu știu", "ro"),
        ("hogy lehet ez, nem kind", "hu"),
        ("ei hell mitä että", "fi"),
        ("kdo je ten, že hell", "cs"),
        ("jeg ikke og brand, hvad meget gift", "da"),
    ],
)
def test_english_words_are_none_in_a_language_that_the_lexicon_does_not_know(text: str, language: str) -> None:
    assert guess_language(text) == language
    assert LexiconModel(None).compound(text) != 0, "a word of VADER's is in it"
    assert compound(text) == 0
    # Emoji, emotes and shared words count in any language.
    assert compound(f"{text} 😍") == compound(f"{text} [loveface]") > 0
    assert compound(f"super {text}") == compound("super") > 0
    assert compound(f"{text} [weep][rage]") < 0


def test_english_counts_where_the_language_is_known_or_cannot_be_told() -> None:
    assert compound("met him once, total jerk") < 0, "one word of another language is no other language"
    assert compound("ang ganda so pretty") > 0
    assert compound("this is so good det") > 0


def test_the_languages_that_count_as_known_are_those_that_entries_are_of() -> None:
    reasons = [entry.reason for entry in read_extension(EXTENSION_FILE)]
    entries = {code: sum(bool(re.search(rf"\b{name}\b", reason)) for reason in reasons) for code, name in NAMES.items()}
    assert {code for code, count in entries.items() if count > 5} == LEARNED - {"en"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("so  good", "so  good"),
        ("[cry]", "😢"),
        ("so good[Laughwithtears][Sticker] [Photo]", "so good 😂"),
        ("[Sticker]", ""),
        ("@one @two.three", ""),
        ("@one[Sticker] @two", ""),
        ("@one good", "@one good"),
        ("me@mail.com", "me@mail.com"),
        ("[so good]", "[so good]"),
        ("", ""),
    ],
)
def test_other_models_read_emoji_and_no_stickers(text: str, read: str) -> None:
    assert readable(text) == read
