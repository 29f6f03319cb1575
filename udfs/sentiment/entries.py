"""The extended lexicon as words: which token or sequence of tokens is which entry."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

from udfs.language import Votes, votes
from udfs.sentiment.extension import Entry
from udfs.sentiment.rules import BOOSTERS, NEGATIONS
from udfs.sentiment.spelling import CHARACTERS, UNSPACED, apart, is_emoji, spellings
from udfs.sentiment.words import Word, WordCache, strip_punctuation

# More bits of `Word.flags`. EMOJI: a picture, which stands apart from the rules of words. SPARE: a valence that counts where
# nothing else does. TELLS: a sequence may be there; STARTS: one that counts at the beginning only, and begins with this word.
# HINGES: a condition has to be looked at; HOLDS: the token holds several words; ASIDE: it is about the text, not a part of its sum.
EMOJI, SPARE, TELLS, STARTS, HINGES, HOLDS, ASIDE = 8, 16, 32, 64, 128, 256, 512
CONDITIONS = frozenset(("alone", "start", "end", "short", "english", "turns", "asks"))
# The fourth heart in a row says no more than the third.
MAX_REPEATS = 3
NUMBER = "1"

# They may follow the last word of a sentence: "this is mid fr ngl".
_TAIL_WORDS = """
    fr frfr ngl tbh lol lmao lmfao af asf rn tho though bro bruh girl sis omg haha imo honestly ong man guys yall istg smh
    literally already today too
    """
TAIL = frozenset(_TAIL_WORDS.split())
# Words that say little about whether a sequence is there.
_COMMON_WORDS = """
    this that the you not no its with have shes hes here off take stop real be good best so i a is it to my me in at on do
    how she he why are we they what thats im up will of for her him and was need want love get can dont cant your too one
    when who where did does all just like got make who more out from been watching time que de me te la el o e um un ma je
    """
_COMMON = frozenset(_COMMON_WORDS.split())
_AT_START = ("asks", "start")
_SENTENCE_ENDS = (".", "!", "?", ",", ";", ":", ")", "…", "。", "！", "？")


# Second token -> (all tokens, the word that they are), the longest first.
Follow: TypeAlias = "dict[str, list[tuple[tuple[str, ...], SlangWord]]]"


class SlangWord(Word):
    """A word, emoji or merged sequence of tokens, with what the extension asks about it."""

    __slots__ = ("apart", "ends", "follow", "key", "otherwise", "own", "parts", "spare", "tears", "votes", "when")

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
        self.ends = self.apart = False
        self.votes: Votes = ()
        if self.spare and when != "asks":
            self.flags |= SPARE
        if when in CONDITIONS:
            self.flags |= STARTS if when == "asks" else HINGES
        if when in ("asks", "turns"):
            self.flags |= ASIDE


class SlangCache(WordCache[SlangWord]):
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
                word = SlangWord(entry.text, entry.valence, when=entry.when)
                if entry.when in CONDITIONS and entry.when != "turns":
                    # A sequence that does not count is no sequence; nothing asks what it is then.
                    word.otherwise = word
                if all(map(is_emoji, keys)):
                    word.flags |= EMOJI
                self.sequences.setdefault(keys[0], {}).setdefault(keys[1], []).append((keys, word))
        for follow in self.sequences.values():
            for items in follow.values():
                items.sort(key=lambda item: -len(item[0]))
        found = [item for follow in self.sequences.values() for items in follow.values() for item in items]
        # Only the rarest word of a sequence tells of it; "the" and "so" would do so in every text.
        self._telling = {
            max(keys, key=lambda key: (key not in _COMMON, len(key))) for keys, word in found if word.when not in _AT_START
        }
        self._starting = {keys[0] for keys, word in found if word.when in _AT_START}
        inside = {key for keys, _ in found for key in keys}
        self._known = inside | set(self.singles)
        # Scripts without blanks: entries are found inside of longer tokens, the longest first.
        within = sorted((key for key in self.singles if len(key) > 1 and UNSPACED.search(key)), key=lambda key: -len(key))
        self._unspaced = re.compile("|".join(map(re.escape, within))) if within else None

    def make(self, token: str) -> SlangWord:
        """The word of a token that was not seen before."""
        tokens = apart(token)
        if not token.isascii() and self._unspaced is not None:
            tokens = [part for word in tokens for part in self._unspaced.sub(r" \g<0> ", word).split()]
        if len(tokens) == 1:
            return self._made(tokens[0], 1)
        words = [self._made(part, len(list(same))) for part, same in groupby(tokens)]
        if len(words) == 1:
            return words[0]
        whole = SlangWord("")
        if words and all(word.flags & EMOJI and not word.flags & (HINGES | TELLS) for word in words):
            whole = SlangWord(token, sum([word.valence or 0.0 for word in words]) or None, when="any")
            whole.spare, whole.tears = sum([word.spare for word in words]), sum([word.tears for word in words])
            whole.apart = True
            whole.flags |= EMOJI | (SPARE if whole.spare else 0)
        else:
            whole.parts = tuple(words)
            whole.flags = HOLDS
        return whole

    def _made(self, token: str, times: int) -> SlangWord:
        """The word of a token without blanks or pictures in it, or of a picture that comes `times` times."""
        if is_emoji(token):
            return self._pictured(token, min(times, MAX_REPEATS))
        if token[0] == "@" and len(token) > 1:
            word = SlangWord("@")
            word.apart = True
            return word
        tag = token[0] == "#" and len(token) > 1
        word = self._spelled(token[1:] if tag else token)
        # A face of signs is a picture too: what is denied before it does not turn it.
        if word.valence and not any(map(str.isalnum, token)):
            return _set_apart(word)
        word.ends = token.endswith(_SENTENCE_ENDS)
        word.apart = tag or word.key in TAIL
        if not tag:
            word.votes = votes(token.strip(string.punctuation).lower())
        return word

    def _pictured(self, picture: str, times: int) -> SlangWord:
        return _set_apart(self._word(picture, picture, self.emoji.get(picture, 0.0) * times or None, picture, times))

    def _spelled(self, token: str) -> SlangWord:
        token = strip_punctuation(token)
        for lower in spellings(token):
            key = key_of(lower)
            known = lower in self.lexicon or lower in BOOSTERS or lower in NEGATIONS
            if known or key in self._known:
                return self._word(token, lower if known else key, self.lexicon.get(lower, self.lexicon.get(key)), key)
        written = token.strip(string.punctuation) or token
        return self._word(written, written.lower(), None, written.lower())

    def _word(self, written: str, lower: str, valence: float | None, key: str, times: int = 1) -> SlangWord:
        """A word with VADER's valence, or the extension's where it has an entry for its key."""
        entry = self.singles.get(key)
        word = plain = SlangWord(written, valence, lower)
        if entry is not None and (entry.when != "capitals" or written.isupper()):
            word = SlangWord(written, entry.valence * times or None, lower, when=entry.when)
            # What is English only is nothing elsewhere; else VADER's own valence stands.
            if entry.when in CONDITIONS and entry.when != "turns":
                word.otherwise = SlangWord(written, None, lower) if entry.when == "english" else plain
                word.otherwise.key = key
        self._join(word, key)
        return word

    def _join(self, word: SlangWord, key: str) -> None:
        """Notes which sequences begin with the word, and whether one may be there."""
        word.key = key
        word.follow = self.sequences.get(key)
        if key in self._telling:
            word.flags |= TELLS
        if key in self._starting:
            word.flags |= STARTS


def _set_apart(picture: SlangWord) -> SlangWord:
    for word in (picture, picture.otherwise):
        if word is not None:
            word.apart = True
            word.flags |= EMOJI
    return picture


def keys_of(text: str) -> tuple[str, ...]:
    """The keys by which an entry's tokens are found."""
    return tuple(key_of(token) for token in text.translate(CHARACTERS).split())


def key_of(token: str) -> str:
    """By what a token in lower case is found: without punctuation around it and apostrophes; any number as "1"."""
    key = token.strip(string.punctuation) or token
    # Else he'll would be hell, and I'll ill.
    if not key.endswith("'ll"):
        key = key.replace("'", "") or key
    return NUMBER if key.isdecimal() else key
