"""What the rules ask about a word, found out once per spelling."""

from __future__ import annotations

import string
from abc import abstractmethod
from collections.abc import Mapping
from typing import Generic, TypeVar

from udfs.sentiment.rules import ALTERING_WORDS, BOOSTERS, IDIOM_WORDS, NEGATIONS

CACHED_SPELLINGS = 100_000
CACHED_LENGTH = 40
# What a text's words ask for, as bits: one "or" over all of them tells which rules can be left out.
MARKED, ALTERS, UPPER = 1, 2, 4


class Word:
    """A word as written. `valence` is None when the lexicon lacks it; words with the flag MARKED are all that get one in a text.

    Words with the flag ALTERS may change valences: a text without one is a plain sum.
    """

    __slots__ = ("boost", "flags", "idiom", "lower", "negates", "so_or_this", "upper", "valence", "worth")

    def __init__(self, written: str, valence: float | None, lower: str | None = None, boosts: bool = True) -> None:
        """`lower`: its form in the tables, if that is another; `boosts`: whether it strengthens others if VADER says so."""
        self.lower = written.lower() if lower is None else lower
        self.upper = written.isupper()
        self.valence = valence
        self.boost = BOOSTERS.get(self.lower, 0.0) if boosts else 0.0
        self.negates = self.lower in NEGATIONS or "n't" in self.lower
        self.so_or_this = self.lower in ("so", "this")
        self.idiom = self.lower in IDIOM_WORDS
        marked = valence is not None and not self.boost
        # What it adds to a sum where no other word changes it.
        self.worth = valence if valence is not None and marked else 0.0
        alters = self.boost or self.negates or self.lower in ALTERING_WORDS or (marked and self.upper)
        self.flags = (MARKED if marked else 0) | (ALTERS if alters else 0) | (UPPER if self.upper else 0)


AnyWord = TypeVar("AnyWord", bound=Word)

# Before the first word: as if in the lexicon, because such neighbours change nothing.
EDGE = Word("", 0.0)
# After the last word: a word without meaning.
END = Word("", None)


def strip_punctuation(token: str) -> str:
    """`token` without punctuation around it; tokens with at most two other characters stay, because they may be emoticons."""
    stripped = token.strip(string.punctuation)
    return token if len(stripped) <= 2 else stripped


class WordCache(dict[str, AnyWord], Generic[AnyWord]):
    """Token between blanks -> its word. Keeps CACHED_SPELLINGS tokens of up to CACHED_LENGTH characters."""

    def __init__(self, lexicon: Mapping[str, float]) -> None:
        super().__init__()
        self.lexicon = lexicon

    def __missing__(self, token: str) -> AnyWord:
        word = self.make(token)
        # Long tokens are rarely seen again, and many of them would fill the memory.
        if len(token) <= CACHED_LENGTH:
            if len(self) >= CACHED_SPELLINGS:
                self.clear()
            self[token] = word
        return word

    @abstractmethod
    def make(self, token: str) -> AnyWord:
        """The word of a token that was not seen before."""


class PlainCache(WordCache[Word]):
    """Words by the lexicon alone."""

    def make(self, token: str) -> Word:
        """The word of a token that was not seen before."""
        written = strip_punctuation(token)
        return Word(written, self.lexicon.get(written.lower()))
