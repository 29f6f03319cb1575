"""The extended lexicon as words: which token or sequence of tokens is which entry."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from udfs.sentiment.extension import Entry
from udfs.sentiment.rules import BOOSTERS, NEGATIONS
from udfs.sentiment.spelling import CHARACTERS, is_emoji, spellings
from udfs.sentiment.words import Word, WordCache, strip_punctuation

# They may follow the last word of a sentence: "this is mid fr ngl".
_TAIL_WORDS = """
    fr frfr ngl tbh lol lmao lmfao af asf rn tho though bro bruh girl sis omg haha imo honestly ong man guys yall istg smh
    literally already today too
    """
TAIL = frozenset(_TAIL_WORDS.split())
# Words that say little about whether a sequence is there.
_COMMON_WORDS = """
    this that the you not no its with have shes hes here off take stop real be good best so i a is it to my me in at on do
    how she he why are we they what thats im up will of for her him and was
    """
_COMMON = frozenset(_COMMON_WORDS.split())
_SENTENCE_ENDS = (".", "!", "?", ",", ";", ":", ")", "…", "。", "！", "？")


# Second token -> (all tokens, the word that they are), the longest first.
Follow: TypeAlias = "dict[str, list[tuple[tuple[str, ...], SlangWord]]]"


class SlangWord(Word):
    """A word, emoji or merged sequence of tokens, with what the extension asks about it."""

    __slots__ = ("aside", "emoji", "ends", "follow", "key", "otherwise", "quiet", "special", "when")

    def __init__(self, written: str, valence: float | None, lower: str | None = None) -> None:
        super().__init__(written, valence, lower)
        self.key = self.lower
        self.when = "any"
        self.otherwise: SlangWord | None = None
        self.follow: Follow | None = None
        self.ends = self.aside = self.emoji = False
        # Emoji, conditions and the telling words of sequences; texts without one take the short way.
        self.special = False
        # Neither special nor the beginning of a sequence.
        self.quiet = True


class SlangCache(WordCache):
    """Token between blanks -> its SlangWord, by VADER's lexicon and the extension's entries."""

    def __init__(self, lexicon: Mapping[str, float], emoji: Mapping[str, float], entries: Sequence[Entry]) -> None:
        """`emoji`: character -> valence, for those that the extension does not name."""
        super().__init__(lexicon)
        self.emoji = emoji
        self.singles: dict[str, Entry] = {}
        self.sequences: dict[str, Follow] = {}
        for entry in entries:
            keys = keys_of(entry.text)
            if len(keys) == 1:
                self.singles[keys[0]] = entry
            else:
                word = SlangWord(entry.text, entry.valence)
                word.when, word.special, word.emoji = entry.when, True, all(map(is_emoji, keys))
                self.sequences.setdefault(keys[0], {}).setdefault(keys[1], []).append((keys, word))
        found = [items for follow in self.sequences.values() for items in follow.values()]
        for items in found:
            items.sort(key=lambda item: -len(item[0]))
        # Only the rarest word of a sequence calls for the long way; "the" and "so" would do so in every text.
        self._telling = {max(keys, key=lambda key: (key not in _COMMON, len(key))) for items in found for keys, _ in items}
        inside = {key for items in found for keys, _ in items for key in keys}
        self._known = inside | set(self.singles)

    def make(self, token: str) -> SlangWord:
        """The word of a token that was not seen before."""
        if is_emoji(token):
            word = self._word(token, token, self.emoji.get(token))
            word.emoji = word.special = True
            word.quiet = False
            return word
        if token[0] == "@" and len(token) > 1:
            word = SlangWord("@", None)
            word.aside = True
            return word
        tag = token[0] == "#" and len(token) > 1
        word = self._spelled(token[1:] if tag else token)
        word.ends = token.endswith(_SENTENCE_ENDS)
        word.aside = tag or word.key in TAIL
        return word

    def _spelled(self, token: str) -> SlangWord:
        token = strip_punctuation(token)
        for lower in spellings(token):
            key = lower.strip(string.punctuation).replace("'", "") or lower
            known = lower in self.lexicon or lower in BOOSTERS or lower in NEGATIONS
            if known or key in self._known:
                return self._word(token, lower if known else key, self.lexicon.get(lower, self.lexicon.get(key)), key)
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
            if word.when in ("end", "short", "english"):
                word.otherwise = SlangWord(written, None, lower) if entry.when == "english" else plain
                word.otherwise.key = key
        word.key = key
        word.follow = self.sequences.get(key)
        word.special = word.special or key in self._telling
        word.quiet = word.follow is None and not word.special
        return word


def keys_of(text: str) -> tuple[str, ...]:
    """The keys by which an entry's tokens are found."""
    tokens = text.translate(CHARACTERS).split()
    return tuple(token.strip(string.punctuation).replace("'", "") or token for token in tokens)
