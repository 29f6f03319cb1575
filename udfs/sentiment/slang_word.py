"""What the extension asks about a word, and by what it is found."""

from __future__ import annotations

import string
from typing import TypeAlias

from udfs.language import Votes
from udfs.sentiment.spelling import CHARACTERS
from udfs.sentiment.words import Word

# More bits of `Word.flags`. EMOJI: a picture, which stands apart from the rules of words. SPARE: a valence that counts where
# nothing else does. TELLS: a sequence may be there; STARTS: one that counts at the beginning only, and begins with this word.
# HINGES: a condition has to be looked at; HOLDS: the token holds several words; ASIDE: it is about the text, not a part of its sum.
# FOREIGN: it speaks for languages only of which the extension has no words.
EMOJI, SPARE, TELLS, STARTS, HINGES, HOLDS, ASIDE, FOREIGN = 8, 16, 32, 64, 128, 256, 512, 1024
# Languages of which the lexicon has words. In others an English word is another word that looks the same.
LEARNED = frozenset(("en", "es", "pt", "fr", "de", "it", "id", "tl", "tr", "vi", "ru", "ja", "ko", "zh", "ar", "hi", "th"))
CONDITIONS = frozenset(("alone", "start", "end", "short", "english", "turns", "asks"))
NUMBER, NEGATIVE_NUMBER = "1", "-1"
_MINUS = "-\u2013\u2212"

# (what may stand at each place, the word that they are), the longest first.
Candidates: TypeAlias = "tuple[tuple[tuple[frozenset[str], ...], SlangWord], ...]"
# Second token -> (what must come third, None where two tokens are enough; candidates).
Follow: TypeAlias = "dict[str, tuple[frozenset[str] | None, Candidates]]"


class SlangWord(Word):
    """A word, emoji or merged sequence of tokens, with what the extension asks about it."""

    __slots__ = ("apart", "ends", "follow", "key", "leads", "otherwise", "own", "parts", "spare", "tears", "votes", "when")

    def __init__(self, written: str, valence: float | None = None, lower: str | None = None, when: str | None = None) -> None:
        """`when`: the condition, of an entry of the extension; None for a word of VADER's or of nobody's."""
        self.spare = self.tears = 0.0
        if when in ("otherwise", "tears", "asks"):
            self.spare = valence or 0.0
            self.tears = self.spare if when == "tears" else 0.0
            valence = None
        super().__init__(written, valence, lower, boosts=when is None)
        self.key = self.lower
        self.when = when or "any"
        self.own = when is not None and bool(valence)
        # Itself where its condition is not met; None where it has none.
        self.otherwise: SlangWord | None = None
        self.follow: Follow | None = None
        # Several words that no blank parts: fire🔥.
        self.parts: tuple[SlangWord, ...] | None = None
        # `apart`: emoji, hashtags, mentions and afterthoughts, which are not counted among the words of a sentence.
        # `leads`: these, and what may come before a question.
        self.ends = self.apart = self.leads = False
        self.votes: Votes = ()
        if self.spare and when != "asks":
            self.flags |= SPARE
        if when in CONDITIONS:
            self.flags |= STARTS if when == "asks" else HINGES
        if when in ("asks", "turns"):
            self.flags |= ASIDE


def keys_of(text: str) -> tuple[str, ...]:
    """The keys by which an entry's tokens are found."""
    return tuple(key_of(token) for token in text.translate(CHARACTERS).split())


def key_of(token: str) -> str:
    """By what a token in lower case is found: without punctuation around it and apostrophes; any number as "1" or "-1"."""
    key = token.strip(string.punctuation) or token
    # Else he'll would be hell, and I'll ill.
    if not key.endswith("'ll"):
        key = key.replace("'", "") or key
    if key.isdecimal():
        return NEGATIVE_NUMBER if token[0] in _MINUS else NUMBER
    return key
