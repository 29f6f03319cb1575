"""With no extension the scores are vaderSentiment's, digit for digit."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from udfs.sentiment.model import EMOJI_FILE, LEXICON_FILE, LexiconModel
from udfs.sentiment.rules import BOOSTER_PAIRS, BOOSTERS, IDIOMS, NEGATIONS

HERE = Path(__file__).parent
ORACLE = SentimentIntensityAnalyzer()
MODEL = LexiconModel(None)
LEXICON, EMOJI = list(map(str, ORACLE.lexicon)), [str(emoji) for emoji in ORACLE.emojis if len(emoji) == 1]
# What rules are about comes often, so that rules meet each other.
_FREQUENT = "no but But BUT least at very so this never without doubt or nor a i the"
MODIFIERS = [
    *BOOSTERS,
    *NEGATIONS,
    *(word for phrase in (*IDIOMS, *BOOSTER_PAIRS) for word in phrase.split()),
    *_FREQUENT.split() * 3,
]
OTHERS = [
    "movie",
    "went",
    "#go",
    "@you",
    "http://a.b",
    "DON’T",
    "İ",
    "ß",
    ":)",
    ":-(",
    "<3",
    "\0",
    "\ud800",
    "\u200d",
    "\u202e",
    "مرحبا",
]


def oracle(text: str) -> float:
    return float(ORACLE.polarity_scores(text)["compound"])


def token(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.35:
        word = chance.choice(LEXICON)
    elif kind < 0.75:
        word = chance.choice(MODIFIERS)
    elif kind < 0.85:
        word = chance.choice(EMOJI) * chance.randint(1, 3)
    else:
        word = chance.choice(OTHERS)
    word = {0: word.upper(), 1: word.title()}.get(chance.randrange(8), word)
    return (
        chance.choice(['"', "#", "("]) * (chance.random() < 0.05)
        + word
        + chance.choice(["", "", "", "!", "?", "???", "!!!!!", ",", "..."])
    )


def texts(seed: int, count: int) -> Iterator[str]:
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(token(chance) + chance.choice([" ", " ", " ", "\n", "", "\u00a0"]) for _ in range(chance.randrange(15)))


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_texts(seed: int) -> None:
    for text in texts(seed, 2_000):
        assert MODEL.compound(text) == oracle(text), ascii(text)


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    assert MODEL.compound(text) == oracle(text)


@given(st.lists(st.sampled_from([*MODIFIERS, "good", "BAD", "great!", "kind", "no", "😂"]), max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_order_of_what_the_rules_are_about(words: list[str]) -> None:
    text = " ".join(words)
    assert MODEL.compound(text) == oracle(text)


def test_written_texts() -> None:
    lines = (HERE / "general_english.txt").read_text(encoding="utf-8").splitlines()
    lines += [json.loads(line)["text"] for line in (HERE / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    assert MODEL.compounds(lines) == [oracle(line) for line in lines]


def test_a_long_text() -> None:
    text = " ".join(texts(9, 200))
    assert len(text) > 10_000
    assert MODEL.compound(text) == oracle(text)


def test_the_tables_are_those_of_vader() -> None:
    lexicon = dict(line.split("\t") for line in LEXICON_FILE.read_text(encoding="utf-8").splitlines())
    assert {word: float(mean) for word, mean in lexicon.items()} == ORACLE.lexicon
    emoji = dict(line.split("\t") for line in EMOJI_FILE.read_text(encoding="utf-8").splitlines())
    assert emoji == {character: said for character, said in ORACLE.emojis.items() if len(character) == 1}


def test_an_empty_extension_is_none(tmp_path: Path) -> None:
    path = tmp_path / "empty.tsv"
    path.write_text("# only a remark\n\n")
    empty = LexiconModel(path)
    assert empty.name == MODEL.name
    assert [empty.compound(text) for text in texts(7, 200)] == [MODEL.compound(text) for text in texts(7, 200)]
