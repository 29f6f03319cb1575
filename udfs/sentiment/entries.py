"""The extended lexicon as words: which token or sequence of tokens is which entry."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from udfs.sentiment.extension import Entry
from udfs.sentiment.rules import BOOSTERS, NEGATIONS
from udfs.sentiment.spelling import CHARACTERS, is_emoji, spellings
from udfs.sentiment.words import Word, WordCache

# They may follow the last word of a sentence: "this is mid fr ngl".
TAIL = frozenset(
    """
    fr frfr ngl tbh lol lmao lmfao af asf rn tho though bro bruh girl sis omg haha imo honestly ong man guys yall istg smh literally
    already today too
    """.split()
)
_SENTENCE_ENDS = (".", "!", "?", ",", ";", ":", ")", "…", "。", "！", "？")


class SlangWord(Word):
    """A word, emoji or merged sequence of tokens, with what the extension asks about it."""

    __slots__ = ("aside", "emoji", "ends", "key", "opens", "otherwise", "special", "when")

    def __init__(self, written: str, valence: float | None, lower: str | None = None) -> None:
        super().__init__(written, valence, lower)
        self.key = self.lower
        self.when = "any"
        self.otherwise: SlangWord | None = None
        self.ends = self.aside = self.emoji = self.opens = False
        # Texts without a special word take the short way.
        self.special = False


class SlangCache(WordCache):
    """Token between blanks -> its SlangWord, by VADER's lexicon and the extension's entries."""

    def __init__(self, lexicon: Mapping[str, float], emoji: Mapping[str, float], entries: Sequence[Entry]) -> None:
        """`emoji`: character -> valence, for those that the extension does not name."""
        super().__init__(lexicon)
        self.emoji = emoji
        self.singles: dict[str, Entry] = {}
        # First token -> (all tokens, the word that they are), the longest first.
        self.sequences: dict[str, list[tuple[tuple[str, ...], SlangWord]]] = {}
        for entry in entries:
            keys = keys_of(entry.text)
            if len(keys) == 1:
                self.singles[keys[0]] = entry
            else:
                word = SlangWord(entry.text, entry.valence)
                word.when, word.special, word.emoji = entry.when, True, all(map(is_emoji, keys))
                self.sequences.setdefault(keys[0], []).append((keys, word))
        for found in self.sequences.values():
            found.sort(key=lambda item: -len(item[0]))
        inside = {key for found in self.sequences.values() for keys, _ in found for key in keys}
        self._known = inside | set(self.singles)

    def make(self, token: str) -> SlangWord:
        """The word of a token that was not seen before."""
        if is_emoji(token):
            word = self._word(token, token, self.emoji.get(token))
            word.emoji = word.special = True
            return word
        if token[0] == "@" and len(token) > 1:
            word = SlangWord("@", None)
            word.aside = word.special = True
            return word
        tag = token[0] == "#" and len(token) > 1
        word = self._spelled(token[1:] if tag else token)
        word.ends = token.endswith(_SENTENCE_ENDS)
        word.aside = tag or word.key in TAIL
        # An aside matters to no rule but those about places in the sentence, which begin at a special word.
        return word

    def _spelled(self, token: str) -> SlangWord:
        for lower in spellings(token):
            key = lower.strip(string.punctuation).replace("'", "") or lower
            known = lower in self.lexicon or lower in BOOSTERS or lower in NEGATIONS
            if known or key in self._known:
                return self._word(token, lower if known else key, self.lexicon.get(lower), key)
        written = token.strip(string.punctuation) or token
        return self._word(written, written.lower(), None)

    def _word(self, written: str, lower: str, valence: float | None, key: str | None = None) -> SlangWord:
        """A word with VADER's valence, or the extension's where it has an entry for its key."""
        key = lower if key is None else key
        entry = self.singles.get(key)
        plain = SlangWord(written, valence, lower)
        word = plain
        if entry is not None and (entry.when != "capitals" or written.isupper()):
            word = SlangWord(written, entry.valence or None, lower)
            word.boost = 0.0
            word.marked = word.valence is not None
            word.when = "any" if entry.when == "capitals" else entry.when
            word.special = word.when != "any"
            # What is English only is nothing elsewhere; else VADER's own valence stands.
            word.otherwise = SlangWord(written, None, lower) if entry.when == "english" else plain
        word.key = key
        word.opens = key in self.sequences
        word.special = word.special or word.opens
        return word


def keys_of(text: str) -> tuple[str, ...]:
    """The keys by which an entry's tokens are found."""
    tokens = text.translate(CHARACTERS).split()
    return tuple(token.strip(string.punctuation).replace("'", "") or token for token in tokens)
