"""VADER's rules with the extension: sequences of words, emoji apart from words, entries that count in some places only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from udfs.language import UNKNOWN, guess_language
from udfs.sentiment.entries import SlangCache, SlangWord
from udfs.sentiment.extension import Entry
from udfs.sentiment.plain import PlainScorer
from udfs.sentiment.spelling import CHARACTERS
from udfs.sentiment.valence import compound, sum_of

SHORT_WORDS = 5
# The fourth heart in a row says no more than the third.
MAX_REPEATS = 3
# What sarcasm leaves of praise, with the sign turned.
TURNED = -0.5
_NOTHING = SlangWord("", None)


class SlangScorer:
    """Scores as VADER does, where the extension has nothing to say."""

    def __init__(self, lexicon: Mapping[str, float], emoji: Mapping[str, str], entries: Sequence[Entry]) -> None:
        """`lexicon`: token -> mean valence; `emoji`: character -> description."""
        plain = PlainScorer(lexicon, emoji)
        described = {
            character: sum_of([plain.words[token] for token in description.split()], False)
            for character, description in emoji.items()
        }
        self.words = SlangCache(lexicon, {character: valence for character, valence in described.items() if valence}, entries)

    def compound(self, text: str) -> float:
        """-1 to 1, four digits."""
        if not text.isascii() or "\0" in text:
            text = text.translate(CHARACTERS)
        words = cast("list[SlangWord]", list(map(self.words.__getitem__, text.split())))
        for word in words:
            if word.special:
                total = self._special(words, text)
                break
        else:
            total = sum_of(words, not text.islower())
        return compound(total, text) if total else 0.0

    def _special(self, tokens: Sequence[SlangWord], text: str) -> float:
        """Sum of the valences, where sequences, emoji or conditions are among the tokens."""
        words: list[SlangWord] = []
        emoji: dict[SlangWord, int] = {}
        spare: list[float] = []
        turns: list[float] = []
        i, end = 0, len(tokens)
        while i < end:
            word = tokens[i]
            i += 1
            if word.quiet:
                words.append(word)
                continue
            if word.follow is not None and i < end and tokens[i].key in word.follow:
                whole = _sequence(word.follow[tokens[i].key], tokens, i, text)
                if whole is not None:
                    word, length = whole
                    i += length - 1
            if word.special:
                if word.emoji:
                    emoji[word] = emoji.get(word, 0) + 1
                    continue
                if word.otherwise is not None and not counts(word, tokens, i - 1, text):
                    word = word.otherwise
                elif word.when == "otherwise" or word.when == "turns":
                    (turns if word.when == "turns" else spare).append(word.valence or 0.0)
                    word = _NOTHING
            words.append(word)
        total = sum_of(words, not text.islower())
        for word, number in emoji.items():
            worth = (word.valence or 0.0) * (number if number < MAX_REPEATS else MAX_REPEATS)
            if word.when == "any":
                total += worth
            else:
                (turns if word.when == "turns" else spare).append(worth)
        if turns:
            total = (total * TURNED if total > 0 else total) + sum(turns)
        return total or sum(spare)


def _sequence(
    candidates: Sequence[tuple[tuple[str, ...], SlangWord]], tokens: Sequence[SlangWord], i: int, text: str
) -> tuple[SlangWord, int] | None:
    """The longest entry that begins with the token before `i` and counts there, and how many tokens it takes."""
    for keys, word in candidates:
        length = len(keys)
        if length == 2 or tuple([token.key for token in tokens[i - 1 : i - 1 + length]]) == keys:
            last = i + length - 2
            if word.when in ("any", "otherwise", "turns") or counts(word, tokens, last, text):
                return word, length
    return None


def counts(word: SlangWord, tokens: Sequence[SlangWord], last: int, text: str) -> bool:
    """Whether an entry counts whose last token is at `last`."""
    if word.when == "end":
        return tokens[last].ends or all(token.aside or token.emoji for token in tokens[last + 1 :])
    if word.when == "short":
        return sum([not (token.aside or token.emoji) for token in tokens]) <= SHORT_WORDS
    if word.when == "english":
        return guess_language(text) in ("en", UNKNOWN)
    return True
