"""VADER's rules with the extension: sequences of words, emoji apart from words, entries that count in some places only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from udfs.language import UNKNOWN, guess_language
from udfs.sentiment.entries import SlangCache, SlangWord
from udfs.sentiment.extension import Entry
from udfs.sentiment.plain import PlainScorer
from udfs.sentiment.spelling import CHARACTERS
from udfs.sentiment.valence import compound, sum_of

SHORT_WORDS = 4
# The fourth heart in a row says no more than the third.
MAX_REPEATS = 3
# What sarcasm leaves of praise, with the sign turned.
TURNED = -0.5
NOTHING = SlangWord("", None)


class SlangScorer:
    """Scores as VADER does, where the extension has nothing to say."""

    def __init__(self, lexicon: Mapping[str, float], emoji: Mapping[str, str], entries: Sequence[Entry]) -> None:
        """`lexicon`: token -> mean valence; `emoji`: character -> description."""
        plain = PlainScorer(lexicon, emoji)
        described = {
            character: sum_of([plain.words[token] for token in description.split()], False) for character, description in emoji.items()
        }
        self.words = SlangCache(lexicon, {character: valence for character, valence in described.items() if valence}, entries)

    def compound(self, text: str) -> float:
        """-1 to 1, four digits."""
        if not text.isascii() or "\0" in text:
            text = text.translate(CHARACTERS)
        words = cast("list[SlangWord]", list(map(self.words.__getitem__, text.split())))
        for word in words:
            if word.special:
                return compound(self._special(words, text), text)
        total = sum_of(words, not text.islower())
        return compound(total, text) if total else 0.0

    def _special(self, tokens: Sequence[SlangWord], text: str) -> float:
        words: list[SlangWord] = []
        emoji: Counter[SlangWord] = Counter()
        spare = blame = 0.0
        turns = False
        for word in self._placed(tokens, text):
            if word.emoji:
                emoji[word] += 1
            elif word.when == "otherwise":
                spare += word.valence or 0.0
                words.append(NOTHING)
            elif word.when == "turns":
                turns, blame = True, blame + (word.valence or 0.0)
                words.append(NOTHING)
            else:
                words.append(word)
        total = sum_of(words, not text.islower())
        for word, count in emoji.items():
            worth = (word.valence or 0.0) * min(count, MAX_REPEATS)
            if word.when == "otherwise":
                spare += worth
            elif word.when == "turns":
                turns, blame = True, blame + worth
            else:
                total += worth
        if turns:
            total = (total * TURNED if total > 0 else total) + blame
        return total or spare

    def _placed(self, tokens: Sequence[SlangWord], text: str) -> list[SlangWord]:
        """`tokens` with each sequence as one word, the longest from the left, and with what each word is worth in its place."""
        places = [i for i, token in enumerate(tokens) if not (token.aside or token.emoji)]
        place = _Place(text, len(places), places[-1] if places else len(tokens), tokens)
        placed: list[SlangWord] = []
        i = 0
        while i < len(tokens):
            word, taken = tokens[i], 1
            if word.opens:
                for keys, whole in self.words.sequences[word.key]:
                    taken = len(keys)
                    if tuple([token.key for token in tokens[i : i + taken]]) == keys and place.counts(whole, i, taken):
                        word = whole
                        break
                else:
                    taken = 1
            if taken == 1 and word.otherwise is not None and not place.counts(word, i, 1):
                word = word.otherwise
            placed.append(word)
            i += taken
        return placed


@dataclass(frozen=True, slots=True)
class _Place:
    """A text of `said` words, asides not counted, the last of them at `last`."""

    text: str
    said: int
    last: int
    tokens: Sequence[SlangWord]

    def counts(self, word: SlangWord, i: int, taken: int) -> bool:
        """Whether an entry counts that is made of the `taken` tokens from `i` on."""
        after = i + taken - 1
        if word.when == "end":
            return after >= self.last or self.tokens[after].ends
        if word.when == "short":
            return self.said <= SHORT_WORDS
        if word.when == "capitals":
            return all(token.upper for token in self.tokens[i : i + taken])
        return word.when != "english" or guess_language(self.text) in ("en", UNKNOWN)
