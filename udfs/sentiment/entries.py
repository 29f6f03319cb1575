"""The extended lexicon as words: which token or sequence of tokens is which entry."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from itertools import groupby, product

from connectors.mentions import MENTION
from udfs.language import votes
from udfs.sentiment.emotes import emotes_apart
from udfs.sentiment.extension import Entry
from udfs.sentiment.patterns import Pattern, has_list
from udfs.sentiment.rules import BOOSTERS, NEGATIONS
from udfs.sentiment.slang_word import (
    CONDITIONS,
    EMOJI,
    FOREIGN,
    HINGES,
    HOLDS,
    LEARNED,
    NEGATIVE_NUMBER,
    SPARE,
    STARTS,
    TELLS,
    Candidates,
    Follow,
    SlangWord,
    key_of,
)
from udfs.sentiment.spelling import UNSPACED, apart, is_emoji, spellings
from udfs.sentiment.words import WordCache, strip_punctuation

# The fourth heart in a row says no more than the third.
MAX_REPEATS = 3
# They may follow the last word of a sentence: "this is mid fr ngl".
_TAIL_WORDS = """
    fr frfr ngl tbh lol lmao lmfao af asf rn tho though bro bruh girl sis omg haha imo honestly ong man guys yall istg smh
    literally already today too
    """
TAIL = frozenset(_TAIL_WORDS.split())
# They may come before the first word of a question.
_LEAD_WORDS = "hey hi hello wait ok okay so but and um uh please pls ayo yo hold on sorry excuse me no lmao"
LEAD = frozenset(_LEAD_WORDS.split())
# Words that say little about whether a sequence is there.
_COMMON_WORDS = """
    this that the you not no its with have shes hes here off take stop real be good best so i a is it to my me in at on do
    how she he why are we they what thats im up will of for her him and was need want love get can dont cant your too one
    when who where did does all just like got make who more out from been watching time que de me te la el o e um un ma je
    haha lol lmao love hate first w l slay cringe underrated early ya so juga dong suka amo ich nicht bon vrai 😂 😭 👏 🤣 💀 🔥 😍
    """
_COMMON = frozenset(_COMMON_WORDS.split())
# Stands for every mention, and for every picture of the platform's of which nobody knows what it shows.
_NOBODY = "@user"
_AT_START = ("asks", "start")
_SENTENCE_ENDS = (".", "!", "?", ",", ";", ":", ")", "…", "。", "！", "？")


class SlangCache(WordCache[SlangWord]):
    """Token between blanks -> its SlangWord, by VADER's lexicon and the extension's entries."""

    def __init__(
        self, lexicon: Mapping[str, float], emoji: Mapping[str, float], emotes: Mapping[str, str], entries: Sequence[Entry]
    ) -> None:
        """`emoji`: character -> valence, for those that the extension does not name; `emotes`: name in brackets -> emoji."""
        super().__init__(lexicon)
        self.emoji = emoji
        self.emotes = emotes
        self.singles: dict[str, Entry] = {}
        # First and second token -> the sequences that may be there.
        self._found: dict[tuple[str, str], list[tuple[Pattern, SlangWord]]] = {}
        # Tokens that tell of a sequence; those that begin one which counts at the start only; all that are in one.
        self._telling: set[str] = set()
        self._starting: set[str] = set()
        self._known: set[str] = set()
        # What is written out is the exception to what lists say; among these the first one counts.
        for entry in sorted(entries, key=lambda entry: has_list(entry.text)):
            word = SlangWord(entry.text, entry.valence, when=entry.when)
            if entry.when in CONDITIONS and entry.when != "turns":
                # A sequence that does not count is no sequence; nothing asks what it is then.
                word.otherwise = word
            for pattern in entry.patterns:
                self._add(entry, pattern, word)
        self.sequences = _continued(self._found)
        self._known |= set(self.singles)
        # Scripts without blanks: entries are found inside of longer tokens, the longest first.
        within = sorted((key for key in self.singles if len(key) > 1 and UNSPACED.search(key)), key=lambda key: -len(key))
        self._unspaced = re.compile("|".join(map(re.escape, within))) if within else None
        self._mention = self._made(_NOBODY, 1)

    def _add(self, entry: Entry, pattern: Pattern, word: SlangWord) -> None:
        """Makes `entry`, or `word` for a sequence, what is found where `pattern` is."""
        if len(pattern) == 1:
            for key in pattern[0]:
                self.singles.setdefault(key, entry)
            return
        if all(is_emoji(key) for place in pattern for key in place):
            word.flags |= EMOJI
        for first, second in product(*pattern[:2]):
            self._found.setdefault((first, second), []).append((pattern, word))
        self._known.update(*pattern)
        if entry.when in _AT_START:
            self._starting |= pattern[0]
        else:
            # Only the rarest words of a sequence tell of it; "the" and "so" would do so in every text.
            self._telling |= max(pattern, key=lambda place: (place.isdisjoint(_COMMON), min(map(len, place))))

    def __missing__(self, token: str) -> SlangWord:
        # Each mention is another one: none is worth keeping. Letters of scripts without blanks may be the words that follow.
        return self._mention if token.isascii() and MENTION.fullmatch(token) else super().__missing__(token)

    def make(self, token: str) -> SlangWord:
        """The word of a token that was not seen before."""
        tokens = apart(token)
        if "[" in token:
            tokens = [part for piece in emotes_apart(token, self.emotes, _NOBODY) for part in apart(piece)]
        if self._unspaced is not None and UNSPACED.search(token):
            tokens = [part for word in tokens for part in self._unspaced.sub(r" \g<0> ", word).split()]
        if len(tokens) == 1:
            return self._made(tokens[0], 1)
        runs = [(part, len(list(same))) for part, same in groupby(tokens)]
        made = {run: self._made(*run) for run in set(runs)}
        words = [made[run] for run in runs]
        if len(words) == 1:
            return words[0]
        whole = SlangWord("")
        if words and all(word.flags & EMOJI and not word.flags & (HINGES | TELLS) for word in words):
            whole = SlangWord(token, sum([word.worth for word in words]) or None, when="any")
            whole.spare, whole.tears = sum([word.spare for word in words]), sum([word.tears for word in words])
            whole.apart = whole.leads = True
            whole.flags |= EMOJI | (SPARE if whole.spare else 0)
        else:
            whole.parts = tuple(words)
            whole.flags = HOLDS | (FOREIGN if any(word.flags & FOREIGN for word in words) else 0)
        return whole

    def _made(self, token: str, times: int) -> SlangWord:
        """The word of a token without blanks or pictures in it, or of a picture that comes `times` times."""
        if is_emoji(token):
            return self._pictured(token, min(times, MAX_REPEATS))
        if token[0] == "@" and len(token) > 1:
            word = SlangWord("@")
            word.apart = word.leads = True
            return word
        tag = token[0] == "#" and len(token) > 1
        word = self._spelled(token[1:] if tag else token)
        # A face of signs is a picture too: what is denied before it does not turn it.
        if word.valence and not any(map(str.isalnum, token)):
            return _set_apart(word)
        word.ends = token.endswith(_SENTENCE_ENDS)
        word.apart = tag or word.key in TAIL
        word.leads = word.apart or word.key in LEAD
        if not tag:
            word.votes = votes(token.strip(string.punctuation).lower())
            if word.votes and all(language not in LEARNED for language, _ in word.votes):
                word.flags |= FOREIGN
        return word

    def _pictured(self, picture: str, times: int) -> SlangWord:
        return _set_apart(self._word(picture, picture, self.emoji.get(picture, 0.0) * times or None, picture, times))

    def _spelled(self, token: str) -> SlangWord:
        if key_of(token) != NEGATIVE_NUMBER:
            token = strip_punctuation(token)
        part = ""
        for lower in spellings(token):
            key = key_of(lower)
            known = lower in self.lexicon or lower in BOOSTERS or lower in NEGATIONS
            if known or key in self.singles:
                return self._word(token, lower if known else key, self.lexicon.get(lower, self.lexicon.get(key)), key)
            # What is but a part of sequences stands back where a shortened form is a word of its own: nooooo is no, not noo.
            part = part or (key if key in self._known else "")
            if part and lower == token.lower():
                break
        if part:
            return self._word(token, part, self.lexicon.get(part), part)
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
            word.apart = word.leads = True
            word.flags |= EMOJI
    return picture


def _continued(found: Mapping[tuple[str, str], Sequence[tuple[Pattern, SlangWord]]]) -> dict[str, Follow]:
    """First token -> second token -> what may be there. Lists make many pairs with the same candidates, which share them."""
    shared: dict[tuple[int, ...], tuple[frozenset[str] | None, Candidates]] = {}
    sequences: dict[str, Follow] = {}
    for (first, second), items in found.items():
        same = tuple(id(pattern) for pattern, _ in items)
        if same not in shared:
            thirds = [pattern[2] for pattern, _ in items if len(pattern) > 2]
            must = frozenset().union(*thirds) if len(thirds) == len(items) else None
            shared[same] = must, tuple(sorted(items, key=lambda item: -len(item[0])))
        sequences.setdefault(first, {})[second] = shared[same]
    return sequences
